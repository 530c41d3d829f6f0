//! Who is there: seats taken, absences told, others present with the rights of their office.
//!
//! A seat passes from one occupant to the next; who sat there when is in the history.

use std::collections::{BTreeMap, BTreeSet};

use samvirke_schemas::{
    id::LocalId,
    local_time::LocalTime,
    meetings::{
        attendance::{ATTENDEES_MAX, OtherPresent, OtherRights, SeatPresent, StandIn},
        meeting::Event,
    },
    networks::rules::{BodyInForce, PersonId, Right, Seat},
};
use serde::{Deserialize, Serialize};

use super::{Command, Decision, Meeting, Record, Rejection, agenda::Item};

/// Who is at the meeting now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Roll {
    /// The seat that leads the meeting, while it sits.
    pub chair: Option<LocalId>,
    pub seats: BTreeMap<LocalId, Presence>,
    pub others: BTreeMap<LocalId, Other>,
}

/// What is known of one seat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Presence {
    /// The holder told that they will not come.
    Absent,
    Here {
        stand_in: Option<StandIn>,
        remote: bool,
    },
    Left,
}

/// Somebody without a seat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Other {
    pub who: OtherPresent,
    pub rights: OtherRights,
    pub here: bool,
}

impl Meeting {
    pub(super) fn report_absence(&self, command: &Command, seat: &LocalId) -> Decision {
        let record = self.roll_call()?;
        held(record.body()?, seat)?;
        match record.roll.seats.get(seat) {
            Some(Presence::Absent) => Ok(Vec::new()),
            Some(Presence::Here { .. }) => Err(Rejection::IsPresent { seat: seat.clone() }),
            Some(Presence::Left) | None => Ok(vec![Event::AbsenceReported {
                seat: seat.clone(),
                at: LocalTime::new(command.at),
            }]),
        }
    }

    pub(super) fn arrivals(
        &self,
        command: &Command,
        seats: &[SeatPresent],
        others: &[OtherPresent],
    ) -> Decision {
        let record = self.roll_call()?;
        match record.resumes {
            Some(until) if until.start.day() != command.day() => {
                return Err(Rejection::NotOnItsDay { day: command.day() });
            }
            Some(_) | None => record.sits_on(command.day())?,
        }
        if seats.len().saturating_add(others.len()) > ATTENDEES_MAX {
            return Err(Rejection::TooManyAttendees);
        }
        let body = record.body()?;
        let at = LocalTime::new(command.at);
        // Each arrival is judged with those before it in the same command already there.
        let mut roll = record.roll.clone();
        let mut events = Vec::new();
        for present in seats {
            if let Some(event) = roll.arrival(body, present, at)? {
                roll.take(&present.seat, present.stand_in.as_ref(), present.remote);
                events.push(event);
            }
        }
        for other in others {
            if let Some((event, rights)) = roll.other_arrival(body, other, at)? {
                roll.welcome(other.clone(), rights);
                events.push(event);
            }
        }
        Ok(events)
    }

    pub(super) fn departures(
        &self,
        command: &Command,
        seats: &[LocalId],
        others: &[LocalId],
    ) -> Decision {
        let record = self.roll_call()?;
        let at = LocalTime::new(command.at);
        let mut events = Vec::new();
        for seat in seats.iter().collect::<BTreeSet<_>>() {
            if record.roll.chair.as_ref() == Some(seat) {
                return Err(Rejection::ChairLeads { seat: seat.clone() });
            }
            match record.roll.seats.get(seat) {
                Some(Presence::Here { .. }) => {
                    events.push(Event::SeatLeft { seat: seat.clone(), at });
                }
                Some(Presence::Left) => (),
                Some(Presence::Absent) | None => {
                    return Err(Rejection::NotPresent { seat: seat.clone() });
                }
            }
        }
        for attendee in others.iter().collect::<BTreeSet<_>>() {
            match record.roll.others.get(attendee) {
                Some(other) if other.here => {
                    events.push(Event::OtherLeft { attendee: attendee.clone(), at });
                }
                Some(_) => (),
                None => return Err(Rejection::OtherNotPresent { attendee: attendee.clone() }),
            }
        }
        Ok(events)
    }

    /// The record of a meeting at which people come and go.
    fn roll_call(&self) -> Result<&Record, Rejection> {
        match self {
            Self::Called(record) | Self::Adjourned(record) => Ok(record),
            Self::Open(_) => self.in_session(),
            Self::Unplanned
            | Self::Planned(_)
            | Self::Closed(_)
            | Self::Reported(_)
            | Self::Cancelled(_) => Err(self.refusal()),
        }
    }
}

impl Record {
    /// The seats that take part in an item: taken, and not disqualified from it.
    pub(super) fn sitting_for(&self, item: Option<&Item>) -> BTreeSet<&LocalId> {
        let seats = self.in_force.iter().flat_map(|body| &body.seats).map(|held| &held.seat);
        seats
            .filter(|seat| self.roll.is_present(seat))
            .filter(|seat| !item.is_some_and(|item| self.roll.is_disqualified(seat, item)))
            .collect()
    }
}

impl Roll {
    pub(super) fn is_present(&self, seat: &LocalId) -> bool {
        matches!(self.seats.get(seat), Some(Presence::Here { .. }))
    }

    /// Whether the seat's own holder sits there.
    pub(super) fn holder_is_present(&self, seat: &LocalId) -> bool {
        matches!(self.seats.get(seat), Some(Presence::Here { stand_in: None, .. }))
    }

    /// Who sits in the seat in its holder's stead.
    pub(super) fn stand_in(&self, seat: &LocalId) -> Option<&StandIn> {
        match self.seats.get(seat)? {
            Presence::Here { stand_in, .. } => stand_in.as_ref(),
            Presence::Absent | Presence::Left => None,
        }
    }

    /// Whether whoever sits there now is the one who is disqualified from the item.
    pub(super) fn is_disqualified(&self, seat: &LocalId, item: &Item) -> bool {
        item.conflicts.iter().any(|conflict| {
            conflict.seat == *seat && conflict.stand_in.as_ref() == self.stand_in(seat)
        })
    }

    fn arrival(
        &self,
        body: &BodyInForce,
        present: &SeatPresent,
        at: LocalTime,
    ) -> Result<Option<Event>, Rejection> {
        let SeatPresent { seat, stand_in, remote } = present;
        let held = held(body, seat)?;
        if let Some(Presence::Here { stand_in: sits, remote: from }) = self.seats.get(seat) {
            if sits == stand_in && from == remote {
                return Ok(None);
            }
            if sits != stand_in && self.chair.as_ref() == Some(seat) {
                return Err(Rejection::ChairLeads { seat: seat.clone() });
            }
        }
        let person = occupant(held, stand_in.as_ref());
        let elsewhere = body
            .seats
            .iter()
            .filter(|other| other.seat != *seat && self.is_present(&other.seat))
            .any(|other| occupant(other, self.stand_in(&other.seat)) == person);
        if person.is_some() && elsewhere {
            return Err(Rejection::SamePersonTwice { seat: seat.clone() });
        }
        Ok(Some(Event::SeatTaken {
            seat: seat.clone(),
            stand_in: stand_in.clone(),
            remote: *remote,
            skipped: skipped(body, seat, stand_in.as_ref())?,
            at,
        }))
    }

    fn other_arrival(
        &self,
        body: &BodyInForce,
        other: &OtherPresent,
        at: LocalTime,
    ) -> Result<Option<(Event, OtherRights)>, Rejection> {
        match self.others.get(&other.attendee) {
            Some(known) if known.who != *other => {
                return Err(Rejection::AttendeeExists { attendee: other.attendee.clone() });
            }
            Some(known) if known.here => return Ok(None),
            None if self.others.len() >= ATTENDEES_MAX => {
                return Err(Rejection::TooManyAttendees);
            }
            Some(_) | None => (),
        }
        // An office that the rules do not name may be there and no more.
        let mut rights = body
            .rules
            .entitled
            .iter()
            .find(|entitled| entitled.office == other.office)
            .map_or_else(|| OtherRights::from([Right::Attend]), |own| own.rights.clone());
        rights.remove(&Right::Vote);
        let event = Event::OtherArrived {
            attendee: other.attendee.clone(),
            office: other.office,
            member: other.member.clone(),
            rights: rights.clone(),
            at,
        };
        Ok(Some((event, rights)))
    }

    pub(super) fn take(&mut self, seat: &LocalId, stand_in: Option<&StandIn>, remote: bool) {
        self.seats.insert(seat.clone(), Presence::Here { stand_in: stand_in.cloned(), remote });
    }

    pub(super) fn welcome(&mut self, who: OtherPresent, rights: OtherRights) {
        self.others.insert(who.attendee.clone(), Other { who, rights, here: true });
    }
}

fn held<'a>(body: &'a BodyInForce, seat: &LocalId) -> Result<&'a Seat, Rejection> {
    body.seats
        .iter()
        .find(|held| held.seat == *seat)
        .ok_or_else(|| Rejection::NoSuchSeat { seat: seat.clone() })
}

/// Who sits in a seat, where that is known.
fn occupant(held: &Seat, stand_in: Option<&StandIn>) -> Option<PersonId> {
    match stand_in {
        None => held.holder,
        Some(stand_in) => stand_in.person,
    }
}

/// The deputies of a seat who stand before whoever came. Their order is told, not enforced.
fn skipped(
    body: &BodyInForce,
    seat: &LocalId,
    stand_in: Option<&StandIn>,
) -> Result<Vec<u16>, Rejection> {
    let Some(stand_in) = stand_in else { return Ok(Vec::new()) };
    let mut orders: Vec<u16> = body
        .deputies
        .iter()
        .filter(|deputy| deputy.seat == *seat)
        .map(|deputy| deputy.order)
        .collect();
    orders.sort_unstable();
    let Some(order) = stand_in.order else { return Ok(orders) };
    if !orders.contains(&order) {
        return Err(Rejection::NoSuchDeputy { seat: seat.clone(), order });
    }
    orders.retain(|before| *before < order);
    Ok(orders)
}
