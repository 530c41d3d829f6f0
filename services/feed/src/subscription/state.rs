//! What a subscription consists of, and how events change it.

use chrono::{DateTime, Utc};
use samvirke_schemas::{
    feed::{FeedPosition, Filters},
    subscriptions::subscription::{
        Event,
        answer::{Failure, StopReason},
        terms::{Channel, Owner},
    },
    text::Line,
};
use serde::{Deserialize, Serialize};

/// A subscription that was created.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubscriptionState {
    pub owner: Owner,
    pub channel: Channel,
    pub filters: Filters,
    pub phase: Phase,
    /// How often an endpoint has been asked, this time included.
    pub handshake: u32,
    pub run: Run,
    pub secret: Generation,
    /// How many tests have been asked for.
    pub tests: u32,
    /// The test that is to be sent.
    pub pending_test: Option<u32>,
}

/// How far it has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Phase {
    Asking,
    Refused { reason: Line },
    Active { rate_per_minute: Option<u32> },
    Suspended { reason: Line },
    Stopped { reason: StopReason, failure: Failure },
    Ended { reason: Option<Line> },
}

/// Deliveries in one go, counted anew whenever they begin somewhere or should be tried at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub number: u32,
    /// The last run whose beginning is known.
    pub placed: u32,
    /// Where that one began.
    pub after: FeedPosition,
}

/// Which secret is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    pub number: u32,
    /// Until when the one before signs too.
    pub previous_until: Option<DateTime<Utc>>,
}

impl SubscriptionState {
    pub(super) fn new(
        owner: Owner,
        channel: Channel,
        filters: Filters,
        after: FeedPosition,
    ) -> Self {
        Self {
            owner,
            channel,
            filters,
            phase: Phase::Asking,
            handshake: 1,
            run: Run { number: 1, placed: 1, after },
            secret: Generation { number: 1, previous_until: None },
            tests: 0,
            pending_test: None,
        }
    }

    pub(super) fn evolve(&mut self, event: &Event) {
        match event {
            // A history has one beginning; the subscription takes it.
            Event::Created { .. } => (),
            Event::EndpointAgreed { rate_per_minute, .. } => {
                self.phase = Phase::Active { rate_per_minute: *rate_per_minute };
            }
            Event::EndpointRefused { reason, .. } => {
                self.phase = Phase::Refused { reason: reason.clone() };
            }
            Event::FiltersChanged { filters } => self.filters = filters.clone(),
            Event::EndpointChanged { endpoint } => {
                self.channel = Channel::Webhook { endpoint: endpoint.clone() };
                self.next_run(None);
                match self.phase {
                    Phase::Asking | Phase::Refused { .. } | Phase::Active { .. } => self.ask(),
                    Phase::Suspended { .. } | Phase::Stopped { .. } | Phase::Ended { .. } => (),
                }
            }
            Event::SecretRotated { generation, previous_until } => {
                self.secret =
                    Generation { number: *generation, previous_until: Some(*previous_until) };
            }
            Event::Suspended { reason } => {
                self.phase = Phase::Suspended { reason: reason.clone() };
            }
            Event::Resumed { after } => {
                self.next_run(*after);
                self.ask();
            }
            Event::Replayed { after } => self.next_run(Some(*after)),
            Event::Stopped { reason, failure, .. } => {
                self.phase = Phase::Stopped { reason: *reason, failure: failure.clone() };
            }
            Event::TestRequested { test } => {
                self.tests = *test;
                self.pending_test = Some(*test);
            }
            Event::TestConcluded { .. } => self.pending_test = None,
            Event::Ended { reason } => {
                self.pending_test = None;
                self.phase = Phase::Ended { reason: reason.clone() };
            }
        }
    }

    fn ask(&mut self) {
        self.handshake = self.handshake.saturating_add(1);
        self.phase = Phase::Asking;
    }

    fn next_run(&mut self, after: Option<FeedPosition>) {
        self.run.number = self.run.number.saturating_add(1);
        if let Some(after) = after {
            (self.run.placed, self.run.after) = (self.run.number, after);
        }
    }

    pub fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended { .. })
    }
}
