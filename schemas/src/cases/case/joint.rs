//! A joint case: one text that every member's own council decides on (R45).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    names::Names,
    organisation::OrganisationNumber,
    text::{Line, Prose},
};

/// What makes a joint case settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SettleRule {
    /// Every member taking part adopts the same text.
    AllAdoptSameText {},
    /// More than half of the members taking part adopt the same text.
    MajorityOfMembers {},
    /// As the cooperation's agreement says; the secretariat settles it and gives the reason.
    AsAgreed { text: Prose },
}

/// A member taking part in the joint case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    pub member: OrganisationNumber,
    pub names: Names,
}

/// A request to send the case to the members' councils.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MembersToAsk {
    /// The text to adopt; absent where it is the wording that the last body decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
    /// Absent where the case was declared joint with its rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settles: Option<SettleRule>,
    /// The day the answers are wanted by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<Date>,
}

/// The most members that a case can be sent to: Norway has 357 municipalities and 15 counties.
pub const MEMBERS_MAX: usize = 512;

/// The case as it was sent to the members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MembersAsked {
    /// The members of the cooperation on that day (R1).
    pub members: Vec<Recipient>,
    pub text: Prose,
    pub settles: SettleRule,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<Date>,
    pub on: Date,
}

/// How far a member has come with what it got.
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
pub enum ReceiptStep {
    /// It has arrived.
    Received,
    /// It is in the member's own case system.
    Processed,
}

/// Who registered something that a member says.
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
pub enum RegisteredBy {
    /// The member, through its delegate or its own system.
    Member,
    /// The secretariat, on the member's behalf.
    Secretariat,
}

/// A member's receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    pub member: OrganisationNumber,
    pub step: ReceiptStep,
    pub on: Date,
    pub registered_by: RegisteredBy,
}

/// Where a member keeps the case in its own archive (R36).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileReference {
    /// The member's case: `17/33189`.
    pub file: Line,
    /// The member's journal entry: `17/259736`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal_entry: Option<Line>,
}

/// A member's file reference as registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberReference {
    pub member: OrganisationNumber,
    pub reference: FileReference,
    pub registered_by: RegisteredBy,
}

/// What a member's council came to.
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
pub enum MemberOutcome {
    /// Adopted as sent.
    Adopted,
    /// Adopted in a wording of its own.
    AdoptedWithChanges,
    Rejected,
    TookNote,
}

/// A member's own decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberDecision {
    pub outcome: MemberOutcome,
    /// The council's wording. Needed where it adopted with changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
    /// The member's body that decided: `Kommunestyret`.
    pub body: Line,
    /// The day it decided.
    pub on: Date,
}

/// A member's decision as registered or corrected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisteredDecision {
    pub member: OrganisationNumber,
    pub decision: MemberDecision,
    /// Why it was corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
    pub registered_by: RegisteredBy,
}

/// How a joint case ended.
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
pub enum SettleResult {
    Adopted,
    Rejected,
    /// Everyone has answered and the rule is not met.
    NotAgreed,
}

/// The end of a joint case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
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
