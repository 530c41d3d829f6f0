//! The chair and the deputy chair, elected among the seats for a term (R14, R17).
//!
//! Who is elected is the holder of the seat that day: the post ends with the term or with that stay
//! in the seat, whichever is first, and does not pass to the seat's next holder.

use chrono::{Months, NaiveDate};
use samvirke_schemas::{
    id::LocalId,
    networks::body::{Event, Post},
    period::Period,
    text::Prose,
};
use serde::{Deserialize, Serialize};

use super::{Rejection, Standing, check_room};

/// One term of one elected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    pub post: Post,
    pub seat: LocalId,
    /// The place in `Standing::stays` of the stay that was elected.
    pub stay: usize,
    /// As it was elected for.
    pub elected: Period,
    /// The last day, where the elected stepped down before the end.
    pub stepped_down: Option<NaiveDate>,
}

impl Standing {
    /// The days of a term on which the elected had the post.
    pub fn served(&self, term: &Term) -> Period {
        let seat = self.stays.get(term.stay).and_then(|stay| stay.held().to);
        let ends = [term.elected.to, term.stepped_down, seat];
        Period { from: term.elected.from, to: ends.into_iter().flatten().min() }
    }

    /// The term that fills a post on a day.
    pub fn term_on(&self, post: Post, day: NaiveDate) -> Option<&Term> {
        self.terms.iter().find(|term| term.post == post && self.served(term).contains(day))
    }

    pub(super) fn elect(
        &self,
        post: Post,
        seat: &LocalId,
        elected: Period,
    ) -> Result<Vec<Event>, Rejection> {
        // A term that came to nothing before it began is not this one.
        let repeated = |term: &Term| {
            (term.post, &term.seat, term.elected) == (post, seat, elected)
                && self.served(term).contains(elected.from)
        };
        if self.terms.iter().any(repeated) {
            return Ok(Vec::new());
        }
        if elected.to.is_some_and(|to| to < elected.from) {
            return Err(Rejection::EndsBeforeItBegan { from: elected.from });
        }
        self.check_eligible(seat, elected)?;
        let meanwhile = |term: &&Term| self.served(term).intersects(elected);
        for term in self.terms.iter().filter(meanwhile) {
            let from = term.elected.from;
            if term.post == post {
                return Err(Rejection::PostTaken { seat: term.seat.clone(), from });
            }
            if term.seat == *seat {
                return Err(Rejection::HasTheOtherPost { seat: seat.clone(), from });
            }
        }
        check_room(self.terms.len())?;
        Ok(vec![Event::Elected { post, seat: seat.clone(), from: elected.from, to: elected.to }])
    }

    /// Refuses an office or a term that the rules in force when the term begins do not allow.
    fn check_eligible(&self, seat: &LocalId, elected: Period) -> Result<(), Rejection> {
        let stay = self.seated(seat, elected.from)?;
        let Some(rule) =
            self.version_on(elected.from).and_then(|(_, version)| version.elections.as_ref())
        else {
            return Ok(());
        };
        let office = stay.seat.office;
        if !rule.eligible.contains(&office) {
            return Err(Rejection::NotEligible { office, on: elected.from });
        }
        let Some(years) = rule.term_years_max else { return Ok(()) };
        let ended = elected.from.checked_add_months(Months::new(12 * u32::from(years)));
        if elected.to.is_some_and(|to| ended.is_none_or(|ended| to < ended)) {
            Ok(())
        } else {
            Err(Rejection::TermTooLong { years })
        }
    }

    pub(super) fn step_down(
        &self,
        post: Post,
        to: NaiveDate,
        reason: &Prose,
    ) -> Result<Vec<Event>, Rejection> {
        let term = self.term_on(post, to).ok_or(Rejection::NobodyElected { on: to })?;
        if self.served(term).to == Some(to) {
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

    pub(super) fn evolve_terms(&mut self, event: &Event) {
        match event {
            Event::Elected { post, seat, from, to } => {
                if let Some(stay) = self.stay_at(seat, *from) {
                    self.terms.push(Term {
                        post: *post,
                        seat: seat.clone(),
                        stay,
                        elected: Period { from: *from, to: *to },
                        stepped_down: None,
                    });
                }
            }
            Event::SteppedDown { post, seat, from, to, .. } => {
                let ended = |term: &&mut Term| {
                    term.post == *post && term.seat == *seat && term.elected.from == *from
                };
                // The last, because an earlier one from the same day may have come to nothing.
                if let Some(term) = self.terms.iter_mut().rev().find(ended) {
                    term.stepped_down = Some(*to);
                }
            }
            Event::Established { .. }
            | Event::RulesAmended { .. }
            | Event::SeatFilled { .. }
            | Event::SeatVacated { .. }
            | Event::SeatsVacated { .. }
            | Event::DeputiesNamed { .. }
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::PreparationAssigned { .. }
            | Event::Disbanded { .. } => (),
        }
    }
}
