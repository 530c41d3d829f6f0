//! Who holds which seat, and who deputises.
//!
//! A stay is one holder's time in a seat. Vacating shortens it, to no days at all where the seat is
//! vacated before it began; it is never taken out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{super::NamedDeputy, BodyHistory, Event};
use crate::{
    date::Date,
    id::LocalId,
    networks::{
        cooperation::MemberKind,
        rules::{Deputy, Seat},
    },
    organisation::OrganisationNumber,
    period::Period,
};

/// One holder's time in a seat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stay {
    pub seat: Seat,
    /// What the member was when the seat was filled, on which the composition rests (R4–R6).
    pub member_kind: MemberKind,
    /// As it was when the seat was filled.
    pub filled: Period,
    /// The last day, where the seat was vacated earlier than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vacated: Option<Date>,
}

/// The deputies for a seat in order, from a day until the next list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeputyList {
    pub seat: LocalId,
    /// The first to be called first; none where the list only ends the one before.
    pub deputies: Vec<NamedDeputy>,
    pub from: Date,
}

impl Stay {
    /// The days on which the seat was held.
    pub fn held(&self) -> Period {
        Period { from: self.filled.from, to: self.vacated.or(self.filled.to) }
    }

    /// Whether the seat is held on behalf of `member`.
    pub fn is_of(&self, member: &OrganisationNumber) -> bool {
        self.seat.member == *member
    }

    /// Whether the seat is held on some day after `day`.
    pub fn outlasts(&self, day: Date) -> bool {
        day.next().is_some_and(|next| self.held().intersects(Period { from: next, to: None }))
    }
}

impl BodyHistory {
    /// The seats held on a day, in the order they were registered.
    pub fn stays_on(&self, day: Date) -> impl Iterator<Item = &Stay> {
        self.stays.iter().filter(move |stay| stay.held().contains(day))
    }

    /// The stay in `seat` on a day.
    pub fn stay_in(&self, seat: &LocalId, day: Date) -> Option<&Stay> {
        self.stay_at(seat, day).and_then(|at| self.stays.get(at))
    }

    /// The place in the history of the stay in `seat` on a day.
    pub(super) fn stay_at(&self, seat: &LocalId, day: Date) -> Option<usize> {
        self.stays.iter().position(|stay| stay.seat.seat == *seat && stay.held().contains(day))
    }

    /// The deputies for `seat` on a day in the order of calling (R27).
    pub fn deputies_on<'a>(
        &'a self,
        seat: &'a LocalId,
        day: Date,
    ) -> impl Iterator<Item = Deputy> + 'a {
        let list = self.deputies.iter().rev().find(|list| list.seat == *seat && list.from <= day);
        let deputies = list.map(|list| list.deputies.as_slice()).unwrap_or_default();
        (1..).zip(deputies).map(|(order, deputy)| Deputy {
            seat: seat.clone(),
            order,
            office: deputy.office,
            person: deputy.person,
        })
    }

    pub(super) fn take_seats(&mut self, event: &Event) {
        match event {
            Event::SeatFilled { seat, member, member_kind, office, holder, from, to } => {
                self.stays.push(Stay {
                    seat: Seat {
                        seat: seat.clone(),
                        member: member.clone(),
                        office: *office,
                        holder: *holder,
                    },
                    member_kind: *member_kind,
                    filled: Period { from: *from, to: *to },
                    vacated: None,
                });
            }
            Event::SeatVacated { seat, from, to, .. } => {
                let vacated =
                    |stay: &&mut Stay| stay.seat.seat == *seat && stay.filled.from == *from;
                // The last, because a stay that never was may have begun on the same day.
                if let Some(stay) = self.stays.iter_mut().rev().find(vacated) {
                    stay.vacated = Some(*to);
                }
            }
            Event::SeatsVacated { member, to, .. } => {
                for stay in self.stays.iter_mut().filter(|stay| stay.is_of(member)) {
                    if stay.outlasts(*to) {
                        stay.vacated = Some(*to);
                    }
                }
            }
            Event::DeputiesNamed { seat, deputies, from } => self.deputies.push(DeputyList {
                seat: seat.clone(),
                deputies: deputies.clone(),
                from: *from,
            }),
            Event::Established { .. }
            | Event::RulesAmended { .. }
            | Event::AccessGroupsNamed { .. }
            | Event::Elected { .. }
            | Event::SteppedDown { .. }
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::PreparationAssigned { .. }
            | Event::Disbanded { .. } => (),
        }
    }
}
