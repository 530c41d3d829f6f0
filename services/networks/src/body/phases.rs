//! How a body comes to be, rests, is taken up again and ends.
//!
//! These turns follow one another in time; each is dated, so that a day in between can be judged.

use samvirke_kernel::Command;
use samvirke_schemas::{
    date::Date,
    id::AggregateId,
    networks::body::{BodyHistory, Event, Preparation, Request, RulesVersion},
    text::Prose,
};

use super::{Body, Facts, Rejection, check_exists, check_room, other_body, rules};
use crate::cooperation::Cooperation;

impl Body {
    /// What has been true of the body when, if it was ever established.
    pub fn history(&self) -> Option<&BodyHistory> {
        match self {
            Self::Unestablished => None,
            Self::Active(history) | Self::Paused(history) | Self::Disbanded(history) => {
                Some(history)
            }
        }
    }

    pub(super) fn history_mut(&mut self) -> Option<&mut BodyHistory> {
        match self {
            Self::Unestablished => None,
            Self::Active(history) | Self::Paused(history) | Self::Disbanded(history) => {
                Some(history)
            }
        }
    }

    /// The body where it can be changed at will.
    pub(super) fn active(&self) -> Result<&BodyHistory, Rejection> {
        match self {
            Self::Paused(_) => Err(Rejection::IsPaused),
            Self::Unestablished | Self::Active(_) | Self::Disbanded(_) => self.existing(),
        }
    }

    /// The body where people can still leave it: on ice, too.
    pub(super) fn existing(&self) -> Result<&BodyHistory, Rejection> {
        match self {
            Self::Active(history) | Self::Paused(history) => Ok(history),
            Self::Unestablished => Err(Rejection::NotEstablished),
            Self::Disbanded(_) => Err(Rejection::IsDisbanded),
        }
    }

    pub(super) fn turn(&mut self, event: &Event, phase: fn(BodyHistory) -> Self) {
        match std::mem::take(self) {
            Self::Unestablished => (),
            Self::Active(mut history)
            | Self::Paused(mut history)
            | Self::Disbanded(mut history) => {
                history.take(event);
                *self = phase(history);
            }
        }
    }

    pub(super) fn establish(
        &self,
        command: &Command<Request, Facts>,
    ) -> Result<Vec<Event>, Rejection> {
        let Request::Establish { names, kind, rules, elections, in_force_from, prepares_for } =
            command.request.clone()
        else {
            return Ok(Vec::new());
        };
        let first =
            RulesVersion { rules: rules.clone(), elections: elections.clone(), in_force_from };
        let established = Event::Established {
            names,
            kind,
            rules,
            elections,
            in_force_from,
            prepares_for: prepares_for.clone(),
        };
        if let Some(history) = self.history() {
            return if began_with(history, &established) {
                Ok(Vec::new())
            } else {
                Err(Rejection::AlreadyEstablished)
            };
        }
        let cooperation = &*command.facts.cooperation;
        let Cooperation::Active(_) = cooperation else {
            return Err(Rejection::CooperationNotActive);
        };
        other_body(&command.id, prepares_for.as_ref())?;
        rules::check(kind, &first, cooperation)?;
        Ok(vec![established])
    }

    pub(super) fn pause(
        &self,
        from: Date,
        reason: &Prose,
        tasks_go_to: &AggregateId,
    ) -> Result<Vec<Event>, Rejection> {
        if let Self::Paused(history) = self
            && history.pauses.last().is_some_and(|pause| pause.tasks_go_to == *tasks_go_to)
        {
            return Ok(Vec::new());
        }
        let history = self.active()?;
        check_turn(history, from)?;
        check_room(history.pauses.len())?;
        Ok(vec![Event::Paused { from, reason: reason.clone(), tasks_go_to: tasks_go_to.clone() }])
    }

    pub(super) fn resume(&self, from: Date) -> Result<Vec<Event>, Rejection> {
        let Self::Paused(history) = self else {
            return self.active().map(|_| Vec::new());
        };
        check_turn(history, from)?;
        Ok(vec![Event::Resumed { from }])
    }

    pub(super) fn disband(
        &self,
        command: &Command<Request, Facts>,
    ) -> Result<Vec<Event>, Rejection> {
        let Request::Disband { on, reason, tasks_go_to } = command.request.clone() else {
            return Ok(Vec::new());
        };
        if let Self::Disbanded(history) = self
            && history.disbanded_on == Some(on)
        {
            return Ok(Vec::new());
        }
        let history = self.existing()?;
        other_body(&command.id, tasks_go_to.as_ref())?;
        check_turn(history, on)?;
        if on > command.day() {
            return Err(Rejection::EndsInTheFuture { on });
        }
        Ok(vec![Event::Disbanded { on, reason, tasks_go_to }])
    }
}

/// Whether the body was established as the event says, whatever became of it.
fn began_with(history: &BodyHistory, established: &Event) -> bool {
    let Some(begun) = BodyHistory::begin(established) else { return false };
    let since = begun.versions.first().map(|first| first.in_force_from);
    let first = |history: &BodyHistory| {
        let first = history.preparations.first().cloned();
        first.filter(|preparation| Some(preparation.from) == since)
    };
    history.names == begun.names
        && history.kind == begun.kind
        && history.versions.first() == begun.versions.first()
        && first(history) == first(&begun)
}

/// Refuses a turn earlier than the last.
fn check_turn(history: &BodyHistory, day: Date) -> Result<(), Rejection> {
    check_exists(history, day)?;
    let last = history.pauses.last().map(|pause| match pause.period.to {
        Some(to) => to.plus_days(1),
        None => pause.period.from,
    });
    match last {
        Some(on) if day < on => Err(Rejection::TurnsBack { on }),
        Some(_) | None => Ok(()),
    }
}

pub(super) fn prepare_for(
    history: &BodyHistory,
    body: Option<&AggregateId>,
    from: Date,
) -> Result<Vec<Event>, Rejection> {
    check_exists(history, from)?;
    let last = history.preparations.last();
    let asked = Preparation { body: body.cloned(), from };
    if history.preparations.contains(&asked) {
        return Ok(Vec::new());
    }
    if let Some(last) = last.filter(|last| from <= last.from) {
        return Err(Rejection::PreparationGoesBack { from: last.from });
    }
    if last.and_then(|last| last.body.as_ref()) == body {
        return Ok(Vec::new());
    }
    check_room(history.preparations.len())?;
    Ok(vec![Event::PreparationAssigned { body: asked.body, from }])
}
