//! Somebody who reads, in one cooperation, on one day.

use std::collections::BTreeSet;

use samvirke_schemas::{
    date::Date,
    id::{AggregateId, CooperationId},
    networks::rules::PersonId,
    organisation::OrganisationNumber,
    principal::{Principal, Role},
};

use crate::{Directory, Sittings};

/// The roles that see everything in the cooperation that the grant is for.
pub const SEE_ALL: &[Role] =
    &[Role::Secretariat, Role::Auditor, Role::Archivist, Role::Operator, Role::System];

/// What somebody is in one cooperation on the day of reading.
///
/// Made anew for each reading: what was true yesterday opens nothing today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    sees_all: bool,
    member: Option<OrganisationNumber>,
    person: Option<PersonId>,
    seats: BTreeSet<AggregateId>,
    groups: BTreeSet<AggregateId>,
    day: Date,
}

impl Viewer {
    /// Anyone.
    pub fn public(day: Date) -> Self {
        Self {
            sees_all: false,
            member: None,
            person: None,
            seats: BTreeSet::new(),
            groups: BTreeSet::new(),
            day,
        }
    }

    /// The system of an organisation that is a member on that day: it has no seat, and is in no access group.
    pub fn system_of(member: OrganisationNumber, day: Date) -> Self {
        Self { member: Some(member), ..Self::public(day) }
    }

    /// One of [`SEE_ALL`].
    pub fn seeing_all(day: Date) -> Self {
        Self { sees_all: true, ..Self::public(day) }
    }

    /// The viewer for whom no directory is needed: one who sees everything, or nobody in particular.
    /// None for those whose membership or seats must be looked up.
    pub fn without_directory(
        principal: &Principal,
        person: Option<PersonId>,
        cooperation: &CooperationId,
        day: Date,
    ) -> Option<Self> {
        if principal.is_any(SEE_ALL, cooperation) {
            return Some(Self::seeing_all(day));
        }
        (spoken_for(principal, cooperation).is_none() && person.is_none())
            .then(|| Self::public(day))
    }

    /// The viewer that a principal is.
    ///
    /// `person` is the id by which NETWORKS knows whoever calls, where the issuer vouches for it. A member
    /// counts only while it is one on `day`; whoever speaks for anybody else is the public.
    pub fn new(
        principal: &Principal,
        person: Option<PersonId>,
        cooperation: &CooperationId,
        day: Date,
        directory: &Directory,
        sittings: &Sittings,
    ) -> Self {
        if let Some(known) = Self::without_directory(principal, person, cooperation, day) {
            return known;
        }
        let member = spoken_for(principal, cooperation)
            .filter(|member| directory.is_member(member, cooperation, day));
        let (mut seats, mut groups) = (BTreeSet::new(), BTreeSet::new());
        // A machine has no seat by itself, whatever its member has.
        if let Some(member) = &member
            && principal.is(Role::Delegate, cooperation)
        {
            seats.extend(directory.unnamed_seats_of(member, cooperation, day));
        }
        if let Some(person) = person {
            seats.extend(directory.seats_held_by(person, cooperation, day));
            seats.extend(sittings.bodies_of(person, cooperation, day, directory));
            groups.extend(directory.access_groups_of(person, cooperation, day));
        }
        Self { sees_all: false, member, person, seats, groups, day }
    }

    /// The day of reading, in Norway.
    pub fn day(&self) -> Date {
        self.day
    }

    /// Whether everything in the cooperation is seen.
    pub fn sees_all(&self) -> bool {
        self.sees_all
    }

    /// The member of the cooperation that is spoken for.
    pub fn member(&self) -> Option<&OrganisationNumber> {
        self.member.as_ref()
    }

    pub fn person(&self) -> Option<PersonId> {
        self.person
    }

    /// The bodies of which the viewer reads what is restricted: those in which the viewer sits, and those whose
    /// access groups name the viewer.
    pub fn bodies(&self) -> impl Iterator<Item = &AggregateId> {
        self.seats.union(&self.groups)
    }

    /// Whether the viewer reads what is restricted of what a body treats.
    pub fn reads_restricted_of(&self, body: &AggregateId) -> bool {
        self.sits_in(body) || self.groups.contains(body)
    }

    /// Whether the viewer sits in a body: as holder, as the delegate of a member whose seat names no holder, or
    /// as a deputy who is sitting in.
    pub fn sits_in(&self, body: &AggregateId) -> bool {
        self.seats.contains(body)
    }

    /// Whether a restriction holds on the day of reading; `until` is its last day.
    pub(crate) fn is_within(&self, until: Option<Date>) -> bool {
        until.is_none_or(|last| self.day <= last)
    }
}

/// The member that a principal speaks for in a cooperation, by its token alone.
fn spoken_for(principal: &Principal, cooperation: &CooperationId) -> Option<OrganisationNumber> {
    let member = principal.member.as_ref()?;
    principal.speaks_for(member, cooperation).then(|| member.clone())
}
