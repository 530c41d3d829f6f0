//! The parameters of a query as its schema describes them: where they stand and what type they
//! have.
//!
//! A URL holds only text. The schema says what becomes a number, a truth value or a list, so that a
//! service gets the same JSON from a URL as from anywhere else.

use samvirke_schemas::catalogue::Query;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

/// Where the document keeps the schemas that others refer to.
pub(crate) const DEFINITIONS: &str = "#/components/schemas/";
/// How many references are followed before a schema counts as going in circles.
const REFERENCES_MAX: usize = 8;

/// A generator whose references fit the OpenAPI document.
pub(crate) fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator()
}

/// One parameter of a query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) in_path: bool,
    pub(crate) required: bool,
    pub(crate) shape: Shape,
    pub(crate) schema: Value,
}

/// What the text in a URL stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Integer,
    Number,
    Boolean,
    /// Separated by commas.
    List(Box<Shape>),
}

/// The parameters of `query`, in the order of their names.
pub(crate) fn of_query(query: &Query, generator: &mut SchemaGenerator) -> Vec<Parameter> {
    let schema = (query.parameters)(generator).to_value();
    let definitions = generator.definitions();
    let schema = resolve(&schema, definitions);
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object();
    let mut parameters: Vec<Parameter> = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| {
            let in_path = query.path.contains(&format!("{{{name}}}"));
            Parameter {
                name: name.clone(),
                in_path,
                required: in_path || required.contains(&name.as_str()),
                shape: Shape::of(schema, definitions),
                schema: schema.clone(),
            }
        })
        .collect();
    parameters.sort_by(|one, two| one.name.cmp(&two.name));
    parameters
}

impl Shape {
    fn of(schema: &Value, definitions: &Map<String, Value>) -> Self {
        let schema = resolve(schema, definitions);
        match types(schema).next() {
            Some("integer") => Self::Integer,
            Some("number") => Self::Number,
            Some("boolean") => Self::Boolean,
            Some("array") => Self::List(Box::new(Self::of(&schema["items"], definitions))),
            Some(_) | None => Self::Text,
        }
    }

    /// The name of the type in JSON Schema, for messages.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::List(_) => "array",
        }
    }

    /// The JSON that `text` stands for; `None` where it stands for none.
    pub(crate) fn read(&self, text: &str) -> Option<Value> {
        match self {
            Self::Text => Some(Value::from(text)),
            Self::Integer => text
                .parse::<u64>()
                .map(Value::from)
                .or_else(|_| text.parse::<i64>().map(Value::from))
                .ok(),
            Self::Number => text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::from),
            Self::Boolean => text.parse::<bool>().ok().map(Value::from),
            Self::List(item) => {
                if text.is_empty() {
                    return Some(Value::Array(Vec::new()));
                }
                text.split(',')
                    .map(|part| item.read(part))
                    .collect::<Option<Vec<_>>>()
                    .map(Value::Array)
            }
        }
    }
}

/// Follows references, and looks past `null` in what may be absent.
fn resolve<'s>(schema: &'s Value, definitions: &'s Map<String, Value>) -> &'s Value {
    let mut schema = schema;
    for _ in 0..REFERENCES_MAX {
        let referred = schema["$ref"]
            .as_str()
            .and_then(|reference| reference.strip_prefix(DEFINITIONS))
            .and_then(|name| definitions.get(name));
        let one_of = || schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
        let present = || one_of()?.iter().find(|branch| branch["type"] != "null");
        match referred.or_else(present) {
            Some(next) => schema = next,
            None => break,
        }
    }
    schema
}

/// The types that a schema allows, without `null`.
fn types(schema: &Value) -> impl Iterator<Item = &str> {
    let one = schema["type"].as_str();
    let several = schema["type"].as_array().into_iter().flatten().filter_map(Value::as_str);
    one.into_iter().chain(several).filter(|name| *name != "null")
}
