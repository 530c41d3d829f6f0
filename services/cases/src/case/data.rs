//! What a case consists of, and how each event changes it. The rules are in a file for each
//! concern.

use samvirke_schemas::cases::case::{
    Event,
    opening::{Description, Opened},
    paper::Recommendation,
    statement::SentStatement,
};
use serde::{Deserialize, Serialize};

use super::{
    Decision, Rejection,
    access::Access,
    follow_up::{FollowUp, Progress},
    hearing::Hearing,
    joint::Joint,
    paper::PaperTrail,
    relation::{Force, Related},
    treatment::Plan,
};

/// What a case consists of, in whatever phase it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseData {
    pub opened: Opened,
    /// In the order they were first added.
    pub papers: Vec<PaperTrail>,
    pub recommendations: Vec<Recommendation>,
    pub plan: Plan,
    pub relations: Vec<Related>,
    pub force: Option<Force>,
    pub access: Access,
    pub joint: Joint,
    pub hearing: Hearing,
    pub statements: Vec<SentStatement>,
    pub follow_ups: Vec<FollowUp>,
}

impl CaseData {
    pub(super) fn new(opened: &Opened) -> Self {
        Self {
            opened: opened.clone(),
            papers: Vec::new(),
            recommendations: Vec::new(),
            plan: Plan::default(),
            relations: Vec::new(),
            force: None,
            access: Access::default(),
            joint: Joint::default(),
            hearing: Hearing::default(),
            statements: Vec::new(),
            follow_ups: Vec::new(),
        }
    }

    pub(super) fn evolve(&mut self, event: &Event) {
        match event {
            // The phases are the case's own.
            Event::Opened(_)
            | Event::Withdrawn { .. }
            | Event::Closed {}
            | Event::Reopened { .. } => (),
            // It tells others; the plan knows it already.
            Event::ReadyForMembers { .. } => (),
            Event::Amended(description) => self.opened.description = description.clone(),
            Event::PaperAdded { paper, .. } => self.paper_added(paper),
            Event::Recommended(advice) => self.recommended(advice),
            Event::TreatmentsPlanned { treatments } => self.plan.added(treatments),
            Event::PlanChanged { treatments, .. } => self.plan.changed(treatments),
            Event::TreatmentDue { treatment, .. } => self.plan.due = Some(treatment.clone()),
            Event::OutcomeRecorded(outcome) => self.plan.recorded(outcome),
            Event::Related(relation) => self.related(relation),
            Event::RelationRemoved { relation, .. } => self.relation_removed(relation),
            Event::PutInForce { from } => self.force = Some(Force { from: *from, end: None }),
            Event::ForceEnded(end) => self.force_ended(end),
            Event::Restricted(restriction) => {
                self.access = Access::Restricted(restriction.clone());
            }
            Event::RestrictionLifted { .. } => self.access = Access::Lifted,
            Event::JointDeclared { settles } => self.joint.declared(settles),
            Event::SentToMembers(asked) => self.joint.sent_out(asked),
            Event::ReceiptRegistered(receipt) => self.joint.receipt_registered(receipt),
            Event::ReferenceRegistered(reference) => self.joint.reference_registered(reference),
            Event::MemberDecisionRegistered(registered)
            | Event::MemberDecisionCorrected(registered) => self.joint.decided(registered),
            Event::MemberIncluded { recipient, .. } => self.joint.included(recipient),
            Event::MemberReleased { member, .. } => self.joint.released(member),
            Event::Settled(settlement) => self.joint.settled(settlement),
            Event::HearingOpened(opened) => self.hearing.opened(opened),
            Event::StatementReceived(received) => self.hearing.received(received),
            Event::HearingExtended { deadline, .. } => self.hearing.extended(*deadline),
            Event::HearingClosed { on, .. } => self.hearing.closed(*on),
            Event::HearingSummedUp(summary) => self.hearing.summed_up(summary),
            Event::AdoptedAfterHearing(adoption) => self.hearing.adopted(adoption),
            Event::StatementSent(statement) => self.statements.push(statement.clone()),
            Event::FollowUpAssigned(task) => self.follow_ups.push(FollowUp::new(task)),
            Event::FollowUpReported { follow_up, on, text } => self.reported(follow_up, *on, text),
            Event::FollowUpRescheduled { follow_up, due, .. } => self.rescheduled(follow_up, *due),
            Event::FollowUpDone { follow_up, on, .. } => {
                self.ended(follow_up, Progress::Done { on: *on });
            }
            Event::FollowUpDropped { follow_up, reason } => {
                self.ended(follow_up, Progress::Dropped { reason: reason.clone() });
            }
        }
    }

    pub(super) fn amend(&self, description: &Description) -> Decision {
        if self.opened.description == *description {
            return Ok(Vec::new());
        }
        if self.access.hides_the_title() && description.title == description.public_title {
            return Err(Rejection::PublicTitleReveals);
        }
        Ok(vec![Event::Amended(description.clone())])
    }

    /// Checks that nothing is left to wait for.
    pub(super) fn finished(&self) -> Result<(), Rejection> {
        if let Some(treatment) = self.plan.treatments.iter().find(|one| one.held.is_none()) {
            return Err(Rejection::TreatmentRemains {
                treatment: treatment.planned.treatment.clone(),
            });
        }
        if let Joint::Declared { .. } | Joint::Sent(_) = self.joint {
            return Err(Rejection::MembersRemain);
        }
        if let Hearing::Open(_) = self.hearing {
            return Err(Rejection::HearingRemains);
        }
        Ok(())
    }
}
