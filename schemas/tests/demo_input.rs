//! The demo's input, line by line: every line is a published request, and none names a person.
//!
//! Whether the rules accept the lines is another test's matter (`tests/tests/demo_replay.rs`).

#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{collections::BTreeSet, path::Path};

use samvirke_schemas::{
    Tagged, cases, catalogue, id::AggregateId, local_time::LocalTime, meetings, networks,
    organisation::OrganisationNumber, text::Line as Text,
};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

/// The order in which a line is written, so that the file reads well.
const KEYS: [&str; 6] = ["to", "at", "as", "source", "illustrative", "body"];

/// Everything in the file has happened before this.
const BEFORE: &str = "2026-01-01T00:00";

/// Neighbouring words with capital letters that are no person's name.
const NOT_PERSONS: [&str; 15] = [
    "Avvikle Vestregionen",
    "City Bærum",
    "Electric Mobility",
    "Innovasjon Norge",
    "Kunnskapssenteret Asker",
    "Mobility Norway",
    "Møtedato Rådmannsmøte",
    "Møtedato Samarbeidsstyret",
    "Norges Forskningsråd",
    "Prosjektmandat Kommunehelsesamarbeidet",
    "Samarbeidsstyret Kommunehelsesamarbeidet",
    "Sem Gjestegård",
    "Smart City",
    "Vestre Viken",
    "Øvre Eiker",
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    to: String,
    body: Box<RawValue>,
    #[serde(default)]
    at: Option<LocalTime>,
    #[serde(default)]
    source: Option<Text>,
    #[serde(default)]
    illustrative: bool,
    #[serde(default, rename = "as")]
    who: Option<String>,
}

/// The names of an object's fields, as they stand.
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Keys;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, _)) = map.next_entry::<String, IgnoredAny>()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }

        deserializer.deserialize_map(Names)
    }
}

#[test]
fn every_line_has_known_keys_in_one_order() {
    for (number, text) in lines() {
        let keys = serde_json::from_str::<Keys>(&text).unwrap().0;
        let mut expected: Vec<&str> = KEYS.to_vec();
        expected.retain(|key| keys.iter().any(|own| own == key));
        assert_eq!(keys, expected, "line {number}");
        let line = read(number, &text);
        assert!(line.source.is_some() || line.illustrative, "line {number} is from nowhere");
    }
}

#[test]
fn every_line_is_a_published_request_to_an_aggregate_of_vestregionen() {
    for (number, text) in lines() {
        let line = read(number, &text);
        let (plural, id, command) = target(number, &line);
        assert_eq!(id.cooperation.as_str(), "vestregionen", "line {number}");
        let collection = catalogue::collection(&plural)
            .unwrap_or_else(|| panic!("line {number}: there is no collection {plural}"));
        assert!(collection.commands.contains(&command.as_str()), "line {number}: {command}");
        let tagged = format!("{{\"{command}\":{}}}", line.body);
        let decoded = match plural.as_str() {
            "cooperations" => decode::<networks::cooperation::Request>(&tagged),
            "bodies" => decode::<networks::body::Request>(&tagged),
            "networks" => decode::<networks::network::Request>(&tagged),
            "registers" => decode::<cases::register::Request>(&tagged),
            "cases" => decode::<cases::case::Request>(&tagged),
            "meetings" => decode::<meetings::meeting::Request>(&tagged),
            other => panic!("line {number}: this test does not know {other}"),
        };
        // What is read back differs from what is written only where a field was not taken.
        let written: Value = serde_json::from_str(&tagged).unwrap();
        let decoded = decoded.unwrap_or_else(|err| panic!("line {number}: {err}"));
        assert_eq!(settled(decoded), settled(written), "line {number}");
    }
}

#[test]
fn the_file_goes_forward_in_time_and_nothing_lies_ahead() {
    let before: LocalTime = BEFORE.parse().unwrap();
    let mut last: Option<LocalTime> = None;
    let mut undated = None;
    for (number, text) in lines() {
        match read(number, &text).at {
            None => undated = Some(number),
            Some(at) => {
                assert_eq!(undated, None, "line {number} is dated after one that is not");
                assert!(at < before, "line {number} lies ahead");
                assert!(last.is_none_or(|last| last <= at), "line {number} goes back in time");
                last = Some(at);
            }
        }
    }
}

#[test]
fn only_the_secretariat_and_operators_register_what_happened_earlier() {
    for (number, text) in lines() {
        let line = read(number, &text);
        match line.who.as_deref() {
            Some("secretariat" | "operator") => (),
            Some(who) => {
                let member = who.strip_prefix("member:");
                let member = member.unwrap_or_else(|| panic!("line {number}: as {who}"));
                OrganisationNumber::try_new(member).unwrap();
                assert_eq!(line.at, None, "line {number}: a member speaks in its own time");
            }
            None => panic!("line {number} does not say who acts"),
        }
    }
}

#[test]
fn no_line_names_a_person() {
    let known: BTreeSet<&str> = NOT_PERSONS.into();
    for (number, text) in lines() {
        for key in ["holder", "person"] {
            assert!(!text.contains(&format!("\"{key}\":")), "line {number} has a {key}");
        }
        for pair in capitalised_pairs(&text) {
            assert!(known.contains(pair.as_str()), "line {number}: is {pair:?} a person?");
        }
    }
    let person = capitalised_pairs("{\"source\": \"møtt: Kari Nordmann (Bærum)\"}");
    assert_eq!(person, ["Kari Nordmann"], "a name would be seen");
}

fn lines() -> Vec<(usize, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/vestregionen.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = (1..).zip(text.lines().map(str::to_owned)).collect();
    assert!(lines.len() > 200, "the demo's input is whole");
    lines
}

fn read(number: usize, text: &str) -> Line {
    serde_json::from_str(text).unwrap_or_else(|err| panic!("line {number}: {err}"))
}

fn target(number: usize, line: &Line) -> (String, AggregateId, String) {
    let parts: Vec<&str> = line.to.split('/').collect();
    let [plural, id, command] = parts[..] else { panic!("line {number}: to {}", line.to) };
    let id = id.parse().unwrap_or_else(|err| panic!("line {number}: {err}"));
    (plural.to_owned(), id, command.to_owned())
}

fn decode<R: Tagged>(tagged: &str) -> serde_json::Result<Value> {
    serde_json::to_value(serde_json::from_str::<R>(tagged)?)
}

/// A value with what may be written in more than one way written in one: sets in order, times in full.
fn settled(value: Value) -> Value {
    match value {
        Value::Array(mut values) => {
            if values.iter().all(Value::is_string) {
                values.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            }
            values.into_iter().map(settled).collect()
        }
        Value::Object(fields) => fields.into_iter().map(|(k, v)| (k, settled(v))).collect(),
        Value::String(text) => match text.parse::<LocalTime>() {
            Ok(time) => Value::String(time.to_string()),
            Err(_) => Value::String(text),
        },
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
    }
}

/// Two words in a row that both begin with a capital letter and go on in small ones, as names do.
fn capitalised_pairs(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split(' ').map(|word| word.trim_start_matches('"')).collect();
    words
        .windows(2)
        .filter_map(|pair| {
            let first = name_like(pair[0]).filter(|name| name.len() == pair[0].len())?;
            Some(format!("{first} {}", name_like(pair[1])?))
        })
        .collect()
}

/// The part of a word up to its first sign, if it is like a name.
fn name_like(word: &str) -> Option<&str> {
    let end = word.find(|c: char| !c.is_alphabetic() && c != '-').unwrap_or(word.len());
    let name = &word[..end];
    let mut letters = name.chars();
    let capital = letters.next().is_some_and(char::is_uppercase);
    (capital && letters.next().is_some_and(char::is_lowercase)).then_some(name)
}
