//! What is being said about one commit, and to whom.
//!
//! Invariant: what a member is told by itself comes before what the public is told of the same, and
//! restates it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use samvirke_kernel::envelope::{Envelope, EnvelopeError};
use samvirke_schemas::{
    Tagged,
    date::Date,
    feed::{Audience, Concerns, Fact, Said},
    id::{AggregateId, CooperationId},
    local_time::day_of,
    organisation::OrganisationNumber,
};
use uuid::Uuid;

/// The members who may be told more than the public, or by themselves.
#[derive(Debug, Default)]
pub(super) struct Hearers {
    /// Told by themselves, whether or not there is more to tell them.
    pub(super) addressed: BTreeSet<OrganisationNumber>,
    /// Told by themselves where they are told more than the public.
    pub(super) privy: BTreeSet<OrganisationNumber>,
}

/// What is being said about one commit.
pub(super) struct Telling<'a> {
    envelope: &'a Envelope,
    plural: &'static str,
    /// The event that is being told.
    origin: Uuid,
    said: Vec<Said>,
}

impl<'a> Telling<'a> {
    /// Lets each event of a commit be heard, with those that follow it in the commit, and returns what
    /// was said.
    pub(super) fn each<E: Tagged>(
        envelope: &'a Envelope,
        sequence: u64,
        plural: &'static str,
        mut hear: impl FnMut(&E, &[E], &mut Self),
    ) -> Result<Vec<Said>, EnvelopeError> {
        let mut telling = Self { envelope, plural, origin: Uuid::nil(), said: Vec::new() };
        let events = envelope.events::<E>(sequence)?;
        let mut rest = events.as_slice();
        for recorded in &envelope.events {
            let Some((event, following)) = rest.split_first() else { break };
            telling.origin = recorded.id;
            hear(event, following, &mut telling);
            rest = following;
        }
        Ok(telling.said)
    }

    /// The aggregate that it is about.
    pub(super) fn about(&self) -> &'a AggregateId {
        &self.envelope.aggregate.id
    }

    pub(super) fn cooperation(&self) -> &'a CooperationId {
        &self.envelope.aggregate.id.cooperation
    }

    /// The event that is being told.
    pub(super) fn origin(&self) -> Uuid {
        self.origin
    }

    pub(super) fn occurred_at(&self) -> DateTime<Utc> {
        self.envelope.occurred_at
    }

    pub(super) fn recorded_at(&self) -> DateTime<Utc> {
        self.envelope.recorded_at
    }

    /// The day in Norway on which it happened. What is restricted that day is not told, however late
    /// it is registered.
    pub(super) fn day(&self) -> Date {
        day_of(self.envelope.occurred_at)
    }

    /// Tells the public, and with them everyone.
    pub(super) fn publicly(&mut self, concerns: Concerns, fact: Fact) {
        self.say(Audience::Public, concerns, fact, false);
    }

    /// Tells one member, and nobody else.
    pub(super) fn only(&mut self, member: &OrganisationNumber, concerns: Concerns, fact: Fact) {
        self.say(Audience::Member(member.clone()), concerns, fact, false);
    }

    /// Tells `hearers` by themselves, and then the public. `fact` puts it into words for one of them.
    pub(super) fn tell(
        &mut self,
        hearers: Hearers,
        concerns: Concerns,
        fact: impl Fn(&Audience) -> Fact,
    ) {
        let Hearers { addressed, privy } = hearers;
        let public = fact(&Audience::Public);
        for member in addressed.union(&privy) {
            let audience = Audience::Member(member.clone());
            let own = fact(&audience);
            let is_addressed = addressed.contains(member);
            if !is_addressed && own == public {
                continue;
            }
            let mut concerns = concerns.clone();
            if is_addressed {
                concerns.members = [member.clone()].into();
            }
            self.say(audience, concerns, own, true);
        }
        self.publicly(concerns, public);
    }

    fn say(&mut self, audience: Audience, concerns: Concerns, fact: Fact, restates: bool) {
        self.said.push(Said {
            audience,
            about: self.envelope.aggregate.id.clone(),
            plural: self.plural,
            concerns,
            fact,
            origin: self.origin,
            restates,
            replacement: false,
            occurred_at: self.envelope.occurred_at,
            recorded_at: self.envelope.recorded_at,
            traceparent: self.envelope.traceparent.clone(),
        });
    }
}
