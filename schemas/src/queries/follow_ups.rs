//! Tasks flowing from decisions, by due date.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    case_number::CaseNumber,
    date::Date,
    id::{AggregateId, CooperationId},
    queries::{
        case::{FollowUp, FollowUpState},
        page::{Cursor, PAGE_ROWS_MAX, Page},
    },
    text::Line,
};

/// Asks for follow-ups. Every filter narrows the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FollowUpsParameters")]
pub struct Parameters {
    pub cooperation: CooperationId,
    /// A member's organisation number, a body's id, or an office such as `general-manager`.
    #[serde(default)]
    pub owner: Option<Line>,
    /// Due before this day. Tasks without a due date are then left out.
    #[serde(default)]
    pub due_before: Option<Date>,
    #[serde(default)]
    pub state: Option<FollowUpState>,
    #[serde(default)]
    pub after: Option<Cursor>,
    #[serde(default)]
    #[schemars(range(min = 1, max = PAGE_ROWS_MAX))]
    pub limit: Option<u32>,
}

/// The answer: by due date, those without one last.
pub type Answer = Page<Task>;

/// A task and its case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    pub case: AggregateId,
    pub number: CaseNumber,
    /// The public title where the full one is withheld.
    pub title: Line,
    pub follow_up: FollowUp,
    pub withheld: bool,
}
