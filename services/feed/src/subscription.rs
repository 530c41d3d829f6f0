//! One subscription to the feed: who is sent what, where to, and from where on.
//!
//! Nothing is sent to an endpoint before it has agreed (CloudEvents WebHook 1.0.1 § 4). Where deliveries
//! stand is not known here: a run of deliveries has a number, and each has its own place in the feed.

mod rejection;
mod state;
mod terms;

#[cfg(test)]
mod tests;

use chrono::TimeDelta;
use samvirke_kernel::{Command, Decider, aggregate};
use samvirke_schemas::{
    feed::FeedPosition,
    organisation::OrganisationNumber,
    principal::Role,
    subscriptions::subscription::{
        Event, Request,
        terms::{Owner, Resumption, Start},
    },
};
use serde::{Deserialize, Serialize};

pub use rejection::Rejection;
pub use state::{Generation, Phase, Run, SubscriptionState};

/// The most subscriptions of one owner in a cooperation.
pub const SUBSCRIPTIONS_PER_OWNER_MAX: usize = 100;
/// How long the secret before signs too after a rotation (Standard Webhooks 1.0, zero downtime rotation).
pub const SECRETS_OVERLAP: TimeDelta = TimeDelta::hours(24);

/// A subscription as its history describes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Subscription {
    #[default]
    Uncreated,
    Created(Box<SubscriptionState>),
}

/// What a subscription's rules ask about its surroundings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The end of the feed.
    pub last: FeedPosition,
    /// The place in the feed before the time that the request names.
    pub before_time: Option<FeedPosition>,
    /// Whether the owner that the request names is a member of the cooperation today.
    pub is_member: bool,
    /// How many subscriptions that owner has.
    pub owned: usize,
    /// Whether this installation delivers without TLS and to any port.
    pub unencrypted_allowed: bool,
}

impl Decider for Subscription {
    const CONTEXT: &'static str = "subscriptions";
    const KIND: &'static str = "subscription";
    const REDUCER: &'static [&'static str] = &[
        include_str!("subscription.rs"),
        include_str!("subscription/state.rs"),
        include_str!("../../../schemas/src/subscriptions/subscription.rs"),
        include_str!("../../../schemas/src/subscriptions/subscription/answer.rs"),
        include_str!("../../../schemas/src/subscriptions/subscription/endpoint.rs"),
        include_str!("../../../schemas/src/subscriptions/subscription/terms.rs"),
        include_str!("../../../schemas/src/feed/filters.rs"),
        include_str!("../../../schemas/src/feed/position.rs"),
    ];

    type Request = Request;
    type Facts = Facts;
    type Event = Event;
    type Rejection = Rejection;

    fn authorise(&self, command: &Command<Request, Facts>) -> Result<(), Rejection> {
        match &command.request {
            Request::AgreeEndpoint { .. }
            | Request::RefuseEndpoint { .. }
            | Request::Stop { .. }
            | Request::ConcludeTest { .. } => {
                if command.is_from(&[Role::System]) {
                    Ok(())
                } else {
                    Err(Rejection::OnlySamvirke)
                }
            }
            Request::Create { owner, .. } => may(command, owner.member()),
            Request::ChangeFilters { .. }
            | Request::ChangeEndpoint { .. }
            | Request::RotateSecret {}
            | Request::Suspend { .. }
            | Request::Resume { .. }
            | Request::Replay { .. }
            | Request::TestDelivery {}
            | Request::End { .. } => match self {
                // Whoever may have one is told that there is none.
                Self::Uncreated => may(command, command.principal.member.as_ref()),
                Self::Created(state) => may(command, state.owner.member()),
            },
        }
    }

    fn decide(&self, command: &Command<Request, Facts>) -> Result<Vec<Event>, Rejection> {
        match &command.request {
            Request::Create { owner, channel, filters, from } => {
                let asked = Event::Created {
                    owner: owner.clone(),
                    channel: channel.clone(),
                    filters: filters.clone(),
                    after: FeedPosition::default(),
                };
                self.create(command, asked, from)
            }
            Request::AgreeEndpoint { handshake, rate_per_minute } => {
                let (handshake, rate_per_minute) = (*handshake, *rate_per_minute);
                Ok(self.answered(handshake, Event::EndpointAgreed { handshake, rate_per_minute }))
            }
            Request::RefuseEndpoint { handshake, reason } => {
                let (handshake, reason) = (*handshake, reason.clone());
                Ok(self.answered(handshake, Event::EndpointRefused { handshake, reason }))
            }
            Request::ConcludeTest { test, delivered, answer } => {
                let pending = self.state().and_then(|state| state.pending_test);
                let (test, delivered, answer) = (*test, *delivered, answer.clone());
                let concluded = Event::TestConcluded { test, delivered, answer };
                Ok(if pending == Some(test) { vec![concluded] } else { Vec::new() })
            }
            Request::Stop { run, reason, failure } => {
                let runs = self.state().is_some_and(|state| {
                    state.run.number == *run && matches!(state.phase, Phase::Active { .. })
                });
                let (run, reason, failure) = (*run, *reason, failure.clone());
                Ok(if runs { vec![Event::Stopped { run, reason, failure }] } else { Vec::new() })
            }
            Request::End { reason } => {
                let state = self.state().ok_or(Rejection::NotCreated)?;
                let reason = reason.clone();
                Ok(if state.has_ended() { Vec::new() } else { vec![Event::Ended { reason }] })
            }
            Request::ChangeFilters { filters } => {
                let state = self.alive()?;
                terms::check_filters(filters, &state.owner, &command.id.cooperation)?;
                let changed = Event::FiltersChanged { filters: filters.clone() };
                Ok(if state.filters == *filters { Vec::new() } else { vec![changed] })
            }
            Request::ChangeEndpoint { endpoint } => {
                let state = self.alive()?;
                terms::check_endpoint(endpoint, &command.facts)?;
                let changed = Event::EndpointChanged { endpoint: endpoint.clone() };
                let same = state.channel.endpoint() == endpoint;
                Ok(if same { Vec::new() } else { vec![changed] })
            }
            Request::RotateSecret {} => {
                let generation = self.alive()?.secret.number.saturating_add(1);
                let previous_until = command.now + SECRETS_OVERLAP;
                Ok(vec![Event::SecretRotated { generation, previous_until }])
            }
            Request::Suspend { reason } => match self.alive()?.phase {
                Phase::Asking | Phase::Active { .. } => {
                    Ok(vec![Event::Suspended { reason: reason.clone() }])
                }
                Phase::Suspended { .. } => Ok(Vec::new()),
                Phase::Refused { .. } | Phase::Stopped { .. } | Phase::Ended { .. } => {
                    Err(Rejection::NotDelivering)
                }
            },
            Request::Resume { from } => self.resume(from, &command.facts),
            Request::Replay { from } => self.replay(from, &command.facts),
            Request::TestDelivery {} => self.test(),
        }
    }

    fn evolve(&mut self, event: &Event) {
        match (&mut *self, event) {
            (Self::Uncreated, Event::Created { owner, channel, filters, after }) => {
                let (owner, channel, filters) = (owner.clone(), channel.clone(), filters.clone());
                *self = Self::Created(Box::new(SubscriptionState::new(
                    owner, channel, filters, *after,
                )));
            }
            (Self::Created(state), event) => state.evolve(event),
            (
                Self::Uncreated,
                Event::EndpointAgreed { .. }
                | Event::EndpointRefused { .. }
                | Event::FiltersChanged { .. }
                | Event::EndpointChanged { .. }
                | Event::SecretRotated { .. }
                | Event::Suspended { .. }
                | Event::Resumed { .. }
                | Event::Replayed { .. }
                | Event::Stopped { .. }
                | Event::TestRequested { .. }
                | Event::TestConcluded { .. }
                | Event::Ended { .. },
            ) => (),
        }
    }
}

aggregate!(Subscription);

impl Subscription {
    /// What it consists of, if it was ever created.
    pub fn state(&self) -> Option<&SubscriptionState> {
        match self {
            Self::Uncreated => None,
            Self::Created(state) => Some(state),
        }
    }

    fn alive(&self) -> Result<&SubscriptionState, Rejection> {
        let state = self.state().ok_or(Rejection::NotCreated)?;
        if state.has_ended() { Err(Rejection::HasEnded) } else { Ok(state) }
    }

    fn create(
        &self,
        command: &Command<Request, Facts>,
        asked: Event,
        from: &Start,
    ) -> Result<Vec<Event>, Rejection> {
        let Event::Created { owner, channel, filters, .. } = asked else { return Ok(Vec::new()) };
        if let Self::Created(state) = self {
            let same = state.owner == owner
                && state.channel == channel
                && state.filters == filters
                && !state.has_ended();
            return if same { Ok(Vec::new()) } else { Err(Rejection::AlreadyCreated) };
        }
        if let Owner::Member { member } = &owner
            && !command.facts.is_member
        {
            return Err(Rejection::NotAMember { member: member.clone() });
        }
        if command.facts.owned >= SUBSCRIPTIONS_PER_OWNER_MAX {
            return Err(Rejection::TooMany { max: SUBSCRIPTIONS_PER_OWNER_MAX });
        }
        terms::check_endpoint(channel.endpoint(), &command.facts)?;
        terms::check_filters(&filters, &owner, &command.id.cooperation)?;
        let after = terms::place(from, &command.facts)?;
        Ok(vec![Event::Created { owner, channel, filters, after }])
    }

    /// What follows from an endpoint's answer; nothing where it was not asked for any longer.
    fn answered(&self, handshake: u32, event: Event) -> Vec<Event> {
        let asked = self
            .state()
            .is_some_and(|state| state.phase == Phase::Asking && state.handshake == handshake);
        if asked { vec![event] } else { Vec::new() }
    }

    fn resume(&self, from: &Resumption, facts: &Facts) -> Result<Vec<Event>, Rejection> {
        match (&self.alive()?.phase, from.start()) {
            (Phase::Asking | Phase::Active { .. }, None) => Ok(Vec::new()),
            (Phase::Asking | Phase::Active { .. }, Some(_)) => Err(Rejection::IsDelivering),
            (
                Phase::Refused { .. }
                | Phase::Suspended { .. }
                | Phase::Stopped { .. }
                | Phase::Ended { .. },
                start,
            ) => {
                let after = start.map(|start| terms::place(&start, facts)).transpose()?;
                Ok(vec![Event::Resumed { after }])
            }
        }
    }

    fn replay(&self, from: &Start, facts: &Facts) -> Result<Vec<Event>, Rejection> {
        match self.alive()?.phase {
            Phase::Asking | Phase::Active { .. } => {
                Ok(vec![Event::Replayed { after: terms::place(from, facts)? }])
            }
            Phase::Refused { .. }
            | Phase::Suspended { .. }
            | Phase::Stopped { .. }
            | Phase::Ended { .. } => Err(Rejection::NotDelivering),
        }
    }

    fn test(&self) -> Result<Vec<Event>, Rejection> {
        let state = self.alive()?;
        if !matches!(state.phase, Phase::Active { .. }) {
            return Err(Rejection::EndpointNotAgreed);
        }
        if state.pending_test.is_some() {
            return Ok(Vec::new());
        }
        Ok(vec![Event::TestRequested { test: state.tests.saturating_add(1) }])
    }
}

/// The secretariat and the operator for anyone; a member for itself.
fn may(
    command: &Command<Request, Facts>,
    owner: Option<&OrganisationNumber>,
) -> Result<(), Rejection> {
    let own = |member| command.principal.speaks_for(member, &command.id.cooperation);
    if command.is_from(&[Role::Secretariat, Role::Operator]) || owner.is_some_and(own) {
        Ok(())
    } else {
        Err(Rejection::OnlyTheOwner)
    }
}
