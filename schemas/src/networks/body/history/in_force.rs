//! The body as it stands on a day: what a meeting is called, held and judged by.
//!
//! Read from the history alone, so whoever reads the same events gets the same picture.

use super::{super::Post, BodyHistory};
use crate::{
    date::Date,
    id::AggregateId,
    networks::rules::{BodyInForce, Seat},
};

impl BodyHistory {
    /// The rules, the seats and the chair in force on a day; none where there was no body then.
    ///
    /// Seats are in the order of their names, deputies in that of the seats.
    pub fn in_force(&self, id: &AggregateId, day: Date) -> Option<BodyInForce> {
        if self.disbanded_on.is_some_and(|last| last < day) {
            return None;
        }
        let (rules_version, version) = self.version_on(day)?;
        let mut seats: Vec<Seat> = self.stays_on(day).map(|stay| stay.seat.clone()).collect();
        seats.sort_by(|a, b| a.seat.cmp(&b.seat));
        let elected = |post| self.term_on(post, day).map(|term| term.seat.clone());
        Some(BodyInForce {
            body: id.clone(),
            names: self.names.clone(),
            kind: self.kind,
            on: day,
            rules_version,
            rules: version.rules.clone(),
            deputies: seats.iter().flat_map(|seat| self.deputies_on(&seat.seat, day)).collect(),
            seats,
            chair: elected(Post::Chair),
            deputy_chair: elected(Post::DeputyChair),
            paused: self.paused_on(day),
            prepares_for: self.prepares_for_on(day).cloned(),
        })
    }
}
