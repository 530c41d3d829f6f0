//! Who has been a member when, as a cooperation's events add up to it (R1).
//!
//! Every context that asks for the members of a day reads them in this one way.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Event, MemberKind};
use crate::{date::Date, names::Names, organisation::OrganisationNumber, period::Period};

/// One stay of one member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Membership {
    pub member: OrganisationNumber,
    pub names: Names,
    pub kind: MemberKind,
    pub period: Period,
}

/// All stays, in the order they began to be known, which is the order of the rotation (R16).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Memberships(Vec<Membership>);

impl Memberships {
    /// Takes what an event says of members.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::MemberAdmitted { member, names, kind, from } => self.0.push(Membership {
                member: member.clone(),
                names: names.clone(),
                kind: *kind,
                period: Period { from: *from, to: None },
            }),
            Event::MemberReleased { member, to, .. } => {
                let open =
                    |stay: &&mut Membership| stay.member == *member && stay.period.to.is_none();
                if let Some(stay) = self.0.iter_mut().rev().find(open) {
                    stay.period.to = Some(*to);
                }
            }
            Event::Founded { .. }
            | Event::AgreementAmended { .. }
            | Event::LeadershipHandedOver { .. }
            | Event::Paused { .. }
            | Event::Resumed {}
            | Event::Dissolved { .. } => (),
        }
    }

    /// The members on a day: "whoever is a member at the time" (R1).
    pub fn on(&self, day: Date) -> impl Iterator<Item = &Membership> {
        self.0.iter().filter(move |stay| stay.period.contains(day))
    }

    /// The stays of one member, earliest first.
    pub fn of(&self, member: &OrganisationNumber) -> impl DoubleEndedIterator<Item = &Membership> {
        self.0.iter().filter(move |stay| stay.member == *member)
    }

    /// Forgets the stays that were not under way on a day.
    pub fn keep_on(&mut self, day: Date) {
        self.0.retain(|stay| stay.period.contains(day));
    }

    /// Every stay there was.
    pub fn all(&self) -> &[Membership] {
        &self.0
    }
}
