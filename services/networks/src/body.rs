//! A body from establishing to disbanding: its rules in versions, its seats, its chair.
//!
//! A seat is held only by a member of the cooperation, in an office the rules in force give a place
//! (R1, R4–R6), on every day it is held. What is dated stays: the body of any day can be read.

use std::sync::Arc;

use samvirke_kernel::{Command, Decider, aggregate};
use samvirke_schemas::{
    date::Date,
    id::AggregateId,
    networks::body::{BodyHistory, Event, Request, RulesVersion},
    period::Period,
    principal::Role,
};
use serde::{Deserialize, Serialize};

use crate::cooperation::Cooperation;

mod access_groups;
mod elections;
mod phases;
mod rejection;
mod rules;
mod seats;

pub use rejection::Rejection;

#[cfg(test)]
mod tests;

pub use samvirke_schemas::networks::body::SEATS_MAX;

/// The most stays, terms, deputy lists, pauses and preparations in a body's history, of each.
pub const HISTORY_MAX: usize = 16_384;
/// The most versions of the rules.
pub const VERSIONS_MAX: usize = 256;

/// A body as its history describes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Body {
    #[default]
    Unestablished,
    Active(BodyHistory),
    Paused(BodyHistory),
    Disbanded(BodyHistory),
}

/// What a body's rules ask about its surroundings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The cooperation as this service's own stream describes it; unfounded where it has none.
    pub cooperation: Arc<Cooperation>,
}

impl Decider for Body {
    const CONTEXT: &'static str = "networks";
    const KIND: &'static str = "body";
    const REDUCER: &'static [&'static str] = &[
        include_str!("body.rs"),
        include_str!("body/phases.rs"),
        include_str!("../../../schemas/src/networks/body.rs"),
        include_str!("../../../schemas/src/networks/body/history.rs"),
        include_str!("../../../schemas/src/networks/body/history/seats.rs"),
        include_str!("../../../schemas/src/networks/body/history/terms.rs"),
        include_str!("../../../schemas/src/networks/access_group.rs"),
        include_str!("../../../schemas/src/networks/rules.rs"),
        include_str!("../../../schemas/src/period.rs"),
    ];

    type Request = Request;
    type Facts = Facts;
    type Event = Event;
    type Rejection = Rejection;

    fn authorise(&self, command: &Command<Request, Facts>) -> Result<(), Rejection> {
        let roles: &[Role] = match command.request {
            // The policy that follows a member out of the cooperation.
            Request::VacateSeatsOf { .. } => &[Role::Secretariat, Role::System],
            Request::Establish { .. }
            | Request::AmendRules { .. }
            | Request::FillSeat { .. }
            | Request::VacateSeat { .. }
            | Request::NameDeputies { .. }
            | Request::NameAccessGroups { .. }
            | Request::Elect { .. }
            | Request::StepDown { .. }
            | Request::Pause { .. }
            | Request::Resume {}
            | Request::PrepareFor { .. }
            | Request::Disband { .. } => &[Role::Secretariat],
        };
        if command.is_from(roles) { Ok(()) } else { Err(Rejection::OnlyTheSecretariat) }
    }

    fn decide(&self, command: &Command<Request, Facts>) -> Result<Vec<Event>, Rejection> {
        let cooperation = &*command.facts.cooperation;
        match &command.request {
            Request::Establish { .. } => self.establish(command),
            Request::AmendRules { rules, elections, in_force_from } => {
                let version = RulesVersion {
                    rules: rules.clone(),
                    elections: elections.clone(),
                    in_force_from: *in_force_from,
                };
                rules::amend(self.active()?, version, cooperation)
            }
            Request::FillSeat { .. } => seats::fill(self.active()?, &command.request, cooperation),
            Request::VacateSeat { seat, to, reason } => {
                seats::vacate(self.existing()?, seat, *to, reason)
            }
            Request::VacateSeatsOf { member, to, reason } => match self {
                // Its seats ended with it.
                Self::Disbanded(_) => Ok(Vec::new()),
                Self::Unestablished | Self::Active(_) | Self::Paused(_) => {
                    Ok(seats::vacate_all(self.existing()?, member, *to, reason))
                }
            },
            Request::NameDeputies { seat, deputies, from } => {
                seats::name_deputies(self.active()?, seat, deputies, *from)
            }
            Request::NameAccessGroups { groups, from } => {
                access_groups::name(self.active()?, groups, *from)
            }
            Request::Elect { post, seat, from, to } => {
                elections::elect(self.active()?, *post, seat, Period { from: *from, to: *to })
            }
            Request::StepDown { post, to, reason } => {
                elections::step_down(self.existing()?, *post, *to, reason)
            }
            Request::Pause { reason, tasks_go_to } => {
                other_body(&command.id, Some(tasks_go_to))?;
                self.pause(command.day(), reason, tasks_go_to)
            }
            Request::Resume {} => self.resume(command.day()),
            Request::PrepareFor { body, from } => {
                other_body(&command.id, body.as_ref())?;
                phases::prepare_for(self.active()?, body.as_ref(), *from)
            }
            Request::Disband { .. } => self.disband(command),
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Established { .. } => {
                if let Some(history) = BodyHistory::begin(event) {
                    *self = Self::Active(history);
                }
            }
            Event::RulesAmended { .. }
            | Event::SeatFilled { .. }
            | Event::SeatVacated { .. }
            | Event::SeatsVacated { .. }
            | Event::DeputiesNamed { .. }
            | Event::AccessGroupsNamed { .. }
            | Event::Elected { .. }
            | Event::SteppedDown { .. }
            | Event::PreparationAssigned { .. } => {
                if let Some(history) = self.history_mut() {
                    history.take(event);
                }
            }
            Event::Paused { .. } => self.turn(event, Self::Paused),
            Event::Resumed { .. } => self.turn(event, Self::Active),
            Event::Disbanded { .. } => self.turn(event, Self::Disbanded),
        }
    }
}

aggregate!(Body);

/// Refuses a day before the body exists.
fn check_exists(history: &BodyHistory, day: Date) -> Result<(), Rejection> {
    match history.versions.first() {
        Some(first) if day < first.in_force_from => {
            Err(Rejection::BeforeItExists { since: first.in_force_from })
        }
        Some(_) | None => Ok(()),
    }
}

/// Refuses a body that is this one, or of another cooperation.
fn other_body(own: &AggregateId, body: Option<&AggregateId>) -> Result<(), Rejection> {
    match body {
        Some(body) if body == own || body.cooperation != own.cooperation => {
            Err(Rejection::OneselfOrElsewhere { body: body.clone() })
        }
        Some(_) | None => Ok(()),
    }
}

/// Refuses to let a part of the history grow without end.
fn check_room(entries: usize) -> Result<(), Rejection> {
    if entries < HISTORY_MAX { Ok(()) } else { Err(Rejection::HistoryFull { max: HISTORY_MAX }) }
}
