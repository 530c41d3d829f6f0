//! Given, when, then: how the rules of a decider are told in a test.
//!
//! ```ignore
//! Scenario::<Meeting>::new("vestregionen:m1")
//!     .given([planned()])
//!     .by(secretariat())
//!     .at("2017-06-01T09:00")
//!     .when(Request::Cancel { .. })
//!     .then(vec![Event::Cancelled { .. }]);
//! ```

use chrono::{DateTime, Utc};
use samvirke_schemas::{
    Tagged,
    id::AggregateId,
    local_time::LocalTime,
    organisation::OrganisationNumber,
    principal::{Grant, Principal, Role},
};

use crate::decider::{Command, Decider};

/// The state that a history leads to, waiting for a command.
#[derive(Clone, Debug)]
pub struct Scenario<D: Decider> {
    id: AggregateId,
    state: D,
    principal: Principal,
    facts: D::Facts,
    at: DateTime<Utc>,
}

/// What came of a command.
#[derive(Debug)]
pub struct Outcome<D: Decider> {
    result: Result<Vec<D::Event>, D::Rejection>,
    scenario: Scenario<D>,
}

impl<D: Decider> Scenario<D> {
    /// Nothing has happened yet to the aggregate `id`.
    ///
    /// # Panics
    ///
    /// When `id` is not an id.
    #[track_caller]
    pub fn new(id: &str) -> Self {
        Self {
            id: id.parse().expect("a scenario is given a valid id"),
            state: D::default(),
            principal: role(Role::Secretariat),
            facts: D::Facts::default(),
            at: "2017-01-02T12:00".parse::<LocalTime>().expect("a valid time").instant(),
        }
    }

    /// These events have happened. Each is first taken through JSON, as it would be on the stream.
    #[track_caller]
    pub fn given(mut self, events: impl IntoIterator<Item = D::Event>) -> Self {
        for event in events {
            self.evolve(&event);
        }
        self
    }

    #[must_use]
    pub fn by(mut self, principal: Principal) -> Self {
        self.principal = principal;
        self
    }

    #[must_use]
    pub fn knowing(mut self, facts: D::Facts) -> Self {
        self.facts = facts;
        self
    }

    /// The time of the next command, as people write it in Norway.
    #[must_use]
    #[track_caller]
    pub fn at(mut self, time: &str) -> Self {
        self.at = time.parse::<LocalTime>().expect("a scenario is given a valid time").instant();
        self
    }

    /// A command that succeeds; its events have happened.
    #[track_caller]
    pub fn after(self, request: D::Request) -> Self {
        let outcome = self.when(request);
        match outcome.result {
            Ok(_) => outcome.scenario,
            Err(rejection) => panic!("the way to the scenario is refused: {rejection}"),
        }
    }

    #[track_caller]
    pub fn when(mut self, request: D::Request) -> Outcome<D> {
        let command = Command {
            id: self.id.clone(),
            principal: self.principal.clone(),
            request: through_json(&request),
            facts: self.facts.clone(),
            at: self.at,
            now: self.at,
        };
        let result = self.state.authorise(&command).and_then(|()| self.state.decide(&command));
        if let Ok(events) = &result {
            for event in events {
                self.evolve(event);
            }
        }
        Outcome { result, scenario: self }
    }

    pub fn state(&self) -> &D {
        &self.state
    }

    #[track_caller]
    fn evolve(&mut self, event: &D::Event) {
        self.state.evolve(&through_json(event));
    }
}

impl<D: Decider> Outcome<D> {
    #[track_caller]
    pub fn then(self, expected: Vec<D::Event>) -> Scenario<D> {
        assert_eq!(self.result.as_ref().map_err(ToString::to_string), Ok(&expected));
        self.scenario
    }

    /// The command was accepted; the events are looked at by what they led to.
    #[track_caller]
    pub fn then_accepted(self) -> Scenario<D> {
        assert!(self.result.is_ok(), "refused: {:?}", self.result);
        self.scenario
    }

    #[track_caller]
    pub fn then_nothing(self) -> Scenario<D> {
        self.then(Vec::new())
    }

    #[track_caller]
    pub fn then_refused(self, expected: D::Rejection) -> Scenario<D> {
        assert_eq!(self.result.as_ref().err(), Some(&expected), "got {:?}", self.result);
        self.scenario
    }

    /// The events, for a test that looks at a part of them.
    #[track_caller]
    pub fn events(self) -> Vec<D::Event> {
        match self.result {
            Ok(events) => events,
            Err(rejection) => panic!("refused: {rejection}"),
        }
    }
}

/// Someone with `role` in every cooperation.
pub fn role(role: Role) -> Principal {
    Principal {
        subject: format!("test:{role}"),
        member: None,
        supplier: None,
        grants: vec![Grant { role, cooperation: None }],
    }
}

/// Someone with `role` who speaks for `member`.
///
/// # Panics
///
/// When `member` is not an organisation number.
#[track_caller]
pub fn member(as_role: Role, member: &str) -> Principal {
    let number = OrganisationNumber::try_new(member).expect("a valid organisation number");
    Principal { member: Some(number), ..role(as_role) }
}

#[track_caller]
fn through_json<T: Tagged>(value: &T) -> T {
    let json = serde_json::to_string(value).expect("a payload can be written");
    serde_json::from_str(&json).unwrap_or_else(|err| panic!("{json} cannot be read back: {err}"))
}
