//! Who may hold which seat, and who may deputise.
//!
//! On every day of a stay the holder's member is in the cooperation (R1), and the rules in force
//! have a place for the office (R4–R6).

use samvirke_schemas::{
    date::Date,
    id::LocalId,
    networks::{
        body::{
            BodyHistory, DEPUTIES_MAX, DeputyList, Event, NamedDeputy, Request, RulesVersion, Stay,
        },
        cooperation::Membership,
        rules::{Rules, Seat},
    },
    organisation::OrganisationNumber,
    period::Period,
    text::Prose,
};

use super::{Rejection, SEATS_MAX, check_exists, check_room};
use crate::cooperation::Cooperation;

/// A stay for which the rules have no place on a day.
pub(super) struct Misfit<'a> {
    pub(super) stay: &'a Stay,
    pub(super) on: Date,
    /// How many seats the member has for the office then.
    pub(super) seats: u16,
}

/// How many seats each member of a kind has for an office; none where it is not laid down.
fn places(rules: &Rules, stay: &Stay) -> Option<u16> {
    if rules.composition.is_empty() {
        return None;
    }
    let place = rules
        .composition
        .iter()
        .find(|place| place.office == stay.seat.office && place.member_kind == stay.member_kind);
    Some(place.map_or(0, |place| place.seats_per_member))
}

/// Finds the earliest stay that one of `versions` has no place for; the last stays in force.
///
/// How many hold an office grows only where a stay begins, and how many may changes only where a
/// version does, so no other days need looking at.
pub(super) fn misfit<'a>(versions: &[RulesVersion], stays: &'a [Stay]) -> Option<Misfit<'a>> {
    versions.iter().enumerate().find_map(|(at, version)| {
        let next = versions.get(at + 1).and_then(|next| next.in_force_from.previous());
        let force = Period { from: version.in_force_from, to: next };
        let meanwhile = stays.iter().filter(|stay| stay.held().intersects(force));
        let misfits = meanwhile.filter_map(|stay| {
            let seats = places(&version.rules, stay)?;
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

/// The stay in `seat` on a day, or the rejection of whatever needs one.
pub(super) fn seated<'a>(
    history: &'a BodyHistory,
    seat: &LocalId,
    on: Date,
) -> Result<&'a Stay, Rejection> {
    history.stay_in(seat, on).ok_or_else(|| Rejection::NotSeated { seat: seat.clone(), on })
}

pub(super) fn fill(
    history: &BodyHistory,
    request: &Request,
    cooperation: &Cooperation,
) -> Result<Vec<Event>, Rejection> {
    let Request::FillSeat { seat, member, office, holder, from, to } = request.clone() else {
        return Ok(Vec::new());
    };
    let filled = Period { from, to };
    let wanted = Seat { seat, member, office, holder };
    // A stay that came to nothing before it began is not this one.
    let repeated =
        |stay: &Stay| stay.seat == wanted && stay.filled == filled && stay.held().contains(from);
    if history.stays.iter().any(repeated) {
        return Ok(Vec::new());
    }
    if to.is_some_and(|to| to < from) {
        return Err(Rejection::EndsBeforeItBegan { from });
    }
    check_exists(history, from)?;
    check_room(history.stays.len())?;
    let member_kind = membership(cooperation, &wanted.member, filled)?.kind;
    check_free(history, &wanted, filled)?;
    check_place(history, Stay { seat: wanted.clone(), member_kind, filled, vacated: None })?;
    let Seat { seat, member, office, holder } = wanted;
    Ok(vec![Event::SeatFilled { seat, member, member_kind, office, holder, from, to }])
}

/// Refuses a seat that is someone else's or held already, and a holder who has another.
fn check_free(history: &BodyHistory, wanted: &Seat, filled: Period) -> Result<(), Rejection> {
    let seat = &wanted.seat;
    if let Some(stay) = history.stays.iter().find(|stay| stay.seat.seat == *seat)
        && (stay.seat.member != wanted.member || stay.seat.office != wanted.office)
    {
        return Err(Rejection::SeatIsAnothers {
            seat: seat.clone(),
            member: stay.seat.member.clone(),
            office: stay.seat.office,
        });
    }
    let meanwhile = || history.stays.iter().filter(|stay| stay.held().intersects(filled));
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

fn check_place(history: &BodyHistory, wanted: Stay) -> Result<(), Rejection> {
    let (member, office) = (wanted.seat.member.clone(), wanted.seat.office);
    // Only stays in the time that is asked for: a misfit before it is not this seat's doing.
    let mut stays: Vec<_> = history
        .stays
        .iter()
        .filter(|stay| stay.is_of(&member) && stay.seat.office == office)
        .filter(|stay| stay.held().intersects(wanted.held()))
        .cloned()
        .collect();
    stays.push(wanted);
    match misfit(&history.versions, &stays) {
        None => Ok(()),
        Some(Misfit { on, seats: 0, .. }) => Err(Rejection::OfficeWithoutPlace { office, on }),
        Some(Misfit { on, seats, .. }) => {
            Err(Rejection::MemberSeatsTaken { member, office, seats, on })
        }
    }
}

pub(super) fn vacate(
    history: &BodyHistory,
    seat: &LocalId,
    to: Date,
    reason: &Prose,
) -> Result<Vec<Event>, Rejection> {
    let stay = seated(history, seat, to)?;
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
    history: &BodyHistory,
    member: &OrganisationNumber,
    to: Date,
    reason: &Prose,
) -> Vec<Event> {
    if history.stays.iter().any(|stay| stay.is_of(member) && stay.outlasts(to)) {
        vec![Event::SeatsVacated { member: member.clone(), to, reason: reason.clone() }]
    } else {
        Vec::new()
    }
}

pub(super) fn name_deputies(
    history: &BodyHistory,
    seat: &LocalId,
    deputies: &[NamedDeputy],
    from: Date,
) -> Result<Vec<Event>, Rejection> {
    let asked = DeputyList { seat: seat.clone(), deputies: deputies.to_vec(), from };
    if history.deputies.contains(&asked) {
        return Ok(Vec::new());
    }
    let stay = seated(history, seat, from)?;
    let last = history.deputies.iter().rev().find(|list| list.seat == *seat);
    if let Some(last) = last.filter(|last| from <= last.from) {
        return Err(Rejection::DeputiesGoBack { from: last.from });
    }
    check_deputies(&stay.seat, deputies)?;
    check_room(history.deputies.len())?;
    Ok(vec![Event::DeputiesNamed { seat: asked.seat, deputies: asked.deputies, from }])
}

/// The membership that a seat rests on all the time it is held (R1).
fn membership<'a>(
    cooperation: &'a Cooperation,
    member: &OrganisationNumber,
    held: Period,
) -> Result<&'a Membership, Rejection> {
    let membership = cooperation
        .founded()
        .and_then(|founded| founded.memberships.on(held.from).find(|stay| stay.member == *member))
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
