//! The smallest request that is well formed, made from the schema of a command.

use samvirke_schemas::catalogue::Collection;
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

/// How many references are followed before a schema counts as going in circles.
const DEPTH_MAX: usize = 16;

/// Makes requests out of the schemas of one collection.
pub(crate) struct Smallest<'a> {
    schema: Value,
    definitions: Map<String, Value>,
    /// What every member in a request is.
    member: &'a str,
    /// What every id of an aggregate is.
    aggregate: &'a str,
}

impl<'a> Smallest<'a> {
    pub(crate) fn of(collection: &Collection, member: &'a str, aggregate: &'a str) -> Self {
        let mut generator = SchemaGenerator::default();
        let schema = (collection.schema)(&mut generator).to_value();
        let definitions = generator.definitions().clone();
        Self { schema, definitions, member, aggregate }
    }

    /// The smallest body of `command`. Every id in it is `x`, unless it is longer.
    pub(crate) fn body(&self, command: &str) -> Value {
        let variants = self.resolve(&self.schema)["oneOf"].as_array().unwrap();
        let variant = variants.iter().find_map(|variant| variant["properties"].get(command));
        self.value(variant.unwrap_or_else(|| panic!("{command} has no schema")), 0)
    }

    fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        match schema["$ref"].as_str() {
            None => schema,
            Some(reference) => {
                let name = reference.rsplit('/').next().unwrap();
                self.resolve(&self.definitions[name])
            }
        }
    }

    fn value(&self, schema: &Value, depth: usize) -> Value {
        assert!(depth < DEPTH_MAX, "the schema goes in circles: {schema}");
        let schema = self.resolve(schema);
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(value) = schema["enum"].get(0) {
            return value.clone();
        }
        for choice in ["oneOf", "anyOf", "allOf"] {
            let mut choices = schema[choice].as_array().into_iter().flatten();
            if let Some(first) = choices.find(|one| one["type"] != "null") {
                return self.value(first, depth + 1);
            }
        }
        match schema["type"].as_str() {
            Some("object") => {
                let required = schema["required"].as_array().into_iter().flatten();
                let names = required.map(|name| name.as_str().unwrap().to_owned());
                names
                    .map(|name| {
                        let value = self.value(&schema["properties"][&name], depth + 1);
                        (name, value)
                    })
                    .collect::<Map<_, _>>()
                    .into()
            }
            Some("array") => json!([]),
            Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(1)),
            Some("boolean") => json!(false),
            Some("string") => self.text(schema).into(),
            _ => panic!("what is {schema}?"),
        }
    }

    fn text(&self, schema: &Value) -> String {
        let pattern = schema["pattern"].as_str().unwrap_or_default();
        let format = schema["format"].as_str().unwrap_or_default();
        let example = schema["examples"][0].as_str();
        match (pattern, format, example) {
            (_, _, Some(example)) => example.to_owned(),
            (_, "date", _) => "2017-06-15".to_owned(),
            (_, "uuid", _) => "00000000-0000-0000-0000-000000000000".to_owned(),
            ("^[0-9]{9}$", _, _) => self.member.to_owned(),
            ("^[a-z0-9-]{1,64}(:[a-z0-9-]{1,64})?$", _, _) => self.aggregate.to_owned(),
            ("^sha256:[0-9a-f]{64}$", _, _) => format!("sha256:{}", "0".repeat(64)),
            ("^[0-9]{1,6}[a-z]?/[0-9]{4}$", _, _) => "1/2017".to_owned(),
            (pattern, _, _) if pattern.contains('/') => "application/pdf".to_owned(),
            (_, _, None) => "x".to_owned(),
        }
    }
}
