//! A commit as read models see it: who, when, and the events of a known kind.

use chrono::{DateTime, Utc};
use samvirke_kernel::{
    envelope::{Envelope, EnvelopeError},
    log::Stored,
};
use samvirke_schemas::{Tagged, id::AggregateId};

/// One commit.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The stream's sequence.
    pub sequence: u64,
    pub stored_at: DateTime<Utc>,
    pub envelope: Envelope,
}

impl Fact {
    /// # Errors
    ///
    /// When the stored bytes are not an envelope that this program knows.
    pub fn read(stored: &Stored) -> Result<Self, EnvelopeError> {
        Ok(Self {
            sequence: stored.sequence,
            stored_at: stored.stored_at,
            envelope: Envelope::read(stored.sequence, &stored.payload)?,
        })
    }

    pub fn id(&self) -> &AggregateId {
        &self.envelope.aggregate.id
    }

    pub fn is(&self, kind: &str) -> bool {
        self.envelope.aggregate.kind == kind
    }

    /// The aggregate's version after the commit.
    pub fn version(&self) -> u64 {
        self.envelope.aggregate.version_to
    }

    /// The events, as those of the kind that the caller knows it to be.
    ///
    /// # Errors
    ///
    /// When an event is unknown or malformed.
    pub fn events<E: Tagged>(&self) -> Result<Vec<E>, EnvelopeError> {
        self.envelope.events(self.sequence, &[])
    }
}
