//! Who has received a joint case, who has taken it into its own case system, who has decided, and who is
//! silent and since when (R45).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    case_number::CaseNumber, cases::case::joint::FileReference, date::Date, id::AggregateId,
    names::Names, organisation::OrganisationNumber, text::Line,
};

/// Asks how the members stand to a case that was sent to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReceiptsParameters")]
pub struct Parameters {
    pub id: AggregateId,
}

/// The answer: those who have been silent longest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ReceiptsAnswer")]
pub struct Answer {
    pub case: AggregateId,
    pub number: CaseNumber,
    /// The public title where the full one is withheld.
    pub title: Line,
    /// Absent where the case has not been sent to members.
    pub sent_on: Option<Date>,
    pub answer_by: Option<Date>,
    pub members: Vec<MemberReceipt>,
}

/// How far a member has come.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum MemberState {
    /// It was asked and has said nothing.
    Silent,
    /// It has it, or has told its file reference.
    Received,
    /// It is in the member's own case system.
    Processed,
    /// Its council has decided.
    Decided,
    /// It was released from the case.
    Released,
}

/// One member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MemberReceipt {
    pub member: OrganisationNumber,
    pub names: Names,
    pub state: MemberState,
    /// The day since which it is so. For one that told its file reference and nothing else, the day it
    /// was asked.
    pub since: Date,
    /// Whether the answer was wanted by a day that has passed.
    pub overdue: bool,
    /// Where the member keeps the case (R36).
    pub reference: Option<FileReference>,
}
