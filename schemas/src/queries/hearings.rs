//! Hearings and how they stand, by deadline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    case_number::CaseNumber,
    id::{AggregateId, CooperationId},
    queries::{
        case::{Hearing, HearingState},
        page::{Cursor, PAGE_ROWS_MAX, Page},
    },
    text::Line,
};

/// Asks for hearings. Every filter narrows the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HearingsParameters")]
pub struct Parameters {
    pub cooperation: CooperationId,
    #[serde(default)]
    pub state: Option<HearingState>,
    #[serde(default)]
    pub after: Option<Cursor>,
    #[serde(default)]
    #[schemars(range(min = 1, max = PAGE_ROWS_MAX))]
    pub limit: Option<u32>,
}

/// The answer: by deadline.
pub type Answer = Page<CaseHearing>;

/// A case's hearing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaseHearing {
    pub case: AggregateId,
    pub number: CaseNumber,
    /// The public title where the full one is withheld.
    pub title: Line,
    pub hearing: Hearing,
    pub withheld: bool,
}
