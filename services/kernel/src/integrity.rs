//! Whether a stream holds all that was acknowledged, as far as the stream itself can tell.
//!
//! Every commit is read once. Sequences must follow each other without a gap, and for each aggregate versions must
//! be dense and every commit must hold the digest of the one before it. What no check of one stream can find is
//! that its last commits are gone: those are found by whoever had taken them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    envelope::{Envelope, EnvelopeError, digest},
    error_chain::chain,
    loaded::{Before, Break},
    log::{Log, ReadError, Stored},
};

/// The most faults that are told of one stream; more are counted.
pub const FAULTS_MAX: usize = 200;
/// How often progress is told, in commits.
const TELL_EVERY: u64 = 256;

/// Something that is not as it was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub stream: String,
    /// The sequence at which it was found.
    pub sequence: u64,
    /// The aggregate, as `case vestregionen:24-2017`; `None` where no commit of it is left to name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<String>,
    pub found: String,
}

/// What reading a whole stream came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Integrity {
    pub stream: String,
    /// The stream's end when the reading began.
    pub last_sequence: u64,
    /// How many commits were read.
    pub commits: u64,
    pub aggregates: u64,
    /// The first [`FAULTS_MAX`] faults.
    pub faults: Vec<Fault>,
    /// How many more there are.
    pub more_faults: u64,
}

/// How far an aggregate has come.
struct Chain {
    version: u64,
    digest: String,
}

/// Reads a stream to the end that it has now. `readable` tells why the events of a commit cannot be read by this
/// program; `tell` is told how many sequences are done.
///
/// # Errors
///
/// When the stream does not answer.
pub async fn check(
    log: &Log,
    readable: impl Fn(&Envelope, u64) -> Result<(), EnvelopeError>,
    mut tell: impl FnMut(u64),
) -> Result<Integrity, ReadError> {
    let last_sequence = log.info().await?.state.last_sequence;
    let stream = log.identity().name.clone();
    let mut reading = Reading {
        integrity: Integrity { stream, last_sequence, ..Integrity::default() },
        chains: BTreeMap::new(),
        broken: BTreeSet::new(),
        at: 0,
    };
    log.read_each(">", 0, |stored| {
        // Commits that come meanwhile are not waited for.
        if stored.sequence <= last_sequence {
            reading.take(&stored, &readable);
            if reading.integrity.commits.is_multiple_of(TELL_EVERY) {
                tell(stored.sequence);
            }
        }
        Ok::<_, ReadError>(())
    })
    .await?;
    reading.gap(last_sequence + 1);
    tell(last_sequence);
    let mut integrity = reading.integrity;
    integrity.aggregates = reading.chains.len() as u64;
    Ok(integrity)
}

struct Reading {
    integrity: Integrity,
    chains: BTreeMap<String, Chain>,
    /// Subjects of which a hole was told; what follows from it is not told again.
    broken: BTreeSet<String>,
    /// The last sequence read.
    at: u64,
}

impl Reading {
    fn take(
        &mut self,
        stored: &Stored,
        readable: &impl Fn(&Envelope, u64) -> Result<(), EnvelopeError>,
    ) {
        self.gap(stored.sequence);
        self.at = stored.sequence;
        self.integrity.commits += 1;
        let envelope = match Envelope::read(stored.sequence, &stored.payload) {
            Ok(envelope) => envelope,
            Err(error) => {
                self.fault(stored, &chain(&error));
                self.broken.insert(stored.subject.clone());
                return;
            }
        };
        let member = &envelope.aggregate;
        let named = format!("{}.{}.{}", member.id.cooperation, member.kind, member.id.local);
        if !stored.subject.ends_with(&format!(".{named}")) {
            let (kind, id) = (&member.kind, &member.id);
            self.fault(stored, &format!("the commit is of {kind} {id}, under another's subject"));
        }
        if let Err(error) = readable(&envelope, stored.sequence) {
            self.fault(stored, &chain(&error));
        }
        self.follow(stored, &envelope);
    }

    /// Whether the commit follows the one before it of the same aggregate.
    fn follow(&mut self, stored: &Stored, envelope: &Envelope) {
        let (from, to) = (envelope.aggregate.version_from, envelope.aggregate.version_to);
        let before = self.chains.get(&stored.subject);
        let version = before.map_or(0, |before| before.version);
        let known = Before { version, digest: before.map(|before| before.digest.as_str()) };
        let events = envelope.events.len() as u64;
        let found = match known.check(from, envelope.previous.as_deref()) {
            Err(Break::Missing) if before.is_none() => {
                Some(format!("its first events are missing: what is left begins with {from}"))
            }
            Err(Break::Missing) => {
                Some(format!("its events {} to {} are missing", version + 1, from.max(1) - 1))
            }
            Ok(()) | Err(Break::Altered) if to + 1 != from + events => {
                Some(format!("a commit of {events} events says it holds {from} to {to}"))
            }
            Err(Break::Altered) => {
                Some("the commit before it is another one than it was made after".to_owned())
            }
            Ok(()) => None,
        };
        if let Some(found) = found {
            self.hole(stored, &found);
        }
        let chain = Chain { version: to, digest: digest(&stored.payload) };
        self.chains.insert(stored.subject.clone(), chain);
    }

    fn hole(&mut self, stored: &Stored, found: &str) {
        if self.broken.insert(stored.subject.clone()) {
            self.fault(stored, found);
        }
    }

    /// Tells of the sequences before `next` that hold no message.
    fn gap(&mut self, next: u64) {
        let missing = (self.at + 1, next - 1);
        if missing.0 > missing.1 {
            return;
        }
        let found = match missing {
            (one, last) if one == last => format!("there is no message at {one}"),
            (first, last) => format!("there are no messages from {first} to {last}"),
        };
        self.add(Fault {
            stream: self.integrity.stream.clone(),
            sequence: missing.0,
            aggregate: None,
            found,
        });
    }

    fn fault(&mut self, stored: &Stored, found: &str) {
        self.add(Fault {
            stream: self.integrity.stream.clone(),
            sequence: stored.sequence,
            aggregate: Some(aggregate(&stored.subject)),
            found: found.to_owned(),
        });
    }

    fn add(&mut self, fault: Fault) {
        if self.integrity.faults.len() < FAULTS_MAX {
            self.integrity.faults.push(fault);
        } else {
            self.integrity.more_faults += 1;
        }
    }
}

/// `case vestregionen:24-2017` out of `es.cases.vestregionen.case.24-2017`.
fn aggregate(subject: &str) -> String {
    let tokens: Vec<&str> = subject.split('.').collect();
    match tokens.as_slice() {
        ["es", _, cooperation, kind, local] => format!("{kind} {cooperation}:{local}"),
        _ => subject.to_owned(),
    }
}
