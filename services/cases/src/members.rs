//! Who is a member of which cooperation, as the NETWORKS stream tells it.

use std::collections::HashMap;

use samvirke_kernel::{
    envelope::{Envelope, EnvelopeError},
    follower::Picture,
    log::Stored,
};
use samvirke_schemas::{
    cases::case::joint::Recipient,
    date::Date,
    id::CooperationId,
    networks::cooperation::{Event, Memberships},
};

/// The members of every cooperation.
#[derive(Debug, Default)]
pub struct Members(HashMap<CooperationId, Memberships>);

impl Members {
    /// The members on a day (R1), as a joint case is sent to them.
    pub fn on(&self, cooperation: &CooperationId, day: Date) -> Vec<Recipient> {
        let Some(memberships) = self.0.get(cooperation) else { return Vec::new() };
        memberships
            .on(day)
            .map(|stay| Recipient { member: stay.member.clone(), names: stay.names.clone() })
            .collect()
    }
}

impl Picture for Members {
    fn take(&mut self, commit: &Stored, envelope: &Envelope) -> Result<(), EnvelopeError> {
        if envelope.aggregate.kind != "cooperation" {
            return Ok(());
        }
        let memberships = self.0.entry(envelope.aggregate.id.cooperation.clone()).or_default();
        for event in envelope.events::<Event>(commit.sequence)? {
            memberships.take(&event);
        }
        Ok(())
    }
}
