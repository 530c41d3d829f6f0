//! The history of one cooperation, given as commands, and the same again under other names.
//!
//! Ids of cooperations, commands, events and persons are replaced, and each commit is chained to the one before
//! it anew, so that every history is sound.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use anyhow::{Context, ensure};
use async_nats::Client;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use samvirke_kernel::{
    committer::Pending,
    envelope::{self, Envelope},
    log::Log,
};
use samvirke_tests::{
    api::{admitting, establishing, founding, opening},
    organisation_numbers,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    names::{CASES, PATTERN, named, starting},
    site::Site,
};

/// The networks of each cooperation, at first.
const NETWORKS: usize = 5;
/// How often each case is amended.
const AMENDED: usize = 4;
/// The members of each cooperation.
const MEMBERS: usize = 6;
/// How many cooperations grow at the same time.
const TOGETHER: usize = 256;
/// The streams of events, in the order in which one names what another holds.
const CONTEXTS: [&str; 3] = ["networks", "meetings", "cases"];

/// What was stored together.
struct Commit(Vec<Message>);

struct Message {
    subject: String,
    payload: String,
}

/// One cooperation's history, by stream.
pub(super) struct Pattern {
    streams: Vec<(&'static str, Vec<Commit>)>,
    aggregates: usize,
}

impl Pattern {
    /// Gives the commands, and reads what was stored.
    pub(super) async fn make(site: &Site) -> anyhow::Result<Self> {
        give(site).await;
        let client = site.nats().await?;
        let mut streams = Vec::new();
        let mut subjects = HashSet::new();
        for context in CONTEXTS {
            let commits = read(&client, context).await?;
            subjects.extend(
                commits.iter().flat_map(|commit| &commit.0).map(|message| message.subject.clone()),
            );
            streams.push((context, commits));
        }
        Ok(Self { streams, aggregates: subjects.len() })
    }

    /// How many messages one history has.
    pub(super) fn commits(&self) -> usize {
        self.streams.iter().flat_map(|(_, commits)| commits).map(|commit| commit.0.len()).sum()
    }

    pub(super) fn aggregates(&self) -> usize {
        self.aggregates
    }

    /// Appends the history again for each number.
    pub(super) async fn multiply(&self, site: &Site, numbers: Range<usize>) -> anyhow::Result<()> {
        let client = site.nats().await?;
        let mut logs = HashMap::new();
        for context in CONTEXTS {
            logs.insert(context, Log::open(client.clone(), context, 1).await?);
        }
        let logs = &logs;
        stream::iter(numbers.map(|number| self.append(logs, number)))
            .buffer_unordered(TOGETHER)
            .try_collect()
            .await
    }

    async fn append(&self, logs: &HashMap<&'static str, Log>, number: usize) -> anyhow::Result<()> {
        let name = named(number);
        for (context, commits) in &self.streams {
            let log = logs.get(context).context("the stream is open")?;
            let mut last: HashMap<String, (u64, String)> = HashMap::new();
            for commit in commits {
                let mut pending = Vec::with_capacity(commit.0.len());
                for message in &commit.0 {
                    let subject = message.subject.replace(PATTERN, &name);
                    let before = last.get(&subject);
                    let payload = renamed(&message.payload, &name, before)?;
                    let expected = before.map_or(0, |(sequence, _)| *sequence);
                    pending.push(Pending { subject: subject.into(), expected, payload });
                }
                let written: Vec<(String, String)> = pending
                    .iter()
                    .map(|one| (one.subject.to_string(), envelope::digest(&one.payload)))
                    .collect();
                let sequences = log.append(pending).await?;
                for ((subject, digest), sequence) in written.into_iter().zip(sequences) {
                    last.insert(subject, (sequence, digest));
                }
            }
        }
        Ok(())
    }
}

/// A commit under another cooperation's name, after the commit before it.
fn renamed(payload: &str, name: &str, before: Option<&(u64, String)>) -> anyhow::Result<Bytes> {
    let parts = payload.split('"').map(|part| match Uuid::try_parse(part) {
        Ok(id) => Uuid::new_v5(&id, name.as_bytes()).to_string(),
        Err(_) => part.replace(PATTERN, name),
    });
    let text = parts.collect::<Vec<_>>().join("\"");
    let mut envelope = Envelope::read(0, text.as_bytes())?;
    envelope.previous = before.map(|(_, digest)| digest.clone());
    Ok(envelope.write()?)
}

/// What the stream of `context` holds.
async fn read(client: &Client, context: &'static str) -> anyhow::Result<Vec<Commit>> {
    let log = Log::open(client.clone(), context, 1).await?;
    let last = log.last_sequence().await?;
    let mut commits: Vec<Commit> = Vec::new();
    if last == 0 {
        return Ok(commits);
    }
    let mut stored = log.follow_alone(0).await?;
    let mut goes_on = false;
    while let Some(message) = stored.next().await {
        let message = message?;
        let payload = std::str::from_utf8(&message.payload)?.to_owned();
        // A position would be another one in another history.
        let names_position =
            ["NETWORKS:", "MEETINGS:", "CASES:"].iter().any(|name| payload.contains(name));
        ensure!(!names_position, "{} names a position", message.subject);
        let (at, more) = (message.sequence, message.more_in_batch);
        let message = Message { subject: message.subject, payload };
        match commits.last_mut().filter(|_| goes_on) {
            Some(commit) => commit.0.push(message),
            None => commits.push(Commit(vec![message])),
        }
        goes_on = more;
        if at >= last {
            break;
        }
    }
    Ok(commits)
}

/// A cooperation with members, a body, networks, a meeting, and cases that have been decided.
async fn give(site: &Site) {
    let give = |to: String, body| site.give(to, body);
    give(format!("cooperations/{PATTERN}/found"), founding()).await;
    for member in organisation_numbers().take(MEMBERS) {
        give(format!("cooperations/{PATTERN}/admit-member"), admitting(member.as_str())).await;
    }
    let body = format!("{PATTERN}:sg");
    give(format!("bodies/{body}/establish"), establishing()).await;
    for (number, member) in organisation_numbers().take(MEMBERS).enumerate() {
        let seat = json!({"seat": format!("s{number}"), "member": member, "office": "mayor",
            "from": "2001-01-01"});
        give(format!("bodies/{body}/fill-seat"), seat).await;
    }
    give(format!("registers/{PATTERN}:2017/open"), json!({"year": 2017})).await;
    for number in 0..NETWORKS {
        give(format!("networks/{PATTERN}:n{number}/start"), starting()).await;
    }
    let sitting = json!({"start": "2017-02-10T09:00", "end": "2017-02-10T12:00"});
    let plan = json!({"body": body, "title": "Møte", "sittings": [sitting],
        "venue": {"place": "Rådhuset"}});
    give(format!("meetings/{PATTERN}:m0/plan"), plan).await;
    let cases = 0..CASES;
    stream::iter(cases)
        .for_each_concurrent(16, |number| {
            let body = &body;
            async move {
                let case = format!("cases/{PATTERN}:c{number}");
                let title = format!("Sak nummer {number} om veger");
                give(format!("{case}/open"), opening(body, &title)).await;
                let plan = json!({"treatments": [
                    {"treatment": "sg", "body": body, "authority": "decides"}]});
                give(format!("{case}/plan-treatments"), plan).await;
                for version in 1..=AMENDED {
                    let title = format!("{title}, utgave {version}");
                    let amended = json!({"title": title, "public_title": title});
                    give(format!("{case}/amend"), amended).await;
                }
                let decided = json!({"of": {"id": {"treatment": "sg"}},
                    "meeting": format!("{PATTERN}:m0"), "item": format!("{number}"),
                    "outcome": "decided", "day": "2016-12-10", "unanimous": true,
                    "text": "Planen for sykkelveg vedtas."});
                give(format!("{case}/record-outcome"), decided).await;
            }
        })
        .await;
}
