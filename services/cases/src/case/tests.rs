//! The rules of a case, told on Vestregionen's cases 24/2017 and others.
//!
//! Requests and events are written as they are on the wire.

use samvirke_kernel::scenario::{Outcome, Scenario, member, role};
use samvirke_schemas::{organisation::OrganisationNumber, principal::Role};
use serde_json::{Value, json};

use super::*;

mod access;
mod follow_up;
mod hearing;
mod joint;
mod lifecycle;
mod treatment;

pub(crate) const BAERUM: &str = "935478715";
pub(crate) const ASKER: &str = "920125298";
pub(crate) const BUSKERUD: &str = "964951373";

pub(crate) fn ask(request: Value) -> Request {
    serde_json::from_value(request.clone()).unwrap_or_else(|err| panic!("{request}: {err}"))
}

pub(crate) fn event(event: Value) -> Event {
    serde_json::from_value(event.clone()).unwrap_or_else(|err| panic!("{event}: {err}"))
}

fn number(text: &str) -> OrganisationNumber {
    OrganisationNumber::try_new(text).unwrap()
}

fn day(text: &str) -> samvirke_schemas::date::Date {
    text.parse().unwrap()
}

pub(crate) fn taken(number: &str) -> NumberTaken {
    serde_json::from_value(json!({"register": "2017", "number": number})).unwrap()
}

pub(crate) fn opening() -> Value {
    json!({
        "kind": "decision",
        "description": {
            "title": "Videreføring av Vestregionsamarbeidet etter 2018?",
            "public_title": "Videreføring av Vestregionsamarbeidet etter 2018?",
        },
        "owner": "vestregionen:sg",
        "register": "2017",
        "number": {"stated": {"number": "24/2017"}},
    })
}

pub(crate) fn knowing_number() -> Facts {
    Facts { numbers: vec![taken("24/2017")], members: Vec::new() }
}

/// The cooperation's members, as the networks tell them.
pub(crate) fn members(numbers: &[&str]) -> Facts {
    let members = numbers
        .iter()
        .map(|member| json!({"member": member, "names": {"nb": "Et medlem"}}))
        .map(|recipient| serde_json::from_value(recipient).unwrap())
        .collect();
    Facts { numbers: Vec::new(), members }
}

pub(crate) fn unopened() -> Scenario<Case> {
    Scenario::new("vestregionen:future").at("2017-08-31T12:00").knowing(knowing_number())
}

pub(crate) fn opened() -> Scenario<Case> {
    unopened().after(ask(json!({"open": opening()})))
}

pub(crate) fn plan(treatments: Value) -> Request {
    ask(json!({"plan-treatments": {"treatments": treatments}}))
}

/// The municipal directors' group recommends, the steering group decides.
pub(crate) fn planned() -> Scenario<Case> {
    opened().after(plan(json!([
        {"treatment": "rg", "body": "vestregionen:rg", "authority": "recommends"},
        {"treatment": "sg", "body": "vestregionen:sg", "authority": "decides"},
    ])))
}

/// What a meeting did with the case, as the meetings tell it.
pub(crate) fn outcome(treatment: &str, outcome: &str, on: &str) -> Request {
    ask(json!({"record-outcome": {
        "of": {"id": {"treatment": treatment}},
        "meeting": format!("vestregionen:{treatment}-{on}"),
        "item": "1",
        "outcome": outcome,
        "text": "Vestregionen bygges videre.",
        "day": on,
    }}))
}

pub(crate) fn due(treatment: &str) -> Event {
    event(json!({"treatment-due": {
        "treatment": treatment, "body": format!("vestregionen:{treatment}"),
    }}))
}

/// The tags of what happened, where the contents are told elsewhere.
#[track_caller]
fn tags(outcome: Outcome<Case>) -> Vec<&'static str> {
    outcome.events().iter().map(samvirke_schemas::Tagged::tag).collect()
}
