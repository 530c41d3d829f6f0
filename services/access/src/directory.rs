//! Memberships and seats, as the events of NETWORKS add up to them.

use std::collections::{BTreeSet, HashMap};

use samvirke_kernel::{
    envelope::{Envelope, EnvelopeError},
    follower::Picture,
    log::Stored,
};
use samvirke_schemas::{
    date::Date,
    id::{AggregateId, CooperationId, LocalId},
    networks::{
        body,
        body::{BodyHistory, Stay},
        cooperation,
        cooperation::Memberships,
        rules::PersonId,
    },
    organisation::OrganisationNumber,
};

/// Who is a member of which cooperation, and who holds which seat, on any day.
///
/// An in-memory projection of NETWORKS: `Follower<Directory>` keeps it current.
#[derive(Debug, Default)]
pub struct Directory {
    memberships: HashMap<CooperationId, Memberships>,
    bodies: HashMap<CooperationId, HashMap<AggregateId, BodyHistory>>,
}

impl Directory {
    /// Takes an event of a cooperation.
    pub fn take_cooperation(&mut self, cooperation: &CooperationId, event: &cooperation::Event) {
        self.memberships.entry(cooperation.clone()).or_default().take(event);
    }

    /// Takes an event of a body.
    pub fn take_body(&mut self, id: &AggregateId, event: &body::Event) {
        let bodies = self.bodies.entry(id.cooperation.clone()).or_default();
        match bodies.get_mut(id) {
            Some(body) => body.take(event),
            None => bodies.extend(BodyHistory::begin(event).map(|body| (id.clone(), body))),
        }
    }

    /// Whether an organisation is a member of a cooperation on a day (R1).
    pub fn is_member(
        &self,
        member: &OrganisationNumber,
        cooperation: &CooperationId,
        day: Date,
    ) -> bool {
        let memberships = self.memberships.get(cooperation);
        memberships.is_some_and(|them| them.on(day).any(|stay| stay.member == *member))
    }

    /// The bodies of a cooperation in which `person` holds a seat on a day.
    pub fn seats_held_by(
        &self,
        person: PersonId,
        cooperation: &CooperationId,
        day: Date,
    ) -> BTreeSet<AggregateId> {
        self.bodies_with(cooperation, day, |stay| stay.seat.holder == Some(person))
    }

    /// The bodies of a cooperation in which `member` has a seat that names no holder on a day: its
    /// delegate sits there.
    pub fn unnamed_seats_of(
        &self,
        member: &OrganisationNumber,
        cooperation: &CooperationId,
        day: Date,
    ) -> BTreeSet<AggregateId> {
        self.bodies_with(cooperation, day, |stay| {
            stay.seat.holder.is_none() && stay.seat.member == *member
        })
    }

    /// The person in a place of the list of deputies for a seat on a day (R27).
    pub(crate) fn deputy(
        &self,
        body: &AggregateId,
        seat: &LocalId,
        order: u16,
        day: Date,
    ) -> Option<PersonId> {
        let body = self.bodies.get(&body.cooperation)?.get(body)?;
        body.deputies_on(seat, day).find(|deputy| deputy.order == order)?.person
    }

    /// Whether somebody holds `seat` on a day on behalf of a member of that day.
    pub(crate) fn is_seat_of_a_member(
        &self,
        body: &AggregateId,
        seat: &LocalId,
        day: Date,
    ) -> bool {
        let history = self.bodies.get(&body.cooperation).and_then(|bodies| bodies.get(body));
        let stay = history.and_then(|history| history.stay_in(seat, day));
        stay.is_some_and(|stay| self.is_member(&stay.seat.member, &body.cooperation, day))
    }

    fn bodies_with(
        &self,
        cooperation: &CooperationId,
        day: Date,
        wanted: impl Fn(&Stay) -> bool,
    ) -> BTreeSet<AggregateId> {
        let bodies = self.bodies.get(cooperation).into_iter().flatten();
        let exist = bodies.filter(|(_, body)| body.disbanded_on.is_none_or(|last| day <= last));
        // A seat whose member has left counts for nothing, also before it is vacated.
        let with = exist.filter(|(_, body)| {
            body.stays_on(day)
                .any(|stay| wanted(stay) && self.is_member(&stay.seat.member, cooperation, day))
        });
        with.map(|(id, _)| id.clone()).collect()
    }
}

impl Picture for Directory {
    fn take(&mut self, commit: &Stored, envelope: &Envelope) -> Result<(), EnvelopeError> {
        let id = &envelope.aggregate.id;
        match envelope.aggregate.kind.as_str() {
            "cooperation" => {
                for event in envelope.events(commit.sequence)? {
                    self.take_cooperation(&id.cooperation, &event);
                }
            }
            "body" => {
                for event in envelope.events(commit.sequence)? {
                    self.take_body(id, &event);
                }
            }
            _ => (),
        }
        Ok(())
    }
}
