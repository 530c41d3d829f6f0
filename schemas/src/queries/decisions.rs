//! What bodies have decided, newest first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    case_number::CaseNumber,
    date::Date,
    id::{AggregateId, CooperationId, LocalId},
    queries::page::{Cursor, PAGE_ROWS_MAX, Page},
    text::{Line, Prose},
};

/// Asks for decisions. Every filter narrows the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DecisionsParameters")]
pub struct Parameters {
    pub cooperation: CooperationId,
    #[serde(default)]
    pub body: Option<AggregateId>,
    /// The first day.
    #[serde(default)]
    pub from: Option<Date>,
    /// The last day.
    #[serde(default)]
    pub to: Option<Date>,
    /// Words in titles and decisions, in any inflection.
    #[serde(default)]
    pub text: Option<Line>,
    #[serde(default)]
    pub after: Option<Cursor>,
    #[serde(default)]
    #[schemars(range(min = 1, max = PAGE_ROWS_MAX))]
    pub limit: Option<u32>,
}

/// The answer: newest first.
pub type Answer = Page<Decision>;

/// What came of the body's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Result {
    Adopted,
    Rejected,
}

/// A decision of a body in a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    pub case: AggregateId,
    pub number: CaseNumber,
    /// The public title where the full one is withheld.
    pub title: Line,
    pub body: AggregateId,
    pub result: Result,
    /// Absent where the body settled no wording, and where it is withheld.
    pub text: Option<Prose>,
    pub on: Date,
    /// The treatment it ended; absent for the final adoption after a hearing (R46).
    pub treatment: Option<LocalId>,
    pub meeting: Option<AggregateId>,
    pub item: Option<LocalId>,
    /// Absent where nobody says (R40).
    pub unanimous: Option<bool>,
    pub withheld: bool,
}
