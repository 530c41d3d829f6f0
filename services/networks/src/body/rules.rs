//! Whether rules make sense before they come into force.
//!
//! Rules are data, so that statutes can say what they like; what is refused here is what no body
//! could work by, or what the domain's own rules forbid.

use std::collections::HashSet;

use samvirke_schemas::networks::{
    body::{BodyHistory, ElectionRule, Event, RulesVersion},
    rules::{Authority, BodyKind, CompositionRule, Quorum, Right, Rules},
};

use super::{Rejection, SEATS_MAX, VERSIONS_MAX, seats};
use crate::cooperation::Cooperation;

pub(super) use samvirke_schemas::networks::rules::ENTRIES_MAX;

/// The longest notice period: a year.
pub(super) const NOTICE_DAYS_MAX: u16 = 366;
/// The most meetings a year that can be demanded.
pub(super) const MEETINGS_PER_YEAR_MAX: u16 = 366;
/// The longest term that rules can set: three council periods.
pub(super) const TERM_YEARS_MAX: u16 = 12;

/// Puts `next` in force after every version there is.
pub(super) fn amend(
    history: &BodyHistory,
    next: RulesVersion,
    cooperation: &Cooperation,
) -> Result<Vec<Event>, Rejection> {
    let versions = &history.versions;
    if versions.contains(&next) {
        return Ok(Vec::new());
    }
    if versions.len() >= VERSIONS_MAX {
        return Err(Rejection::HistoryFull { max: VERSIONS_MAX });
    }
    if let Some(last) = versions.last().filter(|v| next.in_force_from <= v.in_force_from) {
        return Err(Rejection::RulesGoBack { in_force_from: last.in_force_from });
    }
    check(history.kind, &next, cooperation)?;
    if let Some(misfit) = seats::misfit(std::slice::from_ref(&next), &history.stays) {
        return Err(Rejection::SeatLosesItsPlace {
            seat: misfit.stay.seat.seat.clone(),
            on: misfit.on,
        });
    }
    let RulesVersion { rules, elections, in_force_from } = next;
    // At most VERSIONS_MAX.
    let version = versions.len() as u32 + 1;
    Ok(vec![Event::RulesAmended { version, rules, elections, in_force_from }])
}

/// Refuses rules that a body of `kind` cannot have.
pub(super) fn check(
    kind: BodyKind,
    version: &RulesVersion,
    cooperation: &Cooperation,
) -> Result<(), Rejection> {
    let rules = &version.rules;
    check_sizes(rules)?;
    check_composition(rules)?;
    check_rights(rules)?;
    check_authority(kind, rules)?;
    for by in rules.delegated.iter().filter_map(|delegation| delegation.by.as_ref()) {
        let member = cooperation.founded().is_some_and(|founded| {
            founded.memberships.on(version.in_force_from).any(|stay| stay.member == *by)
        });
        if !member {
            return Err(Rejection::DelegatedByOutsider { by: by.clone() });
        }
    }
    version.elections.as_ref().map_or(Ok(()), |elections| check_elections(rules, elections))
}

fn check_sizes(rules: &Rules) -> Result<(), Rejection> {
    let longest =
        [rules.composition.len(), rules.entitled.len(), rules.delegated.len()].into_iter().max();
    if longest > Some(ENTRIES_MAX) {
        return Err(Rejection::ListTooLong { max: ENTRIES_MAX });
    }
    if rules.notice_days > NOTICE_DAYS_MAX {
        return Err(Rejection::NoticeTooLong { max: NOTICE_DAYS_MAX });
    }
    let meetings = rules.meetings_per_year_min;
    if meetings.is_some_and(|number| !(1..=MEETINGS_PER_YEAR_MAX).contains(&number)) {
        return Err(Rejection::MeetingsOutOfRange { max: MEETINGS_PER_YEAR_MAX });
    }
    match rules.quorum {
        Quorum::Count { members } if !(1..=SEATS_MAX).contains(&members.into()) => {
            Err(Rejection::QuorumOutOfRange { max: SEATS_MAX })
        }
        Quorum::Count { .. } | Quorum::HalfOfMembers {} | Quorum::AllMembersRepresented {} => {
            Ok(())
        }
    }
}

fn check_composition(rules: &Rules) -> Result<(), Rejection> {
    for (at, place) in rules.composition.iter().enumerate() {
        let office = place.office;
        if place.seats_per_member == 0 {
            return Err(Rejection::NoSeatsPerMember { office });
        }
        let same = |other: &CompositionRule| {
            other.office == office && other.member_kind == place.member_kind
        };
        if rules.composition.iter().take(at).any(same) {
            return Err(Rejection::OfficeTwice { office });
        }
    }
    Ok(())
}

/// Members of the body vote; those who are summoned without a seat do not (R8, R9).
fn check_rights(rules: &Rules) -> Result<(), Rejection> {
    let mut seen = HashSet::new();
    for entitlement in &rules.entitled {
        let office = entitlement.office;
        if entitlement.rights.contains(&Right::Vote) {
            return Err(Rejection::VoteWithoutSeat { office });
        }
        if !seen.insert(office) {
            return Err(Rejection::OfficeTwice { office });
        }
    }
    Ok(())
}

fn check_authority(kind: BodyKind, rules: &Rules) -> Result<(), Rejection> {
    match rules.authority {
        Authority::Decides if kind == BodyKind::AdvisoryCouncil => {
            Err(Rejection::AdvisoryCouncilDecides)
        }
        Authority::Decides if !rules.seat_rights.contains(&Right::Vote) => {
            Err(Rejection::NobodyVotes)
        }
        Authority::Advises if !rules.delegated.is_empty() => Err(Rejection::DelegatedToAdvise),
        Authority::Decides | Authority::Advises => Ok(()),
    }
}

fn check_elections(rules: &Rules, elections: &ElectionRule) -> Result<(), Rejection> {
    if elections.eligible.is_empty() {
        return Err(Rejection::NobodyEligible);
    }
    if elections.term_years_max.is_some_and(|years| !(1..=TERM_YEARS_MAX).contains(&years)) {
        return Err(Rejection::TermOutOfRange { max: TERM_YEARS_MAX });
    }
    let seated = |office| {
        rules.composition.is_empty() || rules.composition.iter().any(|place| place.office == office)
    };
    match elections.eligible.iter().find(|office| !seated(**office)) {
        Some(office) => Err(Rejection::EligibleWithoutSeat { office: *office }),
        None => Ok(()),
    }
}
