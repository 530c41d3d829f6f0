//! Follow-ups: tasks flowing from a decision. They go on after the case is closed.

use samvirke_schemas::{
    cases::case::{Event, follow_up::Assignment},
    date::Date,
    id::LocalId,
    text::Prose,
};
use serde::{Deserialize, Serialize};

use super::{CaseData, Decision, Rejection, within};

/// The most tasks of one case.
pub const FOLLOW_UPS_MAX: usize = 200;
/// The most reports on one task.
pub const REPORTS_MAX: usize = 200;

/// A task with what was reported on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FollowUp {
    pub assignment: Assignment,
    /// The day it is due now; `assignment.due` is what it was given with.
    pub due: Option<Date>,
    pub reports: Vec<(Date, Prose)>,
    pub progress: Progress,
}

/// How a task stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Progress {
    Ongoing,
    Done { on: Date },
    Dropped { reason: Prose },
}

impl FollowUp {
    pub(super) fn new(assignment: &Assignment) -> Self {
        Self {
            assignment: assignment.clone(),
            due: assignment.due,
            reports: Vec::new(),
            progress: Progress::Ongoing,
        }
    }

    fn ongoing(&self) -> Result<&Self, Rejection> {
        match self.progress {
            Progress::Ongoing => Ok(self),
            Progress::Done { .. } | Progress::Dropped { .. } => {
                Err(Rejection::FollowUpEnded { follow_up: self.assignment.follow_up.clone() })
            }
        }
    }
}

impl CaseData {
    /// The task with this id.
    pub fn follow_up(&self, id: &LocalId) -> Option<&FollowUp> {
        self.follow_ups.iter().find(|task| task.assignment.follow_up == *id)
    }

    fn known(&self, id: &LocalId) -> Result<&FollowUp, Rejection> {
        self.follow_up(id).ok_or_else(|| Rejection::NoSuchFollowUp { follow_up: id.clone() })
    }

    pub(super) fn assign(&self, task: &Assignment) -> Decision {
        match self.follow_up(&task.follow_up) {
            Some(known) if known.assignment == *task => return Ok(Vec::new()),
            Some(_) => {
                return Err(Rejection::FollowUpDiffers { follow_up: task.follow_up.clone() });
            }
            None => within(self.follow_ups.len() + 1, FOLLOW_UPS_MAX, "follow-ups")?,
        }
        if let Some(treatment) = &task.treatment
            && self.plan.by_id(treatment).is_none_or(|known| known.held.is_none())
        {
            return Err(Rejection::NoSuchDecision { treatment: treatment.clone() });
        }
        Ok(vec![Event::FollowUpAssigned(task.clone())])
    }

    pub(super) fn report(&self, id: &LocalId, text: &Prose, today: Date) -> Decision {
        let task = self.known(id)?;
        if task.reports.iter().any(|(on, known)| *on == today && known == text) {
            return Ok(Vec::new());
        }
        let task = task.ongoing()?;
        within(task.reports.len() + 1, REPORTS_MAX, "reports")?;
        Ok(vec![Event::FollowUpReported { follow_up: id.clone(), on: today, text: text.clone() }])
    }

    pub(super) fn reschedule(&self, id: &LocalId, due: Date, reason: &Prose) -> Decision {
        let task = self.known(id)?.ongoing()?;
        if task.due == Some(due) {
            return Ok(Vec::new());
        }
        let (follow_up, reason) = (id.clone(), reason.clone());
        Ok(vec![Event::FollowUpRescheduled { follow_up, due, reason }])
    }

    pub(super) fn complete(&self, id: &LocalId, text: Option<&Prose>, today: Date) -> Decision {
        let task = self.known(id)?;
        if let Progress::Done { .. } = task.progress {
            return Ok(Vec::new());
        }
        task.ongoing()?;
        Ok(vec![Event::FollowUpDone { follow_up: id.clone(), on: today, text: text.cloned() }])
    }

    pub(super) fn drop_task(&self, id: &LocalId, reason: &Prose) -> Decision {
        let task = self.known(id)?;
        if let Progress::Dropped { .. } = task.progress {
            return Ok(Vec::new());
        }
        task.ongoing()?;
        Ok(vec![Event::FollowUpDropped { follow_up: id.clone(), reason: reason.clone() }])
    }

    pub(super) fn reported(&mut self, id: &LocalId, on: Date, text: &Prose) {
        self.change(id, |task| task.reports.push((on, text.clone())));
    }

    pub(super) fn rescheduled(&mut self, id: &LocalId, due: Date) {
        self.change(id, |task| task.due = Some(due));
    }

    pub(super) fn ended(&mut self, id: &LocalId, progress: Progress) {
        self.change(id, |task| task.progress = progress);
    }

    fn change(&mut self, id: &LocalId, change: impl FnOnce(&mut FollowUp)) {
        let task = self.follow_ups.iter_mut().find(|task| task.assignment.follow_up == *id);
        if let Some(task) = task {
            change(task);
        }
    }
}
