//! What can have happened, in the feed's own words: one variant a type.
//!
//! A field is never removed or changed in meaning, nor a required one added, in a version that was
//! published; that is a new version of the type. Those who read it let be what they do not know: a
//! field, or a code.

pub mod brief;

pub mod cooperation;

pub mod body;
pub mod network;

pub mod case;

pub mod answer;
pub mod follow_up;
pub mod hearing;

pub mod meeting;

pub mod subscription;

mod earlier;

pub use earlier::SCHEMAS as EARLIER_SCHEMAS;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::{
    Tagged,
    upcast::{self, Upcaster},
};

/// The most events that one fact names as withheld; where there are more, more facts follow.
pub const WITHHELD_EVENTS_MAX: usize = 100;

/// Declares the types, each with its tag.
macro_rules! facts {
    ($($(#[$doc:meta])* $variant:ident($data:ty) = $tag:tt,)*) => {
        /// A fact. The tag is the type: `case.decided`.
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
        pub enum Fact {
            $(
                $(#[$doc])*
                #[serde(rename = $tag)]
                #[strum(serialize = $tag)]
                $variant($data),
            )*
        }

        /// The schema of the fields of a type, with what it refers to; none for an unknown type.
        pub(super) fn fields(tag: &str, generator: SchemaGenerator) -> Option<Schema> {
            match tag {
                $($tag => Some(generator.into_root_schema_for::<$data>()),)*
                _ => None,
            }
        }
    };
}

facts! {
    /// A cooperation was founded (R3).
    CooperationFounded(cooperation::Founded) = "cooperation.founded",
    /// A member was admitted (R1, R2).
    CooperationMemberAdmitted(cooperation::MemberAdmitted) = "cooperation.member-admitted",
    /// A member was released (R1, R74).
    CooperationMemberReleased(cooperation::MemberReleased) = "cooperation.member-released",
    /// A new version of the agreement is in place.
    CooperationAgreementAmended(cooperation::AgreementAmended) = "cooperation.agreement-amended",
    /// The leadership went to another member (R16).
    CooperationLeadershipHandedOver(cooperation::LeadershipHandedOver) = "cooperation.leadership-handed-over",
    /// A cooperation was put on ice (R13).
    CooperationPaused(cooperation::Paused) = "cooperation.paused",
    /// A cooperation was taken up again.
    CooperationResumed(cooperation::Resumed) = "cooperation.resumed",
    /// A cooperation ended (R71–R74).
    CooperationDissolved(cooperation::Dissolved) = "cooperation.dissolved",
    /// A body was established.
    BodyEstablished(body::Established) = "body.established",
    /// A body has new rules from a day.
    BodyRulesChanged(body::RulesChanged) = "body.rules-changed",
    /// A seat was filled (R4–R6).
    BodySeatFilled(body::SeatFilled) = "body.seat-filled",
    /// Seats were vacated.
    BodySeatVacated(body::SeatVacated) = "body.seat-vacated",
    /// A chair or deputy chair was elected (R14).
    BodyChairElected(body::ChairElected) = "body.chair-elected",
    /// A chair's or deputy chair's term ended early.
    BodyChairSteppedDown(body::ChairSteppedDown) = "body.chair-stepped-down",
    /// A body was put on ice (R13).
    BodyPaused(body::Paused) = "body.paused",
    /// A body was taken up again.
    BodyResumed(body::Resumed) = "body.resumed",
    /// A body ended.
    BodyDisbanded(body::Disbanded) = "body.disbanded",
    /// A network was started (R52).
    NetworkStarted(network::Started) = "network.started",
    /// Somebody takes part in a network.
    NetworkParticipantAdded(network::ParticipantAdded) = "network.participant-added",
    /// Somebody takes part in a network no longer.
    NetworkParticipantRemoved(network::ParticipantRemoved) = "network.participant-removed",
    /// A network has another leader, or none.
    NetworkLeaderChanged(network::LeaderChanged) = "network.leader-changed",
    /// A network ended.
    NetworkClosed(network::Closed) = "network.closed",
    /// A case was opened and got its number (R31–R35).
    CaseOpened(case::Opened) = "case.opened",
    /// A case's titles or class were corrected.
    CaseAmended(case::Amended) = "case.amended",
    /// It is a body's turn with a case.
    CaseTreatmentDue(case::TreatmentDue) = "case.treatment-due",
    /// A body with authority decided a case.
    CaseDecided(case::Decided) = "case.decided",
    /// A body treated a case without deciding it.
    CaseTreated(case::Treated) = "case.treated",
    /// A joint case went to the members' councils (R45).
    CaseSentToMembers(case::SentToMembers) = "case.sent-to-members",
    /// Another member takes part in a joint case.
    CaseMemberIncluded(case::MemberIncluded) = "case.member-included",
    /// A member takes part in a joint case no longer.
    CaseMemberReleased(case::MemberReleased) = "case.member-released",
    /// A joint case is settled (R45).
    CaseSettled(case::Settled) = "case.settled",
    /// A decision is in force.
    CaseInForce(case::InForce) = "case.in-force",
    /// A decision is in force no longer.
    CaseForceEnded(case::ForceEnded) = "case.force-ended",
    /// Access to a case was restricted.
    CaseRestricted(case::Restricted) = "case.restricted",
    /// Events told something of a case that is withheld now.
    CaseWithheld(case::Withheld) = "case.withheld",
    /// An access restriction was lifted.
    CaseRestrictionLifted(case::RestrictionLifted) = "case.restriction-lifted",
    /// A case was taken back.
    CaseWithdrawn(case::Withdrawn) = "case.withdrawn",
    /// A case ended.
    CaseClosed(case::Closed) = "case.closed",
    /// A case was taken up again.
    CaseReopened(case::Reopened) = "case.reopened",
    /// A case was related to another (R41).
    CaseRelated(case::Related) = "case.related",
    /// A relation between cases was taken back.
    CaseRelationRemoved(case::RelationRemoved) = "case.relation-removed",
    /// A member's council has decided a joint case.
    MemberDecisionRegistered(answer::DecisionRegistered) = "member-decision.registered",
    /// A member's decision was corrected.
    MemberDecisionCorrected(answer::DecisionCorrected) = "member-decision.corrected",
    /// A member said where it keeps a case (R36).
    MemberReferenceRegistered(answer::ReferenceRegistered) = "member-reference.registered",
    /// A case has arrived at a member.
    ReceiptReceived(answer::Received) = "receipt.received",
    /// A case is in a member's own case system.
    ReceiptProcessed(answer::Processed) = "receipt.processed",
    /// A case was sent on hearing (R46).
    HearingOpened(hearing::Opened) = "hearing.opened",
    /// A hearing's deadline was moved.
    HearingExtended(hearing::Extended) = "hearing.extended",
    /// A hearing was closed.
    HearingClosed(hearing::Closed) = "hearing.closed",
    /// A hearing was summed up.
    HearingSummedUp(hearing::SummedUp) = "hearing.summed-up",
    /// The final text was adopted after a hearing.
    HearingAdopted(hearing::Adopted) = "hearing.adopted",
    /// A statement was received in a hearing.
    HearingStatementReceived(hearing::StatementReceived) = "hearing.statement-received",
    /// A statement was sent to a third party (R47).
    StatementSent(hearing::StatementSent) = "statement.sent",
    /// Somebody was given a task.
    FollowUpAssigned(follow_up::Assigned) = "follow-up.assigned",
    /// Somebody told how a task stands.
    FollowUpReported(follow_up::Reported) = "follow-up.reported",
    /// A task has another due date.
    FollowUpRescheduled(follow_up::Rescheduled) = "follow-up.rescheduled",
    /// A task is done.
    FollowUpDone(follow_up::Done) = "follow-up.done",
    /// A task was given up.
    FollowUpDropped(follow_up::Dropped) = "follow-up.dropped",
    /// A meeting was planned.
    MeetingPlanned(meeting::Planned) = "meeting.planned",
    /// A meeting has another time or place (R23).
    MeetingMoved(meeting::Moved) = "meeting.moved",
    /// A meeting was cancelled.
    MeetingCancelled(meeting::Cancelled) = "meeting.cancelled",
    /// A body was called to a meeting (R18, R19).
    MeetingNoticeIssued(meeting::NoticeIssued) = "meeting.notice-issued",
    /// An item of a called agenda is called otherwise.
    MeetingItemCorrected(meeting::ItemCorrected) = "meeting.item-corrected",
    /// An item of a called agenda was restricted.
    MeetingItemRestricted(meeting::ItemRestricted) = "meeting.item-restricted",
    /// Events told something of an item that is withheld now.
    MeetingItemWithheld(meeting::ItemWithheld) = "meeting.item-withheld",
    /// A meeting was held.
    MeetingHeld(meeting::Held) = "meeting.held",
    /// The minutes of a meeting were published (R29).
    MeetingMinutesPublished(meeting::MinutesPublished) = "meeting.minutes-published",
    /// Something was added to approved minutes.
    MeetingAddendumAdded(meeting::AddendumAdded) = "meeting.addendum-added",
    /// Deliveries to a subscription stopped. Only its owner is told.
    SubscriptionStopped(subscription::Stopped) = "subscription.stopped",
}

impl Tagged for Fact {
    const TAGS: &'static [&'static str] = <Self as strum::VariantNames>::VARIANTS;
    const UPCASTERS: &'static [Upcaster] = earlier::UPCASTERS;

    fn tag(&self) -> &'static str {
        self.into()
    }
}

/// The version of a type that is written today.
pub fn version(tag: &str) -> u32 {
    upcast::version_today(earlier::UPCASTERS, tag)
}
