//! The OpenAPI 3.1 document, made from the catalogue: each command and each query a path of its
//! own.
//!
//! Nothing is written here that the types do not say, so the document cannot lag behind the
//! program. The copy in `schemas/openapi.json` is compared by a test.

mod limits;
mod own;
mod shared;

use std::collections::BTreeSet;

use samvirke_schemas::{
    catalogue::{ADDITIONS, COLLECTIONS, Collection, QUERIES, Query},
    reply::Accepted,
};
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use crate::{
    parameter::{self, DEFINITIONS, Shape},
    problem::Document,
};

/// The document that `/openapi.json` serves.
pub fn openapi() -> Value {
    let mut generator = parameter::generator();
    let mut paths = Map::new();
    generator.subschema_for::<Document>();
    generator.subschema_for::<Accepted>();
    for collection in COLLECTIONS {
        add_commands(&mut paths, collection, &mut generator);
    }
    for more in ADDITIONS {
        let mut operation =
            paths[&format!("/v1/{}/{{id}}/{}", more.plural, more.command)]["post"].clone();
        operation["operationId"] = format!("{}_{}", more.plural, more.list).into();
        put(&mut paths, &format!("/v1/{}/{{id}}/{}", more.plural, more.list), "post", operation);
    }
    for query in QUERIES {
        add_query(&mut paths, query, &mut generator);
    }
    for (query, responses) in own::responses(&mut generator) {
        add_own_query(&mut paths, query, &responses, &mut generator);
    }
    paths.extend(own::schemas().map(|(path, item)| (path.to_owned(), item)));
    shared::add_own_paths(&mut paths);
    let responses = shared::responses();
    let schemas = reachable(&[&Value::Object(paths.clone()), &responses], &generator);
    let mut document = json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Samvirke",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
            "description": shared::DESCRIPTION,
        },
        "security": [{"bearer": []}, {}],
        "tags": tags(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": shared::header_parameters(),
            "headers": shared::response_headers(),
            "responses": responses,
            "securitySchemes": shared::security_schemes(),
        },
    });
    limits::add(&mut document);
    document
}

fn tags() -> Vec<Value> {
    COLLECTIONS
        .iter()
        .map(|collection| {
            let described =
                format!("Commands to {} (context {}).", collection.plural, collection.context);
            json!({"name": collection.plural, "description": described})
        })
        .chain([
            json!({"name": "queries", "description": "What the read models answer."}),
            json!({"name": "feed", "description": "The change feed, and what programs subscribe to."}),
            json!({"name": "operation", "description": "For whoever runs Samvirke."}),
        ])
        .collect()
}

fn add_commands(
    paths: &mut Map<String, Value>,
    collection: &Collection,
    generator: &mut SchemaGenerator,
) {
    let requests = (collection.schema)(generator).to_value();
    let requests = definition(&requests, generator).clone();
    for command in collection.commands {
        let (description, schema) = variant(&requests, command);
        let operation = json!({
            "operationId": format!("{}_{command}", collection.plural),
            "tags": [collection.plural],
            "summary": first_sentence(&description),
            "description": description,
            "parameters": shared::references("parameters", shared::COMMAND_PARAMETERS),
            "requestBody": {
                "required": true,
                "content": {"application/json": {"schema": schema}},
            },
            "responses": shared::command_responses(),
        });
        let path = format!("/v1/{}/{{id}}/{command}", collection.plural);
        put(paths, &path, "post", operation);
    }
}

fn add_query(paths: &mut Map<String, Value>, query: &Query, generator: &mut SchemaGenerator) {
    let mut parameters: Vec<Value> =
        parameter::of_query(query, generator).iter().map(query_parameter).collect();
    parameters.extend(shared::references("parameters", shared::QUERY_PARAMETERS));
    let operation = json!({
        "operationId": query.name,
        "tags": ["queries"],
        "summary": query.summary,
        "parameters": parameters,
        "responses": shared::query_responses(&(query.answer)(generator).to_value()),
    });
    put(paths, query.path, "get", operation);
}

fn add_own_query(
    paths: &mut Map<String, Value>,
    query: &Query,
    responses: &Value,
    generator: &mut SchemaGenerator,
) {
    let mut parameters: Vec<Value> =
        parameter::of_query(query, generator).iter().map(query_parameter).collect();
    parameters.extend(own::parameters(query));
    let operation = json!({
        "operationId": query.name,
        "tags": ["feed"],
        "summary": query.summary,
        "parameters": parameters,
        "responses": responses,
    });
    put(paths, query.path, "get", operation);
}

/// Adds an operation beside what its path may have already.
fn put(paths: &mut Map<String, Value>, path: &str, method: &str, operation: Value) {
    let item = paths.entry(path).or_insert_with(|| json!({}));
    item[method] = operation;
}

fn query_parameter(parameter: &parameter::Parameter) -> Value {
    let mut schema = without_null(parameter.schema.clone());
    let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
    if let Some(schema) = schema.as_object_mut() {
        // An absent parameter is left out of a URL; there is no way to write null.
        schema.remove("default");
    }
    let mut value = json!({
        "name": parameter.name,
        "in": if parameter.in_path { "path" } else { "query" },
        "required": parameter.required,
        "schema": schema,
    });
    if let Some(description) = description {
        value["description"] = description;
    }
    if matches!(parameter.shape, Shape::List(_)) {
        value["style"] = json!("form");
        value["explode"] = json!(false);
    }
    value
}

/// A schema without what stands for an absent value.
fn without_null(mut schema: Value) -> Value {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|one| one != "null");
        if let [alone] = types.as_slice() {
            schema["type"] = alone.clone();
        }
    }
    if let Some(Value::Array(ways)) = schema.get_mut("anyOf") {
        ways.retain(|way| way["type"] != "null");
        if let [Value::Object(alone)] = ways.as_slice()
            && let alone = alone.clone()
            && let Some(fields) = schema.as_object_mut()
        {
            fields.remove("anyOf");
            fields.extend(alone);
        }
    }
    schema
}

/// The description and the request schema of one command, out of the enum that lists them all.
fn variant(requests: &Value, command: &str) -> (String, Value) {
    let branches = requests["oneOf"].as_array().into_iter().flatten();
    let found = branches.into_iter().find(|branch| branch["properties"].get(command).is_some());
    match found {
        Some(branch) => {
            let described = branch["description"].as_str().unwrap_or_default().replace('\n', " ");
            (described, branch["properties"][command].clone())
        }
        // A test sees to it that this does not happen.
        None => (String::new(), json!({"type": "object"})),
    }
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}

/// The schema that a reference refers to.
fn definition<'s>(schema: &'s Value, generator: &'s SchemaGenerator) -> &'s Value {
    schema["$ref"]
        .as_str()
        .and_then(|reference| reference.strip_prefix(DEFINITIONS))
        .and_then(|name| generator.definitions().get(name))
        .unwrap_or(schema)
}

/// The schemas that the document refers to, directly or through others. The enums of requests,
/// whose variants stand in the paths, are not among them.
fn reachable(roots: &[&Value], generator: &SchemaGenerator) -> Map<String, Value> {
    let definitions = generator.definitions();
    let mut names = BTreeSet::new();
    let mut waiting: Vec<&Value> = roots.to_vec();
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(fields) => waiting.extend(fields.values()),
            Value::Array(items) => waiting.extend(items),
            Value::String(text) => {
                let named =
                    text.strip_prefix(DEFINITIONS).and_then(|name| definitions.get_key_value(name));
                if let Some((name, schema)) = named
                    && names.insert(name.clone())
                {
                    waiting.push(schema);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => (),
        }
    }
    names
        .into_iter()
        .filter_map(|name| definitions.get(&name).cloned().map(|schema| (name, schema)))
        .collect()
}
