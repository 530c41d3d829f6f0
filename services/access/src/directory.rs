//! Memberships and seats, as the events of NETWORKS add up to them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use samvirke_kernel::{
    envelope::{Envelope, EnvelopeError},
    in_memory_projection::InMemoryProjection,
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
/// An in-memory projection of NETWORKS: `ProjectionRunner<Directory>` keeps it current.
#[derive(Debug, Default)]
pub struct Directory {
    memberships: HashMap<CooperationId, Memberships>,
    bodies: HashMap<CooperationId, HashMap<AggregateId, BodyHistory>>,
    /// The bodies in which somebody has ever held a seat.
    held: HashMap<PersonId, BTreeSet<AggregateId>>,
    /// The bodies that have ever named somebody in an access group.
    named: HashMap<PersonId, BTreeSet<AggregateId>>,
}

/// For which members somebody holds seats, and where.
pub type Seats = BTreeMap<OrganisationNumber, BTreeSet<CooperationId>>;

impl Directory {
    /// Takes an event of a cooperation.
    pub fn take_cooperation(&mut self, cooperation: &CooperationId, event: &cooperation::Event) {
        self.memberships.entry(cooperation.clone()).or_default().take(event);
    }

    /// Takes an event of a body.
    pub fn take_body(&mut self, id: &AggregateId, event: &body::Event) {
        if let body::Event::SeatFilled { holder: Some(person), .. } = event {
            self.held.entry(*person).or_default().insert(id.clone());
        }
        if let body::Event::AccessGroupsNamed { groups, .. } = event {
            for person in groups.iter().flat_map(|group| &group.people) {
                self.named.entry(*person).or_default().insert(id.clone());
            }
        }
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

    /// The seats of `person` on a day, in one cooperation or in all, until they are vacated: also of a
    /// member that has left.
    pub fn seats_of(
        &self,
        person: PersonId,
        cooperation: Option<&CooperationId>,
        day: Date,
    ) -> Seats {
        let mut seats = Seats::new();
        for (id, stay) in self.stays_of(person, cooperation, day) {
            let cooperations = seats.entry(stay.seat.member.clone()).or_default();
            cooperations.insert(id.cooperation.clone());
        }
        seats
    }

    /// The bodies of a cooperation in which `person` holds a seat on a day.
    pub fn seats_held_by(
        &self,
        person: PersonId,
        cooperation: &CooperationId,
        day: Date,
    ) -> BTreeSet<AggregateId> {
        self.stays_of(person, Some(cooperation), day)
            .filter(|(_, stay)| self.is_member(&stay.seat.member, cooperation, day))
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// The bodies of a cooperation whose access groups name `person` on a day.
    pub fn access_groups_of(
        &self,
        person: PersonId,
        cooperation: &CooperationId,
        day: Date,
    ) -> BTreeSet<AggregateId> {
        let ids = self.named.get(&person).into_iter().flatten();
        let ids = ids.filter(|id| id.cooperation == *cooperation);
        let names = |id: &&AggregateId| {
            let body = self.bodies.get(cooperation).and_then(|bodies| bodies.get(*id));
            body.filter(|body| exists_on(body, day)).is_some_and(|body| {
                body.access_groups_on(day).iter().any(|group| group.people.contains(&person))
            })
        };
        ids.filter(names).cloned().collect()
    }

    /// The bodies of a cooperation in which `member` has a seat that names no holder on a day: its
    /// delegate sits there.
    pub fn unnamed_seats_of(
        &self,
        member: &OrganisationNumber,
        cooperation: &CooperationId,
        day: Date,
    ) -> BTreeSet<AggregateId> {
        // A seat whose member has left counts for nothing, also before it is vacated.
        if !self.is_member(member, cooperation, day) {
            return BTreeSet::new();
        }
        let is_unnamed = |stay: &Stay| stay.seat.holder.is_none() && stay.seat.member == *member;
        let bodies = self.bodies.get(cooperation).into_iter().flatten();
        let with = bodies.filter(|(_, body)| stays_in(body, day).any(is_unnamed));
        with.map(|(id, _)| id.clone()).collect()
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

    /// What `person` holds on a day, with the body of each seat.
    fn stays_of<'a>(
        &'a self,
        person: PersonId,
        cooperation: Option<&'a CooperationId>,
        day: Date,
    ) -> impl Iterator<Item = (&'a AggregateId, &'a Stay)> {
        let ids = self.held.get(&person).into_iter().flatten();
        let ids = ids.filter(move |id| cooperation.is_none_or(|own| *own == id.cooperation));
        ids.flat_map(move |id| {
            let body = self.bodies.get(&id.cooperation).and_then(|bodies| bodies.get(id));
            let stays = body.into_iter().flat_map(move |body| stays_in(body, day));
            stays.filter(move |stay| stay.seat.holder == Some(person)).map(move |stay| (id, stay))
        })
    }
}

fn exists_on(body: &BodyHistory, day: Date) -> bool {
    body.disbanded_on.is_none_or(|last| day <= last)
}

/// The stays in a body on a day: none once it is disbanded.
fn stays_in(body: &BodyHistory, day: Date) -> impl Iterator<Item = &Stay> {
    exists_on(body, day).then(|| body.stays_on(day)).into_iter().flatten()
}

impl InMemoryProjection for Directory {
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
