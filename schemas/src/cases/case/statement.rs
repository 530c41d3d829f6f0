//! A statement or signed appeal to a third party (R47).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    id::LocalId,
    networks::rules::Office,
    organisation::OrganisationNumber,
    text::{Line, Prose},
};

/// The most who sign one statement.
pub const SIGNATORIES_MAX: usize = 512;

/// Who signed, by office and never by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signatory {
    pub office: Office,
    /// The member whose office it is; absent for the cooperation's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<OrganisationNumber>,
}

/// A statement as it was sent. It has a text, or a paper of the case, or both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SentStatement {
    /// Unique within the case.
    pub statement: LocalId,
    /// `Sykehuset Telemark HF`.
    pub receiver: Line,
    #[schemars(extend("maxItems" = SIGNATORIES_MAX))]
    pub signed_by: Vec<Signatory>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<LocalId>,
    pub on: Date,
}
