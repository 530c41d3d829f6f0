//! A commit as read models see it: who, when, and the events of a known kind.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use samvirke_kernel::{
    envelope::{self, Envelope, EnvelopeError},
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
    /// The envelope as it is stored.
    pub payload: Bytes,
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
            payload: stored.payload.clone(),
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

    /// SHA-256 of the commit's bytes, by which the aggregate's next commit names it.
    pub fn digest(&self) -> String {
        envelope::digest(&self.payload)
    }

    /// The events, as those of the kind that the caller knows it to be.
    ///
    /// # Errors
    ///
    /// When an event is unknown or malformed.
    pub fn events<E: Tagged>(&self) -> Result<Vec<E>, EnvelopeError> {
        self.envelope.events(self.sequence)
    }
}

#[cfg(test)]
pub(crate) mod samples {
    //! Facts for the tests of folds, written as the JSON that is stored.

    use samvirke_kernel::envelope::{ENVELOPE_VERSION, Member, record};
    use samvirke_schemas::principal::Principal;
    use serde_json::Value;
    use uuid::Uuid;

    use super::{DateTime, Envelope, Fact, Tagged, Utc};
    use crate::model::{ReadModel, take};

    /// The fact of one commit, whose first event has the number `from`.
    pub(crate) fn fact<E: Tagged>(kind: &str, id: &str, from: u64, events: &[Value]) -> Fact {
        let at: DateTime<Utc> = "2017-10-02T08:00:00Z".parse().unwrap();
        let read = |event: &Value| serde_json::from_value::<E>(event.clone()).unwrap();
        let events: Vec<_> =
            events.iter().map(|event| record(&read(event), Uuid::nil()).unwrap()).collect();
        let version_to = from + events.len() as u64 - 1;
        let aggregate =
            Member { kind: kind.into(), id: id.parse().unwrap(), version_from: from, version_to };
        let envelope = Envelope {
            v: ENVELOPE_VERSION,
            aggregate,
            command_id: Uuid::nil(),
            command: format!("{kind}.test"),
            digest: String::new(),
            actor: Principal::public(),
            cause: None,
            traceparent: None,
            provenance: None,
            occurred_at: at,
            recorded_at: at,
            previous: None,
            events,
        };
        stored(envelope, from)
    }

    /// The fact, decided after another one.
    pub(crate) fn after(before: &Fact, fact: Fact) -> Fact {
        let previous = Some(before.digest());
        stored(Envelope { previous, ..fact.envelope }, fact.sequence)
    }

    fn stored(envelope: Envelope, sequence: u64) -> Fact {
        let payload = envelope.write().unwrap();
        Fact { sequence, stored_at: envelope.recorded_at, envelope, payload }
    }

    /// The row after these events.
    pub(crate) fn folded<M: ReadModel>(id: &str, events: &[Value]) -> M::Row {
        take::<M>(None, &fact::<M::Event>(M::KIND, id, 1, events)).unwrap().row
    }
}
