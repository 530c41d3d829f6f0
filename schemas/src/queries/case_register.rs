//! The case register: the cases of a cooperation, found by what is known of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    case_number::CaseNumber,
    cases::case::opening::CaseKind,
    date::Date,
    id::{AggregateId, CooperationId},
    organisation::OrganisationNumber,
    queries::{
        case::CaseState,
        page::{Cursor, PAGE_ROWS_MAX, Page},
    },
    text::Line,
};

/// Asks for cases. Every filter narrows the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CaseRegisterParameters")]
pub struct Parameters {
    pub cooperation: CooperationId,
    /// Owned by this body, or treated by it.
    #[serde(default)]
    pub body: Option<AggregateId>,
    /// The year of the number.
    #[serde(default)]
    pub year: Option<u16>,
    #[serde(default)]
    pub kind: Option<CaseKind>,
    #[serde(default)]
    pub state: Option<CaseState>,
    /// Sent to this member's council, or its view asked for in a hearing.
    #[serde(default)]
    pub member: Option<OrganisationNumber>,
    /// Words in titles and decisions, in any inflection; `"in order"`, `or` and `-without` are understood.
    #[serde(default)]
    pub text: Option<Line>,
    /// The number as written on papers: `24/2017` finds `24a/2017` too, `04/2016` is `4/2016`.
    #[serde(default)]
    pub number: Option<CaseNumber>,
    #[serde(default)]
    pub after: Option<Cursor>,
    #[serde(default)]
    #[schemars(range(min = 1, max = PAGE_ROWS_MAX))]
    pub limit: Option<u32>,
}

/// The answer: by number.
pub type Answer = Page<CaseEntry>;

/// One line of the register.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaseEntry {
    pub id: AggregateId,
    pub number: CaseNumber,
    /// The numbers that its treatments got of their own (R32, R34).
    pub other_numbers: Vec<CaseNumber>,
    pub kind: CaseKind,
    pub state: CaseState,
    /// The public title where the full one is withheld.
    pub title: Line,
    pub owner: AggregateId,
    pub opened_on: Date,
    /// The other cases that hold the same number (R33).
    pub collides_with: Vec<AggregateId>,
    pub withheld: bool,
}
