//! The pure half of an aggregate: what is decided, and what follows from it.
//!
//! A decider has no async, no I/O, no clock and no randomness. Whatever a rule needs from outside
//! is in the command. `cqrs_es::Aggregate` is implemented over it by [`aggregate!`](crate::aggregate).

use std::fmt::Debug;

use chrono::{DateTime, Utc};
use samvirke_schemas::{
    Tagged,
    date::Date,
    id::AggregateId,
    local_time,
    principal::{Principal, Role},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::rejection::Rejection;

/// An aggregate as a pure function of its history.
pub trait Decider:
    Default + Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// The bounded context, in lower case: `cases`. Its stream is the same word in capitals.
    const CONTEXT: &'static str;
    /// The kind of aggregate, a token of its subject: `case`.
    const KIND: &'static str;
    /// The sources that state and `evolve` are made of; snapshots taken under others are ignored.
    const REDUCER: &'static [&'static str];

    /// Whether queries answer with the whole of it, so that its history is limited
    /// ([`decision_bytes_max`](crate::envelope::decision_bytes_max)).
    const IS_ANSWERED_WHOLE: bool = true;

    type Request: Tagged + Clone + Debug + PartialEq + Send + Sync + 'static;
    /// What the rules need beside the aggregate's own history ([`FactSource`](crate::execute::FactSource)).
    type Facts: Clone + Debug + Default + Send + Sync + 'static;
    type Event: cqrs_es::DomainEvent + Tagged + 'static;
    type Rejection: Rejection;

    /// Says whether the principal may give this command in this state.
    ///
    /// # Errors
    ///
    /// A rejection of kind `Forbidden`.
    fn authorise(
        &self,
        command: &Command<Self::Request, Self::Facts>,
    ) -> Result<(), Self::Rejection>;

    /// Decides what follows from a command. A repeated command yields no events.
    ///
    /// # Errors
    ///
    /// The rule that says no.
    fn decide(
        &self,
        command: &Command<Self::Request, Self::Facts>,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// Takes an event into the state. Never fails.
    fn evolve(&mut self, event: &Self::Event);

    /// What the caller should be warned of though the command was accepted (R30, R33).
    fn warnings(_events: &[Self::Event]) -> Vec<samvirke_schemas::reply::Warning> {
        Vec::new()
    }
}

/// A request with everything a rule may ask about: who, on what, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Command<R, F = ()> {
    /// The aggregate the request is for.
    pub id: AggregateId,
    pub principal: Principal,
    pub request: R,
    pub facts: F,
    /// When it happened in the world. Earlier than `now` where a thing is registered afterwards.
    pub at: DateTime<Utc>,
    /// When Samvirke got the request.
    pub now: DateTime<Utc>,
}

impl<R, F> Command<R, F> {
    /// The calendar day in Norway on which it happened.
    pub fn day(&self) -> Date {
        local_time::day_of(self.at)
    }

    /// Whether the principal holds one of `roles` in the aggregate's cooperation.
    pub fn is_from(&self, roles: &[Role]) -> bool {
        self.principal.is_any(roles, &self.id.cooperation)
    }
}

/// Implements `cqrs_es::Aggregate` for a [`Decider`]: `handle` decides, `apply` evolves. By it an auditor replays an
/// aggregate from the audit copy in PostgreSQL (decision 77).
#[macro_export]
macro_rules! aggregate {
    ($type:ty) => {
        impl cqrs_es::Aggregate for $type {
            const TYPE: &'static str = <$type as $crate::Decider>::KIND;

            type Command = $crate::Command<
                <$type as $crate::Decider>::Request,
                <$type as $crate::Decider>::Facts,
            >;
            type Event = <$type as $crate::Decider>::Event;
            type Error = <$type as $crate::Decider>::Rejection;
            type Services = ();

            async fn handle(
                &mut self,
                command: Self::Command,
                _services: &(),
                sink: &cqrs_es::event_sink::EventSink<Self>,
            ) -> Result<(), Self::Error> {
                $crate::Decider::authorise(self, &command)?;
                for event in $crate::Decider::decide(self, &command)? {
                    sink.write(event, self).await;
                }
                Ok(())
            }

            fn apply(&mut self, event: Self::Event) {
                $crate::Decider::evolve(self, &event);
            }
        }
    };
}
