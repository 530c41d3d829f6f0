//! Deputies who are sitting in, as the events of MEETINGS tell it (R27).

use std::collections::{BTreeSet, HashMap};

use samvirke_kernel::{
    envelope::{Envelope, EnvelopeError},
    in_memory_projection::InMemoryProjection,
    log::Stored,
};
use samvirke_schemas::{
    date::Date,
    id::{AggregateId, CooperationId, LocalId},
    meetings::{attendance::StandIn, meeting::Event},
    networks::rules::PersonId,
};

use crate::Directory;

/// Who sits in a seat in its holder's stead, and on which days.
///
/// An in-memory projection of MEETINGS: `ProjectionRunner<Sittings>` keeps it current.
#[derive(Debug, Default)]
pub struct Sittings {
    bodies: HashMap<AggregateId, AggregateId>,
    taken: HashMap<CooperationId, Vec<SittingIn>>,
}

#[derive(Debug)]
struct SittingIn {
    meeting: AggregateId,
    body: AggregateId,
    seat: LocalId,
    by: StandIn,
    from: Date,
    /// The last day, known when the seat is left.
    to: Option<Date>,
}

impl SittingIn {
    /// Nobody sits for longer than `SITTING_HOURS_MAX` without the meeting being adjourned, which ends it.
    fn holds_on(&self, day: Date) -> bool {
        let last = self.to.or_else(|| self.from.next()).unwrap_or(self.from);
        self.from <= day && day <= last
    }
}

impl Sittings {
    /// Takes an event of a meeting.
    pub fn take_meeting(&mut self, id: &AggregateId, event: &Event) {
        if let Event::Planned { body, .. } | Event::HeldReported { body, .. } = event {
            self.bodies.insert(id.clone(), body.clone());
        } else if let Event::SeatTaken { seat, stand_in, at, .. } = event {
            // Somebody else in the seat ends the stay of whoever sat there.
            self.leave(id, Some(seat), at.day());
            let by = stand_in.clone().filter(|it| it.person.is_some() || it.order.is_some());
            if let (Some(by), Some(body)) = (by, self.bodies.get(id)) {
                let sitting = SittingIn {
                    meeting: id.clone(),
                    body: body.clone(),
                    seat: seat.clone(),
                    by,
                    from: at.day(),
                    to: None,
                };
                self.taken.entry(id.cooperation.clone()).or_default().push(sitting);
            }
        } else if let Event::SeatLeft { seat, at } = event {
            self.leave(id, Some(seat), at.day());
        } else if let Event::Adjourned { at, .. } | Event::Closed { at } = event {
            self.leave(id, None, at.day());
        }
    }

    fn leave(&mut self, meeting: &AggregateId, seat: Option<&LocalId>, on: Date) {
        let taken = self.taken.get_mut(&meeting.cooperation).into_iter().flatten();
        for sitting in taken.filter(|own| own.meeting == *meeting && own.to.is_none()) {
            if seat.is_none_or(|seat| sitting.seat == *seat) {
                sitting.to = Some(on);
            }
        }
    }

    /// The bodies of a cooperation in which `person` sits in for a seat's holder on a day.
    pub(crate) fn bodies_of(
        &self,
        person: PersonId,
        cooperation: &CooperationId,
        day: Date,
        directory: &Directory,
    ) -> BTreeSet<AggregateId> {
        let taken = self.taken.get(cooperation).into_iter().flatten();
        let is_it = |own: &&SittingIn| match (own.by.person, own.by.order) {
            (Some(by), _) => by == person,
            (None, Some(order)) => {
                directory.deputy(&own.body, &own.seat, order, own.from) == Some(person)
            }
            (None, None) => false,
        };
        taken
            .filter(|own| own.holds_on(day))
            .filter(is_it)
            .filter(|own| directory.is_seat_of_a_member(&own.body, &own.seat, day))
            .map(|own| own.body.clone())
            .collect()
    }
}

impl InMemoryProjection for Sittings {
    fn take(&mut self, commit: &Stored, envelope: &Envelope) -> Result<(), EnvelopeError> {
        if envelope.aggregate.kind == "meeting" {
            for event in envelope.events(commit.sequence)? {
                self.take_meeting(&envelope.aggregate.id, &event);
            }
        }
        Ok(())
    }
}
