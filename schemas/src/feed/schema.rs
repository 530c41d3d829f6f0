//! The JSON Schemas of the feed: one of each type's data, one of the envelope.
//!
//! They are made from the types and published as files under `schemas/feed/`. A receiver must not
//! refuse a field or a code that it does not know, so no schema forbids more fields. What is not
//! there is absent, never null.

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{CloudEvent, Concerns, cloud_event, fact};

/// The id of the envelope's schema, which is the file `schemas/feed/cloudevent.json`.
pub const ENVELOPE: &str = "urn:samvirke:feed:cloudevent";

/// The schema of the data of a type as it is written today; none for an unknown type.
pub fn of_data(tag: &str) -> Option<Value> {
    let mut generator = generator();
    let concerns = generator.subschema_for::<Concerns>();
    let mut schema = fact::fields(tag, generator)?.to_value();
    schema["$id"] = json!(cloud_event::data_schema(tag));
    schema["title"] = json!(cloud_event::type_name(tag));
    schema["properties"]["concerns"] = concerns.to_value();
    if let Some(required) = schema["required"].as_array_mut() {
        required.insert(0, json!("concerns"));
    } else {
        schema["required"] = json!(["concerns"]);
    }
    publish(&mut schema);
    Some(schema)
}

/// The schema of every event, whatever its type.
pub fn of_envelope() -> Value {
    let mut schema = generator().into_root_schema_for::<CloudEvent>().to_value();
    schema["$id"] = json!(ENVELOPE);
    publish(&mut schema);
    schema
}

/// What is written, not what is read: a field that is always there is required.
fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().for_serialize().into_generator()
}

/// Allows more fields everywhere except beside the tag of a tagged value, which is always alone; and
/// takes out null, which is never written.
fn publish(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.remove("additionalProperties");
            take_out_null(fields);
            for (name, value) in fields {
                let variants = if name == "oneOf" { value.as_array_mut() } else { None };
                match variants {
                    Some(variants) => variants.iter_mut().for_each(publish_variant),
                    None => publish(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(publish),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

fn publish_variant(variant: &mut Value) {
    let closed = variant.get("additionalProperties").cloned();
    publish(variant);
    if let Some(closed) = closed {
        variant["additionalProperties"] = closed;
    }
}

fn take_out_null(fields: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|one| one != "null");
        if let [one] = types.as_slice() {
            fields["type"] = one.clone();
        }
    }
    if let Some(Value::Array(either)) = fields.get_mut("anyOf") {
        either.retain(|one| one["type"] != "null");
        if let [Value::Object(one)] = either.as_slice() {
            let one = one.clone();
            fields.remove("anyOf");
            fields.extend(one);
        }
    }
}
