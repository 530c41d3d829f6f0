//! What happens to a subscription to this feed. Only its owner is told.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{feed::position::POSITION_CHARS_MAX, id::AggregateId, text::Line};

/// Deliveries stopped, after they had failed for as long as is tried. Nothing is lost: they go on after
/// `last_position` once the subscription is resumed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stopped {
    pub subscription: AggregateId,
    /// The host that they went to, without path: `sak.example.no`.
    pub endpoint_host: Line,
    /// The place in the feed of the last event that arrived, `FEED:42`; absent where none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxLength" = POSITION_CHARS_MAX))]
    pub last_position: Option<String>,
    /// When the first delivery failed that none has followed.
    pub failing_since: DateTime<Utc>,
    /// What was answered last: `503`, or why there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_answer: Option<Line>,
}
