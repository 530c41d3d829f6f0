//! Each check must be able to fail.

use samvirke_kernel::{envelope::Envelope, log::Stored};
use serde_json::json;

use super::*;

const KEY: &str = "k-1";

fn commit(version: u64, command: Uuid, previous: Option<&Commit>) -> Commit {
    let event = Uuid::new_v5(&command, &version.to_be_bytes());
    let text = json!({
        "v": 1,
        "aggregate": {"kind": "cooperation", "id": "prove", "version_from": version,
            "version_to": version},
        "command_id": command, "command": "cooperation.pause", "digest": "",
        "actor": {"subject": "s"}, "occurred_at": "2017-01-01T00:00:00Z",
        "recorded_at": "2017-01-01T00:00:00Z",
        "previous": previous.map(|previous| digest(&previous.stored.payload)),
        "events": [{"id": event, "type": "paused", "version": 1, "data": {"reason": "x"}}],
    })
    .to_string();
    let envelope = Envelope::read(version, text.as_bytes()).unwrap();
    let stored = Stored {
        subject: "es.networks.prove.cooperation.prove".into(),
        sequence: version,
        stored_at: envelope.recorded_at,
        payload: text.into(),
        more_in_batch: false,
        pending: None,
    };
    Commit { stored, envelope }
}

/// Three commits on one aggregate; the first is the one with [`KEY`].
fn history() -> Vec<Commit> {
    let first = commit(1, command_id_of(KEY.as_bytes(), "s"), None);
    let second = commit(2, Uuid::from_u128(2), Some(&first));
    let third = commit(3, Uuid::from_u128(3), Some(&second));
    vec![first, second, third]
}

fn acknowledged(commits: &[Commit]) -> anyhow::Result<()> {
    let to = "cooperations/prove/pause".to_owned();
    let line = Line { key: KEY.to_owned(), to, text: String::new() };
    what_was_acknowledged_is_there_once(&[line], &[KEY.to_owned()], commits)
}

#[test]
fn a_whole_history_keeps_every_promise() {
    let history = history();
    histories_are_whole(&history).unwrap();
    nothing_is_doubled(&history).unwrap();
    acknowledged(&history).unwrap();
}

#[test]
fn a_commit_that_is_missing_is_noticed_wherever_it_was() {
    for gone in 0..2 {
        let mut history = history();
        history.remove(gone);
        assert!(histories_are_whole(&history).is_err(), "{gone}");
    }
    assert!(acknowledged(&history()[1..]).is_err());
}

#[test]
fn a_commit_that_was_changed_is_noticed_by_the_next() {
    let mut history = history();
    history[1].stored.payload = history[1].stored.payload.to_ascii_uppercase().into();
    assert!(histories_are_whole(&history).is_err());
}

#[test]
fn a_command_that_acted_twice_is_noticed() {
    let mut history = history();
    let again = commit(4, command_id_of(KEY.as_bytes(), "s"), Some(&history[2]));
    history.push(again);
    histories_are_whole(&history).unwrap();
    assert!(nothing_is_doubled(&history).is_err());
    assert!(acknowledged(&history).is_err());
}

#[test]
fn a_reaction_that_is_missing_or_doubled_is_noticed() {
    let history = history();
    let cause = events(&history).unwrap()[0].id;
    let with = |reactions: usize| {
        let mut commits = vec![history[0].clone()];
        for _ in 0..reactions {
            let mut reaction = history[1].clone();
            reaction.envelope.cause = Some(cause);
            reaction.envelope.events[0].tag = "resumed".into();
            commits.push(reaction);
        }
        commits
    };
    let check = |reactions| {
        let commits = with(reactions);
        each_is_followed_once(&events(&commits).unwrap(), "paused", "resumed", 1)
    };
    assert!(check(0).is_err());
    check(1).unwrap();
    assert!(check(2).is_err());
}
