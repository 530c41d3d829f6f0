//! A joint case: every member's own council decides on one text (R45).
//!
//! Who takes part is fixed when the case is sent, and changes only by a command that says why. The
//! case is settled once, in the same decision as the last answer its rule needs; nothing changes a
//! settled result.

use samvirke_schemas::{
    cases::case::{
        Event, Request,
        joint::{
            FileReference, MemberDecision, MemberOutcome, MemberReference, MembersAsked,
            MembersToAsk, Receipt, ReceiptStep, Recipient, RegisteredBy, RegisteredDecision,
            SettleRule, Settlement,
        },
    },
    date::Date,
    organisation::OrganisationNumber,
    text::Prose,
};
use serde::{Deserialize, Serialize};

use super::{CaseCommand, CaseData, Decision, Facts, Rejection, within};

mod settling;

pub use settling::JointCaseTally;

pub use samvirke_schemas::cases::case::joint::MEMBERS_MAX;

/// How far the case has come with the members.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Joint {
    #[default]
    NotJoint,
    Declared {
        settles: SettleRule,
    },
    Sent(Sent),
    Settled {
        sent: Sent,
        settlement: Settlement,
    },
}

/// A case that was sent to the members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    pub text: Prose,
    pub settles: SettleRule,
    pub answer_by: Option<Date>,
    pub on: Date,
    /// Those taking part.
    pub answers: Vec<Answer>,
    /// Those released from it, with what they said until then.
    pub released: Vec<Answer>,
}

/// What one member has said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub recipient: Recipient,
    pub receipt: Option<ReceiptStep>,
    pub reference: Option<FileReference>,
    pub decision: Option<MemberDecision>,
}

impl CaseData {
    pub(super) fn send_to_members(&self, ask: &MembersToAsk, command: &CaseCommand) -> Decision {
        let declared = match &self.joint {
            Joint::NotJoint => None,
            Joint::Declared { settles } => Some(settles),
            Joint::Sent(sent) | Joint::Settled { sent, .. } => {
                return if sent.is_what(ask) {
                    Ok(Vec::new())
                } else {
                    Err(Rejection::SentAlready)
                };
            }
        };
        let settles = match (declared, &ask.settles) {
            (Some(declared), Some(other)) if declared != other => {
                return Err(Rejection::OtherSettleRule);
            }
            (Some(rule), _) | (None, Some(rule)) => rule.clone(),
            (None, None) => return Err(Rejection::NoSettleRule),
        };
        let text = ask.text.as_ref().or_else(|| self.plan.decided_text());
        let text = text.ok_or(Rejection::NoJointText)?.clone();
        let members = command.facts.members.clone();
        if members.is_empty() {
            return Err(Rejection::NoMembers);
        }
        within(members.len(), MEMBERS_MAX, "members")?;
        let (answer_by, on) = (ask.answer_by, command.day());
        Ok(vec![Event::SentToMembers(MembersAsked { members, text, settles, answer_by, on })])
    }

    /// What a member says: receipt, reference, decision. It may come after the case is closed.
    pub(super) fn answer(&self, command: &CaseCommand) -> Decision {
        let (Request::RegisterReceipt { member, .. }
        | Request::RegisterReference { member, .. }
        | Request::RegisterMemberDecision { member, .. }
        | Request::CorrectMemberDecision { member, .. }) = &command.request
        else {
            return Ok(Vec::new());
        };
        let sent = self.joint.sent().ok_or(Rejection::NotSent)?;
        let answer = sent.answer_of(member)?;
        let member = member.clone();
        let registered_by = if command.principal.speaks_for(&member, &command.id.cooperation) {
            RegisteredBy::Member
        } else {
            RegisteredBy::Secretariat
        };
        if let Request::RegisterReceipt { step, .. } = &command.request {
            if answer.receipt.is_some_and(|known| known >= *step) {
                return Ok(Vec::new());
            }
            let (step, on) = (*step, command.day());
            return Ok(vec![Event::ReceiptRegistered(Receipt { member, step, on, registered_by })]);
        }
        if let Request::RegisterReference { reference, .. } = &command.request {
            if answer.reference.as_ref() == Some(reference) {
                return Ok(Vec::new());
            }
            let reference = reference.clone();
            let reference = MemberReference { member, reference, registered_by };
            return Ok(vec![Event::ReferenceRegistered(reference)]);
        }
        self.joint.decision(sent, answer, command, registered_by)
    }
}

impl Joint {
    /// The case as it was sent, whether or not it is settled.
    pub fn sent(&self) -> Option<&Sent> {
        match self {
            Self::NotJoint | Self::Declared { .. } => None,
            Self::Sent(sent) | Self::Settled { sent, .. } => Some(sent),
        }
    }

    fn unsettled(&self) -> Result<&Sent, Rejection> {
        match self {
            Self::Sent(sent) => Ok(sent),
            Self::NotJoint | Self::Declared { .. } => Err(Rejection::NotSent),
            Self::Settled { .. } => Err(Rejection::IsSettled),
        }
    }

    pub(super) fn declare(&self, settles: &SettleRule) -> Decision {
        match self {
            Self::Declared { settles: known } if known == settles => Ok(Vec::new()),
            Self::NotJoint | Self::Declared { .. } => {
                Ok(vec![Event::JointDeclared { settles: settles.clone() }])
            }
            Self::Sent(sent) | Self::Settled { sent, .. } if sent.settles == *settles => {
                Ok(Vec::new())
            }
            Self::Sent(_) | Self::Settled { .. } => Err(Rejection::SentAlready),
        }
    }

    /// A member's decision, or a correction of it, and what it settles.
    fn decision(
        &self,
        sent: &Sent,
        answer: &Answer,
        command: &CaseCommand,
        registered_by: RegisteredBy,
    ) -> Decision {
        let member = answer.recipient.member.clone();
        let registered = |decision: &MemberDecision, reason: Option<&Prose>| RegisteredDecision {
            member: member.clone(),
            decision: decision.clone(),
            reason: reason.cloned(),
            registered_by,
        };
        let event =
            if let Request::CorrectMemberDecision { decision, reason, .. } = &command.request {
                let known = answer.decision.as_ref();
                if known.ok_or(Rejection::NotDecided { member: member.clone() })? == decision {
                    return Ok(Vec::new());
                }
                self.unsettled()?;
                sent.check(decision, command.day())?;
                Event::MemberDecisionCorrected(registered(decision, Some(reason)))
            } else if let Request::RegisterMemberDecision { decision, .. } = &command.request {
                match &answer.decision {
                    Some(known) if known == decision => return Ok(Vec::new()),
                    Some(_) => return Err(Rejection::DecidedAlready { member }),
                    None => sent.check(decision, command.day())?,
                }
                Event::MemberDecisionRegistered(registered(decision, None))
            } else {
                return Ok(Vec::new());
            };
        Ok(self.and_settled(event))
    }

    pub(super) fn include(
        &self,
        member: &OrganisationNumber,
        reason: &Prose,
        facts: &Facts,
    ) -> Decision {
        let sent = self.unsettled()?;
        if sent.answer_of(member).is_ok() {
            return Ok(Vec::new());
        }
        let not_a_member = || Rejection::NotAMember { member: member.clone() };
        let recipient = facts.members.iter().find(|known| known.member == *member);
        let recipient = recipient.ok_or_else(not_a_member)?.clone();
        within(sent.answers.len() + 1, MEMBERS_MAX, "members")?;
        Ok(self.and_settled(Event::MemberIncluded { recipient, reason: reason.clone() }))
    }

    pub(super) fn release(&self, member: &OrganisationNumber, reason: &Prose) -> Decision {
        let sent = self.unsettled()?;
        if sent.released.iter().any(|answer| answer.recipient.member == *member) {
            return Ok(Vec::new());
        }
        sent.answer_of(member)?;
        if sent.answers.len() == 1 {
            return Err(Rejection::LastMember);
        }
        let event = Event::MemberReleased { member: member.clone(), reason: reason.clone() };
        Ok(self.and_settled(event))
    }

    pub(super) fn declared(&mut self, settles: &SettleRule) {
        *self = Self::Declared { settles: settles.clone() };
    }

    pub(super) fn sent_out(&mut self, asked: &MembersAsked) {
        *self = Self::Sent(Sent {
            text: asked.text.clone(),
            settles: asked.settles.clone(),
            answer_by: asked.answer_by,
            on: asked.on,
            answers: asked.members.iter().map(Answer::none_from).collect(),
            released: Vec::new(),
        });
    }

    pub(super) fn receipt_registered(&mut self, receipt: &Receipt) {
        self.answered(&receipt.member, |answer| answer.receipt = Some(receipt.step));
    }

    pub(super) fn reference_registered(&mut self, registered: &MemberReference) {
        let reference = Some(registered.reference.clone());
        self.answered(&registered.member, |answer| answer.reference = reference);
    }

    pub(super) fn decided(&mut self, registered: &RegisteredDecision) {
        let decision = Some(registered.decision.clone());
        self.answered(&registered.member, |answer| answer.decision = decision);
    }

    pub(super) fn included(&mut self, recipient: &Recipient) {
        let Some(sent) = self.sent_mut() else { return };
        let back = sent.released.iter().position(|one| one.recipient.member == recipient.member);
        let answer =
            back.map_or_else(|| Answer::none_from(recipient), |at| sent.released.remove(at));
        sent.answers.push(answer);
    }

    pub(super) fn released(&mut self, member: &OrganisationNumber) {
        let Some(sent) = self.sent_mut() else { return };
        if let Some(at) = sent.answers.iter().position(|one| one.recipient.member == *member) {
            let answer = sent.answers.remove(at);
            sent.released.push(answer);
        }
    }

    pub(super) fn settled(&mut self, settlement: &Settlement) {
        if let Some(sent) = self.sent() {
            *self = Self::Settled { sent: sent.clone(), settlement: settlement.clone() };
        }
    }

    fn sent_mut(&mut self) -> Option<&mut Sent> {
        match self {
            Self::NotJoint | Self::Declared { .. } => None,
            Self::Sent(sent) | Self::Settled { sent, .. } => Some(sent),
        }
    }

    fn answered(&mut self, member: &OrganisationNumber, take: impl FnOnce(&mut Answer)) {
        let Some(sent) = self.sent_mut() else { return };
        if let Some(answer) = sent.answers.iter_mut().find(|one| one.recipient.member == *member) {
            take(answer);
        }
    }
}

impl Sent {
    fn answer_of(&self, member: &OrganisationNumber) -> Result<&Answer, Rejection> {
        self.answers
            .iter()
            .find(|answer| answer.recipient.member == *member)
            .ok_or_else(|| Rejection::NotTakingPart { member: member.clone() })
    }

    /// Whether this is what is asked for: then sending it again changes nothing.
    fn is_what(&self, ask: &MembersToAsk) -> bool {
        ask.text.as_ref().is_none_or(|text| *text == self.text)
            && ask.settles.as_ref().is_none_or(|settles| *settles == self.settles)
            && ask.answer_by.is_none_or(|day| Some(day) == self.answer_by)
    }

    /// Checks that a member's decision is one on what was sent.
    fn check(&self, decision: &MemberDecision, today: Date) -> Result<(), Rejection> {
        if decision.on > today {
            return Err(Rejection::InTheFuture { day: decision.on });
        }
        if decision.on < self.on {
            return Err(Rejection::DecidedBeforeSent { on: self.on });
        }
        let same = decision.text.as_ref().map(|text| settling::same_text(text, &self.text));
        match (decision.outcome, same) {
            (MemberOutcome::Adopted, Some(false)) => Err(Rejection::SameTextExpected),
            (MemberOutcome::AdoptedWithChanges, None | Some(true)) => {
                Err(Rejection::ChangesExpected)
            }
            (
                MemberOutcome::Adopted
                | MemberOutcome::AdoptedWithChanges
                | MemberOutcome::Rejected
                | MemberOutcome::TookNote,
                _,
            ) => Ok(()),
        }
    }
}

impl Answer {
    fn none_from(recipient: &Recipient) -> Self {
        Self { recipient: recipient.clone(), receipt: None, reference: None, decision: None }
    }
}
