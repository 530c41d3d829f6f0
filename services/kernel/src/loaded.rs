//! An aggregate as it was folded from its commits.

use std::collections::VecDeque;

use samvirke_schemas::id::AggregateId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    decider::Decider,
    envelope::{self, EnvelopeError, Folded},
    log::Stored,
};

/// How many of an aggregate's latest commands are remembered; a command repeated after that many
/// others on the same aggregate is decided anew.
pub const COMMANDS_REMEMBERED_MAX: usize = 256;

/// A command that was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    pub command_id: Uuid,
    pub digest: String,
    pub sequence: u64,
    pub version: u64,
}

/// The state of an aggregate, and where in the stream it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Loaded<D: Decider> {
    pub id: AggregateId,
    pub state: D,
    /// How many events there have been.
    pub version: u64,
    /// The stream's sequence of the last commit; 0 for an aggregate that does not exist.
    pub sequence: u64,
    /// SHA-256 of the last commit's bytes.
    pub previous: Option<String>,
    /// The latest commands, oldest first.
    pub remembered: VecDeque<Remembered>,
}

impl<D: Decider> Loaded<D> {
    /// An aggregate to which nothing has happened.
    pub fn empty(id: AggregateId) -> Self {
        Self {
            id,
            state: D::default(),
            version: 0,
            sequence: 0,
            previous: None,
            remembered: VecDeque::new(),
        }
    }

    /// What became of a command, if it was carried out and is still remembered.
    pub fn find(&self, command_id: Uuid) -> Option<&Remembered> {
        self.remembered.iter().rev().find(|known| known.command_id == command_id)
    }

    /// Takes a stored commit into the state. One that was taken before is passed over.
    ///
    /// # Errors
    ///
    /// When the commit cannot be read; the state is then as it was before it.
    pub fn fold(&mut self, commit: &Stored) -> Result<(), EnvelopeError> {
        if commit.sequence <= self.sequence {
            return Ok(());
        }
        let folded = Folded::read(commit.sequence, &commit.payload)?;
        let mut events = Vec::with_capacity(folded.events.len());
        folded.each::<D::Event>(commit.sequence, D::UPCASTERS, |event| events.push(event))?;
        for event in &events {
            self.state.evolve(event);
        }
        self.settle(
            commit.sequence,
            folded.aggregate.version_to,
            folded.command_id,
            folded.digest.into_owned(),
            &commit.payload,
        );
        Ok(())
    }

    /// Takes the events of a commit that was just stored.
    pub(crate) fn advance(
        &mut self,
        events: &[D::Event],
        sequence: u64,
        command_id: Uuid,
        digest: String,
        payload: &[u8],
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
        payload: &[u8],
    ) {
        self.sequence = sequence;
        self.version = version;
        self.previous = Some(envelope::digest(payload));
        if self.remembered.len() == COMMANDS_REMEMBERED_MAX {
            self.remembered.pop_front();
        }
        self.remembered.push_back(Remembered { command_id, digest, sequence, version });
    }
}
