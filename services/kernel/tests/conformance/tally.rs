//! The aggregate under test: a sum that says no to going below zero.

use samvirke_kernel::{Command, Decider, aggregate, rejections};
use samvirke_schemas::Tagged;
use serde::{Deserialize, Serialize};

#[derive(
    Clone, Debug, PartialEq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Request {
    Add { amount: i64 },
}

#[derive(
    Clone, Debug, PartialEq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Event {
    Added { amount: i64 },
}

impl Tagged for Request {
    const TAGS: &'static [&'static str] = <Self as strum::VariantNames>::VARIANTS;

    fn tag(&self) -> &'static str {
        self.into()
    }
}

impl Tagged for Event {
    const TAGS: &'static [&'static str] = <Self as strum::VariantNames>::VARIANTS;

    fn tag(&self) -> &'static str {
        self.into()
    }
}

impl cqrs_es::DomainEvent for Event {
    fn event_type(&self) -> String {
        self.tag().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

rejections! {
    /// Why a tally says no.
    pub(crate) enum Rejection {
        BelowZero: State, "arithmetic",
            "the sum would go below zero",
            "summen ville bli negativ";
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub sum: i64,
    pub count: u64,
}

impl Decider for Tally {
    const CONTEXT: &'static str = "tallies";
    const KIND: &'static str = "tally";
    const REDUCER: &'static [&'static str] = &[include_str!("tally.rs")];

    type Request = Request;
    type Facts = ();
    type Event = Event;
    type Rejection = Rejection;

    fn authorise(&self, _command: &Command<Request>) -> Result<(), Rejection> {
        Ok(())
    }

    fn decide(&self, command: &Command<Request>) -> Result<Vec<Event>, Rejection> {
        let Request::Add { amount } = command.request;
        if self.sum + amount < 0 {
            return Err(Rejection::BelowZero);
        }
        Ok(vec![Event::Added { amount }])
    }

    fn evolve(&mut self, event: &Event) {
        let Event::Added { amount } = event;
        self.sum += amount;
        self.count += 1;
    }
}

aggregate!(Tally);
