//! A number and the case that takes it, decided together.

use samvirke_kernel::scenario::role;
use samvirke_schemas::{local_time::LocalTime, principal::Role};
use serde_json::{Value, json};

use super::*;
use crate::case::tests::{ask, opening};

const COMMAND: Uuid = Uuid::from_u128(7);

/// A register and the cases that take numbers from it, committed as the inbox would.
#[derive(Default)]
struct World {
    register: Register,
    case: Case,
}

impl World {
    fn new() -> Self {
        let mut world = Self::default();
        world.register.evolve(&register::Event::Opened { year: 2017, series: None });
        world
    }

    /// The same register, and a case that is not opened.
    fn another_case(self) -> Self {
        Self { case: Case::default(), ..self }
    }

    fn decide(&self, case: &str, by: Role, request: Value) -> Result<Numbered, Refusal> {
        let at = "2017-08-31T12:00".parse::<LocalTime>().unwrap().instant();
        let command = Command {
            id: case.parse().unwrap(),
            principal: role(by),
            request: ask(request),
            facts: Facts::default(),
            at,
            now: at,
        };
        decide(&self.register, &self.case, &command, COMMAND)
    }

    fn commit(&mut self, case: &str, request: Value) -> Numbered {
        let numbered = self.decide(case, Role::Secretariat, request).unwrap();
        numbered.register.iter().for_each(|event| self.register.evolve(event));
        numbered.case.iter().for_each(|event| self.case.evolve(event));
        numbered
    }

    fn number(&self, case: &str, treatment: Option<&str>) -> String {
        let treatment = treatment.map(|treatment| treatment.parse().unwrap());
        let held = self.register.number_of(&case.parse().unwrap(), treatment.as_ref());
        held.unwrap().number.to_string()
    }
}

fn plan(number: Value) -> Value {
    json!({"plan-treatments": {"register": "2017", "treatments": [
        {"treatment": "rg", "body": "vestregionen:rg", "authority": "recommends"},
        {"treatment": "sg", "body": "vestregionen:sg", "authority": "decides", "number": number},
        {"treatment": "gf", "body": "vestregionen:gf", "authority": "takes-note", "number": number},
    ]}})
}

#[test]
fn r31_case_and_register_change_together() {
    let mut world = World::new();
    let numbered = world.commit("vestregionen:future", json!({"open": opening()}));
    assert_eq!((numbered.register.len(), numbered.case.len()), (1, 1));
    let opened = &world.case.data().unwrap().opened;
    assert_eq!(opened.number.number.to_string(), "24/2017");
    assert_eq!(world.number("vestregionen:future", None), "24/2017");
}

#[test]
fn a_number_names_the_case_and_the_command_that_took_it() {
    let mut world = World::new();
    let numbered = world.commit("vestregionen:future", json!({"open": opening()}));
    let [register::Event::NumberTaken { case, command, .. }] = &numbered.register[..] else {
        panic!("{numbered:?}")
    };
    assert_eq!((case.to_string().as_str(), *command), ("vestregionen:future", Some(COMMAND)));
}

#[test]
fn opening_again_takes_no_other_number() {
    let mut world = World::new();
    world.commit("vestregionen:future", json!({"open": opening()}));
    let again = world.commit("vestregionen:future", json!({"open": opening()}));
    assert_eq!(again, Numbered::default());
}

#[test]
fn r33_a_collision_is_known_to_the_case_too() {
    let mut world = World::new();
    world.commit("vestregionen:future", json!({"open": opening()}));
    let mut world = world.another_case();
    let numbered = world.commit("vestregionen:report", json!({"open": opening()}));
    assert_eq!(Case::warnings(&numbered.case), Register::warnings(&numbered.register));
    assert_eq!(Case::warnings(&numbered.case).len(), 1);
}

#[test]
fn r32_treatments_take_letters_in_the_order_of_the_plan() {
    let mut world = World::new();
    world.commit("vestregionen:future", json!({"open": opening()}));
    let numbered = world.commit("vestregionen:future", plan(json!({"lettered": {"running": 24}})));
    assert_eq!(numbered.register.len(), 2);
    assert_eq!(world.number("vestregionen:future", Some("sg")), "24a/2017");
    assert_eq!(world.number("vestregionen:future", Some("gf")), "24b/2017");
    let again = world.commit("vestregionen:future", plan(json!({"lettered": {"running": 24}})));
    assert_eq!(again, Numbered::default());
}

#[test]
fn r34_a_treatment_keeps_its_number_when_the_plan_is_changed() {
    let mut world = World::new();
    world.commit("vestregionen:future", json!({"open": opening()}));
    world.commit("vestregionen:future", plan(json!({"next": {}})));
    let numbered = world.commit(
        "vestregionen:future",
        json!({"change-plan": {"treatments": [
            {"treatment": "sg", "body": "vestregionen:sg", "authority": "decides"},
        ]}}),
    );
    assert_eq!(numbered.register, []);
    let plan = &world.case.data().unwrap().plan;
    let number = plan.treatments[0].planned.number.as_ref().unwrap().number;
    assert_eq!(number.to_string(), "25/2017");
}

#[test]
fn nobody_takes_a_number_for_a_case_that_is_refused() {
    let world = World::new();
    assert_eq!(
        world.decide("vestregionen:future", Role::Delegate, json!({"open": opening()})),
        Err(Refusal::Case(crate::case::Rejection::OnlyTheSecretariat))
    );
    assert_eq!(
        world.decide("vestregionen:future", Role::Secretariat, plan(json!({"next": {}}))),
        Err(Refusal::Case(crate::case::Rejection::NotOpened))
    );
}

#[test]
fn a_register_that_is_not_opened_opens_no_case() {
    let refusal = World::default()
        .decide("vestregionen:future", Role::Secretariat, json!({"open": opening()}))
        .unwrap_err();
    assert_eq!(refusal, Refusal::Register(crate::register::Rejection::NotOpened));
    assert_eq!((refusal.code(), refusal.rule()), ("not-opened", "R31"));
}

#[test]
fn only_requests_with_a_number_concern_a_register() {
    let id = "vestregionen:future".parse().unwrap();
    let of = |request| register_of(&id, &ask(request)).map(|register| register.to_string());
    assert_eq!(of(json!({"open": opening()})), Some("vestregionen:2017".into()));
    assert_eq!(of(plan(json!({"next": {}}))), Some("vestregionen:2017".into()));
    assert_eq!(of(json!({"close": {}})), None);
    assert_eq!(of(json!({"change-plan": {"register": "2017", "treatments": []}})), None);
}

#[test]
fn both_states_survive_a_snapshot() {
    let mut world = World::new();
    world.commit("vestregionen:future", json!({"open": opening()}));
    world.commit("vestregionen:future", plan(json!({"lettered": {"running": 24}})));
    let register = serde_json::to_string(&world.register).unwrap();
    assert_eq!(serde_json::from_str::<Register>(&register).unwrap(), world.register);
    let case = serde_json::to_string(&world.case).unwrap();
    assert_eq!(serde_json::from_str::<Case>(&case).unwrap(), world.case);
}
