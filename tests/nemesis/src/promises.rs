//! What must be true of the streams, whoever was killed and when.

use std::collections::{BTreeSet, HashMap, HashSet};

use samvirke_gateway::command_id_of;
use samvirke_kernel::envelope::digest;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    quiet::Commit,
    violation::ensure_invariant,
    workload::{self, Line},
};

/// What was found.
pub(crate) struct Tally {
    pub(crate) commits: usize,
    pub(crate) by_policies: usize,
}

/// An event with the commit that it came in.
struct Event<'a> {
    commit: &'a Commit,
    id: Uuid,
    tag: &'a str,
    data: Value,
}

/// Checks every promise.
pub(crate) fn check(
    lines: &[Line],
    acknowledged: &[String],
    commits: &[Commit],
) -> anyhow::Result<Tally> {
    what_was_acknowledged_is_kept(lines, acknowledged, commits)?;
    let events = events(commits)?;
    numbers_are_taken_once(&events)?;
    outcomes_are_recorded_once(&events)?;
    each_is_followed_once(&events, "ready-for-members", "sent-to-members", 1)?;
    // Both bodies had a seat of the member that left.
    each_is_followed_once(&events, "member-released", "seats-vacated", 2)?;
    let by_policies = commits.iter().filter(|commit| commit.envelope.cause.is_some()).count();
    Ok(Tally { commits: commits.len(), by_policies })
}

/// Checks what holds for commands of any kind.
pub(crate) fn what_was_acknowledged_is_kept(
    lines: &[Line],
    acknowledged: &[String],
    commits: &[Commit],
) -> anyhow::Result<()> {
    histories_are_whole(commits)?;
    nothing_is_doubled(commits)?;
    what_was_acknowledged_is_there_once(lines, acknowledged, commits)
}

/// Versions count from 1 without a gap, and each commit holds the digest of the one before.
fn histories_are_whole(commits: &[Commit]) -> anyhow::Result<()> {
    let mut histories: HashMap<&str, (u64, String)> = HashMap::new();
    for Commit { stored, envelope } in commits {
        let (subject, member) = (stored.subject.as_str(), &envelope.aggregate);
        let before = histories.get(subject);
        let (version, previous) =
            before.map_or((0, None), |(version, digest)| (*version, Some(digest.clone())));
        ensure_invariant!(
            member.version_from == version + 1
                && member.version_to + 1 == member.version_from + envelope.events.len() as u64,
            "{subject} has version {version} and then a commit of {} to {} at {}",
            member.version_from,
            member.version_to,
            stored.sequence
        );
        ensure_invariant!(
            envelope.previous == previous,
            "the commit of {subject} at {} does not hold the digest of the one before",
            stored.sequence
        );
        histories.insert(subject, (member.version_to, digest(&stored.payload)));
    }
    Ok(())
}

/// No command and no event is stored twice on one aggregate.
fn nothing_is_doubled(commits: &[Commit]) -> anyhow::Result<()> {
    let (mut commands, mut events) = (HashSet::new(), HashSet::new());
    for Commit { stored, envelope } in commits {
        ensure_invariant!(
            commands.insert((stored.subject.as_str(), envelope.command_id)),
            "the command {} ({}) is stored twice on {}",
            envelope.command_id,
            envelope.command,
            stored.subject
        );
        for event in &envelope.events {
            ensure_invariant!(events.insert(event.id), "the event {} is stored twice", event.id);
        }
    }
    Ok(())
}

/// A key that was acknowledged is one command, and that is one commit on its aggregate.
fn what_was_acknowledged_is_there_once(
    lines: &[Line],
    acknowledged: &[String],
    commits: &[Commit],
) -> anyhow::Result<()> {
    let lines: HashMap<&str, &Line> = lines.iter().map(|line| (line.key.as_str(), line)).collect();
    let mut by_aggregate: HashMap<String, Vec<&Commit>> = HashMap::new();
    for commit in commits {
        let member = &commit.envelope.aggregate;
        by_aggregate.entry(format!("{} {}", member.kind, member.id)).or_default().push(commit);
    }
    for key in acknowledged {
        let Some(line) = lines.get(key.as_str()) else {
            ensure_invariant!(false, "the key {key} was acknowledged and never sent");
            continue;
        };
        let found = by_aggregate.get(&aggregate_of(&line.to)?).into_iter().flatten();
        let own = found.filter(|commit| {
            let subject = &commit.envelope.actor.subject;
            commit.envelope.command_id == command_id_of(key.as_bytes(), subject)
        });
        let times = own.count();
        ensure_invariant!(
            times == 1,
            "{} ({key}) was acknowledged and is there {times} times",
            line.to
        );
    }
    Ok(())
}

/// The kind and the id that a line is for.
fn aggregate_of(to: &str) -> anyhow::Result<String> {
    let mut parts = to.split('/');
    let (plural, id) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let collection = samvirke_schemas::catalogue::collection(plural);
    let kind = collection.map_or(plural, |collection| collection.kind);
    let id: samvirke_schemas::id::AggregateId = id.parse()?;
    Ok(format!("{kind} {id}"))
}

fn events(commits: &[Commit]) -> anyhow::Result<Vec<Event<'_>>> {
    let mut events = Vec::new();
    for commit in commits {
        for event in &commit.envelope.events {
            let data = serde_json::from_str(event.data.get())?;
            events.push(Event { commit, id: event.id, tag: &event.tag, data });
        }
    }
    Ok(events)
}

/// Cases that took the next number one after another, and at once, have no number twice and none left
/// out.
fn numbers_are_taken_once(events: &[Event<'_>]) -> anyhow::Result<()> {
    let taken = events.iter().filter(|event| event.tag == "number-taken");
    let mut numbers = BTreeSet::new();
    for event in taken {
        let number = event.data["taken"]["number"].to_string();
        ensure_invariant!(numbers.insert(number.clone()), "the number {number} is taken twice");
    }
    let missing =
        (1..=workload::cases()).find(|number| !numbers.contains(&format!("\"{number}/2017\"")));
    ensure_invariant!(
        missing.is_none() && numbers.len() == workload::cases(),
        "{} numbers are taken by {} cases; the first that is missing is {missing:?}",
        numbers.len(),
        workload::cases()
    );
    Ok(())
}

/// What a meeting concluded is recorded once by its case, as following from just that.
fn outcomes_are_recorded_once(events: &[Event<'_>]) -> anyhow::Result<()> {
    each_is_followed_once(events, "item-concluded", "outcome-recorded", 1)?;
    let concluded: HashMap<Uuid, &Event<'_>> = events
        .iter()
        .filter(|event| event.tag == "item-concluded")
        .map(|event| (event.id, event))
        .collect();
    for recorded in events.iter().filter(|event| event.tag == "outcome-recorded") {
        let cause = recorded.commit.envelope.cause.and_then(|cause| concluded.get(&cause));
        let same = cause.is_some_and(|cause| {
            cause.data["case"] == recorded.commit.envelope.aggregate.id.to_string()
                && ["item", "treatment", "outcome", "text", "day"]
                    .iter()
                    .all(|name| cause.data[*name] == recorded.data[*name])
        });
        let subject = &recorded.commit.stored.subject;
        ensure_invariant!(same, "{subject} has recorded an outcome that no meeting concluded");
    }
    Ok(())
}

/// Each event of one type is the cause of just so many of another.
fn each_is_followed_once(
    events: &[Event<'_>],
    first: &str,
    then: &str,
    times: usize,
) -> anyhow::Result<()> {
    let mut followed: HashMap<Uuid, usize> = HashMap::new();
    for event in events.iter().filter(|event| event.tag == then) {
        if let Some(cause) = event.commit.envelope.cause {
            *followed.entry(cause).or_default() += 1;
        }
    }
    let causes: Vec<_> = events.iter().filter(|event| event.tag == first).collect();
    ensure_invariant!(!causes.is_empty(), "there is no {first} at all");
    for cause in &causes {
        let found = followed.get(&cause.id).copied().unwrap_or(0);
        ensure_invariant!(
            found == times,
            "{first} of {} ({}) is followed by {found} {then}, not by {times}",
            cause.commit.stored.subject,
            cause.id
        );
    }
    let all = events.iter().filter(|event| event.tag == then).count();
    ensure_invariant!(
        all == causes.len() * times,
        "there are {all} {then}, and {} {first} that {times} of them follow",
        causes.len()
    );
    Ok(())
}

#[cfg(test)]
mod tests;
