//! JSON: examples of which one value is another.

use proptest::{prelude::*, sample::Index};
use serde_json::{Map, Value, json};

/// An example that was changed in one place.
#[derive(Clone, Debug)]
pub struct Changed {
    pub value: Value,
    /// The names and numbers that lead to the change, from the outside in.
    pub path: Vec<String>,
}

/// What becomes of a value.
#[derive(Clone, Debug)]
enum Change {
    Nothing,
    Replace(Value),
    /// A text with one character put in, or another value as text.
    Text(Index, char),
    Wrap,
    Remove,
    /// A field that is not known.
    Add,
}

/// One of `examples` with a change in one place.
///
/// # Panics
///
/// Where there are no examples.
pub fn changed(examples: Vec<Value>) -> impl Strategy<Value = Changed> {
    assert!(!examples.is_empty(), "examples show what is near");
    (any::<Index>(), any::<Index>(), change()).prop_map(move |(example, at, change)| {
        let mut value = examples[example.index(examples.len())].clone();
        let mut paths = Vec::new();
        collect(&value, &mut Vec::new(), &mut paths);
        let mut path = paths[at.index(paths.len())].clone();
        apply(&mut value, &mut path, &change);
        Changed { value, path }
    })
}

fn change() -> impl Strategy<Value = Change> {
    let replacement = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![Just(i64::MIN), Just(-1), Just(0), Just(1), Just(i64::MAX), any::<i64>()]
            .prop_map(Value::from),
        prop_oneof![Just(u64::MAX), Just(u64::from(u32::MAX) + 1)].prop_map(Value::from),
        prop_oneof![Just(0.5), Just(-0.0), Just(1e308), Just(f64::MIN_POSITIVE)]
            .prop_map(Value::from),
        proptest::sample::select(
            &[
                "",
                " ",
                "x",
                "å",
                "\0",
                "\u{feff}",
                "-9000-01-01",
                "+10000-01-01",
                "+262142-12-31T23:30+00:00",
                "2017-02-29",
                "2026-01-01",
                "2017-03-26T02:30",
                "24a/2017",
                "vestregionen:sg",
                "a.b>*",
                "935478715",
                "935478716",
                "null"
            ][..]
        )
        .prop_map(Value::from),
        (0..40_000_usize).prop_map(|chars| Value::from("æ".repeat(chars))),
        Just(json!([])),
        Just(json!({})),
        (1..600_usize).prop_map(|items| Value::from(vec![json!({}); items])),
        (1..600_usize).prop_map(|items| Value::from(vec!["2026-01-01"; items])),
        (1..100_usize).prop_map(nested),
    ];
    prop_oneof![
        1 => Just(Change::Nothing),
        8 => replacement.prop_map(Change::Replace),
        3 => (any::<Index>(), any::<char>()).prop_map(|(at, other)| Change::Text(at, other)),
        1 => Just(Change::Wrap),
        2 => Just(Change::Remove),
        2 => Just(Change::Add),
    ]
}

/// Arrays in arrays, `depth` of them.
fn nested(depth: usize) -> Value {
    (0..depth).fold(json!([]), |inner, _| json!([inner]))
}

/// The way to each value.
fn collect(value: &Value, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    paths.push(path.clone());
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, one)| (name.clone(), one)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(at, one)| (at.to_string(), one)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (name, one) in inner {
        path.push(name);
        collect(one, path, paths);
        path.pop();
    }
}

fn apply(value: &mut Value, path: &mut Vec<String>, change: &Change) {
    if matches!(change, Change::Remove) {
        if let Some((last, parents)) = path.split_last() {
            match at(value, parents) {
                Value::Object(fields) => {
                    fields.remove(last);
                }
                Value::Array(items) => {
                    items.remove(last.parse().expect("a list's items have numbers"));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
            }
        }
        return;
    }
    let one = at(value, path);
    match change {
        Change::Nothing | Change::Remove => (),
        Change::Replace(other) => *one = other.clone(),
        Change::Text(index, other) => {
            let text = one.as_str().map_or_else(|| one.to_string(), str::to_owned);
            let mut chars: Vec<char> = text.chars().collect();
            chars.insert(index.index(chars.len() + 1), *other);
            *one = chars.into_iter().collect::<String>().into();
        }
        Change::Wrap => *one = json!([one.take()]),
        Change::Add => {
            let name = "unknown_field";
            if let Value::Object(fields) = one {
                fields.insert(name.to_owned(), 1.into());
            } else {
                *one = Value::Object(Map::from_iter([(name.to_owned(), one.take())]));
            }
            path.push(name.to_owned());
        }
    }
}

/// The value at the end of a path that leads to one.
fn at<'v>(value: &'v mut Value, path: &[String]) -> &'v mut Value {
    path.iter().fold(value, |value, name| match value {
        Value::Array(items) => {
            &mut items[name.parse::<usize>().expect("a list's items have numbers")]
        }
        Value::Object(fields) => fields.get_mut(name).expect("the path leads to a value"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            panic!("nothing is inside {value}")
        }
    })
}
