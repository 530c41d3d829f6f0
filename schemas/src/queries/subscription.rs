//! One subscription: its terms, its phase, and how its deliveries stand.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    feed::{FeedPosition, Filters},
    id::AggregateId,
    queries::subscription_attempts::Attempt,
    subscriptions::subscription::{
        answer::{Failure, StopReason},
        terms::{Channel, Owner},
    },
    text::Line,
};

/// Asks for one subscription. Only its owner, the secretariat and the operator may.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SubscriptionParameters")]
pub struct Parameters {
    pub id: AggregateId,
}

/// How far a subscription has come.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[schemars(rename = "SubscriptionPhase")]
pub enum Phase {
    /// The endpoint is asked whether it wants deliveries.
    Asking,
    /// The endpoint does not want them.
    Refused,
    Active,
    Suspended,
    /// Deliveries failed for too long, or the endpoint is gone.
    Stopped,
    Ended,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Subscription {
    pub id: AggregateId,
    /// How many events it has; for `If-Match`.
    pub version: u64,
    pub owner: Owner,
    pub channel: Channel,
    pub filters: Filters,
    pub phase: Phase,
    /// Why it is refused, suspended, stopped or ended, where that is told.
    pub reason: Option<Line>,
    pub stopped: Option<Stop>,
    pub deliveries: Deliveries,
}

/// Why deliveries stopped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SubscriptionStop")]
pub struct Stop {
    pub reason: StopReason,
    pub failure: Failure,
}

/// How deliveries stand. What is absent is not known, or has not been.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SubscriptionDeliveries")]
pub struct Deliveries {
    /// Everything up to here was delivered or was not wanted.
    pub position: Option<FeedPosition>,
    /// How many events wait, some of which the filters may leave out.
    pub pending: Option<u64>,
    pub last_success: Option<Attempt>,
    pub last_failure: Option<Attempt>,
    /// How often the event that waits has been tried in vain.
    pub attempts: u32,
    /// When it is tried again.
    pub next_attempt: Option<DateTime<Utc>>,
}
