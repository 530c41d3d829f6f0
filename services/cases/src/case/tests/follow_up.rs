//! Tasks flowing from a decision.

use super::*;

fn assign(task: &str) -> Request {
    ask(json!({"assign-follow-up": {
        "follow_up": "avtaler",
        "task": task,
        "owner": {"member": {"member": BAERUM}},
        "due": "2017-11-23",
    }}))
}

fn assigned() -> Scenario<Case> {
    opened().after(assign("Gi en oversikt over avtaler og forpliktelser."))
}

fn report(text: &str) -> Request {
    ask(json!({"report-follow-up": {"follow_up": "avtaler", "text": text}}))
}

fn reschedule(due: &str) -> Request {
    let reason = "The agreements are many.";
    ask(json!({"reschedule-follow-up": {"follow_up": "avtaler", "due": due, "reason": reason}}))
}

fn complete() -> Request {
    ask(json!({"complete-follow-up": {"follow_up": "avtaler"}}))
}

fn drop_it() -> Request {
    ask(json!({"drop-follow-up": {"follow_up": "avtaler", "reason": "Done elsewhere."}}))
}

fn id() -> samvirke_schemas::id::LocalId {
    "avtaler".parse().unwrap()
}

#[test]
fn a_task_is_assigned_once() {
    assigned()
        .when(assign("Gi en oversikt over avtaler og forpliktelser."))
        .then_nothing()
        .when(assign("Noe annet."))
        .then_refused(Rejection::FollowUpDiffers { follow_up: id() });
}

#[test]
fn a_task_flows_from_a_treatment_that_was_held() {
    let task = json!({
        "follow_up": "plan", "task": "Lag planen.", "owner": {"body": {"body": "vestregionen:rg"}},
        "treatment": "sg",
    });
    let assign = ask(json!({"assign-follow-up": task}));
    planned()
        .at("2017-12-31T12:00")
        .when(assign.clone())
        .then_refused(Rejection::NoSuchDecision { treatment: "sg".parse().unwrap() })
        .after(outcome("sg", "decided", "2017-11-23"))
        .when(assign)
        .then_accepted();
}

#[test]
fn the_owner_reports_and_others_do_not() {
    assigned()
        .by(member(Role::Delegate, ASKER))
        .when(report("Halvveis."))
        .then_refused(Rejection::OnlyItsOwner)
        .when(complete())
        .then_refused(Rejection::OnlyItsOwner)
        .by(member(Role::Delegate, BAERUM))
        .when(report("Halvveis."))
        .then(vec![event(json!({"follow-up-reported": {
            "follow_up": "avtaler", "on": "2017-08-31", "text": "Halvveis.",
        }}))])
        .when(report("Halvveis."))
        .then_nothing()
        .when(drop_it())
        .then_refused(Rejection::OnlyTheSecretariat)
        .when(complete())
        .then_accepted();
}

#[test]
fn a_task_ends_done_or_dropped_and_stays_so() {
    let ended = Rejection::FollowUpEnded { follow_up: id() };
    assigned()
        .after(complete())
        .when(complete())
        .then_nothing()
        .when(drop_it())
        .then_refused(ended.clone())
        .when(report("Litt til."))
        .then_refused(ended.clone())
        .when(reschedule("2017-12-31"))
        .then_refused(ended.clone());
    assigned().after(drop_it()).when(drop_it()).then_nothing().when(complete()).then_refused(ended);
}

#[test]
fn a_task_gets_another_due_date_with_a_reason() {
    assigned()
        .when(reschedule("2017-11-23"))
        .then_nothing()
        .when(reschedule("2017-12-31"))
        .then_accepted()
        .when(reschedule("2017-12-31"))
        .then_nothing();
}

#[test]
fn a_task_that_was_never_given_cannot_end() {
    opened().when(complete()).then_refused(Rejection::NoSuchFollowUp { follow_up: id() });
}

#[test]
fn tasks_go_on_after_the_case_is_closed() {
    assigned().after(ask(json!({"close": {}}))).when(complete()).then_accepted();
}
