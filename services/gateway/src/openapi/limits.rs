//! What values are held to beyond what their types' schemas say.
//!
//! The feed's schemas are made from the same types and never get narrower, also because what was told
//! before there was a limit is still in it. A request is held to more, and an answer holds to it.

use serde_json::{Value, json};

/// As `Date` is written.
const DATE: &str = "^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$";
/// As `LocalTime` is written.
const LOCAL_TIME: &str = "^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?\
                          ([+-][0-9]{2}:[0-9]{2})?$";
/// As `Line` is written: no control characters, and not only space.
const LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*\
                    [^\\u0000-\\u0020\\u007f-\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]\
                    [^\\u0000-\\u001f\\u007f-\\u009f]*$";
/// As `Prose` is written: a `Line` with tabs and line breaks.
const PROSE: &str = "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*\
                     [^\\u0000-\\u0020\\u007f-\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]\
                     [^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$";
/// The types that are held to a pattern wherever they are.
const PATTERNS: &[(&str, &str)] = &[("LocalTime", LOCAL_TIME), ("Line", LINE), ("Prose", PROSE)];

/// Adds the limits to all schemas of the document.
pub(super) fn add(document: &mut Value) {
    for (name, pattern) in PATTERNS {
        if let Some(Value::Object(schema)) = document["components"]["schemas"].get_mut(name) {
            schema.insert("pattern".to_owned(), json!(pattern));
        }
    }
    add_by_format(document);
}

/// A document made from types is nested no deeper than they are.
fn add_by_format(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let limit = match fields.get("format").and_then(Value::as_str) {
                Some("date") => Some(("pattern", json!(DATE))),
                Some("uint32") => Some(("maximum", json!(u32::MAX))),
                Some("uint64") => Some(("maximum", json!(u64::MAX))),
                Some(_) | None => None,
            };
            if let Some((keyword, limit)) = limit {
                fields.entry(keyword).or_insert(limit);
            }
            fields.values_mut().for_each(add_by_format);
        }
        Value::Array(items) => items.iter_mut().for_each(add_by_format),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}
