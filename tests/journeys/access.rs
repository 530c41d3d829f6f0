//! Who finds which text where: secret words planted in the text fields of the commands, and every answer
//! there and every channel is read by everybody who can have it, against the table in
//! `services/access/README.md`. A query, a channel or a fact of the feed that is not tried fails the test.

mod answers;
mod channels;
mod fields;
mod history;
mod readers;
mod table;
mod words;

use std::collections::BTreeSet;

use samvirke_schemas::{Tagged, feed::Fact};
use samvirke_tests::{Smtp, api::Api};
use serde_json::Value;

use answers::{Answers, addresses};
use channels::{CHANNELS, Channels, Reading};
use history::History;
use readers::{READERS, Reader};
use table::Table;
use words::Words;

use crate::samvirke_with;

/// How many words are searched for at a time.
const SEARCHED: usize = 15;

#[test]
fn the_table_has_a_row_for_every_query_and_a_column_for_every_reader() {
    let table = Table::read();
    let names = || answers::names().chain(CHANNELS.iter().copied());
    for name in names() {
        assert!(table.carries.contains_key(name), "{name}: which texts does it carry?");
    }
    for name in table.carries.keys() {
        assert!(names().any(|own| own == name), "{name} is no answer");
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
    let smtp = Smtp::start().await;
    let mut up = samvirke_with(&environment(&smtp)).unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    let table = Table::read();
    let channels = Channels::new(&up, &api, smtp).await;
    let mut history = History::new(&api);
    history.tell(&channels).await;
    let words = &history.words;
    let mut wrong = history.refused.clone();
    wrong.extend(words.fields_at_fault());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    for reader in READERS {
        let answers = Answers::of(&api, reader.caller(&api), &history);
        for name in answers::names() {
            let mut text = String::new();
            for address in addresses(name, &history) {
                text.push_str(&answers.text(&address).await);
            }
            // What is published for programs is made for the public, whoever fetches it.
            let as_whom = if answers::is_published(name) { "public" } else { reader.name };
            wrong.extend(faults(&table, words, name, (reader.name, as_whom), &text));
        }
        wrong.extend(searches(&answers, &table, reader, &history).await);
    }
    for Reading { channel, reader, text } in channels.read().await {
        wrong.extend(faults(&table, words, channel, (reader, reader), &text));
    }
    wrong.extend(facts_never_told(&channels::pull(&api, &api.secretariat()).await));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn environment(smtp: &Smtp) -> [(&'static str, String); 6] {
    [
        ("SAMVIRKE_FEED__LOOPBACK_ALLOWED", "true".into()),
        ("SAMVIRKE_FEED__ORIGIN", "samvirke.test".into()),
        ("SAMVIRKE_NOTIFY__MAIL__HOST", "127.0.0.1".into()),
        ("SAMVIRKE_NOTIFY__MAIL__PORT", smtp.address.port().to_string()),
        ("SAMVIRKE_NOTIFY__MAIL__ENCRYPTION", "none".into()),
        ("SAMVIRKE_NOTIFY__MAIL__FROM", "Prøve <post@example.no>".into()),
    ]
}

/// Where an answer is not as the table says. `reader` is who reads it, and whom it is made for.
fn faults(
    table: &Table,
    words: &Words,
    name: &str,
    (reader, as_whom): (&str, &str),
    text: &str,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut found = BTreeSet::new();
    let channel = CHANNELS.contains(&name);
    for (row, word) in words.found(text) {
        // What was sent before it was withheld cannot be called back.
        let is_sent = name == "mail-before" && table.carries[name].contains(row);
        if !is_sent && !table.may(row, reader, channel) {
            wrong.push(format!("{reader}: {name} shows {word} ({row}: {})", words.place(word)));
        }
        found.insert(row);
    }
    for row in table.expected(name, as_whom, channel) {
        if !found.contains(row.as_str()) {
            wrong.push(format!("{reader}: {name} does not show {row}"));
        }
    }
    let stray = stray(table, name, &found);
    wrong.extend(
        stray.map(|row| format!("{reader}: {name} shows {row}, which its row does not name")),
    );
    wrong
}

/// The facts that the feed can tell and that nobody was told here.
fn facts_never_told(events: &[Value]) -> Vec<String> {
    let told: BTreeSet<_> = events.iter().map(history::tag).collect();
    let missing = Fact::TAGS.iter().filter(|fact| !told.contains(**fact));
    missing.map(|fact| format!("{fact} is never told: let it happen")).collect()
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
    let hidden = history.words.all().filter(|(_, row)| !table.may(row, reader.name, false));
    let hidden: Vec<&str> = hidden.map(|(word, _)| word).collect();
    // Any of these; what is searched for is at most so long.
    for words in hidden.chunks(SEARCHED) {
        let words = words.join("%20or%20");
        for list in ["cases", "decisions"] {
            let address = format!("{list}?cooperation=prove&text={words}");
            for found in answers.items(&address).await {
                wrong.push(format!("{}: {address} finds {found}", reader.name));
            }
        }
    }
    wrong
}
