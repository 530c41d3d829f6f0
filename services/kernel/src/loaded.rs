//! An aggregate as it was folded from its commits.

use std::{collections::VecDeque, fmt};

use bytes::Bytes;
use samvirke_schemas::id::AggregateId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    decider::Decider,
    envelope::{self, EnvelopeError, Folded},
    log::stored::Stored,
};

/// How many idempotency records an aggregate keeps, of its latest commands; a command repeated after that
/// many others on the same aggregate is decided anew.
pub const IDEMPOTENCY_RECORDS_MAX: usize = 256;

/// A command that was carried out, by which the same command is found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    pub command_id: Uuid,
    pub digest: String,
    pub sequence: u64,
    pub version: u64,
}

/// Why a commit does not follow the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// One or more commits before it cannot be read, or are gone.
    Missing,
    /// The commit before it is not the one that it was decided after.
    Altered,
}

/// What tells which commit another one follows: how many events there have been, and its digest.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    pub version: u64,
    /// `None` before the first commit.
    pub digest: Option<&'a str>,
}

impl Before<'_> {
    /// Whether a commit follows: it begins with the next version, and was decided after this one.
    ///
    /// # Errors
    ///
    /// [`Break`]: what is wrong with the commit before it.
    pub fn check(&self, version_from: u64, previous: Option<&str>) -> Result<(), Break> {
        if version_from != self.version + 1 {
            Err(Break::Missing)
        } else if previous != self.digest {
            Err(Break::Altered)
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "a commit before it is missing or unreadable",
            Self::Altered => "the commit before it is not the one it was decided after",
        })
    }
}

/// An aggregate's history has a hole. No command is decided on it, whatever the command is: only what an
/// operator restores helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the history of {aggregate} is broken: the commit at sequence {sequence} begins with version {version}, and version {expected} was to follow: {reason}"
)]
pub struct BrokenHistory {
    /// `<kind> <cooperation>:<id>`.
    pub aggregate: String,
    /// The version that the commit begins with.
    pub version: u64,
    /// The version that it had to begin with.
    pub expected: u64,
    /// The stream's sequence of the commit.
    pub sequence: u64,
    pub reason: Break,
}

/// Why a commit cannot be taken into a state.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    #[error(transparent)]
    Unreadable(#[from] EnvelopeError),
    #[error(transparent)]
    Broken(#[from] BrokenHistory),
}

/// The commit before the next one: its bytes, whose digest is only needed when there is a next one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Option<String>", into = "Option<String>")]
pub enum Previous {
    Nothing,
    Bytes(Bytes),
    Digest(String),
}

impl Previous {
    /// SHA-256 of the commit's bytes, in hexadecimal.
    pub fn digest(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Bytes(bytes) => Some(envelope::digest(bytes)),
            Self::Digest(digest) => Some(digest.clone()),
        }
    }

    /// Whether these are the commit's bytes.
    pub fn is(&self, payload: &[u8]) -> bool {
        match self {
            Self::Nothing => false,
            Self::Bytes(bytes) => bytes == payload,
            Self::Digest(digest) => *digest == envelope::digest(payload),
        }
    }
}

impl From<Option<String>> for Previous {
    fn from(digest: Option<String>) -> Self {
        digest.map_or(Self::Nothing, Self::Digest)
    }
}

impl From<Previous> for Option<String> {
    fn from(previous: Previous) -> Self {
        previous.digest()
    }
}

/// The state of an aggregate, and the sequence of its last commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Loaded<D: Decider> {
    pub id: AggregateId,
    pub state: D,
    /// How many events there have been.
    pub version: u64,
    /// The stream's sequence of the last commit; 0 for an aggregate that does not exist.
    pub sequence: u64,
    pub previous: Previous,
    /// How many bytes its commits have together; those before a snapshot that did not count them are not in it.
    #[serde(default)]
    pub bytes: u64,
    /// The latest commands, oldest first.
    #[serde(rename = "remembered")]
    pub idempotency_records: VecDeque<IdempotencyRecord>,
}

impl<D: Decider> Loaded<D> {
    /// An aggregate to which nothing has happened.
    pub fn empty(id: AggregateId) -> Self {
        Self {
            id,
            state: D::default(),
            version: 0,
            sequence: 0,
            previous: Previous::Nothing,
            bytes: 0,
            idempotency_records: VecDeque::new(),
        }
    }

    /// What became of a command, if it was carried out and its record is still kept.
    pub fn find(&self, command_id: Uuid) -> Option<&IdempotencyRecord> {
        self.idempotency_records.iter().rev().find(|known| known.command_id == command_id)
    }

    /// Takes a stored commit into the state. One that was taken before is passed over.
    ///
    /// # Errors
    ///
    /// When the commit cannot be read or does not follow the one before it; the state is then as it was
    /// before it.
    pub fn fold(&mut self, commit: &Stored) -> Result<(), FoldError> {
        if commit.sequence <= self.sequence {
            return Ok(());
        }
        let folded = Folded::read(commit.sequence, &commit.payload)?;
        self.check_follows(commit.sequence, &folded)?;
        let mut events = Vec::with_capacity(folded.events.len());
        folded.each::<D::Event>(commit.sequence, |event| events.push(event))?;
        for event in &events {
            self.state.evolve(event);
        }
        self.settle(
            commit.sequence,
            folded.aggregate.version_to,
            folded.command_id,
            folded.digest.into_owned(),
            // What was read is a piece of a larger buffer, which would be kept with it.
            Bytes::copy_from_slice(&commit.payload),
        );
        Ok(())
    }

    /// Whether a commit begins with the next version and was decided after the commit before it.
    fn check_follows(&self, sequence: u64, commit: &Folded<'_>) -> Result<(), BrokenHistory> {
        let digest = self.previous.digest();
        let before = Before { version: self.version, digest: digest.as_deref() };
        let version = commit.aggregate.version_from;
        let Err(reason) = before.check(version, commit.previous.as_deref()) else { return Ok(()) };
        let expected = self.version + 1;
        let aggregate = format!("{} {}", D::KIND, self.id);
        Err(BrokenHistory { aggregate, version, expected, sequence, reason })
    }

    /// Takes the events of a commit that was just stored.
    pub(crate) fn advance(
        &mut self,
        events: &[D::Event],
        sequence: u64,
        command_id: Uuid,
        digest: String,
        payload: Bytes,
    ) {
        for event in events {
            self.state.evolve(event);
        }
        self.settle(sequence, self.version + events.len() as u64, command_id, digest, payload);
    }

    fn settle(
        &mut self,
        sequence: u64,
        version: u64,
        command_id: Uuid,
        digest: String,
        payload: Bytes,
    ) {
        self.sequence = sequence;
        self.version = version;
        self.bytes += payload.len() as u64;
        self.previous = Previous::Bytes(payload);
        if self.idempotency_records.len() == IDEMPOTENCY_RECORDS_MAX {
            self.idempotency_records.pop_front();
        }
        self.idempotency_records.push_back(IdempotencyRecord {
            command_id,
            digest,
            sequence,
            version,
        });
    }
}
