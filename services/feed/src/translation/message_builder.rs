//! The messages made of one commit, and who gets them.
//!
//! Invariant: the message of a member comes before that of the public about the same, and
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

/// The members who get a message of their own.
#[derive(Debug, Default)]
pub(super) struct Recipients {
    /// They get one, whether or not it has more than that of the public.
    pub(super) addressed: BTreeSet<OrganisationNumber>,
    /// They get one where it has more than that of the public.
    pub(super) privy: BTreeSet<OrganisationNumber>,
}

/// The messages made of one commit.
pub(super) struct MessageBuilder<'a> {
    envelope: &'a Envelope,
    plural: &'static str,
    /// The event that is being rendered.
    origin: Uuid,
    said: Vec<Said>,
}

impl<'a> MessageBuilder<'a> {
    /// Gives each event of a commit to `observe`, with those that follow it in the commit, and returns the
    /// messages.
    pub(super) fn each<E: Tagged>(
        envelope: &'a Envelope,
        sequence: u64,
        plural: &'static str,
        mut observe: impl FnMut(&E, &[E], &mut Self),
    ) -> Result<Vec<Said>, EnvelopeError> {
        let mut builder = Self { envelope, plural, origin: Uuid::nil(), said: Vec::new() };
        let events = envelope.events::<E>(sequence)?;
        let mut rest = events.as_slice();
        for recorded in &envelope.events {
            let Some((event, following)) = rest.split_first() else { break };
            builder.origin = recorded.id;
            observe(event, following, &mut builder);
            rest = following;
        }
        Ok(builder.said)
    }

    /// The aggregate that it is about.
    pub(super) fn about(&self) -> &'a AggregateId {
        &self.envelope.aggregate.id
    }

    pub(super) fn cooperation(&self) -> &'a CooperationId {
        &self.envelope.aggregate.id.cooperation
    }

    /// The event that is being rendered.
    pub(super) fn origin(&self) -> Uuid {
        self.origin
    }

    pub(super) fn occurred_at(&self) -> DateTime<Utc> {
        self.envelope.occurred_at
    }

    pub(super) fn recorded_at(&self) -> DateTime<Utc> {
        self.envelope.recorded_at
    }

    /// The day in Norway on which it happened. What is restricted that day is not published, however late
    /// it is registered.
    pub(super) fn day(&self) -> Date {
        day_of(self.envelope.occurred_at)
    }

    /// Adds a message for the public, and with it for everyone.
    pub(super) fn publicly(&mut self, concerns: Concerns, fact: Fact) {
        self.say(Audience::Public, concerns, fact, false);
    }

    /// Adds a message for one member, and nobody else.
    pub(super) fn only(&mut self, member: &OrganisationNumber, concerns: Concerns, fact: Fact) {
        self.say(Audience::Member(member.clone()), concerns, fact, false);
    }

    /// Adds a message for each of `recipients`, and then one for the public. `fact` renders it for one of them.
    pub(super) fn tell(
        &mut self,
        recipients: Recipients,
        concerns: Concerns,
        fact: impl Fn(&Audience) -> Fact,
    ) {
        let Recipients { addressed, privy } = recipients;
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
