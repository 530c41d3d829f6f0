//! What a case is about: its kind, titles, owner and class.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    cases::{
        case::access::Restriction,
        register::{NumberTaken, Wanted},
    },
    id::{AggregateId, LocalId},
    text::{Line, Prose},
};

/// What is expected of those who treat the case.
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
pub enum CaseKind {
    /// A decision (vedtakssak).
    Decision,
    /// To be noted (orienteringssak).
    Orientation,
    /// To be talked over without a decision (drøftingssak).
    Discussion,
    /// Views are asked for before a deadline (høring, R46).
    Hearing,
    /// A view or appeal to a third party (uttalelse, R47).
    Statement,
}

/// The titles and the class of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The full title. It may be restricted.
    pub title: Line,
    /// The title that everyone may read (Noark 5 `offentligTittel`). Always there.
    pub public_title: Line,
    /// The class in the archive's classification: `K1-026`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<Line>,
    /// What it is about, in a few sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Prose>,
}

/// A request to open a case and give it its number in one commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    pub kind: CaseKind,
    pub description: Description,
    /// The body that the case belongs to.
    pub owner: AggregateId,
    /// The register to take the number from: `2017`, `khs-2018`.
    pub register: LocalId,
    /// Absent means the next free number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Wanted>,
    /// What is restricted from the beginning, so that nobody ever reads it (offentleglova). Papers
    /// come later and are restricted then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restriction: Option<Restriction>,
}

/// A case as it was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    pub kind: CaseKind,
    pub description: Description,
    pub owner: AggregateId,
    pub number: NumberTaken,
}
