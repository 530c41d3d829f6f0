//! A hearing: views before a deadline, then a summary, then the final adoption (R46).
//!
//! A statement is never turned away: one that comes after the deadline or the closing is kept and
//! marked late.

use samvirke_schemas::{
    cases::case::{
        Event,
        hearing::{
            Adoption, HearingOpened, HearingStatement, InvitedParty, ReceivedStatement,
            StatementFrom, Summary,
        },
    },
    date::Date,
    id::LocalId,
    local_time::LocalTime,
    text::Prose,
};
use serde::{Deserialize, Serialize};

use super::{CaseCommand, CaseData, Decision, Rejection, within};

pub use samvirke_schemas::cases::case::hearing::INVITED_MAX;

/// The most statements to one hearing.
pub const STATEMENTS_MAX: usize = 2_000;

/// How far the hearing has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Hearing {
    #[default]
    NotHeld,
    Open(Round),
    Closed(Round),
    SummedUp(Round),
    Adopted(Round),
}

/// Who was asked, by when, and what they said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Round {
    pub invited: Vec<InvitedParty>,
    pub deadline: LocalTime,
    pub statements: Vec<ReceivedStatement>,
    pub closed_on: Option<Date>,
    pub summary: Option<Summary>,
    pub adoption: Option<Adoption>,
}

impl CaseData {
    pub(super) fn receive(&self, statement: &HearingStatement, command: &CaseCommand) -> Decision {
        self.has_paper(statement.paper.as_ref())?;
        self.hearing.receive(statement, command)
    }

    pub(super) fn sum_up(&self, summary: &Summary) -> Decision {
        self.has_paper(summary.paper.as_ref())?;
        self.hearing.sum_up(summary)
    }
}

impl Hearing {
    /// The hearing's contents, if it was ever opened.
    pub fn round(&self) -> Option<&Round> {
        match self {
            Self::NotHeld => None,
            Self::Open(round)
            | Self::Closed(round)
            | Self::SummedUp(round)
            | Self::Adopted(round) => Some(round),
        }
    }

    fn round_mut(&mut self) -> Option<&mut Round> {
        match self {
            Self::NotHeld => None,
            Self::Open(round)
            | Self::Closed(round)
            | Self::SummedUp(round)
            | Self::Adopted(round) => Some(round),
        }
    }

    fn turn(&mut self, phase: fn(Round) -> Self) {
        if let Some(round) = self.round() {
            *self = phase(round.clone());
        }
    }

    pub(super) fn open(
        &self,
        invited: &[InvitedParty],
        deadline: LocalTime,
        command: &CaseCommand,
    ) -> Decision {
        if let Some(round) = self.round() {
            return if round.invited == invited && round.deadline == deadline {
                Ok(Vec::new())
            } else {
                Err(Rejection::HearingHeld)
            };
        }
        if invited.is_empty() {
            return Err(Rejection::NobodyInvited);
        }
        within(invited.len(), INVITED_MAX, "invited")?;
        for (at, one) in invited.iter().enumerate() {
            if invited[..at].iter().any(|earlier| earlier.party == one.party) {
                return Err(Rejection::InvitedTwice { party: one.party.clone() });
            }
        }
        if deadline.instant() <= command.at {
            return Err(Rejection::DeadlinePassed { deadline });
        }
        let sent_on = command.day();
        Ok(vec![Event::HearingOpened(HearingOpened {
            invited: invited.to_vec(),
            deadline,
            sent_on,
        })])
    }

    fn receive(&self, statement: &HearingStatement, command: &CaseCommand) -> Decision {
        let round = self.round().ok_or(Rejection::NoHearing)?;
        let known = round.statements.iter().find(|o| o.statement.statement == statement.statement);
        if let Some(known) = known {
            return if known.statement == *statement {
                Ok(Vec::new())
            } else {
                Err(Rejection::StatementDiffers { statement: statement.statement.clone() })
            };
        }
        if let StatementFrom::Invited { party } = &statement.from
            && !round.invited.iter().any(|invited| invited.party == *party)
        {
            return Err(Rejection::NotInvited { party: party.clone() });
        }
        within(round.statements.len() + 1, STATEMENTS_MAX, "statements")?;
        let is_open = matches!(self, Self::Open(_));
        Ok(vec![Event::StatementReceived(ReceivedStatement {
            statement: statement.clone(),
            received_at: LocalTime::new(command.at),
            late: !is_open || command.at > round.deadline.instant(),
        })])
    }

    pub(super) fn extend(
        &self,
        deadline: LocalTime,
        reason: Option<&Prose>,
        command: &CaseCommand,
    ) -> Decision {
        let round = self.still_open()?;
        if deadline == round.deadline {
            return Ok(Vec::new());
        }
        if deadline < round.deadline {
            return Err(Rejection::DeadlineNotLater { deadline: round.deadline });
        }
        if deadline.instant() <= command.at {
            return Err(Rejection::DeadlinePassed { deadline });
        }
        Ok(vec![Event::HearingExtended { deadline, reason: reason.cloned() }])
    }

    pub(super) fn close(&self, command: &CaseCommand) -> Decision {
        let round = match self {
            Self::NotHeld => return Err(Rejection::NoHearing),
            Self::Closed(_) | Self::SummedUp(_) | Self::Adopted(_) => return Ok(Vec::new()),
            Self::Open(round) => round,
        };
        let silent = round.silent();
        // A statement that comes at the deadline itself is in time.
        if command.at <= round.deadline.instant() && !silent.is_empty() {
            let (deadline, silent) = (round.deadline, silent.len());
            return Err(Rejection::DeadlineNotReached { deadline, silent });
        }
        Ok(vec![Event::HearingClosed { on: command.day(), silent }])
    }

    fn sum_up(&self, summary: &Summary) -> Decision {
        let round = match self {
            Self::NotHeld => return Err(Rejection::NoHearing),
            Self::Open(_) => return Err(Rejection::HearingNotClosed),
            Self::Closed(round) | Self::SummedUp(round) | Self::Adopted(round) => round,
        };
        if round.summary.as_ref() == Some(summary) {
            return Ok(Vec::new());
        }
        if round.adoption.is_some() {
            return Err(Rejection::HearingAdopted);
        }
        Ok(vec![Event::HearingSummedUp(summary.clone())])
    }

    pub(super) fn adopt(&self, adoption: &Adoption, today: Date) -> Decision {
        let round = match self {
            Self::NotHeld => return Err(Rejection::NoHearing),
            Self::Open(_) => return Err(Rejection::HearingNotClosed),
            Self::Closed(_) => return Err(Rejection::NotSummedUp),
            Self::Adopted(round) if round.adoption.as_ref() == Some(adoption) => {
                return Ok(Vec::new());
            }
            Self::Adopted(_) => return Err(Rejection::HearingAdopted),
            Self::SummedUp(round) => round,
        };
        if adoption.on > today {
            return Err(Rejection::InTheFuture { day: adoption.on });
        }
        if let Some(on) = round.closed_on.filter(|closed_on| adoption.on < *closed_on) {
            return Err(Rejection::AdoptedBeforeClosed { on });
        }
        Ok(vec![Event::AdoptedAfterHearing(adoption.clone())])
    }

    fn still_open(&self) -> Result<&Round, Rejection> {
        match self {
            Self::Open(round) => Ok(round),
            Self::NotHeld => Err(Rejection::NoHearing),
            Self::Closed(_) | Self::SummedUp(_) | Self::Adopted(_) => Err(Rejection::HearingClosed),
        }
    }

    pub(super) fn opened(&mut self, opened: &HearingOpened) {
        *self = Self::Open(Round {
            invited: opened.invited.clone(),
            deadline: opened.deadline,
            statements: Vec::new(),
            closed_on: None,
            summary: None,
            adoption: None,
        });
    }

    pub(super) fn received(&mut self, received: &ReceivedStatement) {
        if let Some(round) = self.round_mut() {
            round.statements.push(received.clone());
        }
    }

    pub(super) fn extended(&mut self, deadline: LocalTime) {
        if let Some(round) = self.round_mut() {
            round.deadline = deadline;
        }
    }

    pub(super) fn closed(&mut self, on: Date) {
        if let Some(round) = self.round_mut() {
            round.closed_on = Some(on);
        }
        self.turn(Self::Closed);
    }

    pub(super) fn summed_up(&mut self, summary: &Summary) {
        if let Some(round) = self.round_mut() {
            round.summary = Some(summary.clone());
        }
        self.turn(Self::SummedUp);
    }

    pub(super) fn adopted(&mut self, adoption: &Adoption) {
        if let Some(round) = self.round_mut() {
            round.adoption = Some(adoption.clone());
        }
        self.turn(Self::Adopted);
    }
}

impl Round {
    /// The invited parties that have not answered.
    pub fn silent(&self) -> Vec<LocalId> {
        let answered = |party: &LocalId| {
            let from = StatementFrom::Invited { party: party.clone() };
            self.statements.iter().any(|received| received.statement.from == from)
        };
        let parties = self.invited.iter().map(|invited| &invited.party);
        parties.filter(|party| !answered(party)).cloned().collect()
    }
}
