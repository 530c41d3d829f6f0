//! Whether what was sent has the JSON types that are published.
//!
//! serde takes an array for a struct, its fields in order, and an object with `null` for a variant without
//! fields. The published language says neither, and no other program would read it so.

use serde_json::Value;

/// The first place where `sent` has another type than the value that was read from it, `written`: the path
/// to it, and what it is and should be, in the words of the JSON reader.
pub(super) fn mismatch(sent: &Value, written: &Value) -> Option<(String, String)> {
    let Mismatch { mut path, is, should_be } = find(sent, written)?;
    path.reverse();
    Some((path.join("."), format!("invalid type: {is}, expected {should_be}")))
}

struct Mismatch {
    /// From the inside out.
    path: Vec<String>,
    is: &'static str,
    should_be: &'static str,
}

impl Mismatch {
    fn below(mut self, name: impl Into<String>) -> Self {
        self.path.push(name.into());
        self
    }
}

/// Both are nested no deeper than the JSON reader allows.
fn find(sent: &Value, written: &Value) -> Option<Mismatch> {
    match (sent, written) {
        (Value::Object(sent), Value::Object(written)) => {
            sent.iter().find_map(|(name, one)| Some(find(one, written.get(name)?)?.below(name)))
        }
        (Value::Array(sent), Value::Array(written)) => {
            let mut pairs = sent.iter().zip(written).enumerate();
            pairs.find_map(|(at, (one, other))| Some(find(one, other)?.below(at.to_string())))
        }
        // What may be absent may be null.
        (Value::Null, _) => None,
        (one, other) if name(one) == name(other) => None,
        (one, other) => {
            Some(Mismatch { path: Vec::new(), is: name(one), should_be: expected(other) })
        }
    }
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
