//! A body from establishing to disbanding: its rules in versions, its seats, its chair.
//!
//! A seat is held only by a member of the cooperation, in an office the rules in force give a place
//! (R1, R4–R6), on every day it is held. What is dated stays: the body of any day can be read.

use chrono::NaiveDate;
use samvirke_kernel::{Command, Decider, aggregate};
use samvirke_schemas::{
    id::AggregateId,
    names::Names,
    networks::{
        body::{ElectionRule, Event, Request},
        rules::{BodyKind, Rules},
    },
    period::Period,
    principal::Role,
};
use serde::{Deserialize, Serialize};

use crate::cooperation::Cooperation;

mod elections;
mod in_force;
mod phases;
mod rejection;
mod rules;
mod seats;

pub use elections::Term;
pub use rejection::Rejection;
pub use seats::{DeputyList, Stay};

#[cfg(test)]
mod tests;

/// The most seats held at one time: a general assembly of all executive committees has some 250.
pub const SEATS_MAX: usize = 1_024;
/// The most stays, terms, deputy lists, pauses and preparations in a body's history, of each.
pub const HISTORY_MAX: usize = 16_384;
/// The most versions of the rules.
pub const VERSIONS_MAX: usize = 256;

/// A body as its history describes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Body {
    #[default]
    Unestablished,
    Active(Standing),
    Paused(Standing),
    Disbanded(Standing),
}

/// What an established body consists of, whether or not it is active.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    pub names: Names,
    pub kind: BodyKind,
    /// In the order they came into force; the first since the body exists.
    pub versions: Vec<Version>,
    /// In the order they were registered; never removed, so that a term can point at its stay.
    pub stays: Vec<Stay>,
    pub deputies: Vec<DeputyList>,
    pub terms: Vec<Term>,
    /// In order; only the last can be open (R13).
    pub pauses: Vec<Pause>,
    /// In order of their days (R10).
    pub preparations: Vec<Preparation>,
    pub disbanded_on: Option<NaiveDate>,
}

/// The rules in one version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Version {
    pub rules: Rules,
    pub elections: Option<ElectionRule>,
    pub in_force_from: NaiveDate,
}

/// A time on ice, and who did the body's work meanwhile (R13).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    pub period: Period,
    pub tasks_go_to: AggregateId,
}

/// The body that this one prepares cases for, from a day; none ends it (R10).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preparation {
    pub body: Option<AggregateId>,
    pub from: NaiveDate,
}

/// What a body's rules ask about its surroundings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The cooperation as this service's own stream describes it; unfounded where it has none.
    pub cooperation: Cooperation,
}

impl Decider for Body {
    const CONTEXT: &'static str = "networks";
    const KIND: &'static str = "body";
    const REDUCER: &'static [&'static str] = &[
        include_str!("body.rs"),
        include_str!("body/elections.rs"),
        include_str!("body/phases.rs"),
        include_str!("body/seats.rs"),
        include_str!("../../../schemas/src/networks/body.rs"),
        include_str!("../../../schemas/src/networks/rules.rs"),
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
        let cooperation = &command.facts.cooperation;
        match &command.request {
            Request::Establish { .. } => self.establish(command),
            Request::AmendRules { rules, elections, in_force_from } => {
                let version = Version {
                    rules: rules.clone(),
                    elections: elections.clone(),
                    in_force_from: *in_force_from,
                };
                self.active()?.amend(version, cooperation)
            }
            Request::FillSeat { .. } => self.active()?.fill(&command.request, cooperation),
            Request::VacateSeat { seat, to, reason } => self.existing()?.vacate(seat, *to, reason),
            Request::VacateSeatsOf { member, to, reason } => match self {
                // Its seats ended with it.
                Self::Disbanded(_) => Ok(Vec::new()),
                Self::Unestablished | Self::Active(_) | Self::Paused(_) => {
                    Ok(self.existing()?.vacate_all(member, *to, reason))
                }
            },
            Request::NameDeputies { seat, deputies, from } => {
                self.active()?.name_deputies(seat, deputies, *from)
            }
            Request::Elect { post, seat, from, to } => {
                self.active()?.elect(*post, seat, Period { from: *from, to: *to })
            }
            Request::StepDown { post, to, reason } => {
                self.existing()?.step_down(*post, *to, reason)
            }
            Request::Pause { reason, tasks_go_to } => {
                other_body(&command.id, Some(tasks_go_to))?;
                self.pause(command.day(), reason, tasks_go_to)
            }
            Request::Resume {} => self.resume(command.day()),
            Request::PrepareFor { body, from } => {
                other_body(&command.id, body.as_ref())?;
                self.active()?.prepare_for(body.as_ref(), *from)
            }
            Request::Disband { .. } => self.disband(command),
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Established { names, kind, rules, elections, in_force_from, prepares_for } => {
                let first = Version {
                    rules: rules.clone(),
                    elections: elections.clone(),
                    in_force_from: *in_force_from,
                };
                *self = Self::Active(Standing::new(names, *kind, first, prepares_for.as_ref()));
            }
            Event::RulesAmended { .. }
            | Event::SeatFilled { .. }
            | Event::SeatVacated { .. }
            | Event::SeatsVacated { .. }
            | Event::DeputiesNamed { .. }
            | Event::Elected { .. }
            | Event::SteppedDown { .. }
            | Event::PreparationAssigned { .. } => {
                if let Some(standing) = self.standing_mut() {
                    standing.evolve(event);
                }
            }
            Event::Paused { .. } => self.turn(event, Self::Paused),
            Event::Resumed { .. } => self.turn(event, Self::Active),
            Event::Disbanded { .. } => self.turn(event, Self::Disbanded),
        }
    }
}

aggregate!(Body);

impl Standing {
    /// A body as it is established, with nobody in it.
    fn new(
        names: &Names,
        kind: BodyKind,
        first: Version,
        prepares_for: Option<&AggregateId>,
    ) -> Self {
        let from = first.in_force_from;
        let preparation = prepares_for.map(|body| Preparation { body: Some(body.clone()), from });
        Self {
            names: names.clone(),
            kind,
            versions: vec![first],
            stays: Vec::new(),
            deputies: Vec::new(),
            terms: Vec::new(),
            pauses: Vec::new(),
            preparations: preparation.into_iter().collect(),
            disbanded_on: None,
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::RulesAmended { rules, elections, in_force_from, .. } => {
                self.versions.push(Version {
                    rules: rules.clone(),
                    elections: elections.clone(),
                    in_force_from: *in_force_from,
                });
            }
            Event::SeatFilled { .. }
            | Event::SeatVacated { .. }
            | Event::SeatsVacated { .. }
            | Event::DeputiesNamed { .. } => self.evolve_seats(event),
            Event::Elected { .. } | Event::SteppedDown { .. } => self.evolve_terms(event),
            Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::PreparationAssigned { .. }
            | Event::Disbanded { .. } => self.evolve_phase(event),
            Event::Established { .. } => (),
        }
    }

    /// The version of the rules in force on a day, with its number; none before the body exists.
    pub fn version_on(&self, day: NaiveDate) -> Option<(u32, &Version)> {
        (1..).zip(&self.versions).take_while(|(_, version)| version.in_force_from <= day).last()
    }

    /// Refuses a day before the body exists.
    fn check_exists(&self, day: NaiveDate) -> Result<(), Rejection> {
        match self.versions.first() {
            Some(first) if day < first.in_force_from => {
                Err(Rejection::BeforeItExists { since: first.in_force_from })
            }
            Some(_) | None => Ok(()),
        }
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
