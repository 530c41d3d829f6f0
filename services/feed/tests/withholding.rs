//! What is withheld, on a real NATS: in the stream itself, which members' programs read.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{path::Path, time::Duration};

use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use samvirke_feed::{MasterKey, Settings, service};
use samvirke_kernel::{
    committer::Pending,
    envelope::{self, ENVELOPE_VERSION, Envelope, Member, Recorded},
    log::Log,
    publication::{
        Outgoing, Publication,
        erasure::{EraseError, Erasures},
    },
};
use samvirke_private_servers::{
    NatsServer,
    temporary::{self, Temporary},
};
use samvirke_schemas::{
    feed::{self, CloudEvent},
    id::AggregateId,
    principal::Principal,
};
use samvirke_tests::{Caller, Running};
use serde_json::{Value, json, value::RawValue};
use uuid::Uuid;

const SECRET: &str = "Sykefraværet";
/// What is left when all is erased: the fact that names it, and what may still be known.
const LEFT: [&str; 4] = ["case.restricted", "case.withheld", "case.opened", "case.amended"];
/// How long something may take to become so.
const WITHIN: Duration = Duration::from_secs(30);

struct World {
    nats: Temporary<NatsServer>,
    caller: Caller,
    publication: Publication,
    cases: Log,
    commits: Vec<(u64, Bytes)>,
}

impl World {
    async fn start() -> Self {
        let nats = temporary::nats().await.unwrap();
        let caller = Caller::connect(&nats.url()).await.unwrap();
        let client = caller.client().clone();
        let publication = Publication::make(client, feed::STREAM, feed::SUBJECTS, 1).await.unwrap();
        let cases = caller.log("cases").await.unwrap();
        Self { nats, caller, publication, cases, commits: Vec::new() }
    }

    fn relay(&self) -> Running {
        let service = |host| service(host, Settings::default(), MasterKey::new([7; 32]));
        Running::start(&self.nats.url(), service).unwrap()
    }

    /// Something happens to the case.
    async fn happens(&mut self, tag: &str, data: Value) {
        let id: AggregateId = "prove:1-2017".parse().unwrap();
        let version = self.commits.len() as u64 + 1;
        let at = "2017-06-01T10:00:00Z".parse().unwrap();
        let envelope = Envelope {
            v: ENVELOPE_VERSION,
            aggregate: Member {
                kind: "case".into(),
                id: id.clone(),
                version_from: version,
                version_to: version,
            },
            command_id: Uuid::from_u128(u128::from(version)),
            command: format!("case.{tag}"),
            digest: String::new(),
            actor: Principal::public(),
            cause: None,
            traceparent: None,
            provenance: None,
            occurred_at: at,
            recorded_at: at,
            previous: self.commits.last().map(|last| envelope::digest(&last.1)),
            events: vec![Recorded {
                id: Uuid::from_u128(u128::from(version) << 64),
                tag: tag.to_owned(),
                version: 1,
                data: RawValue::from_string(data.to_string()).unwrap(),
            }],
        };
        let payload = envelope.write().unwrap();
        let subject = self.cases.subject("case", &id).into();
        let expected = self.commits.last().map_or(0, |last| last.0);
        let pending = Pending { subject, expected, payload: payload.clone() };
        let sequence = self.cases.append(vec![pending]).await.unwrap()[0];
        self.commits.push((sequence, payload));
    }

    async fn opened(&mut self) {
        let description = json!({"title": SECRET, "public_title": SECRET, "about": SECRET});
        let number = json!({"register": "2017", "number": "1/2017"});
        let opened = json!({"kind": "decision", "description": description, "owner": "prove:sg",
            "number": number});
        self.happens("opened", opened).await;
    }

    async fn restricted(&mut self) {
        let amended = json!({"title": "Personalsak", "public_title": "Personalsak"});
        self.happens("amended", amended).await;
        let basis = json!({"act": "offentleglova", "provision": "§ 13"});
        let restricted = json!({"legal_basis": basis, "scope": {"everything": {}}});
        self.happens("restricted", restricted).await;
    }

    /// What stands in the stream, as a program reads it that has nothing but NATS.
    async fn stream(&self) -> Vec<(u64, CloudEvent)> {
        let mut found = Vec::new();
        let mut after = 0;
        while let Some(message) = self.publication.next(feed::EVENT_SUBJECTS, after).await.unwrap()
        {
            after = message.sequence;
            found.push((after, serde_json::from_slice(&message.payload).unwrap()));
        }
        found
    }

    /// Waits until the stream is as wanted.
    async fn until(&self, wanted: impl Fn(&[(u64, CloudEvent)]) -> bool) -> Vec<(u64, CloudEvent)> {
        let mut last = Vec::new();
        let look = async {
            loop {
                last = self.stream().await;
                if wanted(&last) {
                    return last.clone();
                }
                tokio::task::yield_now().await;
            }
        };
        match tokio::time::timeout(WITHIN, look).await {
            Ok(found) => found,
            Err(_) => panic!("the feed has not become so: {last:?}"),
        }
    }
}

fn tags(stream: &[(u64, CloudEvent)]) -> Vec<&str> {
    stream.iter().map(|(_, event)| event.tag()).collect()
}

fn tells(stream: &[(u64, CloudEvent)]) -> bool {
    stream.iter().any(|(_, event)| event.data.get().contains(SECRET))
}

#[tokio::test]
async fn what_was_public_and_is_restricted_is_in_the_stream_no_more_and_a_record_explains_the_gap()
{
    let mut world = World::start().await;
    let _relay = world.relay();
    world.opened().await;
    let before = world.until(|stream| tags(stream) == ["case.opened"]).await;
    assert!(tells(&before));
    let (sequence, opened) = &before[0];
    world.restricted().await;
    let after = world.until(|stream| tags(stream) == LEFT).await;
    assert!(!tells(&after));
    assert_eq!(after[2].1.id, opened.id, "a fact keeps its id");
    assert!(after[2].1.replacement);
    let withheld: Value = serde_json::from_str(after[1].1.data.get()).unwrap();
    assert_eq!(withheld["events"][0], json!(opened.id));

    let erasures = Erasures::open(&world.publication, 1).await.unwrap();
    let record = erasures.record(*sequence).await.unwrap().unwrap();
    assert_eq!((record.sequence, record.cause), (*sequence, after[1].1.id));
    assert_eq!(record.digest.len(), 64);
    let client = world.caller.client().clone();
    let stream = async_nats::jetstream::new(client).get_stream(feed::STREAM).await.unwrap();
    let state = &stream.cached_info().state;
    assert_eq!(state.last_sequence - state.messages, erasures.count().await.unwrap());
}

#[tokio::test]
async fn a_service_that_starts_again_erases_what_it_left_and_publishes_nothing_twice() {
    let mut world = World::start().await;
    world.opened().await;
    world.restricted().await;
    let relay = world.relay();
    world.until(|stream| tags(stream) == LEFT).await;
    relay.kill();
    let _relay = world.relay();
    world.happens("closed", json!({})).await;
    let stream = world.until(|stream| tags(stream).contains(&"case.closed")).await;
    assert_eq!(tags(&stream), [&LEFT[..], &["case.closed"]].concat());
}

#[tokio::test]
async fn what_is_restricted_before_it_is_published_is_published_by_nobody_in_clear() {
    let mut world = World::start().await;
    // Whoever listens hears what is published, also when it is erased a moment later.
    let mut heard = world.caller.client().subscribe(feed::SUBJECTS).await.unwrap();
    world.caller.client().flush().await.unwrap();
    world.opened().await;
    world.restricted().await;
    let _relay = world.relay();
    world.until(|stream| tags(stream) == LEFT).await;
    world.caller.client().flush().await.unwrap();
    let mut told = Vec::new();
    while let Some(Some(message)) = heard.next().now_or_never() {
        let text = String::from_utf8_lossy(&message.payload).into_owned();
        assert!(!text.contains(SECRET), "{} {text}", message.subject);
        told.extend(serde_json::from_slice::<CloudEvent>(&message.payload).ok());
    }
    // That it was opened is told when it was, to whoever was never told more.
    let opened: Vec<_> = told.iter().filter(|event| event.tag() == "case.opened").collect();
    assert_eq!(opened.iter().map(|event| event.replacement).collect::<Vec<_>>(), [false, true]);
    assert_eq!(opened[0].id, opened[1].id);
}

#[tokio::test]
async fn neither_the_first_message_nor_the_last_is_erased() {
    let world = World::start().await;
    world.publication.set_up(feed::SET_UP_SUBJECT).await.unwrap();
    world.publication.set_up(feed::SET_UP_SUBJECT).await.unwrap();
    assert_eq!(world.publication.last_sequence().await.unwrap(), 1, "it is set up once");
    let message = |payload: &'static str| Outgoing {
        subject: "feed.prove.public.case.opened".into(),
        headers: Vec::new(),
        payload: payload.into(),
    };
    world.publication.publish(1, &[message(SECRET), message("{}")]).await.unwrap();
    assert!(is_on_disk(world.nats.directory(), SECRET));
    let erasures = Erasures::open(&world.publication, 1).await.unwrap();
    let cause = Uuid::nil();
    assert!(matches!(erasures.erase(1, cause).await, Err(EraseError::First { .. })));
    assert!(matches!(erasures.erase(3, cause).await, Err(EraseError::Last { .. })));
    assert!(erasures.erase(2, cause).await.unwrap());
    assert!(!erasures.erase(2, cause).await.unwrap(), "it is gone");
    assert_eq!(erasures.count().await.unwrap(), 1);
    assert!(erasures.record(2).await.unwrap().is_some());
    assert!(erasures.record(3).await.unwrap().is_none());
    // The secret is overwritten on the disk too.
    assert!(!is_on_disk(world.nats.directory(), SECRET));
}

/// Whether a text is in any file of a server.
fn is_on_disk(directory: &Path, text: &str) -> bool {
    std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return is_on_disk(&path, text);
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}
