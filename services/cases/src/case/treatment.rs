//! The plan of a case: which bodies treat it, in which order, whose turn it is, and what came of
//! it.
//!
//! At most one treatment is due. What a meeting did is a fact, so an outcome is recorded also where
//! it comes ahead of the plan; it is warned about. Only what a body has no authority for is
//! refused.

use samvirke_schemas::{
    cases::{
        case::{
            Event,
            treatment::{
                Authority, Outcome, OutcomeToRecord, PlanToMake, PlannedTreatment, RecordedOutcome,
                TreatmentOf, TreatmentToPlan,
            },
        },
        register::NumberTaken,
    },
    date::Date,
    id::LocalId,
    reply::Warning,
    text::Prose,
};
use serde::{Deserialize, Serialize};

use super::{CaseData, Decision, Facts, Rejection, joint::Joint, within};

/// The most treatments of one case.
pub const TREATMENTS_MAX: usize = 64;
/// The most outcomes of one case, postponements included.
pub const OUTCOMES_MAX: usize = 512;

/// The treatments of a case in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub treatments: Vec<Treatment>,
    /// Whose turn it is.
    pub due: Option<LocalId>,
    /// All that was recorded, in that order.
    pub outcomes: Vec<RecordedOutcome>,
}

/// One body's treatment of the case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Treatment {
    pub planned: PlannedTreatment,
    /// What it ended with; absent while it is to be held, also after a postponement.
    pub held: Option<Outcome>,
}

impl CaseData {
    pub(super) fn plan(&self, plan: &PlanToMake, facts: &Facts) -> Decision {
        if plan.treatments.is_empty() {
            return Err(Rejection::NothingPlanned);
        }
        let mut added: Vec<PlannedTreatment> = Vec::new();
        for wish in &plan.treatments {
            match self.plan.by_id(&wish.treatment) {
                Some(known) if is_planned_as(&known.planned, wish) => (),
                Some(_) => return Err(planned_twice(wish)),
                None if added.iter().any(|one| one.treatment == wish.treatment) => {
                    return Err(planned_twice(wish));
                }
                None => added.push(numbered(wish, plan, None, facts)?),
            }
        }
        let Some(first) = added.first() else { return Ok(Vec::new()) };
        within(self.plan.treatments.len() + added.len(), TREATMENTS_MAX, "treatments")?;
        let due = match (&self.plan.due, self.plan.unheld().next()) {
            (Some(_), _) => None,
            (None, Some(waiting)) => Some(due(&waiting.planned)),
            (None, None) => Some(due(first)),
        };
        let planned = Event::TreatmentsPlanned { treatments: added };
        Ok(std::iter::once(planned).chain(due).collect())
    }

    pub(super) fn change_plan(&self, plan: &PlanToMake, facts: &Facts) -> Decision {
        let mut remaining: Vec<PlannedTreatment> = Vec::new();
        for wish in &plan.treatments {
            let known = self.plan.by_id(&wish.treatment);
            if known.is_some_and(|known| known.held.is_some()) {
                return Err(Rejection::HeldAlready { treatment: wish.treatment.clone() });
            }
            if remaining.iter().any(|one| one.treatment == wish.treatment) {
                return Err(planned_twice(wish));
            }
            remaining.push(numbered(wish, plan, known, facts)?);
        }
        let held = self.plan.treatments.iter().filter(|one| one.held.is_some()).count();
        within(held + remaining.len(), TREATMENTS_MAX, "treatments")?;
        let first = remaining.first();
        let turn = first.filter(|one| self.plan.due.as_ref() != Some(&one.treatment)).map(due);
        if turn.is_none() && self.plan.unheld().map(|one| &one.planned).eq(&remaining) {
            return Ok(Vec::new());
        }
        let changed = Event::PlanChanged { treatments: remaining, reason: plan.reason.clone() };
        Ok(std::iter::once(changed).chain(turn).collect())
    }

    pub(super) fn record(&self, wish: &OutcomeToRecord, today: Date) -> Decision {
        if wish.day > today {
            return Err(Rejection::InTheFuture { day: wish.day });
        }
        if self.plan.outcomes.iter().any(|known| is_the_same(known, wish)) {
            return Ok(Vec::new());
        }
        within(self.plan.outcomes.len() + 1, OUTCOMES_MAX, "outcomes")?;
        let at = self.plan.find(&wish.of).ok_or(Rejection::NoSuchTreatment)?;
        let planned = &self.plan.treatments[at].planned;
        if let Some(body) = wish.body.as_ref().filter(|body| **body != planned.body) {
            let (body, treatment) = (body.clone(), planned.treatment.clone());
            return Err(Rejection::TreatedByAnother { body, treatment });
        }
        if !may_end_with(planned.authority, wish.outcome) {
            let (authority, outcome) = (planned.authority, wish.outcome);
            return Err(Rejection::BeyondAuthority { authority, outcome });
        }
        let then = self.follows(at, wish)?;
        let before = self.plan.treatments[..at].iter().filter(|one| one.held.is_none());
        let recorded = Event::OutcomeRecorded(RecordedOutcome {
            treatment: planned.treatment.clone(),
            body: planned.body.clone(),
            meeting: wish.meeting.clone(),
            item: wish.item.clone(),
            outcome: wish.outcome,
            text: wish.text.clone(),
            unanimous: wish.unanimous,
            day: wish.day,
            ahead_of: before.map(|one| one.planned.treatment.clone()).collect(),
        });
        Ok(std::iter::once(recorded).chain(then).collect())
    }

    /// What an outcome of the treatment at `at` leads to: whose turn it is, or that the members are
    /// next.
    fn follows(&self, at: usize, wish: &OutcomeToRecord) -> Result<Option<Event>, Rejection> {
        match wish.outcome {
            Outcome::Postponed | Outcome::Rejected => Ok(None),
            Outcome::SentBack => {
                let before = self.plan.held_before(at).ok_or(Rejection::NothingBefore)?;
                Ok(Some(due(&self.plan.treatments[before].planned)))
            }
            Outcome::Decided | Outcome::Recommended | Outcome::TookNote | Outcome::Forwarded => {
                let treatments = &self.plan.treatments;
                let waits = |one: &&Treatment| one.held.is_none();
                let next = treatments[at + 1..]
                    .iter()
                    .find(waits)
                    .or_else(|| treatments[..at].iter().find(waits));
                Ok(match next {
                    Some(next) if self.plan.due.as_ref() == Some(&next.planned.treatment) => None,
                    Some(next) => Some(due(&next.planned)),
                    None => self.ready_for_members(wish),
                })
            }
        }
    }

    fn ready_for_members(&self, wish: &OutcomeToRecord) -> Option<Event> {
        let Joint::Declared { .. } = self.joint else { return None };
        let own = wish.text.as_ref().filter(|_| wish.outcome == Outcome::Decided);
        let text = own.or_else(|| self.plan.decided_text())?;
        Some(Event::ReadyForMembers { text: text.clone() })
    }
}

impl Plan {
    /// The wording of the last decision.
    pub fn decided_text(&self) -> Option<&Prose> {
        let decided = |outcome: &&RecordedOutcome| outcome.outcome == Outcome::Decided;
        self.outcomes.iter().rev().find(decided)?.text.as_ref()
    }

    /// Whether a body has decided the case.
    pub fn is_decided(&self) -> bool {
        self.treatments.iter().any(|one| one.held == Some(Outcome::Decided))
    }

    pub(super) fn by_id(&self, id: &LocalId) -> Option<&Treatment> {
        self.treatments.iter().find(|one| one.planned.treatment == *id)
    }

    fn unheld(&self) -> impl Iterator<Item = &Treatment> {
        self.treatments.iter().filter(|one| one.held.is_none())
    }

    /// Where the treatment that an outcome is for stands in the plan.
    fn find(&self, of: &TreatmentOf) -> Option<usize> {
        let waits = |of: &dyn Fn(&PlannedTreatment) -> bool| {
            self.treatments.iter().position(|one| one.held.is_none() && of(&one.planned))
        };
        match of {
            TreatmentOf::Id { treatment } => waits(&|one| one.treatment == *treatment),
            TreatmentOf::Body { body } => {
                waits(&|one| one.body == *body && self.due.as_ref() == Some(&one.treatment))
                    .or_else(|| waits(&|one| one.body == *body))
            }
        }
    }

    /// The nearest treatment before `at` that was held: where a case is sent back to.
    fn held_before(&self, at: usize) -> Option<usize> {
        self.treatments[..at].iter().rposition(|one| one.held.is_some())
    }

    pub(super) fn added(&mut self, treatments: &[PlannedTreatment]) {
        self.treatments.extend(treatments.iter().cloned().map(Treatment::new));
    }

    pub(super) fn changed(&mut self, remaining: &[PlannedTreatment]) {
        self.treatments.retain(|one| one.held.is_some());
        self.added(remaining);
        self.due = self.due.take().filter(|due| remaining.iter().any(|one| one.treatment == *due));
    }

    pub(super) fn recorded(&mut self, outcome: &RecordedOutcome) {
        self.outcomes.push(outcome.clone());
        let at = self.treatments.iter().position(|o| o.planned.treatment == outcome.treatment);
        let Some(at) = at else { return };
        match outcome.outcome {
            Outcome::Postponed => (),
            Outcome::SentBack => {
                if let Some(before) = self.held_before(at) {
                    self.treatments[before].held = None;
                }
            }
            Outcome::Decided
            | Outcome::Recommended
            | Outcome::TookNote
            | Outcome::Forwarded
            | Outcome::Rejected => {
                self.treatments[at].held = Some(outcome.outcome);
                self.due = self.due.take().filter(|due| *due != outcome.treatment);
            }
        }
    }
}

impl Treatment {
    fn new(planned: PlannedTreatment) -> Self {
        Self { planned, held: None }
    }
}

/// The warning of an outcome that came before earlier treatments were held.
pub(super) fn ahead(event: &Event) -> Option<Warning> {
    let Event::OutcomeRecorded(outcome) = event else { return None };
    if outcome.ahead_of.is_empty() {
        return None;
    }
    let before: Vec<_> = outcome.ahead_of.iter().map(ToString::to_string).collect();
    Some(Warning {
        code: "ahead-of-the-plan".into(),
        rule: "R34".into(),
        detail: format!("{} was held before {}", outcome.treatment, before.join(", ")),
    })
}

/// The numbers that treatments get by this event.
pub(super) fn new_numbers(event: &Event) -> impl Iterator<Item = &NumberTaken> {
    let treatments = if let Event::TreatmentsPlanned { treatments }
    | Event::PlanChanged { treatments, .. } = event
    {
        treatments.as_slice()
    } else {
        &[]
    };
    treatments.iter().filter_map(|one| one.number.as_ref())
}

fn due(planned: &PlannedTreatment) -> Event {
    Event::TreatmentDue { treatment: planned.treatment.clone(), body: planned.body.clone() }
}

fn planned_twice(wish: &TreatmentToPlan) -> Rejection {
    Rejection::PlannedTwice { treatment: wish.treatment.clone() }
}

/// Whether a wish asks for nothing that the plan has not got.
fn is_planned_as(planned: &PlannedTreatment, wish: &TreatmentToPlan) -> bool {
    planned.body == wish.body
        && planned.authority == wish.authority
        && (wish.number.is_none() || planned.number.is_some())
}

/// The treatment with its number: the one it asks for, or the one it has already.
fn numbered(
    wish: &TreatmentToPlan,
    plan: &PlanToMake,
    known: Option<&Treatment>,
    facts: &Facts,
) -> Result<PlannedTreatment, Rejection> {
    let number = if wish.number.is_some() {
        if plan.register.is_none() {
            return Err(Rejection::NoRegister);
        }
        let own = |taken: &&NumberTaken| taken.treatment.as_ref() == Some(&wish.treatment);
        let missing = || Rejection::NoTreatmentNumber { treatment: wish.treatment.clone() };
        Some(facts.numbers.iter().find(own).ok_or_else(missing)?.clone())
    } else {
        known.and_then(|known| known.planned.number.clone())
    };
    Ok(PlannedTreatment {
        treatment: wish.treatment.clone(),
        body: wish.body.clone(),
        authority: wish.authority,
        number,
    })
}

/// Whether `known` is what `wish` says: an outcome acts once, however often it comes.
fn is_the_same(known: &RecordedOutcome, wish: &OutcomeToRecord) -> bool {
    let treatment = match &wish.of {
        TreatmentOf::Id { treatment } => known.treatment == *treatment,
        TreatmentOf::Body { body } => known.body == *body,
    };
    treatment
        && known.meeting == wish.meeting
        && known.item == wish.item
        && known.outcome == wish.outcome
}

/// Whether a body with this authority can end with that: advice is not a decision (R11, R44).
fn may_end_with(authority: Authority, outcome: Outcome) -> bool {
    match outcome {
        Outcome::Postponed | Outcome::SentBack | Outcome::TookNote | Outcome::Forwarded => true,
        Outcome::Decided => authority == Authority::Decides,
        Outcome::Recommended | Outcome::Rejected => match authority {
            Authority::Prepares | Authority::Recommends | Authority::Decides => true,
            Authority::TakesNote | Authority::Forwards => false,
        },
    }
}
