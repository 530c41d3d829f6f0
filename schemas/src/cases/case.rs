//! A case: from opening, over its treatments and the members' answers, to what became of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub mod opening;
pub mod paper;
pub mod treatment;

pub mod access;
pub mod relation;

pub mod follow_up;
pub mod hearing;
pub mod joint;
pub mod statement;

use crate::{
    date::Date,
    event,
    id::{AggregateId, LocalId},
    local_time::LocalTime,
    organisation::OrganisationNumber,
    tagged,
    text::Prose,
};
use access::Restriction;
use follow_up::Assignment;
use hearing::{
    Adoption, HearingOpened, HearingStatement, InvitedParty, ReceivedStatement, Summary,
};
use joint::{
    FileReference, MemberDecision, MemberReference, MembersAsked, MembersToAsk, Receipt,
    ReceiptStep, Recipient, RegisteredDecision, SettleResult, SettleRule, Settlement,
};
use opening::{Description, Opened, Opening};
use paper::{Paper, Recommendation};
use relation::{ForceEnd, Relation};
use statement::SentStatement;
use treatment::{OutcomeToRecord, PlanToMake, PlannedTreatment, RecordedOutcome};

/// What may be asked of a case.
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
    /// Opens a case; number and case are one commit (R31–R35).
    Open(Opening),
    /// Corrects titles or class.
    Amend(Description),
    /// Adds a paper, or a new version of one.
    AddPaper(Paper),
    /// Recommends a decision from one body to another (R37, R38).
    Recommend(Recommendation),
    /// Adds treatments to the end of the plan.
    PlanTreatments(PlanToMake),
    /// Replaces the treatments that are not held yet by these.
    ChangePlan(PlanToMake),
    /// Records what a meeting did with the case.
    RecordOutcome(OutcomeToRecord),
    /// Relates the case to another (R41).
    Relate(Relation),
    /// Takes a relation back.
    RemoveRelation { relation: Relation, reason: Prose },
    /// Says that the decision is in force, from a day.
    PutInForce { from: Date },
    /// Says that the decision is in force no longer, and what takes its place.
    EndForce(ForceEnd),
    /// Restricts access, with its legal basis. Replaces the restriction that holds.
    Restrict(Restriction),
    /// Lifts the access restriction.
    LiftRestriction { reason: Prose },
    /// Takes the case back before it is finished.
    Withdraw { reason: Prose },
    /// Ends the case.
    Close {},
    /// Takes up a closed or withdrawn case again.
    Reopen { reason: Prose },
    /// Says that the case goes to every member's council, and what settles it (R45).
    DeclareJoint { settles: SettleRule },
    /// Sends the case to the members' councils (R45).
    SendToMembers(MembersToAsk),
    /// A member says that it has got the case.
    RegisterReceipt { member: OrganisationNumber, step: ReceiptStep },
    /// A member says where it keeps the case (R36).
    RegisterReference { member: OrganisationNumber, reference: FileReference },
    /// A member's council has decided (R45).
    RegisterMemberDecision { member: OrganisationNumber, decision: MemberDecision },
    /// A member's decision was registered wrongly, or its council has decided anew.
    CorrectMemberDecision { member: OrganisationNumber, decision: MemberDecision, reason: Prose },
    /// A member that joined the cooperation meanwhile takes part.
    IncludeMember { member: OrganisationNumber, reason: Prose },
    /// A member that leaves the cooperation takes part no longer. What it said is kept.
    ReleaseMember { member: OrganisationNumber, reason: Prose },
    /// Settles a joint case that its rule does not settle by itself.
    Settle {
        result: SettleResult,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Prose>,
        reason: Prose,
    },
    /// Sends the case on hearing (R46).
    OpenHearing { invited: Vec<InvitedParty>, deadline: LocalTime },
    /// Receives a statement. One that comes late is kept and marked.
    ReceiveStatement(HearingStatement),
    /// Moves the deadline to a later time.
    ExtendHearing {
        deadline: LocalTime,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Prose>,
    },
    /// Closes the hearing.
    CloseHearing {},
    /// Sums up a closed hearing.
    SumUpHearing(Summary),
    /// Adopts the final text after the hearing.
    AdoptAfterHearing(Adoption),
    /// Sends a statement to a third party (R47).
    SendStatement(SentStatement),
    /// Gives someone a task.
    AssignFollowUp(Assignment),
    /// Tells how a task stands.
    ReportFollowUp { follow_up: LocalId, text: Prose },
    /// Gives a task another due date.
    RescheduleFollowUp { follow_up: LocalId, due: Date, reason: Prose },
    /// Says that a task is done.
    CompleteFollowUp {
        follow_up: LocalId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Prose>,
    },
    /// Gives a task up.
    DropFollowUp { follow_up: LocalId, reason: Prose },
}

tagged!(Request);

/// What has happened to a case.
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
    Opened(Opened),
    Amended(Description),
    PaperAdded {
        /// 1 for the first.
        version: u32,
        paper: Paper,
    },
    Recommended(Recommendation),
    /// These were added to the end of the plan.
    TreatmentsPlanned {
        treatments: Vec<PlannedTreatment>,
    },
    /// These are now all the treatments that are not held, in order.
    PlanChanged {
        treatments: Vec<PlannedTreatment>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Prose>,
    },
    /// It is this body's turn.
    TreatmentDue {
        treatment: LocalId,
        body: AggregateId,
    },
    OutcomeRecorded(RecordedOutcome),
    /// A case declared joint has been decided by the last body: it can go to the members.
    ReadyForMembers {
        text: Prose,
    },
    Related(Relation),
    RelationRemoved {
        relation: Relation,
        reason: Prose,
    },
    PutInForce {
        from: Date,
    },
    ForceEnded(ForceEnd),
    Restricted(Restriction),
    RestrictionLifted {
        reason: Prose,
    },
    Withdrawn {
        reason: Prose,
    },
    Closed {},
    Reopened {
        reason: Prose,
    },
    JointDeclared {
        settles: SettleRule,
    },
    SentToMembers(MembersAsked),
    ReceiptRegistered(Receipt),
    ReferenceRegistered(MemberReference),
    MemberDecisionRegistered(RegisteredDecision),
    MemberDecisionCorrected(RegisteredDecision),
    MemberIncluded {
        recipient: Recipient,
        reason: Prose,
    },
    MemberReleased {
        member: OrganisationNumber,
        reason: Prose,
    },
    Settled(Settlement),
    HearingOpened(HearingOpened),
    StatementReceived(ReceivedStatement),
    HearingExtended {
        deadline: LocalTime,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Prose>,
    },
    HearingClosed {
        on: Date,
        /// The invited parties that had not answered.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        silent: Vec<LocalId>,
    },
    HearingSummedUp(Summary),
    AdoptedAfterHearing(Adoption),
    StatementSent(SentStatement),
    FollowUpAssigned(Assignment),
    FollowUpReported {
        follow_up: LocalId,
        on: Date,
        text: Prose,
    },
    FollowUpRescheduled {
        follow_up: LocalId,
        due: Date,
        reason: Prose,
    },
    FollowUpDone {
        follow_up: LocalId,
        on: Date,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Prose>,
    },
    FollowUpDropped {
        follow_up: LocalId,
        reason: Prose,
    },
}

event!(Event);
