//! A body with the seats and rules that were in force on a day.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    id::AggregateId,
    names::Names,
    networks::rules::{BodyInForce, BodyKind},
};

/// Asks for a body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BodyParameters")]
pub struct Parameters {
    /// The body, such as `vestregionen:sg`.
    pub id: AggregateId,
    /// The day; absent for today.
    #[serde(default)]
    pub on: Option<Date>,
}

/// A body as it stood on a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Body {
    pub id: AggregateId,
    /// The aggregate's version, for `If-Match`.
    pub version: u64,
    pub names: Names,
    pub kind: BodyKind,
    pub on: Date,
    /// Rules, seats, chair and deputies on the day; absent where the body did not exist then.
    pub in_force: Option<BodyInForce>,
    /// When each version of the rules came into force.
    pub versions: Vec<VersionInForce>,
    pub disbanded_on: Option<Date>,
}

/// A version of the rules and its first day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VersionInForce {
    /// 1 for the first.
    pub version: u32,
    pub from: Date,
}
