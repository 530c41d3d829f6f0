//! A meeting with agenda, attendance, votes and minutes.
//!
//! What the caller may not see is left out: an item's `title` is then its public title, texts are absent,
//! and `withheld` says so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    digest::Digest,
    id::{AggregateId, LocalId},
    legal_basis::LegalBasis,
    local_time::LocalTime,
    meetings::{
        agenda::{ItemKind, ItemRestriction, Outcome, Subject},
        attendance::{ChairAs, NamedAttendance, OtherRights, QuorumFound, StandIn},
        minutes::{Approval, WithheldItem},
        schedule::{ConflictingDate, Venue},
        vote::{Proposer, Recommender, Vote},
    },
    networks::rules::Office,
    organisation::OrganisationNumber,
    text::{Line, Prose},
};

/// Asks for a meeting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MeetingParameters")]
pub struct Parameters {
    /// The meeting, such as `vestregionen:sg-2017-06-01`.
    pub id: AggregateId,
}

/// Where a meeting is in its life.
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
pub enum MeetingState {
    Planned,
    /// Notice is issued.
    Called,
    Open,
    Adjourned,
    Closed,
    /// A source tells that it was held; the record is incomplete.
    Reported,
    Cancelled,
}

/// A day of the meeting, with the hours where they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MeetingDay")]
pub struct Day {
    pub day: Date,
    pub start: Option<LocalTime>,
    pub end: Option<LocalTime>,
}

/// A meeting as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Meeting {
    pub id: AggregateId,
    /// The aggregate's version, for `If-Match`.
    pub version: u64,
    pub body: AggregateId,
    pub title: Option<Line>,
    pub state: MeetingState,
    pub days: Vec<Day>,
    pub venue: Option<Venue>,
    /// Earlier plans, and why the meeting was moved: "Ny tid" (R23).
    pub moves: Vec<Move>,
    pub cancelled: Option<Prose>,
    pub notice: Option<Notice>,
    pub chair: Option<Chair>,
    pub opened_at: Option<LocalTime>,
    pub closed_at: Option<LocalTime>,
    pub agenda: Vec<Item>,
    pub attendance: Attendance,
    /// When the doors were closed to the public, on what legal basis (kommuneloven § 11-5).
    pub closed_doors: Vec<ClosedDoors>,
    /// Dates in papers that are not the meeting's own (R30).
    pub conflicting_dates: Vec<ConflictingDate>,
    pub minutes: Minutes,
    /// Whether something is left out of this answer.
    #[serde(default)]
    pub withheld: bool,
}

/// A meeting's earlier time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Move {
    pub earlier_days: Vec<Day>,
    pub reason: Prose,
}

/// How the body was called (R18, R19).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    pub on: Date,
    /// Calendar days from the notice to the first day.
    pub days_before: u16,
    pub urgent: Option<Prose>,
    /// The version of the body's rules that the meeting relies on.
    pub rules_version: u32,
}

/// Who leads the meeting (R17).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Chair {
    pub seat: LocalId,
    pub chairs_as: ChairAs,
}

/// A time behind closed doors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClosedDoors {
    pub legal_basis: LegalBasis,
    pub from: LocalTime,
    pub to: Option<LocalTime>,
}

/// How an item came to be on the agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ItemState {
    OnAgenda,
    /// Put there after notice; the body has not been asked yet (kommuneloven § 11-3).
    Late,
    LateAccepted,
    LateRefused,
    Withdrawn,
    TakenUp,
    Concluded,
}

/// An item of the agenda and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MeetingItem")]
pub struct Item {
    pub item: LocalId,
    pub kind: ItemKind,
    /// The public title where the full one is withheld; absent where there is none.
    pub title: Option<Line>,
    pub public_title: Option<Line>,
    pub subject: Subject,
    pub restriction: Option<ItemRestriction>,
    pub state: ItemState,
    /// Whether it was treated behind closed doors, wholly or in part.
    pub behind_doors: bool,
    pub quorum: Option<QuorumFound>,
    pub conflicts: Vec<Conflict>,
    pub proposals: Vec<Proposal>,
    pub conclusion: Option<Concluded>,
    #[serde(default)]
    pub withheld: bool,
}

/// Somebody who was disqualified from an item (kommuneloven § 11-10).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Conflict {
    pub seat: LocalId,
    pub stand_in: Option<StandIn>,
    pub legal_basis: Option<LegalBasis>,
}

/// Where a proposal comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProposedBy {
    /// As a recommendation (R38).
    Recommendation { from: Recommender },
    /// At the meeting.
    Proposer { by: Proposer },
}

/// A proposal and the vote on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Proposal {
    pub proposal: LocalId,
    pub by: ProposedBy,
    /// Absent where it is withheld.
    pub text: Option<Prose>,
    pub vote: Option<Vote>,
    /// Votes that were set aside, with the reason.
    pub annulled: Vec<AnnulledVote>,
}

/// A vote that was set aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnnulledVote {
    pub vote: Option<Vote>,
    pub reason: Option<Prose>,
}

/// What came of an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Concluded {
    pub outcome: Outcome,
    /// Absent where there is none, and where it is withheld.
    pub text: Option<Prose>,
    pub to: Option<AggregateId>,
    pub unanimous: Option<bool>,
    pub day: Date,
}

/// Who was there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attendance {
    /// Whether a source that only reports the meeting leaves it open who was there.
    pub unknown: bool,
    pub seats: Vec<SeatAttendance>,
    pub others: Vec<OtherAttendance>,
    /// Those whom a source names of a meeting that is only reported; others may have been there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<NamedAttendance>,
}

/// A seat that was taken, or whose holder told of absence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeatAttendance {
    pub seat: LocalId,
    /// Absence was told (R27, R28).
    pub absent: bool,
    /// Each time it was taken, in order.
    pub stays: Vec<Stay>,
}

/// A time in a seat: "X for Y" where somebody stood in (R27).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stay {
    pub stand_in: Option<StandIn>,
    pub remote: bool,
    pub from: LocalTime,
    pub to: Option<LocalTime>,
}

/// Somebody without a seat (R8).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OtherAttendance {
    pub attendee: LocalId,
    pub office: Office,
    pub member: Option<OrganisationNumber>,
    pub rights: OtherRights,
    pub from: LocalTime,
    pub to: Option<LocalTime>,
}

/// The minutes of the meeting (R29).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MeetingMinutes")]
pub struct Minutes {
    /// The last draft's number; 0 where there is none.
    pub draft: u32,
    pub document: Option<Digest>,
    pub approved_on: Option<Date>,
    pub approval: Option<Approval>,
    pub published_on: Option<Date>,
    /// What the published minutes leave out, and why.
    pub left_out: Vec<WithheldItem>,
    pub addenda: Vec<Addendum>,
}

/// A correction by addition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Addendum {
    pub number: u32,
    /// Absent where it is withheld.
    pub text: Option<Prose>,
    pub item: Option<LocalId>,
    pub public: bool,
    pub on: Date,
}
