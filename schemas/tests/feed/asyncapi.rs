//! The AsyncAPI document: current, valid, and pointing nowhere empty.

use std::{
    fs,
    path::{Path, PathBuf},
};

use samvirke_schemas::{
    Tagged,
    feed::{Fact, asyncapi},
};
use serde_json::Value;

use super::documents::UPDATE;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_checked_in_document_is_current() {
    let path = folder().join("asyncapi.json");
    let current = serde_json::to_string_pretty(&asyncapi::document()).unwrap() + "\n";
    if std::env::var(UPDATE).is_ok_and(|update| update == "1") {
        fs::write(&path, &current).unwrap();
    }
    let checked_in = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == current,
        "schemas/asyncapi.json is out of date: run this test with {UPDATE}=1"
    );
}

#[test]
fn the_document_is_asyncapi_3() {
    let official = folder().join("standards/asyncapi/asyncapi-3.0.0.json");
    let official: Value = serde_json::from_str(&fs::read_to_string(official).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&official).unwrap();
    let document = asyncapi::document();
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn every_type_is_a_message_and_the_public_hears_all_but_subscriptions() {
    let document = asyncapi::document();
    for tag in Fact::TAGS {
        let heard = |channel: &str| document["channels"][channel]["messages"][*tag].is_object();
        let message = &document["components"]["messages"][*tag];
        assert!(!message["summary"].as_str().unwrap().is_empty(), "{tag} is not described");
        assert!(["member", "stream", "webhook"].iter().all(|channel| heard(channel)), "{tag}");
        assert_eq!(heard("public"), !tag.starts_with("subscription."), "{tag}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = asyncapi::document();
    let mut waiting = vec![&document];
    let mut files = 0;
    while let Some(value) = waiting.pop() {
        if let Some(reference) = value["$ref"].as_str() {
            match reference.strip_prefix('#') {
                Some(pointer) => {
                    assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                }
                None => {
                    assert!(folder().join(Path::new(reference)).is_file(), "no {reference}");
                    files += 1;
                }
            }
        }
        match value {
            Value::Object(fields) => waiting.extend(fields.values()),
            Value::Array(items) => waiting.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
        }
    }
    assert_eq!(files, 2 * Fact::TAGS.len());
}
