//! A case with everything that belongs to it, and its timeline.
//!
//! What the caller may not see is left out: `title` is then the public title, texts are absent, and
//! `withheld` says so.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    cases::{
        case::{
            access::Restriction,
            follow_up::Owner,
            hearing::{Adoption, InvitedParty, ReceivedStatement, Summary},
            joint::{FileReference, MemberDecision, RegisteredDecision, SettleRule, Settlement},
            opening::CaseKind,
            paper::{Paper, PaperKind, Recommendation},
            relation::{Relation, RelationKind},
            statement::SentStatement,
            treatment::{Authority, Outcome, RecordedOutcome},
        },
        register::NumberTaken,
    },
    date::Date,
    id::{AggregateId, LocalId},
    local_time::LocalTime,
    message::Provenance,
    names::Names,
    organisation::OrganisationNumber,
    principal::Role,
    text::{Line, Prose},
};

/// The most entries of a timeline in one answer; the first are told.
pub const TIMELINE_ENTRIES_MAX: u32 = 2_000;

/// Asks for a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CaseParameters")]
pub struct Parameters {
    /// The case, such as `vestregionen:24-2017`.
    pub id: AggregateId,
}

/// Where a case is on its way.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum CaseState {
    /// Treatments are to be held, or none is planned yet.
    UnderTreatment,
    /// Its hearing is open (R46).
    OnHearing,
    /// A body has decided, and nothing else is waited for.
    Decided,
    /// The members' councils are to answer (R45).
    WithMembers,
    /// A joint case that has come to a result (R45).
    Settled,
    Withdrawn,
    Closed,
}

/// A case as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Case {
    pub id: AggregateId,
    /// The aggregate's version, for `If-Match`.
    pub version: u64,
    pub number: NumberTaken,
    pub kind: CaseKind,
    pub state: CaseState,
    /// The full title, or the public one where the full one is withheld.
    pub title: Line,
    pub public_title: Line,
    pub classification: Option<Line>,
    pub about: Option<Prose>,
    /// The body that the case belongs to.
    pub owner: AggregateId,
    pub opened_on: Date,
    /// The access restriction and its legal basis, also where it has ended.
    pub restriction: Option<Restriction>,
    /// Whether something is left out of this answer because of the restriction.
    #[serde(default)]
    pub withheld: bool,
    /// In the order they are to be held.
    pub treatments: Vec<Treatment>,
    pub recommendations: Vec<Recommendation>,
    pub papers: Vec<PaperTrail>,
    /// What this case follows up, supplements or replaces.
    pub relations: Vec<Relation>,
    /// The cases that follow up, supplement or replace this one.
    #[serde(default)]
    pub related_by: Vec<RelatedBy>,
    pub force: Option<Force>,
    pub joint: Option<Joint>,
    pub hearing: Option<Hearing>,
    /// Statements sent to third parties (R47).
    pub statements: Vec<SentStatement>,
    pub follow_ups: Vec<FollowUp>,
    /// Names of the bodies that the case mentions, by id, where they are known.
    #[serde(default)]
    pub bodies: BTreeMap<AggregateId, Names>,
    /// What happened, in the order it was recorded.
    #[serde(default)]
    pub timeline: Vec<TimelineEntry>,
    /// How many entries of the timeline are left out beyond [`TIMELINE_ENTRIES_MAX`].
    #[serde(default)]
    pub timeline_left_out: u64,
}

/// How far a treatment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TreatmentState {
    Planned,
    /// It is this body's turn.
    Due,
    Held,
}

/// One body's treatment of the case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Treatment {
    pub treatment: LocalId,
    pub body: AggregateId,
    pub authority: Authority,
    /// Its own number, where it has one (R32, R34).
    pub number: Option<NumberTaken>,
    pub state: TreatmentState,
    /// What it ended with; absent until it is held.
    pub outcome: Option<Outcome>,
    /// Everything that meetings did with it, postponements included, in the order recorded.
    pub outcomes: Vec<RecordedOutcome>,
}

/// A paper with all its versions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PaperTrail {
    pub paper: LocalId,
    pub kind: PaperKind,
    /// Absent where the paper is withheld and has no public title.
    pub title: Option<Line>,
    /// From the first to the one that counts. Empty where the paper is withheld.
    pub versions: Vec<PaperVersion>,
}

/// One version of a paper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PaperVersion {
    /// 1 for the first.
    pub version: u32,
    pub added_on: Date,
    pub paper: Paper,
}

/// Another case's relation to this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RelatedBy {
    pub relation: RelationKind,
    pub from: AggregateId,
}

/// From when to when the decision is in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Force {
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
    /// Why it ended.
    pub reason: Option<Prose>,
    /// The case whose decision takes its place.
    pub replaced_by: Option<AggregateId>,
}

/// How the members' councils stand to the case (R45).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Joint {
    pub settles: SettleRule,
    /// Absent until the case is sent to the members, and where it is withheld.
    pub text: Option<Prose>,
    pub sent_on: Option<Date>,
    pub answer_by: Option<Date>,
    pub members: Vec<MemberAnswer>,
    /// The members taking part that have decided.
    pub answered: Vec<OrganisationNumber>,
    /// The members taking part that have not.
    pub missing: Vec<OrganisationNumber>,
    /// The members that adopted another wording than the one sent.
    pub differing: Vec<OrganisationNumber>,
    pub settlement: Option<Settlement>,
}

/// What one member has answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MemberAnswer {
    pub member: OrganisationNumber,
    pub names: Names,
    /// When the member was asked.
    pub asked_on: Date,
    pub received_on: Option<Date>,
    pub processed_on: Option<Date>,
    /// Where the member keeps the case (R36).
    pub reference: Option<FileReference>,
    pub decision: Option<MemberDecision>,
    /// Whether the wording adopted is the one sent, white space apart.
    pub same_text: Option<bool>,
    /// Every decision registered, corrected ones included, in the order registered.
    pub registered: Vec<RegisteredDecision>,
    /// When it was released from the case; what it said is kept.
    pub released_on: Option<Date>,
}

/// Where a hearing is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum HearingState {
    Open,
    Closed,
    SummedUp,
    Adopted,
}

/// A hearing as it stands (R46).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hearing {
    pub state: HearingState,
    pub sent_on: Date,
    /// The last moment for a statement, as last extended.
    pub deadline: LocalTime,
    /// The deadlines that were extended, in order.
    pub earlier_deadlines: Vec<LocalTime>,
    pub invited: Vec<InvitedParty>,
    /// Those invited that have not answered.
    pub missing: Vec<LocalId>,
    pub statements: Vec<ReceivedStatement>,
    pub closed_on: Option<Date>,
    pub summary: Option<Summary>,
    pub adoption: Option<Adoption>,
}

/// How a task stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum FollowUpState {
    Open,
    Done,
    Dropped,
}

/// A task flowing from a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FollowUp {
    pub follow_up: LocalId,
    /// Absent where it is withheld.
    pub task: Option<Prose>,
    pub owner: Owner,
    pub due: Option<Date>,
    /// The treatment whose decision it flows from.
    pub treatment: Option<LocalId>,
    pub assigned_on: Date,
    pub state: FollowUpState,
    pub reports: Vec<Report>,
    /// The day it was done or dropped.
    pub ended_on: Option<Date>,
    /// What was said then.
    pub ended_with: Option<Prose>,
}

/// How a task stood on a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    pub on: Date,
    pub text: Prose,
}

/// One event of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEntry {
    /// `STREAM:sequence` of the commit.
    pub position: String,
    /// The number of the event among the case's own, from 1.
    pub version: u64,
    /// When it happened in the world.
    pub occurred_at: DateTime<Utc>,
    /// When Samvirke recorded it.
    pub recorded_at: DateTime<Utc>,
    /// In which role the one who did it acted.
    pub role: Role,
    /// The member it acted for, where it acted for one.
    pub member: Option<OrganisationNumber>,
    /// Where a fact registered afterwards was found.
    pub provenance: Option<Provenance>,
    /// The event's type: `sent-to-members`.
    pub event: String,
    /// What happened, in bokmål. Holds nothing that can be restricted.
    pub nb: String,
}
