//! A member's inbox: the joint cases and hearings that wait for its answer, longest waiting first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    case_number::CaseNumber,
    cases::case::joint::FileReference,
    date::Date,
    id::{AggregateId, CooperationId},
    local_time::LocalTime,
    organisation::OrganisationNumber,
    queries::page::{Cursor, PAGE_ROWS_MAX, Page},
    text::Line,
};

/// Asks for a member's inbox. Only the member itself and those who see everything may.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "InboxParameters")]
pub struct Parameters {
    pub member: OrganisationNumber,
    pub cooperation: CooperationId,
    #[serde(default)]
    pub after: Option<Cursor>,
    #[serde(default)]
    #[schemars(range(min = 1, max = PAGE_ROWS_MAX))]
    pub limit: Option<u32>,
}

/// The answer: longest waiting first.
pub type Answer = Page<Waiting>;

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WaitsFor {
    /// The council's decision on a joint case (R45).
    Decision {
        answer_by: Option<Date>,
        received_on: Option<Date>,
        processed_on: Option<Date>,
        reference: Option<FileReference>,
    },
    /// A statement in a hearing (R46).
    Statement { deadline: LocalTime },
}

/// Something that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Waiting {
    pub case: AggregateId,
    pub number: CaseNumber,
    /// The public title where the full one is withheld.
    pub title: Line,
    pub waits_for: WaitsFor,
    pub since: Date,
    pub withheld: bool,
}
