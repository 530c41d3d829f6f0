//! When and where a body sits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{date::Date, local_time::LocalTime, text::Line};

/// The most days one meeting can be spread over. Two is usual for a long one (R24).
pub const SITTINGS_MAX: usize = 14;
/// The longest that a body can sit without adjourning, in hours.
pub const SITTING_HOURS_MAX: i64 = 24;
/// The most dates in papers that can be noted as conflicting with a meeting's own (R30).
pub const CONFLICTING_DATES_MAX: usize = 32;

/// One day of a meeting, from one time to another in Norway (R23, R24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sitting {
    pub start: LocalTime,
    /// Later than `start`, by at most [`SITTING_HOURS_MAX`].
    pub end: LocalTime,
}

/// A place, a remote meeting, or both at once; never neither (R23, kommuneloven § 11-7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Venue {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Line>,
    /// How one takes part from elsewhere: the name of the service, never a secret link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Line>,
}

/// A day on which a source says that the body sat, with the hours where the source tells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldDay {
    pub day: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<LocalTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<LocalTime>,
}

/// A date that a paper gives for the meeting and that is not the meeting's own (R30).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConflictingDate {
    /// The paper and the place in it: `Referat 25.02.2016, tidslinjen`.
    pub paper: Line,
    pub says: Date,
}
