//! Who is chair and deputy chair, elected among the seats for a term (R14, R17).
//!
//! Who is elected is the holder of the seat that day: the post ends with the term or with that stay
//! in the seat, whichever is first, and does not pass to the seat's next holder.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{super::Post, BodyHistory, Event};
use crate::{date::Date, id::LocalId, period::Period};

/// One term of one elected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Term {
    pub post: Post,
    pub seat: LocalId,
    /// The place in [`BodyHistory::stays`] of the stay that was elected, counted from 0.
    pub stay: usize,
    /// As it was elected for.
    pub elected: Period,
    /// The last day, where the elected stepped down before the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stepped_down: Option<Date>,
}

impl BodyHistory {
    /// The days of a term on which the elected had the post.
    pub fn served(&self, term: &Term) -> Period {
        let seat = self.stays.get(term.stay).and_then(|stay| stay.held().to);
        let ends = [term.elected.to, term.stepped_down, seat];
        Period { from: term.elected.from, to: ends.into_iter().flatten().min() }
    }

    /// The term that fills a post on a day.
    pub fn term_on(&self, post: Post, day: Date) -> Option<&Term> {
        self.terms.iter().find(|term| term.post == post && self.served(term).contains(day))
    }

    pub(super) fn take_terms(&mut self, event: &Event) {
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
            | Event::AccessGroupsNamed { .. }
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::PreparationAssigned { .. }
            | Event::Disbanded { .. } => (),
        }
    }
}
