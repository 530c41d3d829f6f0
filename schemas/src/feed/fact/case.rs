//! What happens to a case. A text is absent where there is none, and where it is withheld.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use uuid::Uuid;

use super::{WITHHELD_EVENTS_MAX, brief};
use crate::{
    case_number::CaseNumber,
    cases::case::{
        joint::{MEMBERS_MAX, SettleResult, SettleRule},
        relation::RelationKind,
        treatment::Authority,
    },
    date::Date,
    id::{AggregateId, LocalId},
    legal_basis::LegalBasis,
    organisation::OrganisationNumber,
    text::{Line, Prose},
};

/// What a deciding body came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DecisionResult {
    Adopted,
    /// Turned down.
    Rejected,
}

/// What came of a treatment that was no decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TreatmentOutcome {
    /// The body advises whoever decides (R11, R38).
    Recommended,
    TookNote,
    /// Sent on to another body (R39).
    Forwarded,
    /// Put off: the treatment is still to be held.
    Postponed,
    /// Back to the body before.
    SentBack,
}

/// How much of a case is restricted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RestrictedPart {
    /// Papers, recommendations, wording and full title.
    Everything,
    /// The full title only.
    Title,
    /// Some papers only.
    Papers,
}

/// One body's turn with the case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Treatment {
    /// Unique within the case.
    pub treatment: LocalId,
    pub body: brief::Body,
    /// The number that the body treats it under: the case's, or one of its own (R32, R34).
    pub number: CaseNumber,
    /// What the body is to do with it; absent where that was not planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Authority>,
}

/// Where a treatment was held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Held {
    pub meeting: AggregateId,
    /// The item on the meeting's agenda.
    pub item: LocalId,
    /// The day in Norway.
    pub on: Date,
    /// Whether it was unanimous (R40); absent where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanimous: Option<bool>,
}

/// A case was opened and got its number (R31–R35).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Opened {
    pub case: brief::Case,
    /// The class in the archive's classification: `K1-026`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<Line>,
    /// What it is about, in a few sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Prose>,
}

/// Titles or class were corrected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Amended {
    pub case: brief::Case,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Prose>,
}

/// It is a body's turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TreatmentDue {
    pub case: brief::Case,
    pub treatment: Treatment,
}

/// A body with authority decided the case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decided {
    pub case: brief::Case,
    pub treatment: Treatment,
    pub held: Held,
    pub result: DecisionResult,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
}

/// A body treated the case without deciding it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Treated {
    pub case: brief::Case,
    pub treatment: Treatment,
    pub held: Held,
    pub outcome: TreatmentOutcome,
    /// The wording, or the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
}

/// A joint case went to the members' councils (R45).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SentToMembers {
    pub case: brief::Case,
    /// The members asked.
    #[schemars(extend("maxItems" = MEMBERS_MAX))]
    pub members: Vec<OrganisationNumber>,
    /// The member that it is said to, with its names; absent in what everyone is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<brief::Member>,
    /// The text to adopt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
    /// What settles the case.
    pub settles: SettleRule,
    /// The day the answers are wanted by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<Date>,
    pub on: Date,
}

/// A member that joined the cooperation meanwhile takes part in a joint case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MemberIncluded {
    pub case: brief::Case,
    pub member: brief::Member,
    /// The text to adopt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
    /// Absent where the case has not gone to the members yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settles: Option<SettleRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
}

/// A member takes part in a joint case no longer. What it said is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MemberReleased {
    pub case: brief::Case,
    pub member: brief::Member,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
}

/// A joint case is settled (R45).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Settled {
    pub case: brief::Case,
    pub result: SettleResult,
    pub rule: SettleRule,
    /// The text that was adopted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
    /// The members whose decisions carry the result.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = MEMBERS_MAX))]
    pub carried_by: Vec<OrganisationNumber>,
    /// Why, where the secretariat settled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
}

/// The decision is in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InForce {
    pub case: brief::Case,
    pub from: Date,
}

/// The decision is in force no longer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ForceEnded {
    pub case: brief::Case,
    /// The last day.
    pub on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
    /// The case whose decision takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<brief::OtherCase>,
}

/// Access to the case was restricted (offentleglova).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Restricted {
    pub case: brief::Case,
    pub legal_basis: LegalBasis,
    /// The last day it holds; absent where it holds until it is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    pub part: RestrictedPart,
}

/// Events told something of the case that is withheld now: forget what they said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Withheld {
    pub case: AggregateId,
    /// The ids of the events, of the case or of others that mention it. What may still be known of them
    /// follows, under the same ids.
    #[schemars(extend("maxItems" = WITHHELD_EVENTS_MAX))]
    pub events: Vec<Uuid>,
}

/// The access restriction was lifted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RestrictionLifted {
    pub case: brief::Case,
    pub reason: Prose,
}

/// The case was taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Withdrawn {
    pub case: brief::Case,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
}

/// The case ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Closed {
    pub case: brief::Case,
}

/// A closed or withdrawn case was taken up again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reopened {
    pub case: brief::Case,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
}

/// The case was related to another (R41).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Related {
    pub case: brief::Case,
    pub relation: RelationKind,
    pub to: brief::OtherCase,
}

/// A relation was taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RelationRemoved {
    pub case: brief::Case,
    pub relation: RelationKind,
    pub to: brief::OtherCase,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
}
