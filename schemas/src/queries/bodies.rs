//! The bodies of a cooperation, by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    id::{AggregateId, CooperationId},
    names::Names,
    networks::rules::BodyKind,
    queries::page::{Cursor, PAGE_ROWS_MAX, Page},
};

/// Asks for bodies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BodiesParameters")]
pub struct Parameters {
    pub cooperation: CooperationId,
    /// Those that existed on this day only; absent for all there ever were, as they stand today.
    #[serde(default)]
    pub on: Option<Date>,
    #[serde(default)]
    pub after: Option<Cursor>,
    #[serde(default)]
    #[schemars(range(min = 1, max = PAGE_ROWS_MAX))]
    pub limit: Option<u32>,
}

/// The answer: by name.
pub type Answer = Page<BodyEntry>;

/// A body in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BodyEntry {
    pub id: AggregateId,
    pub names: Names,
    pub kind: BodyKind,
    pub since: Option<Date>,
    pub disbanded_on: Option<Date>,
    /// Whether it was on ice on the day (R13).
    pub paused: bool,
    /// The body that it prepared cases for on the day (R10).
    pub prepares_for: Option<AggregateId>,
}
