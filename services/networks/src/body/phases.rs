//! How a body comes to be, rests, is taken up again and ends.
//!
//! These turns follow one another in time; each is dated, so that a day in between can be judged.

use chrono::NaiveDate;
use samvirke_kernel::Command;
use samvirke_schemas::{
    id::AggregateId,
    networks::body::{Event, Request},
    period::Period,
    text::Prose,
};

use super::{
    Body, Facts, Pause, Preparation, Rejection, Standing, Version, check_room, other_body, rules,
};
use crate::cooperation::Cooperation;

impl Body {
    /// What the body consists of, if it was ever established.
    pub fn standing(&self) -> Option<&Standing> {
        match self {
            Self::Unestablished => None,
            Self::Active(standing) | Self::Paused(standing) | Self::Disbanded(standing) => {
                Some(standing)
            }
        }
    }

    pub(super) fn standing_mut(&mut self) -> Option<&mut Standing> {
        match self {
            Self::Unestablished => None,
            Self::Active(standing) | Self::Paused(standing) | Self::Disbanded(standing) => {
                Some(standing)
            }
        }
    }

    /// The body where it can be changed at will.
    pub(super) fn active(&self) -> Result<&Standing, Rejection> {
        match self {
            Self::Paused(_) => Err(Rejection::IsPaused),
            Self::Unestablished | Self::Active(_) | Self::Disbanded(_) => self.existing(),
        }
    }

    /// The body where people can still leave it: on ice, too.
    pub(super) fn existing(&self) -> Result<&Standing, Rejection> {
        match self {
            Self::Active(standing) | Self::Paused(standing) => Ok(standing),
            Self::Unestablished => Err(Rejection::NotEstablished),
            Self::Disbanded(_) => Err(Rejection::IsDisbanded),
        }
    }

    pub(super) fn turn(&mut self, event: &Event, phase: fn(Standing) -> Self) {
        match std::mem::take(self) {
            Self::Unestablished => (),
            Self::Active(mut standing)
            | Self::Paused(mut standing)
            | Self::Disbanded(mut standing) => {
                standing.evolve(event);
                *self = phase(standing);
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
        let first = Version { rules: rules.clone(), elections: elections.clone(), in_force_from };
        if let Some(standing) = self.standing() {
            let asked = Standing::new(&names, kind, first, prepares_for.as_ref());
            return if standing.began_as(&asked) {
                Ok(Vec::new())
            } else {
                Err(Rejection::AlreadyEstablished)
            };
        }
        let cooperation = &command.facts.cooperation;
        let Cooperation::Active(_) = cooperation else {
            return Err(Rejection::CooperationNotActive);
        };
        other_body(&command.id, prepares_for.as_ref())?;
        rules::check(kind, &first, cooperation)?;
        Ok(vec![Event::Established { names, kind, rules, elections, in_force_from, prepares_for }])
    }

    pub(super) fn pause(
        &self,
        from: NaiveDate,
        reason: &Prose,
        tasks_go_to: &AggregateId,
    ) -> Result<Vec<Event>, Rejection> {
        if let Self::Paused(standing) = self
            && standing.pauses.last().is_some_and(|pause| pause.tasks_go_to == *tasks_go_to)
        {
            return Ok(Vec::new());
        }
        let standing = self.active()?;
        standing.check_turn(from)?;
        check_room(standing.pauses.len())?;
        Ok(vec![Event::Paused { from, reason: reason.clone(), tasks_go_to: tasks_go_to.clone() }])
    }

    pub(super) fn resume(&self, from: NaiveDate) -> Result<Vec<Event>, Rejection> {
        let Self::Paused(standing) = self else {
            return self.active().map(|_| Vec::new());
        };
        standing.check_turn(from)?;
        Ok(vec![Event::Resumed { from }])
    }

    pub(super) fn disband(
        &self,
        command: &Command<Request, Facts>,
    ) -> Result<Vec<Event>, Rejection> {
        let Request::Disband { on, reason, tasks_go_to } = command.request.clone() else {
            return Ok(Vec::new());
        };
        if let Self::Disbanded(standing) = self
            && standing.disbanded_on == Some(on)
        {
            return Ok(Vec::new());
        }
        let standing = self.existing()?;
        other_body(&command.id, tasks_go_to.as_ref())?;
        standing.check_turn(on)?;
        if on > command.day() {
            return Err(Rejection::EndsInTheFuture { on });
        }
        Ok(vec![Event::Disbanded { on, reason, tasks_go_to }])
    }
}

impl Standing {
    /// Whether the body was established as `asked`, whatever became of it.
    fn began_as(&self, asked: &Self) -> bool {
        let since = asked.versions.first().map(|first| first.in_force_from);
        let first = |standing: &Self| {
            let first = standing.preparations.first().cloned();
            first.filter(|preparation| Some(preparation.from) == since)
        };
        self.names == asked.names
            && self.kind == asked.kind
            && self.versions.first() == asked.versions.first()
            && first(self) == first(asked)
    }

    /// Refuses a turn earlier than the last.
    fn check_turn(&self, day: NaiveDate) -> Result<(), Rejection> {
        self.check_exists(day)?;
        let last = self.pauses.last().map(|pause| match pause.period.to {
            Some(to) => to.succ_opt().unwrap_or(to),
            None => pause.period.from,
        });
        match last {
            Some(on) if day < on => Err(Rejection::TurnsBack { on }),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn prepare_for(
        &self,
        body: Option<&AggregateId>,
        from: NaiveDate,
    ) -> Result<Vec<Event>, Rejection> {
        self.check_exists(from)?;
        let last = self.preparations.last();
        let asked = Preparation { body: body.cloned(), from };
        if self.preparations.contains(&asked) {
            return Ok(Vec::new());
        }
        if let Some(last) = last.filter(|last| from <= last.from) {
            return Err(Rejection::PreparationGoesBack { from: last.from });
        }
        if last.and_then(|last| last.body.as_ref()) == body {
            return Ok(Vec::new());
        }
        check_room(self.preparations.len())?;
        Ok(vec![Event::PreparationAssigned { body: asked.body, from }])
    }

    pub(super) fn evolve_phase(&mut self, event: &Event) {
        match event {
            Event::Paused { from, tasks_go_to, .. } => self.pauses.push(Pause {
                period: Period { from: *from, to: None },
                tasks_go_to: tasks_go_to.clone(),
            }),
            Event::Resumed { from } => {
                if let Some(pause) = self.pauses.last_mut() {
                    pause.period.to = from.pred_opt();
                }
            }
            Event::PreparationAssigned { body, from } => {
                self.preparations.push(Preparation { body: body.clone(), from: *from });
            }
            Event::Disbanded { on, .. } => self.disbanded_on = Some(*on),
            Event::Established { .. }
            | Event::RulesAmended { .. }
            | Event::SeatFilled { .. }
            | Event::SeatVacated { .. }
            | Event::SeatsVacated { .. }
            | Event::DeputiesNamed { .. }
            | Event::Elected { .. }
            | Event::SteppedDown { .. } => (),
        }
    }
}
