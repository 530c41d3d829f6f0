//! What happens to a cooperation.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    names::Names,
    networks::cooperation::{LegalForm, MemberKind},
    organisation::OrganisationNumber,
    text::Prose,
};

/// A cooperation was founded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Founded {
    pub names: Names,
    pub legal_form: LegalForm,
    pub purpose: Prose,
    pub founded_on: NaiveDate,
}

/// A member was admitted (R1, R2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MemberAdmitted {
    pub member: OrganisationNumber,
    pub names: Names,
    pub kind: MemberKind,
    /// The first day of the membership.
    pub from: NaiveDate,
}
