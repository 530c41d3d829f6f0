//! What a reader of the feed may read now, looked up again as long as it reads.

use std::time::Duration;

use samvirke_schemas::{feed::Reader, id::CooperationId, local_time::day_of, principal::Principal};

use crate::{
    clock,
    identity::Caller,
    offices::{Offices, with_offices},
};

/// How long the lookup may take before the reader is taken for the public.
const LOOKUP_MAX: Duration = Duration::from_secs(5);

/// Whoever reads in one cooperation.
#[derive(Clone, Debug)]
pub(crate) struct Rights {
    caller: Caller,
    offices: Offices,
}

impl Rights {
    pub(crate) fn new(caller: Caller, offices: Offices) -> Self {
        Self { caller, offices }
    }

    /// What the token alone gives, or more by the seats that the person may hold.
    fn needs_lookup(&self, cooperation: &CooperationId) -> bool {
        match Reader::of(&self.caller.principal, cooperation) {
            Reader::All => false,
            Reader::Member(_) => true,
            Reader::Public => self.caller.person.is_some(),
        }
    }

    /// What may be read in `cooperation` now: a member counts while it is one, a seat while it is held.
    /// What cannot be looked up gives nothing.
    pub(crate) async fn reader(&self, cooperation: &CooperationId) -> Reader {
        if !self.needs_lookup(cooperation) {
            return Reader::of(&self.caller.principal, cooperation);
        }
        let until = clock::instant() + LOOKUP_MAX;
        let public = || {
            tracing::warn!(
                "memberships cannot be looked up; a reader of the feed is given what is public"
            );
            Reader::Public
        };
        let followed = tokio::time::timeout_at(until, self.offices.followed()).await;
        let Ok(Some(followed)) = followed else { return public() };
        let known = tokio::time::timeout_at(until, followed.at(&[])).await;
        let Ok(Ok(known)) = known else { return public() };
        let today = day_of(clock::now());
        let principal: Principal = match self.caller.person {
            None => self.caller.principal.clone(),
            Some(person) => {
                let seats = known.seats_of(person, Some(cooperation), today);
                with_offices(self.caller.principal.clone(), seats)
            }
        };
        match Reader::of(&principal, cooperation) {
            Reader::Member(member) if !known.is_member(&member, cooperation, today) => {
                Reader::Public
            }
            reader @ (Reader::All | Reader::Member(_) | Reader::Public) => reader,
        }
    }
}
