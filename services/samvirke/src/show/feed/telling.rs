//! What a fact is in Norwegian: what happened to what, and how or by whom.

mod answers;
mod bodies;
mod cases;
mod hearings;
mod meetings;
mod networks;

use samvirke_schemas::{
    feed::{Fact, fact::brief},
    names::Names,
};

/// A fact that can be told in two lines: what happened to what; by whom or how, which may be empty.
trait Tells {
    fn told(&self) -> (String, String);
}

/// Tells each type as it tells itself.
macro_rules! tell {
    ($fact:expr; $($variant:ident)*) => {
        match $fact {
            $(Fact::$variant(fact) => fact.told(),)*
        }
    };
}

/// What happened, and how.
pub(super) fn told(fact: &Fact) -> (String, String) {
    tell!(fact;
        CooperationFounded CooperationMemberAdmitted CooperationMemberReleased
        CooperationAgreementAmended CooperationLeadershipHandedOver CooperationPaused
        CooperationResumed CooperationDissolved
        BodyEstablished BodyRulesChanged BodySeatFilled BodySeatVacated BodyChairElected
        BodyChairSteppedDown BodyPaused BodyResumed BodyDisbanded
        NetworkStarted NetworkParticipantAdded NetworkParticipantRemoved NetworkLeaderChanged
        NetworkClosed
        CaseOpened CaseAmended CaseTreatmentDue CaseDecided CaseTreated CaseSentToMembers
        CaseMemberIncluded CaseMemberReleased CaseSettled CaseInForce CaseForceEnded CaseRestricted
        CaseWithheld CaseRestrictionLifted CaseWithdrawn CaseClosed CaseReopened CaseRelated CaseRelationRemoved
        MemberDecisionRegistered MemberDecisionCorrected MemberReferenceRegistered
        ReceiptReceived ReceiptProcessed
        HearingOpened HearingExtended HearingClosed HearingSummedUp HearingAdopted
        HearingStatementReceived StatementSent
        FollowUpAssigned FollowUpReported FollowUpRescheduled FollowUpDone FollowUpDropped
        MeetingPlanned MeetingMoved MeetingCancelled MeetingNoticeIssued
        MeetingItemCorrected MeetingItemRestricted MeetingItemWithheld MeetingHeld
        MeetingMinutesPublished MeetingAddendumAdded
        SubscriptionStopped
    )
}

/// Something that happened, and how.
fn happened(what: &str, about: impl std::fmt::Display, how: impl Into<String>) -> (String, String) {
    (format!("{what}: {about}"), how.into())
}

fn name_or(names: Option<&Names>, id: impl ToString) -> String {
    names.map_or_else(|| id.to_string(), |names| names.nb.to_string())
}

fn body(body: &brief::Body) -> String {
    name_or(body.names.as_ref(), &body.id)
}

fn member(member: &brief::Member) -> String {
    name_or(member.names.as_ref(), &member.member)
}

fn cooperation(cooperation: &brief::Cooperation) -> String {
    name_or(cooperation.names.as_ref(), &cooperation.id)
}

/// `24a/2017 Videreføring av samarbeidet`.
fn case(case: &brief::Case) -> String {
    let number = match &case.as_written {
        Some(written) => written.to_string(),
        None => case.number.to_string(),
    };
    format!("{number} {}", titled(case))
}

/// The title, and whether something is left out.
fn titled(case: &brief::Case) -> String {
    let withheld = if case.withheld { " (skjermet)" } else { "" };
    format!("{}{withheld}", case.title)
}

fn other_case(other: &brief::OtherCase) -> String {
    other.case.as_ref().map_or_else(|| other.id.to_string(), case)
}
