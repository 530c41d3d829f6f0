//! What was tried for a subscription, and what came of it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    feed::FeedPosition, id::AggregateId, queries::page::PAGE_ROWS_MAX,
    subscriptions::subscription::answer::Answer as Answered,
};

/// The most attempts that are kept of each subscription, the delivered and the failed apart.
pub const ATTEMPTS_KEPT_MAX: i64 = 100;

/// Asks for the latest attempts. Only the owner, the secretariat and the operator may.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SubscriptionAttemptsParameters")]
pub struct Parameters {
    pub id: AggregateId,
    #[serde(default)]
    #[schemars(range(min = 1, max = PAGE_ROWS_MAX))]
    pub limit: Option<u32>,
}

/// The answer: newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SubscriptionAttempts")]
pub struct Answer {
    pub items: Vec<Attempt>,
}

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Tried {
    /// To deliver an event of the feed.
    Event,
    /// To deliver a test event.
    Test,
    /// To ask the endpoint whether it wants deliveries.
    Handshake,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attempt {
    pub at: DateTime<Utc>,
    pub what: Tried,
    /// The id of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Uuid>,
    /// Its type without prefix and version: `case.decided`.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "type")]
    pub tag: Option<String>,
    /// Its place in the feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<FeedPosition>,
    /// Which attempt it was, the first being 1.
    pub attempt: u32,
    pub succeeded: bool,
    pub answer: Answered,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// When the first attempt of the same failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<DateTime<Utc>>,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<DateTime<Utc>>,
}
