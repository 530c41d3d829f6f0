//! What has happened to a meeting.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    digest::Digest,
    event,
    id::{AggregateId, LocalId},
    legal_basis::LegalBasis,
    local_time::LocalTime,
    meetings::{
        agenda::{AgendaItem, ItemRestriction, Outcome},
        attendance::{
            AttendanceKnown, ChairAs, NamedAttendance, OtherRights, QuorumFound, StandIn,
        },
        minutes::{Approval, WithheldItem},
        schedule::{ConflictingDate, HeldDay, Sitting, Venue},
        vote::{Proposer, Recommender, Vote},
    },
    networks::rules::{BodyInForce, Office},
    organisation::OrganisationNumber,
    tagged,
    text::{Line, Prose},
};

/// What has happened to a meeting.
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
    Planned {
        body: AggregateId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<Line>,
        sittings: Vec<Sitting>,
        venue: Venue,
    },
    Moved {
        sittings: Vec<Sitting>,
        venue: Venue,
        reason: Prose,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        urgent: Option<Prose>,
        /// The body as in force on the new day, where notice had been issued.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Box<BodyInForce>>,
    },
    Cancelled {
        reason: Prose,
    },
    ItemPut {
        item: AgendaItem,
        /// Whether notice was issued before it was put there (kommuneloven § 11-3).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    ItemRemoved {
        item: LocalId,
    },
    ItemsReordered {
        order: Vec<LocalId>,
    },
    ItemWithdrawn {
        item: LocalId,
        reason: Prose,
    },
    /// An item is called otherwise from now on, wherever it stands.
    ItemCorrected {
        item: LocalId,
        title: Line,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        public_title: Option<Line>,
        reason: Prose,
    },
    /// An item is restricted from now on, wherever it stands.
    ItemRestricted {
        item: LocalId,
        public_title: Line,
        restriction: ItemRestriction,
        reason: Prose,
    },
    NoticeIssued {
        on: Date,
        /// Calendar days in Norway from the notice to the first sitting.
        days_before: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        urgent: Option<Prose>,
        /// The body as in force on the first sitting's day: what every later rule relies on.
        body: Box<BodyInForce>,
        /// The agenda as called.
        agenda: Vec<AgendaItem>,
    },
    AbsenceReported {
        seat: LocalId,
        at: LocalTime,
    },
    SeatTaken {
        seat: LocalId,
        /// Whoever sits there in the holder's stead (R27).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stand_in: Option<StandIn>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        remote: bool,
        /// Deputies of the seat who stand before whoever came, by order (R27).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        skipped: Vec<u16>,
        at: LocalTime,
    },
    SeatLeft {
        seat: LocalId,
        at: LocalTime,
    },
    OtherArrived {
        attendee: LocalId,
        office: Office,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member: Option<OrganisationNumber>,
        /// What the body's rules let that office do; never to vote (R8, R9).
        rights: OtherRights,
        at: LocalTime,
    },
    OtherLeft {
        attendee: LocalId,
        at: LocalTime,
    },
    Opened {
        chair: LocalId,
        chairs_as: ChairAs,
        at: LocalTime,
        /// The body as in force, where it is another than when notice was issued.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Box<BodyInForce>>,
    },
    ChairChanged {
        chair: LocalId,
        chairs_as: ChairAs,
        at: LocalTime,
    },
    Adjourned {
        until: Sitting,
        at: LocalTime,
    },
    Resumed {
        chair: LocalId,
        chairs_as: ChairAs,
        at: LocalTime,
    },
    Closed {
        at: LocalTime,
    },
    DoorsClosed {
        legal_basis: LegalBasis,
        at: LocalTime,
    },
    DoorsOpened {
        at: LocalTime,
    },
    LateItemAccepted {
        item: LocalId,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        objecting: Vec<LocalId>,
    },
    LateItemRefused {
        item: LocalId,
        objecting: Vec<LocalId>,
    },
    ItemTakenUp {
        item: LocalId,
        quorum: QuorumFound,
        at: LocalTime,
    },
    ConflictRecorded {
        item: LocalId,
        seat: LocalId,
        /// Whoever sat there then, if not the holder: the next may be free of the conflict.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stand_in: Option<StandIn>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        legal_basis: Option<LegalBasis>,
    },
    RecommendationRecorded {
        item: LocalId,
        proposal: LocalId,
        from: Recommender,
        text: Prose,
    },
    ProposalMade {
        item: LocalId,
        proposal: LocalId,
        by: Proposer,
        text: Prose,
    },
    VoteTaken {
        item: LocalId,
        proposal: LocalId,
        vote: Vote,
        quorum: QuorumFound,
    },
    VoteAnnulled {
        item: LocalId,
        proposal: LocalId,
        reason: Prose,
    },
    /// The treatment of an item ended; the case's own context acts on this.
    ItemConcluded {
        item: LocalId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<AggregateId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        treatment: Option<LocalId>,
        outcome: Outcome,
        /// The decision's text or, for what was postponed or sent back, the reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Prose>,
        /// The body that a recommendation is for, or that the item is forwarded to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<AggregateId>,
        /// Absent where nothing was voted on, or where nobody knows (R40).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unanimous: Option<bool>,
        quorum: QuorumFound,
        /// Whether the public may see the text on that day; if not, only the public title.
        public: bool,
        day: Date,
    },
    /// A source tells that the meeting was held; the record is incomplete and says so.
    HeldReported {
        body: AggregateId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<Line>,
        days: Vec<HeldDay>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        venue: Option<Venue>,
        attendance: AttendanceKnown,
        /// Those whom the source names, where it names some.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        named: Option<NamedAttendance>,
    },
    ConflictingDateNoted {
        date: ConflictingDate,
        /// The meeting's own days.
        days: Vec<Date>,
    },
    MinutesDrafted {
        /// 1 for the first draft.
        draft: u32,
        /// How many recorded events the draft rests on.
        rests_on: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document: Option<Digest>,
    },
    MinutesApproved {
        draft: u32,
        approval: Approval,
        on: Date,
    },
    MinutesPublished {
        draft: u32,
        /// The items that the public sees in full.
        public: Vec<LocalId>,
        /// The items of which the public sees the public title only.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        withheld: Vec<WithheldItem>,
        /// How many addenda there were.
        #[serde(default)]
        addenda: u32,
        on: Date,
    },
    AddendumAdded {
        /// 1 for the first addendum.
        number: u32,
        text: Prose,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        item: Option<LocalId>,
        public: bool,
        on: Date,
    },
}

event!(Event);
