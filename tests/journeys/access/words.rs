//! The secret words: where each was planted, and where it is found.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::fields;

/// What stands in a body where a word is to be planted, before the name of its row.
const HERE: char = '§';

/// Every word with its row in the table.
#[derive(Debug, Default)]
pub(crate) struct Words {
    rows: BTreeMap<String, String>,
    fields: BTreeSet<String>,
    /// The field in which each word was planted.
    places: BTreeMap<String, String>,
}

impl Words {
    /// The body with a word of its own in each place that says [`HERE`] and a row.
    pub(crate) fn plant(&mut self, path: &str, body: Value) -> Value {
        match body {
            Value::String(text) => match text.strip_prefix(HERE) {
                Some(row) => {
                    let word = format!("zq{:03}x", self.rows.len());
                    self.rows.insert(word.clone(), row.to_owned());
                    self.fields.insert(path.to_owned());
                    self.places.insert(word.clone(), path.to_owned());
                    word.into()
                }
                None => text.into(),
            },
            Value::Array(items) => {
                let at = format!("{path}[]");
                items.into_iter().map(|item| self.plant(&at, item)).collect()
            }
            Value::Object(fields) => fields
                .into_iter()
                .map(|(name, value)| {
                    let planted = self.plant(&format!("{path} {name}"), value);
                    (name, planted)
                })
                .collect::<serde_json::Map<_, _>>()
                .into(),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
        }
    }

    /// Every word and its row.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rows.iter().map(|(word, row)| (word.as_str(), row.as_str()))
    }

    /// The field in which a word was planted.
    pub(crate) fn place(&self, word: &str) -> &str {
        &self.places[word]
    }

    /// The words in a text, with their rows.
    pub(crate) fn found<'w>(&'w self, text: &str) -> Vec<(&'w str, &'w str)> {
        let found = self.all().filter(|(word, _)| text.contains(word));
        found.map(|(word, row)| (row, word)).collect()
    }

    /// The text fields of commands in which no word was planted, and those left out that are not there.
    pub(crate) fn fields_at_fault(&self) -> Vec<String> {
        let there = fields::of_every_command();
        let missing = there
            .iter()
            .filter(|field| !self.fields.contains(*field) && !fields::is_left_out(field))
            .map(|field| format!("{field}: plant a word in it, or say why not"));
        let gone = fields::left_out().filter(|field| !there.contains(**field));
        missing.chain(gone.map(|field| format!("{field} is no field any longer"))).collect()
    }
}
