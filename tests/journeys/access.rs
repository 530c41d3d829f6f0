//! Who finds which text where: secret words planted in the text fields of the commands, and every answer
//! there is read by everybody, against the table in `services/access/README.md`.
//!
//! To hold another channel to the table (the feed by pull, SSE, webhook and NATS account, mail), read it as
//! each of [`readers::READERS`], give the text to [`words::Words::found`], and add a row for it to the README's
//! table of answers: [`table::Table::expected`] says what is to be found there.

mod answers;
mod fields;
mod history;
mod readers;
mod table;
mod words;

use std::collections::BTreeSet;

use samvirke_tests::api::Api;

use answers::{Answers, addresses};
use history::History;
use readers::{READERS, Reader};
use table::Table;

use crate::samvirke;

#[test]
fn the_table_has_a_row_for_every_query_and_a_column_for_every_reader() {
    let table = Table::read();
    for name in answers::names() {
        assert!(table.carries.contains_key(name), "{name}: which texts does it carry?");
    }
    for name in table.carries.keys() {
        assert!(answers::names().any(|own| own == name), "{name} is no answer");
    }
    let columns: Vec<&str> = READERS.iter().map(|reader| reader.name).collect();
    assert_eq!(table.columns, columns);
    for texts in table.carries.values() {
        for text in texts {
            assert!(table.rows.contains_key(text), "{text} has no row");
        }
    }
}

#[tokio::test]
async fn a_text_is_found_exactly_where_the_table_says() {
    let mut up = samvirke().unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    let table = Table::read();
    let mut history = History::new(&api);
    history.tell().await;
    let words = &history.words;
    let mut wrong = history.refused.clone();
    wrong.extend(words.fields_at_fault());
    for reader in READERS {
        let answers = Answers::of(&api, reader.caller(&api), &history);
        for name in answers::names() {
            let mut found = BTreeSet::new();
            for address in addresses(name, &history) {
                for (row, word) in words.found(&answers.text(&address).await) {
                    if !table.may(row, reader.name) {
                        wrong.push(format!("{}: {address} shows {word} ({row})", reader.name));
                    }
                    found.insert(row);
                }
            }
            // What is published for programs is made for the public, whoever fetches it.
            let as_whom = if answers::is_published(name) { "public" } else { reader.name };
            for row in table.expected(name, as_whom) {
                if !found.contains(row.as_str()) {
                    wrong.push(format!("{}: {name} does not show {row}", reader.name));
                }
            }
            wrong.extend(stray(&table, name, &found).map(|row| {
                format!("{}: {name} shows {row}, which its row does not name", reader.name)
            }));
        }
        wrong.extend(searches(&answers, &table, reader, &history).await);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What an answer shows and its row does not name; public titles stand in for any text.
fn stray<'a>(
    table: &'a Table,
    name: &'a str,
    found: &'a BTreeSet<&str>,
) -> impl Iterator<Item = &'a str> {
    let named = move |row: &&&str| table.carries[name].iter().any(|own| own == **row);
    found.iter().filter(move |row| **row != "public-title" && !named(row)).copied()
}

/// Nobody learns by searching what they may not read.
async fn searches(
    answers: &Answers<'_>,
    table: &Table,
    reader: &Reader,
    history: &History<'_>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (word, row) in history.words.all() {
        if table.may(row, reader.name) {
            continue;
        }
        for list in ["cases", "decisions"] {
            let address = format!("{list}?cooperation=prove&text={word}");
            if !answers.items(&address).await.is_empty() {
                wrong.push(format!("{}: {address} finds {row}", reader.name));
            }
        }
    }
    wrong
}
