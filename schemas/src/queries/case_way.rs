//! The way of a matter by its number: every case of that running number, whatever its letter, and
//! the cases that follow up, supplement or replace them (R32, R33, R41).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    case_number::CaseNumber,
    cases::case::relation::RelationKind,
    id::{AggregateId, CooperationId},
    queries::{
        case::{Joint, Treatment},
        case_register::CaseEntry,
    },
};

/// How many relations are followed from the number asked for.
pub const STEPS_MAX: u32 = 8;
/// The most cases in one answer.
pub const CASES_MAX: u32 = 100;

/// Asks for the way of a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CaseWayParameters")]
pub struct Parameters {
    pub cooperation: CooperationId,
    /// `24/2017`; a letter makes no difference.
    pub number: CaseNumber,
}

/// The cases on the way, those of the number first, then by steps away and by number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    pub cases: Vec<Stop>,
    /// The relations among them.
    pub relations: Vec<WayRelation>,
    /// Whether cases beyond [`CASES_MAX`] are left out.
    pub more: bool,
}

/// One case on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stop {
    /// 0 where it has the number asked for, otherwise how many relations away it is.
    pub steps: u32,
    pub case: CaseEntry,
    pub treatments: Vec<Treatment>,
    pub joint: Option<Joint>,
}

/// One case's relation to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WayRelation {
    pub from: AggregateId,
    pub relation: RelationKind,
    pub to: AggregateId,
}
