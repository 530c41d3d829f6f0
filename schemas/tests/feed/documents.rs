//! The schemas that are checked in are those of the types, and break nothing that was published.

use std::{
    fs,
    path::{Path, PathBuf},
};

use samvirke_schemas::{
    Tagged,
    feed::{Fact, fact, schema},
};
use serde_json::Value;

use super::compatibility::breaks;

/// Set to 1 to write the files instead of comparing them. What breaks is not written either.
pub(crate) const UPDATE: &str = "UPDATE";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("feed")
}

/// The file of a type's data.
pub(crate) fn file(tag: &str) -> String {
    format!("{tag}.v{}.json", fact::version(tag))
}

/// Every file there is to be, with what is to be in it.
fn wanted() -> Vec<(String, Value)> {
    let data = Fact::TAGS.iter().map(|tag| (file(tag), schema::of_data(tag).unwrap()));
    data.chain([("cloudevent.json".to_owned(), schema::of_envelope())]).collect()
}

/// What a schema breaks of the one that is published, if one is.
fn broken(name: &str, current: &Value) -> Vec<String> {
    let published = fs::read_to_string(folder().join(name)).ok();
    let published = published.map(|text| serde_json::from_str(&text).unwrap());
    published.map_or_else(Vec::new, |published| breaks(&published, current))
}

#[test]
fn a_published_schema_is_never_broken() {
    for (name, current) in wanted() {
        let broken = broken(&name, &current);
        assert!(
            broken.is_empty(),
            "{name} would break receivers: make it a new version\n{}",
            broken.join("\n")
        );
    }
}

#[test]
fn the_checked_in_schemas_are_current() {
    for (name, current) in wanted() {
        let path = folder().join(&name);
        let text = serde_json::to_string_pretty(&current).unwrap() + "\n";
        let update = std::env::var(UPDATE).is_ok_and(|update| update == "1");
        if update && broken(&name, &current).is_empty() {
            fs::write(&path, &text).unwrap();
        }
        let checked_in = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            checked_in == text,
            "schemas/feed/{name} is out of date: run this test with {UPDATE}=1"
        );
    }
}

#[test]
fn a_type_that_was_published_is_there_for_ever() {
    let known = wanted();
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let older = fact::EARLIER_SCHEMAS.iter().any(|(earlier, _)| *earlier == name);
        assert!(older || known.iter().any(|(own, _)| *own == name), "{name} is of no type");
    }
    for tag in Fact::TAGS {
        for version in 1..fact::version(tag) {
            let name = format!("{tag}.v{version}.json");
            let schema = fact::EARLIER_SCHEMAS.iter().find(|(earlier, _)| *earlier == name);
            let (_, schema) = schema.unwrap_or_else(|| panic!("{name} is published no longer"));
            let schema: Value = serde_json::from_str(schema).unwrap();
            assert_eq!(schema["$id"], format!("urn:samvirke:feed:{tag}:{version}"));
        }
    }
}

#[test]
fn a_schema_is_found_by_the_id_that_events_carry() {
    for (_, schema) in wanted() {
        assert!(schema["$id"].as_str().unwrap().starts_with("urn:samvirke:feed:"));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        jsonschema::draft202012::meta::validate(&schema).unwrap();
    }
    assert_eq!(schema::of_data("case.decided").unwrap()["$id"], "urn:samvirke:feed:case.decided:1");
    assert_eq!(schema::of_data("case.unheard-of"), None);
}
