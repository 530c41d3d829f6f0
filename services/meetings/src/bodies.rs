//! The bodies and their rules, as the NETWORKS stream tells them.

use std::collections::HashMap;

use samvirke_kernel::{
    envelope::{Envelope, EnvelopeError},
    execute::{CommandContext, FactSource},
    in_memory_projection::{InMemoryProjection, ProjectionRunner},
    log::Stored,
};
use samvirke_schemas::{
    date::Date,
    id::AggregateId,
    networks::{
        body::{BodyHistory, Event},
        rules::BodyInForce,
    },
    reply::Refused,
};

use crate::meeting::{Facts, Meeting};

/// The history of every body.
#[derive(Debug, Default)]
pub struct Bodies(HashMap<AggregateId, BodyHistory>);

impl Bodies {
    /// A body as in force on a day; none where it did not exist then.
    pub fn in_force(&self, body: &AggregateId, day: Date) -> Option<BodyInForce> {
        self.0.get(body)?.in_force(body, day)
    }
}

/// A meeting asks for its body as in force on the day that its request is about.
impl FactSource<Meeting> for ProjectionRunner<Bodies> {
    async fn facts(
        &self,
        meeting: &Meeting,
        context: &CommandContext<Meeting>,
    ) -> Result<Facts, Refused> {
        let body = match meeting.body_wanted(&context.request) {
            Some((body, day)) => self.at(&context.after).await?.in_force(&body, day),
            None => None,
        };
        Ok(Facts { body })
    }
}

impl InMemoryProjection for Bodies {
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
