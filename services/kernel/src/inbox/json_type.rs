//! Whether what was sent has the JSON types that are published.
//!
//! serde takes an array for a struct, its fields in order, and an object with `null` for a variant without
//! fields. The published language says neither, and no other program would read it so.

use serde_json::Value;

/// The first place where `sent` has another type than the value that was read from it, `written`: the path
/// to it, and what it is and should be, in the words of the JSON reader.
pub(super) fn mismatch(sent: &Value, written: &Value) -> Option<(String, String)> {
    let mut path = Vec::new();
    let (is, should_be) = find(sent, written, &mut path)?;
    Some((path.join("."), format!("invalid type: {is}, expected {should_be}")))
}

/// Both are nested no deeper than the JSON reader allows.
fn find<'v>(
    sent: &'v Value,
    written: &'v Value,
    path: &mut Vec<String>,
) -> Option<(&'static str, &'static str)> {
    let inner: Vec<(String, &Value, &Value)> = match (sent, written) {
        (Value::Object(sent), Value::Object(written)) => sent
            .iter()
            .filter_map(|(name, one)| Some((name.clone(), one, written.get(name)?)))
            .collect(),
        (Value::Array(sent), Value::Array(written)) => sent
            .iter()
            .zip(written)
            .enumerate()
            .map(|(at, (one, other))| (at.to_string(), one, other))
            .collect(),
        // What may be absent may be null.
        (Value::Null, _) => return None,
        (one, other) if name(one) == name(other) => return None,
        (one, other) => return Some((name(one), expected(other))),
    };
    inner.into_iter().find_map(|(name, sent, written)| {
        path.push(name);
        let found = find(sent, written, path);
        if found.is_none() {
            path.pop();
        }
        found
    })
}

fn name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "sequence",
        Value::Object(_) => "map",
    }
}

fn expected(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a sequence",
        Value::Object(_) => "a map",
    }
}
