//! How what a fact mentions is named in it, so that nobody has to call back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    case_number::CaseNumber,
    cases::{case::opening::CaseKind, register::WrittenNumber},
    id::{AggregateId, CooperationId},
    names::Names,
    organisation::OrganisationNumber,
    text::Line,
};

/// A cooperation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cooperation {
    pub id: CooperationId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Names>,
}

/// A member of the cooperation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    pub member: OrganisationNumber,
    /// Absent where the cooperation's history does not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Names>,
}

/// A body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Body {
    pub id: AggregateId,
    /// Absent where the body was never established.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Names>,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Case {
    pub id: AggregateId,
    pub number: CaseNumber,
    /// The spelling on the papers, where it was stated: `04/2016` (R31).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_written: Option<WrittenNumber>,
    /// The public title where `withheld`.
    pub title: Line,
    pub kind: CaseKind,
    /// The body that the case belongs to.
    pub owner: Body,
    /// Whether something of the case is left out here, because the case is restricted and whoever it is
    /// said to takes no part in it.
    pub withheld: bool,
}

/// Another case than the one that the fact is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OtherCase {
    pub id: AggregateId,
    /// Absent where there is no such case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Case>,
}

/// A meeting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Meeting {
    pub id: AggregateId,
    pub body: Body,
    /// What the meeting is called, where it has a name of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Line>,
}
