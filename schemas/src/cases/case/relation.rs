//! How cases hang together, and whether a decision is in force.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{date::Date, id::AggregateId, text::Prose};

/// How one case stands to another.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum RelationKind {
    /// Follows up the decision of an earlier case (R41).
    FollowsUp,
    /// Adds to it; both are in force.
    Supplements,
    /// Takes its place.
    Replaces,
}

/// A relation from the case it is recorded on to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    pub relation: RelationKind,
    pub to: AggregateId,
}

/// The end of a decision's force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForceEnd {
    /// The last day it is in force.
    pub on: Date,
    pub reason: Prose,
    /// The case whose decision takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<AggregateId>,
}
