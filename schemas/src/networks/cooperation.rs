//! A cooperation: municipalities and county councils that work together.

mod memberships;

pub use memberships::{Membership, Memberships};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    event,
    legal_basis::LegalBasis,
    names::Names,
    organisation::OrganisationNumber,
    tagged,
    text::{Line, Prose},
};

/// The legal form of a cooperation (R3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LegalForm {
    /// Interkommunalt politisk råd, kommuneloven ch. 18.
    PoliticalCouncil,
    /// Kommunalt oppgavefellesskap, kommuneloven ch. 19.
    TaskCommunity,
    /// Vertskommunesamarbeid, kommuneloven ch. 20.
    HostMunicipality,
    /// Interkommunalt selskap, an act of its own.
    InterMunicipalCompany,
    /// Samarbeid etter kommuneloven (1992) § 27.
    Section27,
    /// An alliance or project without a form in the act.
    Alliance,
}

/// What kind of party a member is (R2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MemberKind {
    Municipality,
    CountyCouncil,
    Other,
}

/// The agreement or statutes that a cooperation rests on, in one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    pub title: Line,
    /// What people call the version: `2010`, `1.2`.
    pub version: Line,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force_from: Option<Date>,
}

/// What happens to agreements and archives when a cooperation ends (R74).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Custody {
    /// Who takes over the archives.
    pub archives: OrganisationNumber,
    /// Who takes over, or how they end, for each agreement and obligation (R73).
    pub agreements: Prose,
    /// What must go on whatever else ends, and where (R72).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<Prose>,
}

/// What may be asked of a cooperation.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[strum(serialize_all = "kebab-case")]
pub enum Request {
    /// Founds a cooperation. Its members are admitted afterwards (R1, R3).
    Found {
        names: Names,
        legal_form: LegalForm,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        legal_basis: Option<LegalBasis>,
        purpose: Prose,
        /// The municipality whose administration carries the secretariat (kontorkommune).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        office_municipality: Option<OrganisationNumber>,
        agreement: Agreement,
        founded_on: Date,
    },
    /// Admits a member from a day (R1, R2).
    AdmitMember { member: OrganisationNumber, names: Names, kind: MemberKind, from: Date },
    /// Releases a member; `to` is the last day of its membership (R1, R74).
    ReleaseMember { member: OrganisationNumber, to: Date, reason: Prose },
    /// Puts a new version of the agreement in place.
    AmendAgreement { agreement: Agreement },
    /// Hands the leadership to the next member in the rotation, or to a named one (R16).
    HandOverLeadership {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<OrganisationNumber>,
        from: Date,
    },
    /// Puts the cooperation on ice (R13).
    Pause { reason: Prose },
    /// Takes a paused cooperation up again.
    Resume {},
    /// Ends the cooperation, with the custody of what it leaves behind (R71–R74).
    Dissolve { on: Date, reason: Prose, custody: Custody },
}

tagged!(Request);

/// What has happened to a cooperation.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    Founded {
        names: Names,
        legal_form: LegalForm,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        legal_basis: Option<LegalBasis>,
        purpose: Prose,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        office_municipality: Option<OrganisationNumber>,
        agreement: Agreement,
        founded_on: Date,
    },
    MemberAdmitted {
        member: OrganisationNumber,
        names: Names,
        kind: MemberKind,
        from: Date,
    },
    MemberReleased {
        member: OrganisationNumber,
        to: Date,
        reason: Prose,
    },
    AgreementAmended {
        agreement: Agreement,
    },
    LeadershipHandedOver {
        to: OrganisationNumber,
        from: Date,
    },
    Paused {
        reason: Prose,
    },
    Resumed {},
    Dissolved {
        on: Date,
        reason: Prose,
        custody: Custody,
    },
}

event!(Event);
