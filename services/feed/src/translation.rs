//! From a service's events to what the feed says: pure, and the same whenever it is done again.
//!
//! What an event does not tell by itself (a case's title, a meeting's body) is remembered from the
//! events before it.

mod cooperation;

use samvirke_kernel::{
    envelope::{Envelope, EnvelopeError},
    log::Stored,
};
use samvirke_schemas::{
    Tagged,
    feed::{Audience, Concerns, Fact, Said},
    id::CooperationId,
};
use uuid::Uuid;

/// What has been heard so far.
#[derive(Debug, Default)]
pub struct Translation {}

impl Translation {
    /// Hears a commit and returns what is said about it, in order: what is said to members comes
    /// before what the public is told of the same.
    ///
    /// # Errors
    ///
    /// When an event cannot be read by this program.
    pub fn take(
        &mut self,
        stored: &Stored,
        envelope: &Envelope,
    ) -> Result<Vec<Said>, EnvelopeError> {
        let mut told = Telling { envelope, origin: Uuid::nil(), plural: "", said: Vec::new() };
        match envelope.aggregate.kind.as_str() {
            "cooperation" => {
                told.plural = "cooperations";
                told.each(stored, |told, event| cooperation::tell(&event, told))?;
            }
            "body" | "network" | "case" | "meeting" => (),
            // Registers only give numbers; the case says which it got.
            _ => (),
        }
        Ok(told.said)
    }
}

/// What is being said about one commit.
pub(crate) struct Telling<'a> {
    envelope: &'a Envelope,
    /// The event that is being told.
    origin: Uuid,
    plural: &'static str,
    said: Vec<Said>,
}

impl Telling<'_> {
    fn each<E: Tagged>(
        &mut self,
        stored: &Stored,
        mut tell: impl FnMut(&mut Self, E),
    ) -> Result<(), EnvelopeError> {
        let events = self.envelope.events::<E>(stored.sequence, &[])?;
        for (event, recorded) in events.into_iter().zip(&self.envelope.events) {
            self.origin = recorded.id;
            tell(self, event);
        }
        Ok(())
    }

    /// The cooperation that it is about.
    pub(crate) fn cooperation(&self) -> &CooperationId {
        &self.envelope.aggregate.id.cooperation
    }

    /// Tells the public, and with them everyone.
    pub(crate) fn publicly(&mut self, concerns: Concerns, fact: Fact) {
        self.say(Audience::Public, concerns, fact, false);
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
            occurred_at: self.envelope.occurred_at,
            recorded_at: self.envelope.recorded_at,
            traceparent: self.envelope.traceparent.clone(),
        });
    }
}
