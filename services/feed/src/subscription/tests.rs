//! The rules of a subscription, told on Bærum's case system.

use samvirke_kernel::scenario::{Scenario, member, role};
use samvirke_schemas::{
    feed::{Filters, Reach},
    subscriptions::subscription::{
        answer::{Answer, Failure, StopReason},
        terms::Channel,
    },
    text::Line,
};

use super::*;

mod golden;
mod lifecycle;
mod rights;
mod terms;

const BAERUM: &str = "935478715";
const ASKER: &str = "920125298";
const ENDPOINT: &str = "https://sak.example/hendelser";

/// A subscription of Bærum's in a cooperation whose feed ends at 41.
fn scenario() -> Scenario<Subscription> {
    Scenario::new("vestregionen:baerum").knowing(facts())
}

fn facts() -> Facts {
    Facts {
        last: FeedPosition(41),
        before_time: Some(FeedPosition(7)),
        is_member: true,
        owned: 0,
        unencrypted_allowed: false,
    }
}

fn baerum() -> Owner {
    Owner::Member { member: BAERUM.parse().unwrap() }
}

fn webhook(endpoint: &str) -> Channel {
    Channel::Webhook { endpoint: endpoint.parse().unwrap() }
}

fn create() -> Request {
    create_with(ENDPOINT, Filters::default(), Start::default())
}

fn create_with(endpoint: &str, filters: Filters, from: Start) -> Request {
    Request::Create { owner: baerum(), channel: webhook(endpoint), filters, from }
}

fn created() -> Event {
    created_after(41)
}

fn created_after(after: u64) -> Event {
    Event::Created {
        owner: baerum(),
        channel: webhook(ENDPOINT),
        filters: Filters::default(),
        after: FeedPosition(after),
    }
}

fn agreed(handshake: u32) -> Event {
    Event::EndpointAgreed { handshake, rate_per_minute: None }
}

fn active() -> Scenario<Subscription> {
    scenario().given([created(), agreed(1)])
}

fn failure() -> Failure {
    Failure {
        position: FeedPosition(43),
        attempts: 14,
        since: "2017-01-01T12:00:00Z".parse().unwrap(),
        answer: Answer { status: Some(500), excerpt: None },
    }
}

fn stopped() -> Event {
    Event::Stopped { run: 1, reason: StopReason::TriedTooOften, failure: failure() }
}

fn suspended() -> Event {
    Event::Suspended { reason: line("Vedlikehold") }
}

fn line(text: &str) -> Line {
    text.parse().unwrap()
}

#[track_caller]
fn state(scenario: &Scenario<Subscription>) -> &SubscriptionState {
    scenario.state().state().expect("it was created")
}
