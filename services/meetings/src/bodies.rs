//! The bodies and their rules, as the NETWORKS stream tells them.

use std::collections::HashMap;

use samvirke_kernel::{
    envelope::{Envelope, EnvelopeError},
    follower::Picture,
    log::Stored,
};
use samvirke_schemas::{
    date::Date,
    id::AggregateId,
    networks::{
        body::{BodyHistory, Event},
        rules::BodyInForce,
    },
};

/// The history of every body.
#[derive(Debug, Default)]
pub struct Bodies(HashMap<AggregateId, BodyHistory>);

impl Bodies {
    /// A body as in force on a day; none where it did not exist then.
    pub fn in_force(&self, body: &AggregateId, day: Date) -> Option<BodyInForce> {
        self.0.get(body)?.in_force(body, day)
    }
}

impl Picture for Bodies {
    fn take(&mut self, commit: &Stored, envelope: &Envelope) -> Result<(), EnvelopeError> {
        if envelope.aggregate.kind != "body" {
            return Ok(());
        }
        let id = &envelope.aggregate.id;
        for event in envelope.events::<Event>(commit.sequence)? {
            match self.0.get_mut(id) {
                Some(history) => history.take(&event),
                None => {
                    if let Some(history) = BodyHistory::begin(&event) {
                        self.0.insert(id.clone(), history);
                    }
                }
            }
        }
        Ok(())
    }
}
