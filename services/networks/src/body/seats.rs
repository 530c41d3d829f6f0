//! Who holds which seat, and who deputises.
//!
//! A stay is one holder's time in a seat. On every day of it the holder's member is in the
//! cooperation (R1) and the rules in force have a place for the office (R4–R6).

use chrono::NaiveDate;
use samvirke_schemas::{
    id::LocalId,
    networks::{
        body::{DEPUTIES_MAX, Event, NamedDeputy, Request},
        cooperation::{MemberKind, Membership},
        rules::Seat,
    },
    organisation::OrganisationNumber,
    period::Period,
    text::Prose,
};
use serde::{Deserialize, Serialize};

use super::{Rejection, SEATS_MAX, Standing, Version, check_room};
use crate::cooperation::Cooperation;

/// One holder's time in a seat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stay {
    pub seat: Seat,
    pub member_kind: MemberKind,
    /// As it was when the seat was filled.
    pub filled: Period,
    /// The last day, where the seat was vacated earlier than that.
    pub vacated: Option<NaiveDate>,
}

/// The deputies for a seat in order, from a day until the next list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeputyList {
    pub seat: LocalId,
    pub deputies: Vec<NamedDeputy>,
    pub from: NaiveDate,
}

/// A stay for which the rules have no place on a day.
pub(super) struct Misfit<'a> {
    pub(super) stay: &'a Stay,
    pub(super) on: NaiveDate,
    /// How many seats the member has for the office then.
    pub(super) seats: u16,
}

impl Stay {
    /// The days on which the seat was held.
    pub fn held(&self) -> Period {
        Period { from: self.filled.from, to: self.vacated.or(self.filled.to) }
    }

    fn is_of(&self, member: &OrganisationNumber) -> bool {
        self.seat.member == *member
    }
}

impl Version {
    /// How many seats each member of a kind has for an office; none where it is not laid down.
    fn places(&self, stay: &Stay) -> Option<u16> {
        if self.rules.composition.is_empty() {
            return None;
        }
        let place = self.rules.composition.iter().find(|place| {
            place.office == stay.seat.office && place.member_kind == stay.member_kind
        });
        Some(place.map_or(0, |place| place.seats_per_member))
    }
}

/// Finds the earliest stay that one of `versions` has no place for; the last stays in force.
///
/// How many hold an office grows only where a stay begins, and how many may changes only where a
/// version does, so no other days need looking at.
pub(super) fn misfit<'a>(versions: &[Version], stays: &'a [Stay]) -> Option<Misfit<'a>> {
    versions.iter().enumerate().find_map(|(at, version)| {
        let next = versions.get(at + 1).and_then(|next| next.in_force_from.pred_opt());
        let force = Period { from: version.in_force_from, to: next };
        let meanwhile = stays.iter().filter(|stay| stay.held().intersects(force));
        let misfits = meanwhile.filter_map(|stay| {
            let seats = version.places(stay)?;
            let on = stay.held().from.max(force.from);
            let held = stays.iter().filter(|other| {
                other.is_of(&stay.seat.member)
                    && other.seat.office == stay.seat.office
                    && other.held().contains(on)
            });
            (held.count() > seats.into()).then_some(Misfit { stay, on, seats })
        });
        misfits.min_by_key(|misfit| misfit.on)
    })
}

impl Standing {
    /// The seats held on a day.
    pub fn stays_on(&self, day: NaiveDate) -> impl Iterator<Item = &Stay> {
        self.stays.iter().filter(move |stay| stay.held().contains(day))
    }

    /// The place in the history of the stay in `seat` on a day.
    pub(super) fn stay_at(&self, seat: &LocalId, day: NaiveDate) -> Option<usize> {
        self.stays.iter().position(|stay| stay.seat.seat == *seat && stay.held().contains(day))
    }

    pub(super) fn seated(&self, seat: &LocalId, on: NaiveDate) -> Result<&Stay, Rejection> {
        self.stay_at(seat, on)
            .and_then(|at| self.stays.get(at))
            .ok_or_else(|| Rejection::NotSeated { seat: seat.clone(), on })
    }

    pub(super) fn fill(
        &self,
        request: &Request,
        cooperation: &Cooperation,
    ) -> Result<Vec<Event>, Rejection> {
        let Request::FillSeat { seat, member, office, holder, from, to } = request.clone() else {
            return Ok(Vec::new());
        };
        let filled = Period { from, to };
        let wanted = Seat { seat, member, office, holder };
        // A stay that came to nothing before it began is not this one.
        let repeated = |stay: &Stay| {
            stay.seat == wanted && stay.filled == filled && stay.held().contains(from)
        };
        if self.stays.iter().any(repeated) {
            return Ok(Vec::new());
        }
        if to.is_some_and(|to| to < from) {
            return Err(Rejection::EndsBeforeItBegan { from });
        }
        self.check_exists(from)?;
        check_room(self.stays.len())?;
        let member_kind = membership(cooperation, &wanted.member, filled)?.kind;
        self.check_free(&wanted, filled)?;
        self.check_place(Stay { seat: wanted.clone(), member_kind, filled, vacated: None })?;
        let Seat { seat, member, office, holder } = wanted;
        Ok(vec![Event::SeatFilled { seat, member, member_kind, office, holder, from, to }])
    }

    /// Refuses a seat that is someone else's or held already, and a holder who has another.
    fn check_free(&self, wanted: &Seat, filled: Period) -> Result<(), Rejection> {
        let seat = &wanted.seat;
        if let Some(stay) = self.stays.iter().find(|stay| stay.seat.seat == *seat)
            && (stay.seat.member != wanted.member || stay.seat.office != wanted.office)
        {
            return Err(Rejection::SeatIsAnothers {
                seat: seat.clone(),
                member: stay.seat.member.clone(),
                office: stay.seat.office,
            });
        }
        let meanwhile = || self.stays.iter().filter(|stay| stay.held().intersects(filled));
        if let Some(stay) = meanwhile().find(|stay| stay.seat.seat == *seat) {
            let from = stay.filled.from;
            return Err(Rejection::SeatTaken { seat: seat.clone(), from });
        }
        if let Some(stay) =
            meanwhile().find(|stay| wanted.holder.is_some() && stay.seat.holder == wanted.holder)
        {
            return Err(Rejection::HoldsAnotherSeat { seat: stay.seat.seat.clone() });
        }
        if meanwhile().count() >= SEATS_MAX {
            return Err(Rejection::TooManySeats { max: SEATS_MAX });
        }
        Ok(())
    }

    fn check_place(&self, wanted: Stay) -> Result<(), Rejection> {
        let (member, office) = (wanted.seat.member.clone(), wanted.seat.office);
        // Only stays in the time that is asked for: a misfit before it is not this seat's doing.
        let mut stays: Vec<_> = self
            .stays
            .iter()
            .filter(|stay| stay.is_of(&member) && stay.seat.office == office)
            .filter(|stay| stay.held().intersects(wanted.held()))
            .cloned()
            .collect();
        stays.push(wanted);
        match misfit(&self.versions, &stays) {
            None => Ok(()),
            Some(Misfit { on, seats: 0, .. }) => Err(Rejection::OfficeWithoutPlace { office, on }),
            Some(Misfit { on, seats, .. }) => {
                Err(Rejection::MemberSeatsTaken { member, office, seats, on })
            }
        }
    }

    pub(super) fn vacate(
        &self,
        seat: &LocalId,
        to: NaiveDate,
        reason: &Prose,
    ) -> Result<Vec<Event>, Rejection> {
        let stay = self.seated(seat, to)?;
        if stay.held().to == Some(to) {
            return Ok(Vec::new());
        }
        Ok(vec![Event::SeatVacated {
            seat: seat.clone(),
            from: stay.filled.from,
            to,
            reason: reason.clone(),
        }])
    }

    pub(super) fn vacate_all(
        &self,
        member: &OrganisationNumber,
        to: NaiveDate,
        reason: &Prose,
    ) -> Vec<Event> {
        if self.stays.iter().any(|stay| stay.is_of(member) && stays_beyond(stay, to)) {
            vec![Event::SeatsVacated { member: member.clone(), to, reason: reason.clone() }]
        } else {
            Vec::new()
        }
    }

    pub(super) fn name_deputies(
        &self,
        seat: &LocalId,
        deputies: &[NamedDeputy],
        from: NaiveDate,
    ) -> Result<Vec<Event>, Rejection> {
        let asked = DeputyList { seat: seat.clone(), deputies: deputies.to_vec(), from };
        if self.deputies.contains(&asked) {
            return Ok(Vec::new());
        }
        let stay = self.seated(seat, from)?;
        let last = self.deputies.iter().rev().find(|list| list.seat == *seat);
        if let Some(last) = last.filter(|last| from <= last.from) {
            return Err(Rejection::DeputiesGoBack { from: last.from });
        }
        check_deputies(&stay.seat, deputies)?;
        check_room(self.deputies.len())?;
        Ok(vec![Event::DeputiesNamed { seat: asked.seat, deputies: asked.deputies, from }])
    }

    pub(super) fn evolve_seats(&mut self, event: &Event) {
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
                    if stays_beyond(stay, *to) {
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
            | Event::Elected { .. }
            | Event::SteppedDown { .. }
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::PreparationAssigned { .. }
            | Event::Disbanded { .. } => (),
        }
    }
}

/// Whether the seat is held on some day after `to`.
fn stays_beyond(stay: &Stay, to: NaiveDate) -> bool {
    to.succ_opt().is_some_and(|next| stay.held().intersects(Period { from: next, to: None }))
}

/// The membership that a seat rests on all the time it is held (R1).
fn membership<'a>(
    cooperation: &'a Cooperation,
    member: &OrganisationNumber,
    held: Period,
) -> Result<&'a Membership, Rejection> {
    let membership = cooperation
        .standing()
        .and_then(|standing| standing.memberships.on(held.from).find(|stay| stay.member == *member))
        .ok_or_else(|| Rejection::NotMember { member: member.clone(), on: held.from })?;
    match membership.period.to {
        Some(to) if !membership.period.covers(held) => Err(Rejection::MembershipEnds { to }),
        Some(_) | None => Ok(membership),
    }
}

fn check_deputies(seat: &Seat, deputies: &[NamedDeputy]) -> Result<(), Rejection> {
    if deputies.len() > DEPUTIES_MAX {
        return Err(Rejection::TooManyDeputies { max: DEPUTIES_MAX });
    }
    let mut persons: Vec<_> = seat.holder.into_iter().collect();
    for (order, deputy) in (1..).zip(deputies) {
        if deputy.office.is_none() && deputy.person.is_none() {
            return Err(Rejection::DeputyUnknown { order });
        }
        if let Some(person) = deputy.person {
            if persons.contains(&person) {
                return Err(Rejection::DeputyTwice { order });
            }
            persons.push(person);
        }
    }
    Ok(())
}
