//! One cooperation: its names, form, agreement, members and leadership.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    id::AggregateId,
    names::Names,
    networks::cooperation::{Agreement, Custody, LegalForm, Memberships},
    organisation::OrganisationNumber,
};

/// Asks for a cooperation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// The cooperation, such as `vestregionen`.
    pub id: AggregateId,
    /// Members on this day only; absent for all there ever were.
    #[serde(default)]
    pub on: Option<Date>,
}

/// Where a cooperation is in its life.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::EnumString,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Phase {
    Active,
    Paused,
    Dissolved,
}

/// A cooperation as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Overview {
    pub id: AggregateId,
    /// The aggregate's version, for `If-Match`.
    pub version: u64,
    pub names: Names,
    pub legal_form: LegalForm,
    pub purpose: String,
    pub office_municipality: Option<OrganisationNumber>,
    pub agreement: Agreement,
    pub founded_on: Date,
    pub phase: Phase,
    pub members: Memberships,
    pub leader: Option<Leader>,
    pub dissolved_on: Option<Date>,
    pub custody: Option<Custody>,
}

/// Who leads, and since when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Leader {
    pub member: OrganisationNumber,
    pub from: Date,
}
