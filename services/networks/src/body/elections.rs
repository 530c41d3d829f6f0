//! The election of chair and deputy chair among the seats (R14, R17).
//!
//! A post has one holder at a time, who has no other post and is elected as the rules in force when
//! the term begins allow.

use chrono::Months;
use samvirke_schemas::{
    date::Date,
    id::LocalId,
    networks::body::{BodyHistory, Event, Post, Term},
    period::Period,
    text::Prose,
};

use super::{Rejection, check_room, seats::seated};

pub(super) fn elect(
    history: &BodyHistory,
    post: Post,
    seat: &LocalId,
    elected: Period,
) -> Result<Vec<Event>, Rejection> {
    // A term that came to nothing before it began is not this one.
    let repeated = |term: &Term| {
        (term.post, &term.seat, term.elected) == (post, seat, elected)
            && history.served(term).contains(elected.from)
    };
    if history.terms.iter().any(repeated) {
        return Ok(Vec::new());
    }
    if elected.to.is_some_and(|to| to < elected.from) {
        return Err(Rejection::EndsBeforeItBegan { from: elected.from });
    }
    check_eligible(history, seat, elected)?;
    let meanwhile = |term: &&Term| history.served(term).intersects(elected);
    for term in history.terms.iter().filter(meanwhile) {
        let from = term.elected.from;
        if term.post == post {
            return Err(Rejection::PostTaken { seat: term.seat.clone(), from });
        }
        if term.seat == *seat {
            return Err(Rejection::HasTheOtherPost { seat: seat.clone(), from });
        }
    }
    check_room(history.terms.len())?;
    Ok(vec![Event::Elected { post, seat: seat.clone(), from: elected.from, to: elected.to }])
}

/// Refuses an office or a term that the rules in force when the term begins do not allow.
fn check_eligible(history: &BodyHistory, seat: &LocalId, elected: Period) -> Result<(), Rejection> {
    let stay = seated(history, seat, elected.from)?;
    let Some(rule) =
        history.version_on(elected.from).and_then(|(_, version)| version.elections.as_ref())
    else {
        return Ok(());
    };
    let office = stay.seat.office;
    if !rule.eligible.contains(&office) {
        return Err(Rejection::NotEligible { office, on: elected.from });
    }
    let Some(years) = rule.term_years_max else { return Ok(()) };
    let ended = elected.from.checked_add_months(Months::new(12 * u32::from(years)));
    if elected.to.is_some_and(|to| ended.is_none_or(|ended| to.naive() < ended)) {
        Ok(())
    } else {
        Err(Rejection::TermTooLong { years })
    }
}

pub(super) fn step_down(
    history: &BodyHistory,
    post: Post,
    to: Date,
    reason: &Prose,
) -> Result<Vec<Event>, Rejection> {
    let term = history.term_on(post, to).ok_or(Rejection::NobodyElected { on: to })?;
    if history.served(term).to == Some(to) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::SteppedDown {
        post,
        seat: term.seat.clone(),
        from: term.elected.from,
        to,
        reason: reason.clone(),
    }])
}
