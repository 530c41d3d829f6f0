//! The golden facts are of the form that is published.

use std::{fs, path::Path};

use samvirke_schemas::{
    Tagged,
    feed::{Fact, schema},
};
use serde_json::{Value, json};

use super::documents::file;

#[test]
fn every_golden_fact_holds_to_its_schema() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/feed/fact");
    for tag in Fact::TAGS {
        let text = fs::read_to_string(folder.join(file(tag))).unwrap();
        let mut fact: Value = serde_json::from_str(&text).unwrap();
        let data = &mut fact[*tag];
        data["concerns"] = json!({});
        let validator = jsonschema::validator_for(&schema::of_data(tag).unwrap()).unwrap();
        let errors: Vec<String> = validator.iter_errors(data).map(|err| err.to_string()).collect();
        assert!(errors.is_empty(), "{tag}\n{}", errors.join("\n"));
        // A receiver lets be what it does not know, so a schema must.
        data["field_of_tomorrow"] = json!(1);
        assert!(validator.is_valid(data), "{tag} forbids more fields");
    }
}
