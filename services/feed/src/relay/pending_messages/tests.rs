//! How far the streams are told while a cooperation is held, and after.

use samvirke_schemas::{
    cases::case::joint::MEMBERS_MAX, feed::Concerns, id::AggregateId, text::PROSE_CHARS_MAX,
};
use serde_json::{Value, json};

use super::*;

/// What the headers of a batch and of what is expected take.
const ROOM_FOR_A_BATCH: usize = 1024;

fn id_of_a_body() -> AggregateId {
    format!("{}:{}", "c".repeat(64), "b".repeat(64)).parse().unwrap()
}

fn pending(cooperation: &str, sequence: u64) -> PendingMessages {
    PendingMessages {
        stream: "CASES".into(),
        sequence,
        digest: format!("d{sequence}"),
        before: (sequence > 1).then(|| format!("d{}", sequence - 1)),
        subject: format!("es.cases.{cooperation}.case.a"),
        cooperation: cooperation.parse().unwrap(),
        said: Ok(Vec::new()),
        skipped: BTreeSet::new(),
    }
}

fn place() -> Place {
    Place { sequence: 0, offsets: "CASES@5:0".parse().unwrap(), behind: BTreeMap::new() }
}

fn commits() -> Vec<PendingMessages> {
    let unreadable = PendingMessages { said: Err("no envelope".into()), ..pending("a", 2) };
    vec![pending("a", 1), unreadable, pending("b", 3), pending("a", 4), pending("b", 5)]
}

/// Every member of a cooperation is told more than the public.
fn said_to_everybody(fact: &Value) -> Vec<Said> {
    let to_public = Said {
        audience: Audience::Public,
        about: id_of_a_body(),
        plural: "bodies",
        concerns: Concerns::default(),
        fact: serde_json::from_value(fact.clone()).unwrap(),
        origin: uuid::Uuid::nil(),
        restates: true,
        replacement: false,
        occurred_at: chrono::DateTime::UNIX_EPOCH,
        recorded_at: chrono::DateTime::UNIX_EPOCH,
        traceparent: None,
    };
    let member = Audience::Member("935478715".parse().unwrap());
    let mut all = vec![Said { audience: member, ..to_public.clone() }; MEMBERS_MAX];
    all.push(to_public);
    all
}

fn held() -> Held {
    let parked = [("a".parse().unwrap(), ("CASES".to_owned(), 2))].into();
    Held { parked, ..Held::default() }
}

#[test]
fn a_commit_that_cannot_be_told_is_named() {
    let unrenderable = place().next(&commits(), &Held::default()).unwrap_err();
    assert_eq!((unrenderable.sequence, unrenderable.reason.as_str()), (2, "no envelope"));
}

#[test]
fn who_is_held_keeps_its_place_while_the_others_go_on_and_the_note_reads_back() {
    // The first commit was told before the second one was found to be unreadable.
    let (_, before) = place().next(&commits()[..1], &Held::default()).unwrap();
    let (_, after) = before.next(&commits(), &held()).unwrap();
    assert_eq!(after.offsets.to_string(), "CASES@5:5#d5");
    assert_eq!(after.written_behind(), "a CASES@5:1");
    let read = read_behind(&after.written_behind()).unwrap();
    let a = "a".parse().unwrap();
    assert!(read.len() == 1 && read[&a].is_as_far_as(&after.behind[&a]));
    assert!(read_behind("a").is_err() && read_behind("").unwrap().is_empty());
    assert!(after.has_told(&"b".parse().unwrap(), "CASES", 5));
    assert!(!after.has_told(&"a".parse().unwrap(), "CASES", 2));
    assert!(commits().iter().all(|one| after.is_past(one, &held())), "nothing is kept in memory");
}

#[test]
fn who_is_held_no_longer_catches_up_and_then_needs_no_note() {
    let (_, before) = place().next(&commits()[..1], &Held::default()).unwrap();
    let (_, behind) = before.next(&commits(), &held()).unwrap();
    let skips = Held { skipped: [("CASES".to_owned(), 2)].into(), ..Held::default() };
    assert!(!behind.is_past(&commits()[1], &skips), "it is read and told again");
    let (_, half) = behind.next(&commits()[..3], &skips).unwrap();
    assert_eq!(half.written_behind(), "a CASES@5:3");
    let (_, caught_up) = half.next(&commits(), &skips).unwrap();
    assert_eq!(
        (caught_up.offsets.to_string().as_str(), caught_up.behind.len()),
        ("CASES@5:5#d5", 0)
    );
}

#[test]
fn what_many_are_told_at_length_is_published_in_batches_of_bounded_size() {
    let reason = "æ".repeat(PROSE_CHARS_MAX);
    let paused = json!({"cooperation.paused": {"cooperation": {"id": "a"}, "reason": reason}});
    let said = said_to_everybody(&paused);
    let commits = [PendingMessages { said: Ok(said), ..pending("a", 1) }];
    let (mut at, mut batches, mut messages) = (place(), 0, 0);
    loop {
        let (batch, next) = at.next(&commits, &Held::default()).unwrap();
        if batch.is_empty() {
            break;
        }
        let bytes: usize = batch.iter().map(|one| one.payload.len()).sum();
        assert!(bytes < BATCH_BYTES_MAX + EVENT_BYTES_MAX, "{bytes}");
        (at, batches, messages) = (next, batches + 1, messages + batch.len());
    }
    assert_eq!(messages, MEMBERS_MAX + 1, "each once");
    assert!(batches > 1 && at.is_past(&commits[0], &Held::default()));
}

/// What nats-server takes, headers included.
const MAX_PAYLOAD: usize = 1024 * 1024;
/// The streams that the feed is made from, as far as they can come.
const SOURCES_MAX: &str = "CASES@9999999999999999:18446744073709551615+4294967295 CONTACTS@9999999999999999:18446744073709551615+4294967295 MEETINGS@9999999999999999:18446744073709551615+4294967295 NETWORKS@9999999999999999:18446744073709551615+4294967295 SUBSCRIPTIONS@9999999999999999:18446744073709551615+4294967295";

#[test]
fn a_message_has_room_for_the_largest_event_and_the_longest_headers() {
    let offsets: SourceOffsets = SOURCES_MAX.parse().unwrap();
    let id = |number: usize| format!("{number:0>64}").parse().unwrap();
    let behind = (0..BEHIND_MAX).map(|number| (id(number), offsets.clone())).collect();
    let digest = "d".repeat(64);
    let with_digests = SOURCES_MAX.split(' ').map(|one| format!("{one}#{digest}"));
    let with_digests = with_digests.collect::<Vec<_>>().join(" ").parse().unwrap();
    let place = Place { sequence: u64::MAX - 1, offsets: with_digests, behind };
    let fact = json!({"body.resumed": {"body": {"id": "a:b"}, "from": "2017-06-01"}});
    let all = said_to_everybody(&fact);
    let message = message(&all[MEMBERS_MAX], all.iter(), &place, vec![b' '; EVENT_BYTES_MAX]);
    let headers: usize =
        message.headers.iter().map(|(name, value)| name.len() + value.len() + ": \r\n".len()).sum();
    let all = message.payload.len() + message.subject.len() + headers + ROOM_FOR_A_BATCH;
    assert!(all <= MAX_PAYLOAD, "{all} bytes, {headers} of them headers");
}
