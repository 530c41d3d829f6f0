//! What happens to a cooperation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::brief;
use crate::{
    date::Date,
    legal_basis::LegalBasis,
    names::Names,
    networks::cooperation::{Agreement, Custody, LegalForm, MemberKind},
    organisation::OrganisationNumber,
    text::Prose,
};

/// A cooperation was founded (R3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Founded {
    pub names: Names,
    pub legal_form: LegalForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<LegalBasis>,
    pub purpose: Prose,
    /// The municipality whose administration carries the secretariat (kontorkommune).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office_municipality: Option<OrganisationNumber>,
    pub agreement: Agreement,
    pub founded_on: Date,
}

/// A member was admitted (R1, R2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MemberAdmitted {
    pub cooperation: brief::Cooperation,
    pub member: OrganisationNumber,
    pub names: Names,
    pub kind: MemberKind,
    /// The first day of the membership.
    pub from: Date,
}

/// A member was released (R1, R74).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MemberReleased {
    pub cooperation: brief::Cooperation,
    pub member: brief::Member,
    /// The last day of the membership.
    pub to: Date,
    pub reason: Prose,
}

/// A new version of the agreement is in place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgreementAmended {
    pub cooperation: brief::Cooperation,
    pub agreement: Agreement,
}

/// The leadership went to another member (R16).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeadershipHandedOver {
    pub cooperation: brief::Cooperation,
    pub to: brief::Member,
    pub from: Date,
}

/// The cooperation was put on ice (R13).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Paused {
    pub cooperation: brief::Cooperation,
    pub reason: Prose,
}

/// The cooperation was taken up again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resumed {
    pub cooperation: brief::Cooperation,
}

/// The cooperation ended (R71–R74).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dissolved {
    pub cooperation: brief::Cooperation,
    /// The last day.
    pub on: Date,
    pub reason: Prose,
    /// Who takes over what it leaves behind.
    pub custody: Custody,
}
