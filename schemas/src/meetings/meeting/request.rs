//! What may be asked of a meeting.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    digest::Digest,
    id::{AggregateId, LocalId},
    legal_basis::LegalBasis,
    meetings::{
        agenda::{AgendaItem, Conclusion, ItemRestriction},
        attendance::{NamedAttendance, OtherPresent, SeatPresent},
        minutes::Approval,
        schedule::{ConflictingDate, HeldDay, Sitting, Venue},
        vote::{Method, Proposer, Recommender, VoteResult},
    },
    tagged,
    text::{Line, Prose},
};

/// What may be asked of a meeting.
///
/// When a thing happened is the command's own time, so no request carries it: whoever registers
/// afterwards that a seat was taken at 09:40 gives the command that time.
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
    /// Plans a meeting of a body on one or several days (R23, R24).
    Plan {
        body: AggregateId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<Line>,
        /// In order of time; at most [`SITTINGS_MAX`](crate::meetings::schedule::SITTINGS_MAX).
        sittings: Vec<Sitting>,
        venue: Venue,
    },
    /// Moves a meeting in time or place: "Ny tid" (R23).
    Move {
        sittings: Vec<Sitting>,
        venue: Venue,
        reason: Prose,
        /// Why less time than the notice period is left, where that is so (kommuneloven § 11-8).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        urgent: Option<Prose>,
    },
    /// Calls a meeting off before it opens.
    Cancel { reason: Prose },
    /// Puts an item on the agenda. Once notice is issued it is marked as late and needs consent.
    PutItem { item: AgendaItem },
    /// Takes an item off the agenda before notice is issued.
    RemoveItem { item: LocalId },
    /// Puts the agenda in another order before notice is issued; names every item once.
    ReorderItems { order: Vec<LocalId> },
    /// Withdraws an item that was called for (trukket).
    WithdrawItem { item: LocalId, reason: Prose },
    /// Corrects what an item is called, also after notice, until minutes are approved. What stood there
    /// stays in the history, and nowhere that the public reads.
    CorrectItem {
        item: LocalId,
        title: Line,
        /// The title that the public sees; needed where the item is restricted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        public_title: Option<Line>,
        reason: Prose,
    },
    /// Restricts an item, also after notice and after the minutes (offentleglova): the public sees
    /// `public_title` from then on, and no text.
    RestrictItem { item: LocalId, public_title: Line, restriction: ItemRestriction, reason: Prose },
    /// Calls the body with the agenda as it stands (R18, R19).
    IssueNotice {
        /// Why the body is called later than its notice period (kommuneloven § 11-8).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        urgent: Option<Prose>,
    },
    /// Tells that a seat's holder will not come (R28). A delegate may tell it of its own member.
    ReportAbsence { seat: LocalId },
    /// Registers those who come; a seat already taken may pass to somebody else (R27).
    RegisterArrivals {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        seats: Vec<SeatPresent>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<OtherPresent>,
    },
    /// Registers those who leave.
    RegisterDepartures {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        seats: Vec<LocalId>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<LocalId>,
    },
    /// Opens the meeting, led by a seat that is taken (R17).
    Open { chair: LocalId },
    /// Hands the chair to another seat, as when the chair leaves or is disqualified (R17).
    ChangeChair { chair: LocalId },
    /// Breaks off, to go on in another sitting. Attendance is taken anew then.
    Adjourn { until: Sitting },
    /// Goes on after an adjournment.
    Resume { chair: LocalId },
    /// Ends the meeting, once every item has come to something.
    Close {},
    /// Closes the doors to the public (kommuneloven § 11-5).
    CloseDoors { legal_basis: LegalBasis },
    /// Opens the doors again.
    OpenDoors {},
    /// Asks whether an item that was not on the agenda may be treated: not if the chair or a third
    /// of those present object (kommuneloven § 11-3).
    AskConsent {
        item: LocalId,
        /// The seats that object.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        objecting: Vec<LocalId>,
    },
    /// Takes up an item.
    TakeUpItem { item: LocalId },
    /// Records that whoever sits in a seat is disqualified from an item (kommuneloven § 11-10).
    RecordConflict {
        item: LocalId,
        seat: LocalId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        legal_basis: Option<LegalBasis>,
    },
    /// Lays a recommendation before the meeting; it can be voted on like a proposal (R37, R38).
    RecordRecommendation { item: LocalId, proposal: LocalId, from: Recommender, text: Prose },
    /// Puts a proposal forward (R8).
    Propose { item: LocalId, proposal: LocalId, by: Proposer, text: Prose },
    /// Records a vote on a proposal. The result is worked out (kommuneloven § 11-9).
    TakeVote {
        item: LocalId,
        proposal: LocalId,
        method: Method,
        /// The result as the caller has it; refused where it is not the one worked out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        claimed: Option<VoteResult>,
    },
    /// Sets a vote aside that was held or recorded wrongly, so that it can be taken again.
    AnnulVote { item: LocalId, proposal: LocalId, reason: Prose },
    /// Ends the treatment of an item. One that is not taken up can only be postponed.
    ConcludeItem { item: LocalId, conclusion: Conclusion },
    /// Records that a source tells of a meeting that was held, with little known of how: nothing is
    /// claimed of who was there, apart from those whom the source names, or whether they were enough.
    ///
    /// Given again with those it names, it adds them to what was reported.
    ReportHeld {
        body: AggregateId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<Line>,
        /// In order; at most [`SITTINGS_MAX`](crate::meetings::schedule::SITTINGS_MAX).
        days: Vec<HeldDay>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        venue: Option<Venue>,
        /// Those whom the source names; absent where it names nobody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attendance: Option<NamedAttendance>,
    },
    /// Records what a source says came of an item of a meeting that is only reported.
    RecordOutcome {
        item: LocalId,
        conclusion: Conclusion,
        /// Whether the source says that it was unanimous; absent where it says nothing (R40).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unanimous: Option<bool>,
        /// The day of the outcome; absent means the meeting's first day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        day: Option<Date>,
    },
    /// Keeps a date in a paper that is not the meeting's own (R30).
    NoteConflictingDate { date: ConflictingDate },
    /// Drafts the minutes from the record as it stands.
    DraftMinutes {
        /// The digest of the written draft, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document: Option<Digest>,
    },
    /// Approves a draft (R29).
    ApproveMinutes { draft: u32, approval: Approval },
    /// Publishes approved minutes, without what the public may not see.
    PublishMinutes {},
    /// Corrects approved minutes by adding to them; nothing in them is changed.
    AddAddendum {
        text: Prose,
        /// The item that it is about; the addendum is as public as that item.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        item: Option<LocalId>,
    },
}

tagged!(Request);
