//! What is published about a case that is not restricted.

use serde_json::{Value, json};

use super::{CASE, Scenario, given, given_case, opened, restricted};

fn given_plan() -> Scenario {
    let taken = json!({"register": "2017", "treatment": "sg", "number": "1a/2017"});
    given_case().and(
        CASE,
        json!({"treatments-planned": {"treatments": [
            {"treatment": "rg", "body": "vestregionen:rg", "authority": "recommends"},
            {
                "treatment": "sg", "body": "vestregionen:sg", "authority": "decides",
                "number": taken,
            },
        ]}}),
    )
}

fn outcome(treatment: &str, outcome: &str) -> Value {
    json!({"outcome-recorded": {
        "treatment": treatment, "body": format!("vestregionen:{treatment}"),
        "meeting": "vestregionen:m", "item": "1", "outcome": outcome, "text": "Slik blir det.",
        "unanimous": true, "day": "2017-06-14",
    }})
}

#[test]
fn a_case_is_opened() {
    given().when(CASE, opened("1/2017", "Vestregionens framtid", "Framtid")).publicly(
        "case.opened",
        json!({
            "concerns": {"cases": ["vestregionen:1-2017"], "bodies": ["vestregionen:sg"]},
            "case": {
                "id": "vestregionen:1-2017", "number": "1/2017", "title": "Vestregionens framtid",
                "kind": "decision", "withheld": false,
                "owner": {"id": "vestregionen:sg", "names": {"nb": "Styringsgruppen"}},
            },
            "about": "Hva som står på.",
        }),
    );
}

#[test]
fn a_case_gets_another_title() {
    let event = json!({"amended": {
        "title": "Framtiden", "public_title": "Framtid", "classification": "026"
    }});
    given_case().and(CASE, event.clone()).when(CASE, event).publicly(
        "case.amended",
        json!({"case": {"title": "Framtiden"}, "classification": "026", "about": null}),
    );
}

#[test]
fn a_plan_is_told_when_it_comes_to_a_bodys_turn() {
    let event = json!({"treatment-due": {"treatment": "sg", "body": "vestregionen:sg"}});
    given_plan().when(CASE, event).publicly(
        "case.treatment-due",
        json!({"treatment": {
            "treatment": "sg", "number": "1a/2017", "authority": "decides",
            "body": {"names": {"nb": "Styringsgruppen"}},
        }}),
    );
}

#[test]
fn a_deciding_body_adopts_or_rejects() {
    given_plan().when(CASE, outcome("sg", "decided")).publicly(
        "case.decided",
        json!({
            "concerns": {"bodies": ["vestregionen:sg"], "meetings": ["vestregionen:m"]},
            "treatment": {"number": "1a/2017"}, "result": "adopted", "text": "Slik blir det.",
            "held": {"meeting": "vestregionen:m", "on": "2017-06-14", "unanimous": true},
        }),
    );
    given_plan()
        .when(CASE, outcome("sg", "rejected"))
        .publicly("case.decided", json!({"result": "rejected"}));
}

#[test]
fn a_body_that_does_not_decide_treats_the_case() {
    for code in ["recommended", "took-note", "forwarded", "postponed", "sent-back"] {
        given_plan().when(CASE, outcome("rg", code)).publicly(
            "case.treated",
            json!({
                "concerns": {"bodies": ["vestregionen:rg", "vestregionen:sg"]},
                "treatment": {"number": "1/2017", "authority": "recommends"}, "outcome": code,
            }),
        );
    }
}

#[test]
fn a_decision_is_in_force_until_another_takes_its_place() {
    given_case()
        .when(CASE, json!({"put-in-force": {"from": "2017-07-01"}}))
        .publicly("case.in-force", json!({"from": "2017-07-01"}));
    let ended = json!({"force-ended": {
        "on": "2018-06-30", "reason": "Ny plan.", "replaced_by": "vestregionen:2-2017"
    }});
    given_case()
        .and("case/vestregionen:2-2017", opened("2/2017", "Ny plan", "Ny plan"))
        .when(CASE, ended)
        .publicly(
            "case.force-ended",
            json!({
                "concerns": {"cases": ["vestregionen:1-2017", "vestregionen:2-2017"]},
                "reason": "Ny plan.",
                "replaced_by": {"case": {"number": "2/2017", "title": "Ny plan"}},
            }),
        );
}

#[test]
fn cases_are_related_and_related_no_longer() {
    let relation = json!({"relation": "follows-up", "to": "vestregionen:2-2016"});
    given_case().when(CASE, json!({"related": relation})).publicly(
        "case.related",
        json!({"relation": "follows-up", "to": {"id": "vestregionen:2-2016", "case": null}}),
    );
    let removed = json!({"relation-removed": {"relation": relation, "reason": "Feil sak."}});
    given_case().when(CASE, removed).publicly(
        "case.relation-removed",
        json!({"relation": "follows-up", "reason": "Feil sak."}),
    );
}

#[test]
fn a_case_is_withdrawn_closed_and_reopened() {
    given_case()
        .when(CASE, json!({"withdrawn": {"reason": "Ikke aktuell."}}))
        .publicly("case.withdrawn", json!({"reason": "Ikke aktuell."}));
    given_case()
        .when(CASE, json!({"closed": {}}))
        .publicly("case.closed", json!({"case": {"number": "1/2017"}}));
    given_case()
        .when(CASE, json!({"reopened": {"reason": "Aktuell igjen."}}))
        .publicly("case.reopened", json!({"reason": "Aktuell igjen."}));
}

#[test]
fn a_restriction_of_papers_hides_nothing_that_is_said() {
    let scope = json!({"papers": {"papers": ["notat"]}});
    let spoken = given_case().when(CASE, restricted(scope, None));
    spoken.publicly(
        "case.restricted",
        json!({
            "part": "papers", "legal_basis": {"provision": "§ 13"},
            "case": {"title": "Vestregionens framtid", "withheld": false},
        }),
    );
    assert!(!spoken.to("public").to_string().contains("notat"), "papers are not named");
}

#[test]
fn a_lifted_restriction_is_told_with_the_full_title() {
    given_case()
        .and(CASE, restricted(json!({"everything": {}}), None))
        .when(CASE, json!({"restriction-lifted": {"reason": "Ikke lenger."}}))
        .publicly(
            "case.restriction-lifted",
            json!({"case": {"title": "Vestregionens framtid", "withheld": false}}),
        );
}

#[test]
fn papers_recommendations_and_plans_are_not_news() {
    let paper = json!({"paper-added": {"version": 1, "paper": {
        "paper": "notat", "kind": "case-paper", "title": "Notat", "size_bytes": 1,
        "digest": format!("sha256:{}", "0".repeat(64)), "media_type": "application/pdf",
    }}});
    given_case().when(CASE, paper).nothing();
    let advice = json!({"recommended": {
        "from": "vestregionen:rg", "to": "vestregionen:sg", "text": "Vedtas."
    }});
    given_case().when(CASE, advice).nothing();
    given_plan().when(CASE, json!({"plan-changed": {"treatments": []}})).nothing();
    given_case().when(CASE, json!({"ready-for-members": {"text": "Vedtas."}})).nothing();
    let declared = json!({"joint-declared": {"settles": {"all-adopt-same-text": {}}}});
    given_case().when(CASE, declared).nothing();
}
