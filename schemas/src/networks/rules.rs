//! The rules of a body as data: who sits, who votes and speaks, when it is called and when it can decide.
//!
//! Law and statutes differ per body and over time (kommuneloven §§ 11-3, 11-9; R4–R11, R18–R20, R43, R44), so
//! no rule of a body is code. A meeting works with the rules that were in force on its day.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    date::Date,
    id::{AggregateId, LocalId},
    legal_basis::LegalBasis,
    names::Names,
    networks::cooperation::MemberKind,
    organisation::OrganisationNumber,
    text::Line,
};

/// The kind of body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BodyKind {
    /// Generalforsamling, representantskap.
    GeneralAssembly,
    /// Råd, such as Grenlandsrådet.
    Council,
    /// Styringsgruppe.
    SteeringGroup,
    /// Rådmannsgruppe.
    MunicipalDirectorsGroup,
    /// Formannskap, arbeidsutvalg.
    ExecutiveCommittee,
    /// Rådgivende organ (R11).
    AdvisoryCouncil,
    /// Nettverksstyre.
    NetworkBoard,
    /// Sekretariat.
    Secretariat,
    /// Arbeidsgruppe (A1–A9).
    WorkingGroup,
}

/// A post held in a member (verv, stilling).
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
pub enum Office {
    Mayor,
    DeputyMayor,
    CountyMayor,
    /// A representative of the opposition (R5).
    OppositionRepresentative,
    ExecutiveCommitteeMember,
    CountyExecutiveCommitteeMember,
    MunicipalDirector,
    CountyDirector,
    GeneralManager,
    UnionRepresentative,
    /// Whoever the member sends.
    Delegate,
}

/// The most entries in each list of the rules.
pub const ENTRIES_MAX: usize = 64;

/// Which offices of which members sit in the body, and how many seats each member has (R4–R6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompositionRule {
    pub office: Office,
    pub member_kind: MemberKind,
    pub seats_per_member: u16,
}

/// What a person may do at a meeting.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    Attend,
    Speak,
    Propose,
    Vote,
}

/// The rights of an office that has no seat in the body but is summoned (R8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entitlement {
    pub office: Office,
    pub rights: BTreeSet<Right>,
}

/// How many must take part for the body to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Quorum {
    /// At least half of the members (kommuneloven § 11-9).
    HalfOfMembers {},
    /// Every member of the cooperation with a seat in the body is represented (R20).
    AllMembersRepresented {},
    /// A fixed number of voting members.
    Count { members: u16 },
}

/// How many votes carry a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Majority {
    /// More than half of the votes cast (kommuneloven § 11-9).
    Simple,
    /// At least two thirds of the votes cast.
    TwoThirds,
    /// Every vote cast (R42).
    Unanimity,
}

/// Whether the body settles cases or only gives advice (R11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "BodyAuthority")]
pub enum Authority {
    Decides,
    Advises,
}

/// Power handed down to the body (R43, R44).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    /// What may be decided: `action plan`, `budget`.
    pub matter: Line,
    /// Who delegated it; absent where the statutes did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<OrganisationNumber>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<LegalBasis>,
}

/// The rules of a body in one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Who sits in the body. Empty where it is not laid down: then any office of a member may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = ENTRIES_MAX))]
    pub composition: Vec<CompositionRule>,
    /// The rights of those who hold a seat. Members of the body vote; nobody else does (R9).
    pub seat_rights: BTreeSet<Right>,
    /// Those who are summoned without a seat.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = ENTRIES_MAX))]
    pub entitled: Vec<Entitlement>,
    /// Days between notice and meeting; 0 where no period is set (R18, R19).
    pub notice_days: u16,
    pub quorum: Quorum,
    pub majority: Majority,
    /// Whether the chair's vote decides a tie (kommuneloven § 11-9).
    pub casting_vote: bool,
    /// The least number of meetings a calendar year (R7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meetings_per_year_min: Option<u16>,
    pub authority: Authority,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = ENTRIES_MAX))]
    pub delegated: Vec<Delegation>,
    /// What the rules rest on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<LegalBasis>,
}

/// A person as a random id; the name lives where it can be forgotten.
pub type PersonId = Uuid;

/// A place in a body, held by office on behalf of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// Unique within the body: `baerum-mayor`.
    pub seat: LocalId,
    pub member: OrganisationNumber,
    pub office: Office,
    /// Who holds it; absent where only the office is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<PersonId>,
}

/// A body as it stands on a day: what other contexts know of it, and record when they rely on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BodyInForce {
    pub body: AggregateId,
    pub names: Names,
    pub kind: BodyKind,
    /// The day the picture is of.
    pub on: Date,
    /// The version of the rules, 1 for the first.
    pub rules_version: u32,
    pub rules: Rules,
    pub seats: Vec<Seat>,
    /// The seat of the chair and of the deputy chair (R14, R17).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chair: Option<LocalId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deputy_chair: Option<LocalId>,
    /// Deputies in order: who stands in for which seat.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deputies: Vec<Deputy>,
    /// Whether the body is on ice (R13).
    #[serde(default)]
    pub paused: bool,
    /// The body that this one prepares cases for (R10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepares_for: Option<AggregateId>,
}

/// Someone who may sit in for a seat's holder, lowest order first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deputy {
    pub seat: LocalId,
    pub order: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<Office>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}
