//! What a reader of the feed may read now, looked up again as long as it reads.
//!
//! Invariant: whose rights cannot be looked up is given nothing and loses nothing. Taken for the public, it
//! would be led past events that are its own, and a reader never comes back to a position that it has left.

use std::time::Duration;

use samvirke_schemas::{feed::Reader, id::CooperationId, local_time::day_of, principal::Principal};

use crate::{
    clock,
    identity::Caller,
    offices::{Offices, with_offices},
};

/// How long the lookup may take before the reader is sent away.
const LOOKUP_MAX: Duration = Duration::from_secs(5);

/// What a reader may read cannot be told now; it comes back and goes on from where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("memberships and seats cannot be looked up")]
pub(crate) struct RightsUnknown;

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
    ///
    /// # Errors
    ///
    /// [`RightsUnknown`] where that cannot be looked up within [`LOOKUP_MAX`].
    pub(crate) async fn reader(
        &self,
        cooperation: &CooperationId,
    ) -> Result<Reader, RightsUnknown> {
        if !self.needs_lookup(cooperation) {
            return Ok(Reader::of(&self.caller.principal, cooperation));
        }
        let until = clock::instant() + LOOKUP_MAX;
        let followed = tokio::time::timeout_at(until, self.offices.followed()).await;
        let Ok(Some(followed)) = followed else { return Err(RightsUnknown) };
        let known = tokio::time::timeout_at(until, followed.at(&[])).await;
        let Ok(Ok(known)) = known else { return Err(RightsUnknown) };
        let today = day_of(clock::now());
        let principal: Principal = match self.caller.person {
            None => self.caller.principal.clone(),
            Some(person) => {
                let seats = known.seats_of(person, Some(cooperation), today);
                with_offices(self.caller.principal.clone(), seats)
            }
        };
        Ok(match Reader::of(&principal, cooperation) {
            Reader::Member(member) if !known.is_member(&member, cooperation, today) => {
                Reader::Public
            }
            reader @ (Reader::All | Reader::Member(_) | Reader::Public) => reader,
        })
    }
}
