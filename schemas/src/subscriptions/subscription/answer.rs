//! What an endpoint answered to a delivery that failed, and why deliveries stopped.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{feed::FeedPosition, text::Line};

/// The most bytes of an endpoint's answer that are kept.
pub const EXCERPT_BYTES_MAX: usize = 256;

/// What came back from an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "EndpointAnswer")]
pub struct Answer {
    /// The HTTP status; absent where there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What went wrong, or what the answer said: at most [`EXCERPT_BYTES_MAX`] bytes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Line>,
}

/// The delivery that failed for the last time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// The event that was not delivered.
    pub position: FeedPosition,
    pub attempts: u32,
    /// When its first attempt failed.
    pub since: DateTime<Utc>,
    pub answer: Answer,
}

/// Why deliveries stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum StopReason {
    /// The endpoint said that it is gone for good (410, CloudEvents WebHook 1.0.1 § 2.2).
    Gone,
    /// It was tried as often as it is tried.
    TriedTooOften,
}
