//! The Norwegian names of members and bodies, asked for once.

use std::collections::BTreeMap;

use samvirke_schemas::{
    date::Date,
    id::{AggregateId, CooperationId},
    networks::rules::Seat,
    organisation::OrganisationNumber,
    queries::{
        bodies::{self, BodyEntry},
        cooperation_overview::{self, Overview},
    },
};

use super::{
    asker::{Asker, LIMIT},
    words,
};

/// What ids stand for, in bokmål.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    members: BTreeMap<OrganisationNumber, String>,
    bodies: BTreeMap<AggregateId, String>,
}

impl Known {
    /// Asks a cooperation for all the members and bodies it ever had.
    pub(super) async fn ask(asker: &Asker, cooperation: &CooperationId) -> anyhow::Result<Self> {
        let id = AggregateId::of_cooperation(cooperation.clone());
        let overview: Overview = asker
            .ask("cooperation-overview", &cooperation_overview::Parameters { id, on: None })
            .await?;
        let bodies = bodies_of(asker, cooperation, None).await?;
        Ok(Self::new(&overview, &bodies))
    }

    pub(super) fn new(overview: &Overview, bodies: &[BodyEntry]) -> Self {
        // A member's last stay comes last, and its name then is the one it goes by.
        let member = overview.members.all().iter();
        Self {
            members: member.map(|one| (one.member.clone(), one.names.nb.to_string())).collect(),
            bodies: bodies.iter().map(|one| (one.id.clone(), one.names.nb.to_string())).collect(),
        }
    }

    /// A body's name, or its id where nobody knows it.
    pub(super) fn body(&self, id: &AggregateId) -> String {
        self.bodies.get(id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// A member's name, or its organisation number.
    pub(super) fn member(&self, member: &OrganisationNumber) -> String {
        self.members.get(member).cloned().unwrap_or_else(|| member.to_string())
    }

    /// `ordfører, Bærum kommune`: whoever holds a seat, by office.
    pub(super) fn seat(&self, seat: &Seat) -> String {
        format!("{}, {}", words::office(seat.office), self.member(&seat.member))
    }
}

/// The bodies of a day, or all there ever were.
pub(super) async fn bodies_of(
    asker: &Asker,
    cooperation: &CooperationId,
    on: Option<Date>,
) -> anyhow::Result<Vec<BodyEntry>> {
    let page =
        |after| bodies::Parameters { cooperation: cooperation.clone(), on, after, limit: LIMIT };
    asker.all("bodies", page).await
}
