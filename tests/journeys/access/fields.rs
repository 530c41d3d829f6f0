//! Every text field of every command of the catalogue, from its schema.

use std::collections::BTreeSet;

use samvirke_schemas::{
    catalogue::COLLECTIONS,
    text::{LINE_CHARS_MAX, PROSE_CHARS_MAX},
};
use schemars::SchemaGenerator;
use serde_json::{Map, Value};

/// How many references are followed before a schema counts as going in circles.
const DEPTH_MAX: usize = 16;

/// The paths of all text fields: `cases open description title`.
pub(crate) fn of_every_command() -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for collection in COLLECTIONS {
        let mut generator = SchemaGenerator::default();
        let schema = (collection.schema)(&mut generator).to_value();
        let definitions = generator.definitions().clone();
        let schema = resolve(&schema, &definitions);
        for command in collection.commands {
            let variants = schema["oneOf"].as_array().unwrap().iter();
            let body = variants.filter_map(|variant| variant["properties"].get(*command)).next();
            let path = format!("{} {command}", collection.plural);
            walk(body.unwrap(), &definitions, path, 0, &mut fields);
        }
    }
    fields
}

fn resolve<'s>(schema: &'s Value, definitions: &'s Map<String, Value>) -> &'s Value {
    match schema["$ref"].as_str() {
        None => schema,
        Some(reference) => {
            let name = reference.rsplit('/').next().unwrap();
            resolve(&definitions[name], definitions)
        }
    }
}

fn walk(
    schema: &Value,
    definitions: &Map<String, Value>,
    path: String,
    depth: usize,
    fields: &mut BTreeSet<String>,
) {
    assert!(depth < DEPTH_MAX, "the schema goes in circles at {path}");
    let schema = resolve(schema, definitions);
    let max = schema["maxLength"].as_u64();
    let is_text = [LINE_CHARS_MAX, PROSE_CHARS_MAX].map(|max| Some(max as u64)).contains(&max)
        && schema.get("pattern").is_none();
    if is_text {
        fields.insert(path);
        return;
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        for one in schema[choice].as_array().into_iter().flatten() {
            walk(one, definitions, path.clone(), depth + 1, fields);
        }
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        walk(property, definitions, format!("{path} {name}"), depth + 1, fields);
    }
    if let Some(items) = schema.get("items") {
        walk(items, definitions, format!("{path}[]"), depth + 1, fields);
    }
}

/// Fields in which no word is planted, and why.
const LEFT_OUT: &[(&str, &[&str])] = &[
    (
        "A contact's name is kept where it can be forgotten, and no read model holds it.",
        &["contacts change person name", "contacts register person name"],
    ),
    (
        "The same conclusion is planted with what a source reports; both are one event.",
        &[
            "meetings conclude-item conclusion decided text",
            "meetings conclude-item conclusion forwarded text",
            "meetings conclude-item conclusion postponed reason",
            "meetings conclude-item conclusion recommended text",
            "meetings conclude-item conclusion rejected text",
            "meetings conclude-item conclusion sent-back reason",
            "meetings conclude-item conclusion took-note text",
        ],
    ),
    (
        "It names a participant that is there already, whose name is planted.",
        &["networks remove-participant participant outsider name"],
    ),
    (
        "An owner's words on its own subscription say nothing of a case or a meeting.",
        &["subscriptions end reason", "subscriptions suspend reason"],
    ),
];

pub(crate) fn left_out() -> impl Iterator<Item = &'static &'static str> {
    LEFT_OUT.iter().flat_map(|(_, fields)| *fields)
}

pub(crate) fn is_left_out(field: &str) -> bool {
    left_out().any(|own| *own == field)
}
