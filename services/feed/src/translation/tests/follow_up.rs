//! What is published about tasks flowing from a case.

use serde_json::{Value, json};

use super::{ASKER, CASE, Scenario, given_case};

fn assigned(owner: Value) -> Value {
    json!({"follow-up-assigned": {
        "follow_up": "brev", "task": "Skriv brev.", "owner": owner, "due": "2017-09-01"
    }})
}

fn given_task() -> Scenario {
    given_case().and(CASE, assigned(json!({"member": {"member": ASKER}})))
}

#[test]
fn a_task_is_given_to_a_member_a_body_or_an_office() {
    let spoken = given_case().when(CASE, assigned(json!({"member": {"member": ASKER}})));
    spoken.publicly(
        "follow-up.assigned",
        json!({
            "concerns": {"members": [ASKER]},
            "task": {
                "follow_up": "brev", "task": "Skriv brev.", "due": "2017-09-01",
                "owner": {"member": {"names": {"nb": "Asker kommune"}}},
            },
        }),
    );
    let spoken = given_case().when(CASE, assigned(json!({"body": {"body": "vestregionen:rg"}})));
    spoken.publicly(
        "follow-up.assigned",
        json!({
            "concerns": {"bodies": ["vestregionen:rg", "vestregionen:sg"]},
            "task": {"owner": {"body": {"names": {"nb": "Rådmannsgruppen"}}}},
        }),
    );
    let office = json!({"office": {"office": "general-manager"}});
    given_case()
        .when(CASE, assigned(office.clone()))
        .publicly("follow-up.assigned", json!({"task": {"owner": office}}));
}

#[test]
fn a_task_is_reported_and_rescheduled() {
    let reported = json!({"follow-up-reported": {
        "follow_up": "brev", "on": "2017-08-01", "text": "Utkast er klart."
    }});
    given_task().when(CASE, reported).publicly(
        "follow-up.reported",
        json!({"task": {"task": "Skriv brev."}, "text": "Utkast er klart."}),
    );
    let rescheduled = json!({"follow-up-rescheduled": {
        "follow_up": "brev", "due": "2017-12-01", "reason": "Ferie."
    }});
    given_task().when(CASE, rescheduled).publicly(
        "follow-up.rescheduled",
        json!({"task": {"due": "2017-12-01"}, "reason": "Ferie."}),
    );
}

#[test]
fn a_task_is_done_or_dropped_and_then_over() {
    let done = json!({"follow-up-done": {"follow_up": "brev", "on": "2017-08-20"}});
    given_task().when(CASE, done.clone()).publicly(
        "follow-up.done",
        json!({"task": {"task": "Skriv brev."}, "on": "2017-08-20", "text": null}),
    );
    let dropped = json!({"follow-up-dropped": {"follow_up": "brev", "reason": "Ikke aktuelt."}});
    given_task()
        .when(CASE, dropped.clone())
        .publicly("follow-up.dropped", json!({"reason": "Ikke aktuelt."}));
    given_task().and(CASE, done).when(CASE, dropped).nothing();
}
