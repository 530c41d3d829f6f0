//! Who is a member of which cooperation, as the NETWORKS stream tells it (R1).

use std::collections::HashMap;

use samvirke_kernel::{
    envelope::{Envelope, EnvelopeError},
    follower::Picture,
    log::Stored,
};
use samvirke_schemas::{
    date::Date,
    id::CooperationId,
    networks::cooperation::{Event, Memberships},
    organisation::OrganisationNumber,
};

/// The members of every cooperation.
#[derive(Debug, Default)]
pub(crate) struct Members(HashMap<CooperationId, Memberships>);

impl Members {
    pub(crate) fn is_member(
        &self,
        cooperation: &CooperationId,
        member: &OrganisationNumber,
        day: Date,
    ) -> bool {
        self.0
            .get(cooperation)
            .is_some_and(|memberships| memberships.of(member).any(|stay| stay.period.contains(day)))
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
