//! The messages of commits that are not published yet, and how far the streams are published.
//!
//! Invariant: of a cooperation with a parked commit nothing is published; how far it is published is noted beside
//! how far all others are, in the same message, so that a retry publishes what waits, in order and once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use samvirke_kernel::{
    committer::{BATCH_BYTES_MAX, BATCH_MESSAGES_MAX},
    publication::Outgoing,
};
use samvirke_schemas::{
    Tagged,
    feed::{Audience, CloudEvent, EVENT_BYTES_MAX, Fact, RESTATED, Said, Subject},
    id::CooperationId,
};

use uuid::Uuid;

use super::{BEHIND, SOURCES};
use crate::sources::{InvalidSourceOffsets, PublishedCommit, SourceOffsets};

const CONTENT_TYPE: (&str, &str) = ("Content-Type", "application/cloudevents+json");

/// The most cooperations that may be behind the others at once: the note of each goes into every message.
pub(super) const BEHIND_MAX: usize = 200;

/// The messages of one commit.
pub(super) struct PendingMessages {
    pub(super) stream: String,
    pub(super) sequence: u64,
    /// The digest of the commit, and of the one before it in its stream.
    pub(super) digest: String,
    pub(super) before: Option<String>,
    /// The commit's subject.
    pub(super) subject: String,
    pub(super) cooperation: CooperationId,
    /// The messages, or why there can be none.
    pub(super) said: Result<Vec<Said>, String>,
    /// The places of what is not published, since it was withheld later.
    pub(super) skipped: BTreeSet<usize>,
}

impl PendingMessages {
    fn commit(&self) -> PublishedCommit<'_> {
        PublishedCommit {
            sequence: self.sequence,
            digest: &self.digest,
            before: self.before.as_deref(),
        }
    }

    /// What the commit withholds.
    pub(super) fn withheld(&self) -> Withheld {
        let mut withheld = Withheld::default();
        self.said.iter().flatten().for_each(|said| withheld.take(said, 1));
        withheld
    }

    /// Puts what may still be known in the place of what is withheld, and leaves out what has nothing in its place.
    /// `number` is the commit's own, as [`Withheld::take`] counts.
    pub(super) fn withhold(&mut self, withheld: &Withheld, number: u64) {
        let said = self.said.iter_mut().flatten().enumerate();
        for (index, one) in said.filter(|(_, one)| withheld.holds(one, number)) {
            match withheld.instead.get(&one.id()) {
                // Nobody has heard it before, so it takes the place of nothing.
                Some(instead) => {
                    *one = Said { replacement: one.replacement, ..instead.clone() };
                }
                None => {
                    self.skipped.insert(index);
                }
            }
        }
    }
}

/// Events that commits withhold, and what may still be known of them. What is published late is published so.
#[derive(Debug, Default)]
pub(super) struct Withheld {
    /// Each with the number of the last commit that withholds it.
    events: HashMap<Uuid, u64>,
    instead: HashMap<Uuid, Said>,
}

impl Withheld {
    /// Takes what a commit says, the `number`th.
    pub(super) fn take(&mut self, said: &Said, number: u64) {
        self.events.extend(named_as_withheld(&said.fact).iter().map(|id| (*id, number)));
        if said.replacement {
            self.instead.insert(said.id(), said.clone());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether a message of the `number`th commit is withheld by a later one.
    fn holds(&self, said: &Said, number: u64) -> bool {
        !self.events.is_empty() && self.events.get(&said.id()).is_some_and(|by| number < *by)
    }
}

/// The events that a fact names as withheld.
fn named_as_withheld(fact: &Fact) -> &[Uuid] {
    if let Fact::CaseWithheld(fact) = fact {
        &fact.events
    } else if let Fact::MeetingItemWithheld(fact) = fact {
        &fact.events
    } else {
        &[]
    }
}

/// Which cooperations nothing is published of, and which commits are passed over.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// With the commit that is parked.
    pub(super) parked: HashMap<CooperationId, (String, u64)>,
    pub(super) skipped: HashSet<(String, u64)>,
}

impl Held {
    fn has_skipped(&self, pending: &PendingMessages) -> bool {
        // The key is made anew, since a set of pairs is not asked by halves.
        !self.skipped.is_empty()
            && self.skipped.contains(&(pending.stream.clone(), pending.sequence))
    }

    fn holds(&self, cooperation: &CooperationId) -> bool {
        self.parked.contains_key(cooperation)
    }
}

/// A commit that cannot be rendered.
#[derive(Debug)]
pub(super) struct Unrenderable {
    pub(super) cooperation: CooperationId,
    pub(super) stream: String,
    pub(super) sequence: u64,
    pub(super) subject: String,
    pub(super) reason: String,
}

/// A place in the feed, and how far the streams are published there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) sequence: u64,
    pub(super) offsets: SourceOffsets,
    /// How far they are published of cooperations that are behind.
    pub(super) behind: BTreeMap<CooperationId, SourceOffsets>,
}

impl Place {
    /// Whether nothing is left to do for a commit here: it is published, or waits behind a parked one.
    pub(super) fn is_past(&self, pending: &PendingMessages, held: &Held) -> bool {
        let offsets = match self.behind.get(&pending.cooperation) {
            Some(own) if !held.holds(&pending.cooperation) => own,
            Some(_) | None => &self.offsets,
        };
        offsets.sequence(&pending.stream) >= pending.sequence
    }

    /// Whether a commit is published in full here.
    pub(super) fn has_told(
        &self,
        cooperation: &CooperationId,
        stream: &str,
        sequence: u64,
    ) -> bool {
        let offsets = self.behind.get(cooperation).unwrap_or(&self.offsets);
        offsets.sequence(stream) >= sequence
    }

    /// How far a stream is published of every cooperation.
    pub(super) fn told_of_all(&self, stream: &str) -> u64 {
        let behind = self.behind.values().map(|own| own.sequence(stream));
        behind.fold(self.offsets.sequence(stream), u64::min)
    }

    /// The next messages after this place, and the place after them: [`BATCH_MESSAGES_MAX`] at most, and no more
    /// once they have [`BATCH_BYTES_MAX`].
    ///
    /// # Errors
    ///
    /// A commit that cannot be rendered and is neither held nor skipped, where it comes next; what comes
    /// before it is returned first.
    pub(super) fn next<'a>(
        &self,
        observed: impl IntoIterator<Item = &'a PendingMessages>,
        held: &Held,
    ) -> Result<(Vec<Outgoing>, Self), Unrenderable> {
        let mut messages = Vec::new();
        let mut bytes = 0;
        let mut place = self.clone();
        for pending in observed {
            if held.holds(&pending.cooperation) {
                let own = || place.offsets.clone();
                place.behind.entry(pending.cooperation.clone()).or_insert_with(own);
                place.pass(pending, held);
                continue;
            }
            let said: &[Said] = match &pending.said {
                _ if held.has_skipped(pending) => &[],
                Ok(said) => said,
                Err(_) if !messages.is_empty() => return Ok((messages, place)),
                Err(reason) => return Err(unrenderable(pending, reason)),
            };
            let told = place.told(pending);
            for (index, one) in said.iter().enumerate().skip(told) {
                if pending.skipped.contains(&index) {
                    place.tell(pending, index + 1, said.len());
                    continue;
                }
                if messages.len() == BATCH_MESSAGES_MAX || bytes >= BATCH_BYTES_MAX {
                    return Ok((messages, place));
                }
                let payload = match payload(one, place.sequence + 1) {
                    Ok(payload) => payload,
                    Err(_) if !messages.is_empty() => return Ok((messages, place)),
                    Err(reason) => return Err(unrenderable(pending, &reason)),
                };
                bytes += payload.len();
                place.sequence += 1;
                place.tell(pending, index + 1, said.len());
                let told = said.iter().enumerate();
                let told = told.filter(|(index, _)| !pending.skipped.contains(index));
                messages.push(message(one, told.map(|(_, one)| one), &place, payload));
            }
            // It may have had nothing to say.
            place.pass(pending, held);
        }
        Ok((messages, place))
    }

    /// How many messages of a commit are published.
    fn told(&self, pending: &PendingMessages) -> usize {
        let offsets = self.behind.get(&pending.cooperation).unwrap_or(&self.offsets);
        offsets.told(&pending.stream, pending.sequence)
    }

    fn tell(&mut self, pending: &PendingMessages, told: usize, all: usize) {
        if let Some(own) = self.behind.get_mut(&pending.cooperation) {
            own.tell(&pending.stream, &pending.commit(), told, all);
        }
        self.offsets.tell(&pending.stream, &pending.commit(), told, all);
    }

    /// Notes that nothing is left to do for a commit. Commits come in one order, so whoever is behind and
    /// not held comes as far; who has caught up with all others needs no note any more.
    fn pass(&mut self, pending: &PendingMessages, held: &Held) {
        let (stream, commit) = (&pending.stream, pending.commit());
        self.offsets.tell(stream, &commit, 0, 0);
        if self.behind.is_empty() {
            return;
        }
        for (cooperation, own) in &mut self.behind {
            if !held.holds(cooperation) {
                own.tell(stream, &commit, 0, 0);
            }
        }
        let offsets = &self.offsets;
        self.behind
            .retain(|cooperation, own| held.holds(cooperation) || !own.is_as_far_as(offsets));
    }

    /// The note on who is behind: `vestregionen NETWORKS@1732233600000000:12 CASES@…:30+2; …`. Its digests are
    /// left out, since it goes into every message: how far all others are identifies the streams.
    pub(super) fn written_behind(&self) -> String {
        let one = |(cooperation, own): (&CooperationId, &SourceOffsets)| {
            format!("{cooperation} {}", own.without_digests())
        };
        self.behind.iter().map(one).collect::<Vec<_>>().join("; ")
    }
}

/// Reads the note on who is behind.
///
/// # Errors
///
/// [`InvalidSourceOffsets`].
pub(super) fn read_behind(
    text: &str,
) -> Result<BTreeMap<CooperationId, SourceOffsets>, InvalidSourceOffsets> {
    let invalid = || InvalidSourceOffsets::new(text);
    let read = |one: &str| {
        let (cooperation, own) = one.trim().split_once(' ').ok_or_else(invalid)?;
        Ok((cooperation.parse().map_err(|_| invalid())?, own.parse()?))
    };
    text.split(';').filter(|one| !one.trim().is_empty()).map(read).collect()
}

fn unrenderable(pending: &PendingMessages, reason: &str) -> Unrenderable {
    Unrenderable {
        cooperation: pending.cooperation.clone(),
        stream: pending.stream.clone(),
        sequence: pending.sequence,
        subject: pending.subject.clone(),
        reason: reason.to_owned(),
    }
}

/// The content of a message, or why it cannot be one.
fn payload(one: &Said, sequence: u64) -> Result<Vec<u8>, String> {
    let unwritable = |error: serde_json::Error| format!("it cannot be written as JSON: {error}");
    let event = CloudEvent::new(one, sequence).map_err(unwritable)?;
    let payload = serde_json::to_vec(&event).map_err(unwritable)?;
    let bytes = payload.len();
    if bytes > EVENT_BYTES_MAX {
        let (tag, to) = (one.fact.tag(), &one.audience);
        return Err(format!(
            "{tag} to {to} has {bytes} bytes; an event of the feed has at most {EVENT_BYTES_MAX}"
        ));
    }
    Ok(payload)
}

/// A message with its headers; `all` are those of its commit that are told.
fn message<'a>(
    one: &Said,
    all: impl Iterator<Item = &'a Said>,
    place: &Place,
    payload: Vec<u8>,
) -> Outgoing {
    let subject = Subject {
        cooperation: one.about.cooperation.clone(),
        audience: one.audience.clone(),
        tag: one.fact.tag().to_owned(),
    };
    let mut headers =
        vec![(CONTENT_TYPE.0, CONTENT_TYPE.1.to_owned()), (SOURCES, place.offsets.to_string())];
    if !place.behind.is_empty() {
        headers.push((BEHIND, place.written_behind()));
    }
    if one.audience == Audience::Public {
        let restated: Vec<String> = all
            .filter(|other| other.restates && other.origin == one.origin)
            .filter(|other| other.fact.tag() == one.fact.tag())
            .map(|other| other.audience.to_string())
            .collect();
        if !restated.is_empty() {
            headers.push((RESTATED, restated.join(",")));
        }
    }
    Outgoing { subject: subject.to_string(), headers, payload: payload.into() }
}

#[cfg(test)]
mod tests;
