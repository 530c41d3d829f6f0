//! What has been a body's rules, seats and posts when, as its events add up to it.
//!
//! Every context that asks for the body of a day reads it in this one way. Nothing dated is ever
//! removed, so the answer for a day past changes only when that past is registered differently.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ElectionRule, Event};
use crate::{
    date::Date,
    id::AggregateId,
    names::Names,
    networks::{
        access_group::AccessGroup,
        rules::{BodyKind, Rules},
    },
    period::Period,
};

mod in_force;
mod seats;
mod terms;

pub use seats::{DeputyList, Stay};
pub use terms::Term;

#[cfg(test)]
mod tests;

/// A body from the day it was established, with everything that has been true of it since.
///
/// It records and judges nothing: whether an event was allowed is for the networks context, which
/// also sets the limits to how long each list can grow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BodyHistory {
    pub names: Names,
    pub kind: BodyKind,
    /// In the order they came into force; the first since the body exists.
    pub versions: Vec<RulesVersion>,
    /// In the order they were registered; never removed, so that a term can point at its stay.
    pub stays: Vec<Stay>,
    /// In the order they were named, which for one seat is that of their days (R27).
    pub deputies: Vec<DeputyList>,
    /// In the order they were named, which is that of their days. Rows of before there were any have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_groups: Vec<AccessGroupList>,
    /// In the order they were elected (R14).
    pub terms: Vec<Term>,
    /// In order; only the last can be open (R13).
    pub pauses: Vec<Pause>,
    /// In order of their days (R10).
    pub preparations: Vec<Preparation>,
    /// The body's last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disbanded_on: Option<Date>,
}

/// The rules in one version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RulesVersion {
    pub rules: Rules,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elections: Option<ElectionRule>,
    pub in_force_from: Date,
}

/// The access groups from a day until the next list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccessGroupList {
    pub groups: Vec<AccessGroup>,
    pub from: Date,
}

/// A time on ice, and who did the body's work meanwhile (R13).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pause {
    pub period: Period,
    pub tasks_go_to: AggregateId,
}

/// The body that this one prepares cases for, from a day; none ends it (R10).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Preparation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<AggregateId>,
    pub from: Date,
}

impl BodyHistory {
    /// The history that an event begins; none unless the event establishes the body.
    pub fn begin(event: &Event) -> Option<Self> {
        match event {
            Event::Established { names, kind, rules, elections, in_force_from, prepares_for } => {
                let from = *in_force_from;
                let first = RulesVersion {
                    rules: rules.clone(),
                    elections: elections.clone(),
                    in_force_from: from,
                };
                let preparation =
                    prepares_for.clone().map(|body| Preparation { body: Some(body), from });
                Some(Self {
                    names: names.clone(),
                    kind: *kind,
                    versions: vec![first],
                    stays: Vec::new(),
                    deputies: Vec::new(),
                    access_groups: Vec::new(),
                    terms: Vec::new(),
                    pauses: Vec::new(),
                    preparations: preparation.into_iter().collect(),
                    disbanded_on: None,
                })
            }
            Event::RulesAmended { .. }
            | Event::SeatFilled { .. }
            | Event::SeatVacated { .. }
            | Event::SeatsVacated { .. }
            | Event::DeputiesNamed { .. }
            | Event::AccessGroupsNamed { .. }
            | Event::Elected { .. }
            | Event::SteppedDown { .. }
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::PreparationAssigned { .. }
            | Event::Disbanded { .. } => None,
        }
    }

    /// Takes what an event says of the body after it was established.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Established { .. } => (),
            Event::RulesAmended { rules, elections, in_force_from, .. } => {
                self.versions.push(RulesVersion {
                    rules: rules.clone(),
                    elections: elections.clone(),
                    in_force_from: *in_force_from,
                });
            }
            Event::SeatFilled { .. }
            | Event::SeatVacated { .. }
            | Event::SeatsVacated { .. }
            | Event::DeputiesNamed { .. } => self.take_seats(event),
            Event::AccessGroupsNamed { groups, from } => {
                self.access_groups.push(AccessGroupList { groups: groups.clone(), from: *from });
            }
            Event::Elected { .. } | Event::SteppedDown { .. } => self.take_terms(event),
            Event::Paused { from, tasks_go_to, .. } => self.pauses.push(Pause {
                period: Period { from: *from, to: None },
                tasks_go_to: tasks_go_to.clone(),
            }),
            Event::Resumed { from } => {
                if let Some(pause) = self.pauses.last_mut() {
                    pause.period.to = Some(from.minus_days(1));
                }
            }
            Event::PreparationAssigned { body, from } => {
                self.preparations.push(Preparation { body: body.clone(), from: *from });
            }
            Event::Disbanded { on, .. } => self.disbanded_on = Some(*on),
        }
    }

    /// The version of the rules in force on a day, with its number; none before the body exists.
    pub fn version_on(&self, day: Date) -> Option<(u32, &RulesVersion)> {
        (1..).zip(&self.versions).take_while(|(_, version)| version.in_force_from <= day).last()
    }

    /// Whether the body is on ice on a day (R13).
    pub fn paused_on(&self, day: Date) -> bool {
        self.pauses.iter().any(|pause| pause.period.contains(day))
    }

    /// The access groups named for a day.
    pub fn access_groups_on(&self, day: Date) -> &[AccessGroup] {
        let list = self.access_groups.iter().rev().find(|list| list.from <= day);
        list.map(|list| list.groups.as_slice()).unwrap_or_default()
    }

    /// The body that this one prepares cases for on a day (R10).
    pub fn prepares_for_on(&self, day: Date) -> Option<&AggregateId> {
        let last = self.preparations.iter().rev().find(|preparation| preparation.from <= day);
        last.and_then(|preparation| preparation.body.as_ref())
    }
}
