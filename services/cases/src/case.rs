//! A case from opening to closing: what is laid before which bodies, and what came of it.
//!
//! The phases say what may still be done. An open case is treated; a closed one still takes the answers
//! of members and reports on tasks, since both outlive the treatment; a withdrawn one rests. What the
//! parts decide is in a file for each thought.

use samvirke_kernel::{Command, Decider, aggregate};
use samvirke_schemas::{
    cases::{
        case::{
            Event, Request,
            joint::Recipient,
            opening::{Description, Opened, Opening},
            paper::Recommendation,
        },
        register::NumberTaken,
    },
    reply::Warning,
    text::Prose,
};
use serde::{Deserialize, Serialize};

mod authority;
mod rejection;

pub mod paper;
pub mod treatment;

pub mod access;
pub mod relation;

pub mod follow_up;
pub mod hearing;
pub mod joint;
pub mod statement;

#[cfg(test)]
mod tests;

use access::Access;
use follow_up::{FollowUp, Progress};
use hearing::Hearing;
use joint::Joint;
use paper::PaperTrail;
pub use rejection::Rejection;
use relation::{Force, Related};
use treatment::Plan;

/// A case as its history describes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Case {
    #[default]
    Unopened,
    Open(Box<Matter>),
    Closed(Box<Matter>),
    Withdrawn(Box<Matter>),
}

/// What a case consists of, in whatever phase it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Matter {
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
    pub statements: Vec<samvirke_schemas::cases::case::statement::SentStatement>,
    pub follow_ups: Vec<FollowUp>,
}

/// What the rules of a case need from elsewhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The numbers that the register gave to this request; see [`crate::numbering`].
    pub numbers: Vec<NumberTaken>,
    /// The cooperation's members on the day of the command (R1). Needed to send a joint case to
    /// them and to include one in it; empty for every other request.
    pub members: Vec<Recipient>,
}

type CaseCommand = Command<Request, Facts>;
type Decision = Result<Vec<Event>, Rejection>;

impl Decider for Case {
    const CONTEXT: &'static str = "cases";
    const KIND: &'static str = "case";
    const REDUCER: &'static [&'static str] = &[
        include_str!("case.rs"),
        include_str!("case/access.rs"),
        include_str!("case/follow_up.rs"),
        include_str!("case/hearing.rs"),
        include_str!("case/joint.rs"),
        include_str!("case/paper.rs"),
        include_str!("case/relation.rs"),
        include_str!("case/statement.rs"),
        include_str!("case/treatment.rs"),
        include_str!("../../../schemas/src/cases/case.rs"),
        include_str!("../../../schemas/src/cases/case/access.rs"),
        include_str!("../../../schemas/src/cases/case/follow_up.rs"),
        include_str!("../../../schemas/src/cases/case/hearing.rs"),
        include_str!("../../../schemas/src/cases/case/joint.rs"),
        include_str!("../../../schemas/src/cases/case/opening.rs"),
        include_str!("../../../schemas/src/cases/case/paper.rs"),
        include_str!("../../../schemas/src/cases/case/relation.rs"),
        include_str!("../../../schemas/src/cases/case/statement.rs"),
        include_str!("../../../schemas/src/cases/case/treatment.rs"),
        include_str!("../../../schemas/src/cases/register.rs"),
    ];

    type Request = Request;
    type Facts = Facts;
    type Event = Event;
    type Rejection = Rejection;

    fn authorise(&self, command: &CaseCommand) -> Result<(), Rejection> {
        authority::authorise(self, command)
    }

    fn decide(&self, command: &CaseCommand) -> Decision {
        let day = command.day();
        match &command.request {
            Request::Open(opening) => self.open(opening, command),
            Request::Withdraw { reason } => self.withdraw(reason),
            Request::Close {} => self.close(),
            Request::Reopen { reason } => self.reopen(reason),

            Request::Amend(description) => self.active()?.amend(description),
            Request::AddPaper(paper) => self.active()?.add_paper(paper),
            Request::Recommend(advice) => self.active()?.recommend(advice),
            Request::PlanTreatments(plan) => self.active()?.plan(plan, &command.facts),
            Request::ChangePlan(plan) => self.active()?.change_plan(plan, &command.facts),
            Request::RecordOutcome(outcome) => self.active()?.record(outcome, day),

            Request::Relate(relation) => self.kept()?.relate(relation, &command.id),
            Request::RemoveRelation { relation, reason } => {
                self.kept()?.remove_relation(relation, reason)
            }
            Request::PutInForce { from } => self.kept()?.put_in_force(*from),
            Request::EndForce(end) => self.kept()?.end_force(end),
            Request::Restrict(restriction) => self.kept()?.restrict(restriction, day),
            Request::LiftRestriction { reason } => self.kept()?.lift(reason),

            Request::DeclareJoint { settles } => self.active()?.joint.declare(settles),
            Request::SendToMembers(ask) => self.active()?.send_to_members(ask, command),
            Request::RegisterReceipt { .. }
            | Request::RegisterReference { .. }
            | Request::RegisterMemberDecision { .. }
            | Request::CorrectMemberDecision { .. } => self.answerable()?.answer(command),
            Request::IncludeMember { member, reason } => {
                self.active()?.joint.include(member, reason, &command.facts)
            }
            Request::ReleaseMember { member, reason } => {
                self.active()?.joint.release(member, reason)
            }
            Request::Settle { result, text, reason } => {
                self.active()?.joint.settle(*result, text.as_ref(), reason)
            }

            Request::OpenHearing { invited, deadline } => {
                self.active()?.hearing.open(invited, *deadline, command)
            }
            Request::ReceiveStatement(statement) => self.answerable()?.receive(statement, command),
            Request::ExtendHearing { deadline, reason } => {
                self.active()?.hearing.extend(*deadline, reason.as_ref(), command)
            }
            Request::CloseHearing {} => self.active()?.hearing.close(command),
            Request::SumUpHearing(summary) => self.active()?.sum_up(summary),
            Request::AdoptAfterHearing(adoption) => self.active()?.hearing.adopt(adoption, day),

            Request::SendStatement(statement) => self.active()?.send_statement(statement, day),
            Request::AssignFollowUp(task) => self.answerable()?.assign(task),
            Request::ReportFollowUp { follow_up, text } => {
                self.answerable()?.report(follow_up, text, day)
            }
            Request::RescheduleFollowUp { follow_up, due, reason } => {
                self.answerable()?.reschedule(follow_up, *due, reason)
            }
            Request::CompleteFollowUp { follow_up, text } => {
                self.answerable()?.complete(follow_up, text.as_ref(), day)
            }
            Request::DropFollowUp { follow_up, reason } => {
                self.answerable()?.drop_task(follow_up, reason)
            }
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Opened(opened) => *self = Self::Open(Box::new(Matter::new(opened))),
            Event::Withdrawn { .. } => self.turn(Self::Withdrawn),
            Event::Closed {} => self.turn(Self::Closed),
            Event::Reopened { .. } => self.turn(Self::Open),
            Event::Amended(_)
            | Event::PaperAdded { .. }
            | Event::Recommended(_)
            | Event::TreatmentsPlanned { .. }
            | Event::PlanChanged { .. }
            | Event::TreatmentDue { .. }
            | Event::OutcomeRecorded(_)
            | Event::ReadyForMembers { .. }
            | Event::Related(_)
            | Event::RelationRemoved { .. }
            | Event::PutInForce { .. }
            | Event::ForceEnded(_)
            | Event::Restricted(_)
            | Event::RestrictionLifted { .. }
            | Event::JointDeclared { .. }
            | Event::SentToMembers(_)
            | Event::ReceiptRegistered(_)
            | Event::ReferenceRegistered(_)
            | Event::MemberDecisionRegistered(_)
            | Event::MemberDecisionCorrected(_)
            | Event::MemberIncluded { .. }
            | Event::MemberReleased { .. }
            | Event::Settled(_)
            | Event::HearingOpened(_)
            | Event::StatementReceived(_)
            | Event::HearingExtended { .. }
            | Event::HearingClosed { .. }
            | Event::HearingSummedUp(_)
            | Event::AdoptedAfterHearing(_)
            | Event::StatementSent(_)
            | Event::FollowUpAssigned(_)
            | Event::FollowUpReported { .. }
            | Event::FollowUpRescheduled { .. }
            | Event::FollowUpDone { .. }
            | Event::FollowUpDropped { .. } => {
                if let Some(matter) = self.matter_mut() {
                    matter.evolve(event);
                }
            }
        }
    }

    fn warnings(events: &[Event]) -> Vec<Warning> {
        let mut warnings: Vec<_> = numbers(events).filter_map(crate::register::collision).collect();
        warnings.extend(events.iter().filter_map(treatment::ahead));
        warnings
    }
}

aggregate!(Case);

/// The numbers that cases and treatments get by these events.
fn numbers(events: &[Event]) -> impl Iterator<Item = &NumberTaken> {
    events.iter().flat_map(|event| {
        let own = if let Event::Opened(opened) = event { Some(&opened.number) } else { None };
        own.into_iter().chain(treatment::new_numbers(event))
    })
}

impl Case {
    /// What the case consists of, if it was ever opened.
    pub fn matter(&self) -> Option<&Matter> {
        match self {
            Self::Unopened => None,
            Self::Open(matter) | Self::Closed(matter) | Self::Withdrawn(matter) => Some(matter),
        }
    }

    fn matter_mut(&mut self) -> Option<&mut Matter> {
        match self {
            Self::Unopened => None,
            Self::Open(matter) | Self::Closed(matter) | Self::Withdrawn(matter) => Some(matter),
        }
    }

    fn turn(&mut self, phase: fn(Box<Matter>) -> Self) {
        *self = match std::mem::take(self) {
            Self::Unopened => Self::Unopened,
            Self::Open(matter) | Self::Closed(matter) | Self::Withdrawn(matter) => phase(matter),
        };
    }

    /// A case that is being treated.
    fn active(&self) -> Result<&Matter, Rejection> {
        match self {
            Self::Open(matter) => Ok(matter),
            Self::Unopened => Err(Rejection::NotOpened),
            Self::Closed(_) => Err(Rejection::IsClosed),
            Self::Withdrawn(_) => Err(Rejection::IsWithdrawn),
        }
    }

    /// A case that may still get answers and reports: open or closed.
    fn answerable(&self) -> Result<&Matter, Rejection> {
        match self {
            Self::Open(matter) | Self::Closed(matter) => Ok(matter),
            Self::Unopened => Err(Rejection::NotOpened),
            Self::Withdrawn(_) => Err(Rejection::IsWithdrawn),
        }
    }

    /// A case in any phase: its access, relations and force outlive its treatment.
    fn kept(&self) -> Result<&Matter, Rejection> {
        self.matter().ok_or(Rejection::NotOpened)
    }

    fn open(&self, opening: &Opening, command: &CaseCommand) -> Decision {
        if let Some(matter) = self.matter() {
            let opened = &matter.opened;
            let same = opened.kind == opening.kind
                && opened.description == opening.description
                && opened.owner == opening.owner
                && opened.number.register == opening.register;
            return if same { Ok(Vec::new()) } else { Err(Rejection::AlreadyOpened) };
        }
        let number = command
            .facts
            .numbers
            .iter()
            .find(|taken| taken.treatment.is_none() && taken.register == opening.register)
            .ok_or(Rejection::NoNumber)?;
        Ok(vec![Event::Opened(Opened {
            kind: opening.kind,
            description: opening.description.clone(),
            owner: opening.owner.clone(),
            number: number.clone(),
        })])
    }

    fn withdraw(&self, reason: &Prose) -> Decision {
        if let Self::Withdrawn(_) = self {
            return Ok(Vec::new());
        }
        self.active()?;
        Ok(vec![Event::Withdrawn { reason: reason.clone() }])
    }

    fn close(&self) -> Decision {
        if let Self::Closed(_) = self {
            return Ok(Vec::new());
        }
        self.active()?.finished()?;
        Ok(vec![Event::Closed {}])
    }

    fn reopen(&self, reason: &Prose) -> Decision {
        match self {
            Self::Unopened => Err(Rejection::NotOpened),
            Self::Open(_) => Ok(Vec::new()),
            Self::Closed(_) | Self::Withdrawn(_) => {
                Ok(vec![Event::Reopened { reason: reason.clone() }])
            }
        }
    }
}

impl Matter {
    fn new(opened: &Opened) -> Self {
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

    fn evolve(&mut self, event: &Event) {
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

    fn amend(&self, description: &Description) -> Decision {
        if self.opened.description == *description {
            return Ok(Vec::new());
        }
        if self.access.hides_the_title() && description.title == description.public_title {
            return Err(Rejection::PublicTitleReveals);
        }
        Ok(vec![Event::Amended(description.clone())])
    }

    /// Checks that nothing is left to wait for.
    fn finished(&self) -> Result<(), Rejection> {
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

/// Refuses one more of `list` than `max`.
fn within(len: usize, max: usize, list: &'static str) -> Result<(), Rejection> {
    if len <= max { Ok(()) } else { Err(Rejection::TooMany { list, max }) }
}
