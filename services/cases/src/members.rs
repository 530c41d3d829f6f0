//! Who is a member of which cooperation, as the NETWORKS stream tells it.

use std::collections::HashMap;

use samvirke_kernel::{
    envelope::{Envelope, EnvelopeError},
    execute::{CommandContext, FactSource},
    in_memory_projection::{InMemoryProjection, ProjectionRunner},
    log::Stored,
};
use samvirke_schemas::{
    cases::case::{Request, joint::Recipient},
    date::Date,
    id::CooperationId,
    local_time::day_of,
    networks::cooperation::{Event, Memberships},
    reply::Refused,
};

use crate::case::{Case, Facts};

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

/// Sending to members asks who they are on the day it happens.
impl FactSource<Case> for ProjectionRunner<Members> {
    async fn facts(&self, _: &Case, context: &CommandContext<Case>) -> Result<Facts, Refused> {
        if !matches!(context.request, Request::SendToMembers(_) | Request::IncludeMember { .. }) {
            return Ok(Facts::default());
        }
        let members = self.at(&context.after).await?;
        let members = members.on(&context.id.cooperation, day_of(context.at));
        Ok(Facts { members, ..Facts::default() })
    }
}

impl InMemoryProjection for Members {
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
