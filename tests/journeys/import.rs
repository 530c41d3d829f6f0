//! An import of several lines at once leaves what an import of one line after the other leaves: the same report,
//! the same events of each aggregate, the same rows.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::Duration,
};

use async_nats::jetstream::{self, consumer::PullConsumer};
use futures::TryStreamExt;
use samvirke_kernel::log::Log;
use samvirke_tests::{Extent, ImportFile, Up, api::admitting, history, organisation_numbers};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, Row};

use crate::{policies::client, samvirke};

/// What the read models and the policies of an installation have taken is looked at so often, and for so long.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const TAKEN_WITHIN: Duration = Duration::from_secs(60);
/// The contexts whose streams the import writes.
const CONTEXTS: [&str; 3] = ["networks", "cases", "meetings"];
/// What is of the time or of the place in the stream, and so another one in each run.
const OF_THE_RUN: &[&str] = &[
    "sequence",
    "position",
    "recorded_at",
    "changed_at",
    "began_at",
    "created",
    "digest",
    "previous",
    "traceparent",
    "stored_at",
    "parked_at",
    // Where the feed was when the notifications began.
    "told_after",
];
const EXTENT: Extent = Extent { cooperations: 3, bodies: 3 };
const CASES: usize = 36;

/// Cases of several bodies in one register and in registers of their own, meetings that conclude them, lines that
/// are refused and lines that are there twice.
fn file() -> ImportFile {
    let mut file = ImportFile::new(EXTENT);
    for case in 0..CASES {
        let (cooperation, body) = (case % EXTENT.cooperations, (case / 3) % EXTENT.bodies);
        let id = format!("c{cooperation}:{case}");
        let register = if case % 4 == 0 { format!("b{body}-2017") } else { "2017".to_owned() };
        file.add_case(&id, &format!("b{body}"), &register);
        match case % 9 {
            // A register that does not exist.
            1 => file.add_case(&format!("c{cooperation}:x{case}"), &format!("b{body}"), "1999"),
            2 => file.add_line("{\"to\": \"cases/c0:1/close\", \"body\": "),
            3 => file.add_line(file.line(file.len() - 1).to_owned()),
            4 => file.add(&format!("cases/c{cooperation}:missing/close"), &json!({})),
            5 => {
                let related =
                    json!({"relation": "follows-up", "to": format!("c{cooperation}:{}", case - 3)});
                file.add(&format!("cases/{id}/relate"), &related);
            }
            6 => file.add(
                &format!("cooperations/c{cooperation}/admit-member"),
                &admitting_one_more(case),
            ),
            7 => {
                let keyed = json!({"to": format!("cases/{id}/withdraw"), "body": {"reason": "Feil."},
                    "key": format!("withdraw-{case}"), "at": "2017-06-20T12:00"});
                file.add_line(keyed.to_string());
                file.add_line(keyed.to_string());
            }
            _ => (),
        }
    }
    for cooperation in 0..EXTENT.cooperations {
        for body in 0..EXTENT.bodies {
            add_meeting(&mut file, cooperation, body);
        }
    }
    file
}

/// A member that nobody else is.
fn admitting_one_more(number: usize) -> Value {
    admitting(organisation_numbers().nth(100 + number).unwrap().as_str())
}

/// A meeting that decides every case of its body.
fn add_meeting(file: &mut ImportFile, cooperation: usize, body: usize) {
    let meeting = format!("meetings/c{cooperation}:m{body}");
    let held = json!({"body": format!("c{cooperation}:b{body}"), "days": [{"day": "2017-06-15"}]});
    file.add(&format!("{meeting}/report-held"), &held);
    let of_body = |case: &usize| {
        case % EXTENT.cooperations == cooperation && (case / 3) % EXTENT.bodies == body
    };
    for case in (0..CASES).filter(of_body) {
        let subject = json!({"case": {"case": format!("c{cooperation}:{case}"),
            "treatment": format!("b{body}")}});
        let item = json!({"item": case.to_string(), "kind": "PS", "title": "En sak",
            "subject": subject});
        file.add(&format!("{meeting}/put-item"), &json!({"item": item}));
        let outcome = json!({"item": case.to_string(),
            "conclusion": {"decided": {"text": "Planen vedtas."}}});
        file.add(&format!("{meeting}/record-outcome"), &outcome);
    }
}

/// What an import has told, without how long it took and where the streams ended.
fn imported(up: &Up, text: &str, flags: &[&str]) -> String {
    let path = up.data().join("f.jsonl");
    fs::write(&path, text).unwrap();
    let mut words = vec!["import", path.to_str().unwrap()];
    words.extend(flags);
    let output = up.command(&words).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stderr).unwrap();
    let told = said.lines().filter(|line| line.starts_with("line "));
    let sum = String::from_utf8(output.stdout).unwrap();
    let (sum, _) = sum.split_once(" (").unwrap();
    told.chain([sum]).collect::<Vec<_>>().join("\n")
}

/// A value without what is of the run.
fn lasting(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| !OF_THE_RUN.contains(&name.as_str()))
            .map(|(name, value)| (name, lasting(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(lasting).collect(),
        value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => value,
    }
}

/// An installation with all that was imported.
struct Imported {
    nats: async_nats::Client,
    database: PgConnection,
}

impl Imported {
    async fn of(up: &Up) -> Self {
        let database = PgConnection::connect(&up.addresses().unwrap().postgres.url).await.unwrap();
        let mut imported = Self { nats: client(up).await, database };
        let mut look = tokio::time::interval(LOOK_EVERY);
        let all = async {
            while !imported.is_taken().await {
                look.tick().await;
            }
        };
        tokio::time::timeout(TAKEN_WITHIN, all).await.expect("everything is taken in time");
        imported
    }

    /// Whether policies and read models have come to the ends of the streams.
    async fn is_taken(&mut self) -> bool {
        let mut ends = BTreeMap::new();
        for context in CONTEXTS {
            let name = context.to_uppercase();
            let stream = jetstream::new(self.nats.clone()).get_stream(&name).await.unwrap();
            let consumers: Vec<String> = stream.consumer_names().try_collect().await.unwrap();
            for consumer in consumers.iter().filter(|name| name.contains('-')) {
                let mut consumer: PullConsumer = stream.get_consumer(consumer).await.unwrap();
                let info = consumer.info().await.unwrap();
                if info.num_pending > 0 || info.num_ack_pending > 0 {
                    return false;
                }
            }
            ends.insert(name, i64::try_from(stream.cached_info().state.last_sequence).unwrap());
        }
        let mut taken = 0;
        for (schema, _) in self.tables().await.iter().filter(|(_, table)| table == "checkpoint") {
            let rows = format!("SELECT stream, sequence FROM {schema}.checkpoint");
            for row in sqlx::query(&rows).fetch_all(&mut self.database).await.unwrap() {
                let (stream, sequence): (String, i64) = (row.get(0), row.get(1));
                if ends.get(&stream).is_some_and(|end| *end != sequence) {
                    return false;
                }
                taken += 1;
            }
        }
        taken > 0
    }

    async fn tables(&mut self) -> Vec<(String, String)> {
        let tables = "SELECT schemaname::text, tablename::text FROM pg_tables
            WHERE schemaname ~ '_v[0-9]+$' ORDER BY 1, 2";
        sqlx::query_as(tables).fetch_all(&mut self.database).await.unwrap()
    }

    /// The rows of each table of the read models, sorted.
    async fn rows(&mut self) -> BTreeMap<String, Vec<String>> {
        let mut found = BTreeMap::new();
        for (schema, table) in self.tables().await {
            let rows = format!("SELECT to_jsonb(t) FROM {schema}.{table} t");
            let rows: Vec<(Value,)> =
                sqlx::query_as(&rows).fetch_all(&mut self.database).await.unwrap();
            let mut rows: Vec<String> =
                rows.into_iter().map(|(row,)| lasting(row).to_string()).collect();
            rows.sort_unstable();
            found.insert(format!("{schema}.{table}"), rows);
        }
        found
    }

    /// What has happened to each aggregate, in order.
    async fn events(&self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for context in CONTEXTS {
            let log = Log::open(self.nats.clone(), context, 1).await.unwrap();
            for event in history(&log).await.unwrap() {
                let aggregate = &event.envelope.aggregate;
                let to = format!("{} {}", aggregate.kind, aggregate.id);
                let said = json!({"tag": event.tag, "data": lasting(event.data)});
                found.entry(to).or_default().push(said.to_string());
            }
        }
        found
    }
}

/// What is listed under a name in one and not in the other, or at another place.
fn differences(
    one: &BTreeMap<String, Vec<String>>,
    other: &BTreeMap<String, Vec<String>>,
) -> Vec<String> {
    let none = Vec::new();
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let mut found = Vec::new();
    for name in names {
        let (one, other) = (one.get(name).unwrap_or(&none), other.get(name).unwrap_or(&none));
        let mut both = one.iter().zip(other);
        if let Some((one, other)) = both.find(|(one, other)| one != other) {
            found.push(format!("{name}:\n  {one}\n  {other}"));
        } else if one.len() != other.len() {
            found.push(format!("{name}: {} and {}", one.len(), other.len()));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_of_many_lines_at_once_leaves_and_tells_what_one_line_after_the_other_does() {
    let text = file().text();
    let [mut serial, mut parallel] = [samvirke().unwrap(), samvirke().unwrap()];
    serial.is_well().unwrap();
    parallel.is_well().unwrap();
    let told = imported(&serial, &text, &["--parallel", "1"]);
    assert!(told.lines().count() > 10, "lines are refused: {told}");
    assert_eq!(told, imported(&parallel, &text, &[]));

    let (mut one, mut other) = (Imported::of(&serial).await, Imported::of(&parallel).await);
    let (events, rows) = (one.events().await, one.rows().await);
    assert!(events.len() > CASES && rows.len() > 10, "{:?}", rows.keys());
    let mut found = differences(&events, &other.events().await);
    found.extend(differences(&rows, &other.rows().await));
    assert!(found.is_empty(), "{}", found.join("\n"));
}
