//! The plan of treatments, whose turn it is, and what meetings did.

use samvirke_schemas::cases::case::treatment::{Authority, Outcome as Ended};

use super::*;

fn at_year_end() -> Scenario<Case> {
    planned().at("2017-12-31T12:00")
}

fn change(treatments: Value) -> Request {
    ask(json!({"change-plan": {"treatments": treatments}}))
}

fn sg() -> Value {
    json!({"treatment": "sg", "body": "vestregionen:sg", "authority": "decides"})
}

fn gf() -> Value {
    json!({"treatment": "gf", "body": "vestregionen:gf", "authority": "takes-note"})
}

fn by_body(body: &str, outcome: &str) -> Request {
    ask(json!({"record-outcome": {
        "of": {"body": {"body": body}}, "meeting": "vestregionen:m", "item": "2",
        "outcome": outcome, "day": "2017-09-14",
    }}))
}

#[test]
fn r10_the_first_planned_treatment_is_due() {
    let treatments = json!([sg(), gf()]);
    opened()
        .when(plan(treatments.clone()))
        .then(vec![event(json!({"treatments-planned": {"treatments": treatments}})), due("sg")]);
}

#[test]
fn r38_a_recommending_treatment_makes_the_next_one_due() {
    let events = at_year_end().when(outcome("rg", "recommended", "2017-09-14")).events();
    assert_eq!(events[1..], [due("sg")]);
    at_year_end()
        .after(outcome("rg", "recommended", "2017-09-14"))
        .when(outcome("sg", "decided", "2017-11-23"))
        .then(vec![event(json!({"outcome-recorded": {
            "treatment": "sg", "body": "vestregionen:sg", "meeting": "vestregionen:sg-2017-11-23",
            "item": "1", "outcome": "decided", "text": "Vestregionen bygges videre.",
            "day": "2017-11-23",
        }}))]);
}

/// What a meeting of `body` made of the steering group's treatment.
fn of_a_meeting(meeting: &str, body: &str) -> Request {
    ask(json!({"record-outcome": {
        "of": {"id": {"treatment": "sg"}}, "meeting": meeting, "body": body, "item": "1",
        "outcome": "decided", "text": "Vestregionen bygges videre.", "day": "2017-11-23",
    }}))
}

#[test]
fn r1_a_meeting_of_another_cooperation_decides_no_case() {
    at_year_end().when(of_a_meeting("annet:m", "vestregionen:sg")).then_refused(
        Rejection::MeetingOfAnotherCooperation { meeting: "annet:m".parse().unwrap() },
    );
}

#[test]
fn r34_a_treatment_is_ended_by_a_meeting_of_its_own_body_only() {
    at_year_end().when(of_a_meeting("vestregionen:m", "vestregionen:rg")).then_refused(
        Rejection::TreatedByAnother {
            body: "vestregionen:rg".parse().unwrap(),
            treatment: "sg".parse().unwrap(),
        },
    );
    let events = at_year_end().when(of_a_meeting("vestregionen:m", "vestregionen:sg")).events();
    assert_eq!(samvirke_schemas::Tagged::tag(&events[0]), "outcome-recorded");
}

#[test]
fn an_outcome_acts_once_however_often_it_comes() {
    at_year_end()
        .after(outcome("rg", "recommended", "2017-09-14"))
        .when(outcome("rg", "recommended", "2017-09-14"))
        .then_nothing()
        .after(outcome("sg", "decided", "2017-11-23"))
        .when(outcome("rg", "recommended", "2017-09-14"))
        .then_nothing()
        .when(outcome("sg", "took-note", "2017-11-23"))
        .then_refused(Rejection::NoSuchTreatment);
}

#[test]
fn a_postponed_treatment_stays_due() {
    let scenario = at_year_end();
    assert_eq!(
        tags(scenario.clone().when(outcome("rg", "postponed", "2017-09-14"))),
        ["outcome-recorded"]
    );
    scenario
        .after(outcome("rg", "postponed", "2017-09-14"))
        .when(outcome("rg", "postponed", "2017-09-14"))
        .then_nothing()
        .when(outcome("rg", "recommended", "2017-10-12"))
        .then_accepted()
        // The postponement comes once more, late.
        .when(outcome("rg", "postponed", "2017-09-14"))
        .then_nothing();
}

#[test]
fn a_case_sent_back_is_due_where_it_came_from() {
    let back = at_year_end().after(outcome("rg", "recommended", "2017-09-14"));
    let events = back.clone().when(outcome("sg", "sent-back", "2017-11-23")).events();
    assert_eq!(events[1..], [due("rg")]);
    let again = back
        .after(outcome("sg", "sent-back", "2017-11-23"))
        .when(outcome("rg", "recommended", "2017-12-14"))
        .events();
    assert_eq!(again[1..], [due("sg")]);
    at_year_end()
        .when(outcome("rg", "sent-back", "2017-09-14"))
        .then_refused(Rejection::NothingBefore);
}

#[test]
fn what_is_turned_down_goes_no_further_until_the_plan_is_changed() {
    let scenario = at_year_end().after(outcome("rg", "rejected", "2017-09-14"));
    assert_eq!(scenario.state().data().unwrap().plan.due, None);
    let events = scenario.when(change(json!([gf()]))).events();
    assert_eq!(events[1..], [due("gf")]);
}

#[test]
fn r11_advice_is_not_a_decision() {
    at_year_end().when(outcome("rg", "decided", "2017-09-14")).then_refused(
        Rejection::BeyondAuthority { authority: Authority::Recommends, outcome: Ended::Decided },
    );
    opened()
        .at("2017-12-31T12:00")
        .after(plan(json!([gf()])))
        .when(outcome("gf", "recommended", "2017-11-23"))
        .then_refused(Rejection::BeyondAuthority {
            authority: Authority::TakesNote,
            outcome: Ended::Recommended,
        });
}

#[test]
fn r39_a_result_may_be_forwarded_to_the_next_body() {
    let events = at_year_end().when(outcome("rg", "forwarded", "2017-09-14")).events();
    assert_eq!(events[1..], [due("sg")]);
}

#[test]
fn a_meeting_ahead_of_the_plan_is_recorded_and_warned_about() {
    let events = at_year_end().when(outcome("sg", "decided", "2017-06-15")).events();
    // The municipal directors' group is due already and stays so.
    assert_eq!(events.len(), 1);
    assert_eq!(Case::warnings(&events)[0].code, "ahead-of-the-plan");
}

#[test]
fn an_outcome_of_a_body_is_that_of_its_first_treatment_not_held() {
    at_year_end()
        .when(by_body("vestregionen:rg", "recommended"))
        .then_accepted()
        .when(by_body("vestregionen:rg", "recommended"))
        .then_nothing()
        .when(by_body("vestregionen:gf", "took-note"))
        .then_refused(Rejection::NoSuchTreatment);
}

#[test]
fn r30_no_meeting_has_been_held_tomorrow() {
    planned()
        .when(outcome("rg", "recommended", "2017-09-14"))
        .then_refused(Rejection::InTheFuture { day: day("2017-09-14") });
}

#[test]
fn planning_twice_happens_once() {
    planned()
        .when(plan(json!([sg()])))
        .then_nothing()
        .when(plan(json!([gf(), gf()])))
        .then_refused(Rejection::PlannedTwice { treatment: "gf".parse().unwrap() })
        .when(plan(json!([{"treatment": "sg", "body": "vestregionen:gf", "authority": "decides"}])))
        .then_refused(Rejection::PlannedTwice { treatment: "sg".parse().unwrap() })
        .when(plan(json!([])))
        .then_refused(Rejection::NothingPlanned);
}

#[test]
fn a_plan_is_changed_for_what_is_not_held() {
    at_year_end()
        .after(outcome("rg", "recommended", "2017-09-14"))
        .when(change(json!([sg()])))
        .then_nothing()
        .when(change(json!([gf(), sg()])))
        .then(vec![event(json!({"plan-changed": {"treatments": [gf(), sg()]}})), due("gf")])
        .when(change(json!([gf(), sg()])))
        .then_nothing()
        .when(change(
            json!([{"treatment": "rg", "body": "vestregionen:rg", "authority": "prepares"}]),
        ))
        .then_refused(Rejection::HeldAlready { treatment: "rg".parse().unwrap() })
        .when(change(json!([gf(), gf()])))
        .then_refused(Rejection::PlannedTwice { treatment: "gf".parse().unwrap() })
        .when(change(json!([])))
        .then_accepted()
        .when(ask(json!({"close": {}})))
        .then_accepted();
}

#[test]
fn r34_a_treatment_with_a_number_of_its_own_gets_it_from_a_register() {
    let mut lettered = sg();
    lettered["number"] = json!({"lettered": {"running": 24}});
    opened()
        .when(plan(json!([lettered])))
        .then_refused(Rejection::NoRegister)
        .when(ask(json!({"plan-treatments": {"register": "2017", "treatments": [lettered]}})))
        .then_refused(Rejection::NoTreatmentNumber { treatment: "sg".parse().unwrap() });
}

#[test]
fn a_case_has_a_limit_on_its_treatments() {
    let many: Vec<_> = (0..65)
        .map(|at| at.to_string())
        .map(|id| json!({"treatment": id, "body": "vestregionen:sg", "authority": "decides"}))
        .collect();
    opened()
        .when(plan(json!(many)))
        .then_refused(Rejection::TooMany { list: "treatments", max: 64 })
        .when(change(json!(many)))
        .then_refused(Rejection::TooMany { list: "treatments", max: 64 });
}

#[test]
fn r45_a_case_declared_joint_is_ready_for_the_members_when_the_last_body_has_decided() {
    let events = at_year_end()
        .after(ask(json!({"declare-joint": {"settles": {"majority-of-members": {}}}})))
        .after(outcome("rg", "recommended", "2017-09-14"))
        .when(outcome("sg", "decided", "2017-11-23"))
        .events();
    let ready = json!({"ready-for-members": {"text": "Vestregionen bygges videre."}});
    assert_eq!(events[1..], [event(ready)]);
}
