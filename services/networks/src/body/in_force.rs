//! The body as it stands on a day: what a meeting is called, held and judged by.
//!
//! Read from the history alone, so the answer for a day past changes only when that past is
//! registered differently.

use chrono::NaiveDate;
use samvirke_schemas::{
    id::{AggregateId, LocalId},
    networks::{
        body::Post,
        rules::{BodyInForce, Deputy, Seat},
    },
};

use super::{Body, Standing};

impl Body {
    /// The rules, the seats and the chair in force on a day; none where there was no body then.
    pub fn in_force(&self, id: &AggregateId, day: NaiveDate) -> Option<BodyInForce> {
        let standing = self.standing()?;
        if standing.disbanded_on.is_some_and(|last| last < day) {
            return None;
        }
        let (rules_version, version) = standing.version_on(day)?;
        let mut seats: Vec<Seat> = standing.stays_on(day).map(|stay| stay.seat.clone()).collect();
        seats.sort_by(|a, b| a.seat.cmp(&b.seat));
        let elected = |post| standing.term_on(post, day).map(|term| term.seat.clone());
        Some(BodyInForce {
            body: id.clone(),
            names: standing.names.clone(),
            kind: standing.kind,
            on: day,
            rules_version,
            rules: version.rules.clone(),
            deputies: seats.iter().flat_map(|seat| standing.deputies_on(&seat.seat, day)).collect(),
            seats,
            chair: elected(Post::Chair),
            deputy_chair: elected(Post::DeputyChair),
            paused: standing.pauses.iter().any(|pause| pause.period.contains(day)),
            prepares_for: standing.prepares_for_on(day).cloned(),
        })
    }
}

impl Standing {
    fn deputies_on<'a>(
        &'a self,
        seat: &'a LocalId,
        day: NaiveDate,
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

    fn prepares_for_on(&self, day: NaiveDate) -> Option<&AggregateId> {
        let last = self.preparations.iter().rev().find(|preparation| preparation.from <= day);
        last.and_then(|preparation| preparation.body.as_ref())
    }
}
