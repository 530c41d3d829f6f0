//! One subscription to the feed: ordered, agreed to by its endpoint, delivered, ended.
//!
//! No secret is ever in a request or an event; a generation says which one is in force.

pub mod answer;
pub mod endpoint;
pub mod terms;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event,
    feed::{FeedPosition, Filters},
    tagged,
    text::Line,
};
use answer::{Failure, StopReason};
use endpoint::Endpoint;
use terms::{Channel, Owner, Resumption, Start};

/// What may be asked of a subscription.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[strum(serialize_all = "kebab-case")]
#[schemars(rename = "SubscriptionRequest")]
pub enum Request {
    /// Orders the feed. The endpoint is asked first whether it wants it (CloudEvents WebHook 1.0.1).
    Create {
        owner: Owner,
        channel: Channel,
        #[serde(default)]
        filters: Filters,
        /// Where to begin; now where nothing is said.
        #[serde(default)]
        from: Start,
    },
    /// For Samvirke itself: the endpoint agreed.
    AgreeEndpoint {
        /// Which asking it is the answer to.
        handshake: u32,
        /// The most events a minute that it takes; absent where it sets no limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rate_per_minute: Option<u32>,
    },
    /// For Samvirke itself: the endpoint did not agree.
    RefuseEndpoint { handshake: u32, reason: Line },
    /// Wants something else of the feed, from the next event on.
    ChangeFilters { filters: Filters },
    /// Moves to another endpoint, which is asked first. What was not delivered goes to the new one.
    ChangeEndpoint { endpoint: Endpoint },
    /// Takes a new secret into use. The one before signs too for a day.
    RotateSecret {},
    /// Holds deliveries back; what happens meanwhile waits.
    Suspend { reason: Line },
    /// Goes on after a suspension, a stop or a refusal. The endpoint is asked again first.
    Resume {
        #[serde(default)]
        from: Resumption,
    },
    /// Delivers again from an earlier place, or goes on from a later one.
    Replay { from: Start },
    /// For Samvirke itself: deliveries have failed for too long, or the endpoint is gone.
    Stop {
        /// The run of deliveries that failed.
        run: u32,
        reason: StopReason,
        failure: Failure,
    },
    /// Sends a test event once, beside the feed's own.
    TestDelivery {},
    /// For Samvirke itself: how the test went.
    ConcludeTest { test: u32, delivered: bool, answer: Line },
    /// Ends the subscription for good.
    End {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Line>,
    },
}

tagged!(Request);

/// What has happened to a subscription.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    Created {
        owner: Owner,
        channel: Channel,
        filters: Filters,
        /// Deliveries begin after it.
        after: FeedPosition,
    },
    EndpointAgreed {
        handshake: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rate_per_minute: Option<u32>,
    },
    EndpointRefused {
        handshake: u32,
        reason: Line,
    },
    FiltersChanged {
        filters: Filters,
    },
    EndpointChanged {
        endpoint: Endpoint,
    },
    SecretRotated {
        generation: u32,
        /// Until when the one before signs too.
        previous_until: DateTime<Utc>,
    },
    Suspended {
        reason: Line,
    },
    Resumed {
        /// Absent where it goes on from where it stopped.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<FeedPosition>,
    },
    Replayed {
        after: FeedPosition,
    },
    Stopped {
        run: u32,
        reason: StopReason,
        failure: Failure,
    },
    TestRequested {
        test: u32,
    },
    TestConcluded {
        test: u32,
        delivered: bool,
        answer: Line,
    },
    Ended {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Line>,
    },
}

event!(Event);
