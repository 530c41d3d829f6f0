//! Lines near those of the demo's history, and any others: nothing panics, what is refused is named, and what
//! passes is a request as it is published.

use std::collections::BTreeMap;

use samvirke_inputs::{Changed, TestCaseError, changed, check, near, prop_assert, prop_assert_eq};
use samvirke_schemas::{catalogue::COLLECTIONS, excerpt::DETAIL_CHARS_MAX};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::{check as published, line::Line};

/// Vestregionen's history.
const HISTORY: &str = include_str!("../../../../deploy/vestregionen.jsonl");
/// The most characters of a refusal, where it says how long it would have been, too.
const REFUSAL_CHARS_MAX: usize = DETAIL_CHARS_MAX + 30;

fn history() -> Vec<Value> {
    let lines = HISTORY.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The published schema of the requests of each collection.
fn schemas() -> BTreeMap<&'static str, jsonschema::Validator> {
    let schema = |schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema| {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let mut root = schema(&mut generator).to_value();
        root["$defs"] = Value::Object(generator.take_definitions(true));
        jsonschema::options().should_validate_formats(true).build(&root).unwrap()
    };
    COLLECTIONS.iter().map(|one| (one.plural, schema(one.schema))).collect()
}

#[test]
fn a_line_with_one_change_is_a_published_request_or_is_refused_where_it_was_changed() {
    let schemas = schemas();
    check("a line", &changed(history()), |Changed { value, path }| {
        let text = value.to_string();
        match Line::read(&text).and_then(|line| published::line(&line).map(|()| line)) {
            Ok(line) => {
                prop_assert_eq!(line.to.to_string().parse(), Ok(line.to.clone()));
                let body: Value = serde_json::from_str(line.body.get()).unwrap();
                let request = json!({line.to.command: body});
                if let Err(error) = schemas[line.to.plural.as_str()].validate(&request) {
                    return Err(TestCaseError::fail(format!("it passes, and yet: {error}")));
                }
            }
            Err(fault) => {
                let (field, _) = fault.reason.split_once(": ").unwrap_or((&fault.reason, ""));
                if fault.code == "invalid" && field != "at" && field != "body" {
                    let field: Vec<&str> = field.split(['.', '[', ']']).collect();
                    let field: Vec<&str> =
                        field.into_iter().filter(|one| !one.is_empty()).collect();
                    let path = path.iter().skip_while(|name| *name == "body");
                    let apart = field.iter().zip(path).find(|(one, other)| **one != other.as_str());
                    prop_assert_eq!(apart, None, "{}", fault.reason);
                }
                let chars = fault.reason.chars().count();
                prop_assert!(chars <= REFUSAL_CHARS_MAX, "{chars} characters: {}", fault.reason);
            }
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_line_of_any_text_is_read_or_refused_in_few_words() {
    let examples: Vec<&str> = HISTORY.lines().filter(|line| line.starts_with('{')).collect();
    check("a line", &near(&examples), |text| {
        if let Err(fault) = Line::read(&text).and_then(|line| published::line(&line)) {
            let chars = fault.reason.chars().count();
            prop_assert!(chars <= REFUSAL_CHARS_MAX, "{chars} characters: {}", fault.reason);
        }
        Ok(())
    })
    .unwrap();
}
