//! A case from opening to closing: what is laid before which bodies, and what came of it.
//!
//! The phases say what may still be done. An open case is treated; a closed one still takes the
//! answers of members and reports on tasks, since both outlive the treatment; a withdrawn one
//! rests. What the parts decide is in a file for each thought.

use samvirke_kernel::{Command, Decider, aggregate};
use samvirke_schemas::{
    cases::{
        case::{
            Event, Request,
            joint::Recipient,
            opening::{Opened, Opening},
        },
        register::NumberTaken,
    },
    reply::Warning,
    text::Prose,
};
use serde::{Deserialize, Serialize};

mod authority;
mod data;
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
pub(crate) mod tests;

pub use data::CaseData;
pub use rejection::Rejection;

/// A case as its history describes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Case {
    #[default]
    Unopened,
    Open(Box<CaseData>),
    Closed(Box<CaseData>),
    Withdrawn(Box<CaseData>),
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
        include_str!("case/data.rs"),
        include_str!("case/paper.rs"),
        include_str!("case/relation.rs"),
        include_str!("case/statement.rs"),
        include_str!("case/treatment.rs"),
        include_str!("../../../schemas/src/cases/case.rs"),
        include_str!("../../../schemas/src/cases/case/access.rs"),
        include_str!("../../../schemas/src/networks/access_group.rs"),
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
        let (day, own) = (command.day(), &command.id.cooperation);
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
            Request::RecordOutcome(outcome) if outcome.meeting.cooperation != *own => {
                Err(Rejection::MeetingOfAnotherCooperation { meeting: outcome.meeting.clone() })
            }
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
            Event::Opened(opened) => *self = Self::Open(Box::new(CaseData::new(opened))),
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
                if let Some(data) = self.data_mut() {
                    data.evolve(event);
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
    pub fn data(&self) -> Option<&CaseData> {
        match self {
            Self::Unopened => None,
            Self::Open(data) | Self::Closed(data) | Self::Withdrawn(data) => Some(data),
        }
    }

    fn data_mut(&mut self) -> Option<&mut CaseData> {
        match self {
            Self::Unopened => None,
            Self::Open(data) | Self::Closed(data) | Self::Withdrawn(data) => Some(data),
        }
    }

    fn turn(&mut self, phase: fn(Box<CaseData>) -> Self) {
        *self = match std::mem::take(self) {
            Self::Unopened => Self::Unopened,
            Self::Open(data) | Self::Closed(data) | Self::Withdrawn(data) => phase(data),
        };
    }

    /// A case that is being treated.
    fn active(&self) -> Result<&CaseData, Rejection> {
        match self {
            Self::Open(data) => Ok(data),
            Self::Unopened => Err(Rejection::NotOpened),
            Self::Closed(_) => Err(Rejection::IsClosed),
            Self::Withdrawn(_) => Err(Rejection::IsWithdrawn),
        }
    }

    /// A case that may still get answers and reports: open or closed.
    fn answerable(&self) -> Result<&CaseData, Rejection> {
        match self {
            Self::Open(data) | Self::Closed(data) => Ok(data),
            Self::Unopened => Err(Rejection::NotOpened),
            Self::Withdrawn(_) => Err(Rejection::IsWithdrawn),
        }
    }

    /// A case in any phase: its access, relations and force outlive its treatment.
    fn kept(&self) -> Result<&CaseData, Rejection> {
        self.data().ok_or(Rejection::NotOpened)
    }

    fn open(&self, opening: &Opening, command: &CaseCommand) -> Decision {
        if let Some(data) = self.data() {
            let opened = &data.opened;
            let same = opened.kind == opening.kind
                && opened.description == opening.description
                && opened.owner == opening.owner
                && opened.number.register == opening.register
                && opening.restriction.as_ref().is_none_or(|wanted| data.is_restricted(wanted));
            return if same { Ok(Vec::new()) } else { Err(Rejection::AlreadyOpened) };
        }
        let number = command
            .facts
            .numbers
            .iter()
            .find(|taken| taken.treatment.is_none() && taken.register == opening.register)
            .ok_or(Rejection::NoNumber)?;
        let opened = Opened {
            kind: opening.kind,
            description: opening.description.clone(),
            owner: opening.owner.clone(),
            number: number.clone(),
        };
        let restricted = match &opening.restriction {
            Some(restriction) => CaseData::new(&opened).restrict(restriction, command.day())?,
            None => Vec::new(),
        };
        Ok([vec![Event::Opened(opened)], restricted].concat())
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

/// Refuses one more of `list` than `max`.
fn within(len: usize, max: usize, list: &'static str) -> Result<(), Rejection> {
    if len <= max { Ok(()) } else { Err(Rejection::TooMany { list, max }) }
}
