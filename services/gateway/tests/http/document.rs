//! The OpenAPI document: current, complete, and pointing nowhere empty.

use std::path::Path;

use samvirke_gateway::openapi;
use samvirke_schemas::catalogue::{COLLECTIONS, QUERIES};
use serde_json::Value;

use crate::world::World;

/// Set to 1 to write the document instead of comparing it.
const UPDATE: &str = "UPDATE";

#[test]
fn the_checked_in_document_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/openapi.json");
    let current = serde_json::to_string_pretty(&openapi()).unwrap() + "\n";
    if std::env::var(UPDATE).is_ok_and(|update| update == "1") {
        std::fs::write(&path, &current).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == current,
        "schemas/openapi.json is out of date: run this test with {UPDATE}=1"
    );
}

#[test]
fn every_command_and_query_has_a_path_of_its_own() {
    let document = openapi();
    for collection in COLLECTIONS {
        for command in collection.commands {
            let path = format!("/v1/{}/{{id}}/{command}", collection.plural);
            let operation = &document["paths"][&path]["post"];
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let referred = schema["$ref"]
                .as_str()
                .and_then(|reference| document.pointer(reference.trim_start_matches('#')));
            let schema = referred.unwrap_or(schema);
            assert_eq!(schema["type"], "object", "{path}");
            assert_eq!(schema["additionalProperties"], false, "{path}");
            let summary = operation["summary"].as_str().unwrap_or_default();
            assert!(!summary.is_empty(), "{path} is not described");
        }
    }
    for query in QUERIES {
        assert_eq!(document["paths"][query.path]["get"]["operationId"], query.name);
    }
    for path in [
        "/v1/feed",
        "/v1/feed/stream",
        "/v1/decisions.atom",
        "/v1/calendars/bodies/{id}.ics",
        "/v1/calendars/members/{member}.ics",
    ] {
        let operation = &document["paths"][path]["get"];
        assert!(operation["parameters"].as_array().unwrap().len() > 3, "{path} takes parameters");
        assert!(operation["responses"]["200"]["content"].is_object(), "{path} answers");
    }
}

#[test]
fn no_parameter_in_an_address_may_be_null() {
    let document = openapi();
    let operations = document["paths"].as_object().unwrap().values();
    let parameters = operations
        .filter_map(|item| item["get"]["parameters"].as_array())
        .flatten()
        .filter(|one| one["in"] == "query");
    let named: Vec<&Value> = parameters
        .filter(|one| one["schema"].to_string().contains(r#""null""#))
        .map(|one| &one["name"])
        .collect();
    assert!(named.is_empty(), "{named:?} cannot be written as null");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = openapi();
    let mut waiting = vec![&document];
    let mut references = 0;
    while let Some(value) = waiting.pop() {
        if let Some(reference) = value["$ref"].as_str() {
            let pointer = reference.strip_prefix('#').expect("references stay in the document");
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
            references += 1;
        }
        match value {
            Value::Object(fields) => waiting.extend(fields.values()),
            Value::Array(items) => waiting.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
        }
    }
    assert!(references > 20);
}

/// A number behind a name is what is put there where two types have the same one.
#[test]
fn every_schema_has_a_name_of_its_own() {
    let document = openapi();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let numbered: Vec<&String> =
        schemas.keys().filter(|name| name.ends_with(|c: char| c.is_ascii_digit())).collect();
    assert!(numbered.is_empty(), "give these types a name with schemars(rename): {numbered:?}");
}

#[test]
fn the_enum_of_a_collections_requests_is_taken_apart() {
    let document = openapi();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert!(schemas.contains_key("Accepted") && schemas.contains_key("Problem"));
    assert!(
        !schemas.keys().any(|name| name.starts_with("Request") || name.starts_with("Parameters"))
    );
}

#[tokio::test]
async fn the_document_is_served() {
    let world = World::start().await;
    let answer = world.get("/openapi.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.json(), openapi());
}
