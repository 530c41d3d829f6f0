//! Requests as people send them, read as the requests that are published.

use samvirke_schemas::{cases::case, networks::cooperation};
use serde_json::json;

use super::*;

/// Dates that are no dates, or not in the one form, or out of range.
const NOT_DATES: [&str; 10] = [
    "+10000-01-01",
    "10000-01-01",
    "-9000-01-01",
    "0000-01-01",
    "0999-12-31",
    "2026-1-1",
    " 2026-01-01",
    "2026-01-01 ",
    "2017-02-29",
    "",
];

fn refused<R: Tagged>(command: &str, body: &serde_json::Value) -> String {
    match request::<R>(command, &body.to_string()) {
        Err(Refused::Invalid { field, .. }) => field,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("{body} passed"),
    }
}

#[test]
fn a_date_out_of_form_or_range_is_refused_and_its_field_named() {
    for date in NOT_DATES {
        let follow_up = json!({
            "follow_up": "f1",
            "task": "t",
            "owner": {"member": {"member": "935478715"}},
            "due": date,
        });
        assert_eq!(refused::<case::Request>("assign-follow-up", &follow_up), "due");
        let case = json!({
            "kind": "decision",
            "description": {"title": "t", "public_title": "p"},
            "owner": "vestregionen:sg",
            "register": "2026",
            "restriction": {
                "legal_basis": {"act": "offentleglova"},
                "until": date,
                "scope": {"everything": {}},
            },
        });
        assert_eq!(refused::<case::Request>("open", &case), "restriction.until");
        let released = json!({"member": "935478715", "to": date, "reason": "r"});
        assert_eq!(refused::<cooperation::Request>("release-member", &released), "to");
        let hearing = json!({"invited": [], "deadline": format!("{date}T09:00")});
        assert_eq!(refused::<case::Request>("open-hearing", &hearing), "deadline");
    }
    let hearing = json!({"invited": [], "deadline": "+262142-12-31T23:30+00:00"});
    assert_eq!(refused::<case::Request>("open-hearing", &hearing), "deadline");
}

/// Half a megabyte in a field with a few values came back twice, once in each language, and the answer
/// was never sent.
#[test]
fn of_a_huge_value_or_name_only_the_beginning_is_told() {
    let long = "x".repeat(530_000);
    let told = |command: &str, body: serde_json::Value| {
        let refused = request::<case::Request>(command, &body.to_string()).unwrap_err();
        serde_json::to_string(&refused).unwrap()
    };
    let relation = told("relate", json!({"relation": long, "to": "vestregionen:c2"}));
    assert!(relation.contains("\"field\":\"relation\"") && relation.contains("530000 characters"));
    assert!(relation.contains("expected one of") && relation.contains("det kan være"));
    let name = told("relate", json!({ &long: 1 }));
    let command = told(&long, json!({}));
    for text in [relation, name, command] {
        assert!(text.len() < 5_000, "{} bytes", text.len());
    }
}

#[test]
fn an_array_in_place_of_an_object_is_refused_and_its_field_named() {
    let basis = json!({"act": "offentleglova"});
    for (legal_basis, scope, field) in [
        (json!(["offentleglova", null]), json!({"everything": {}}), "legal_basis"),
        (basis.clone(), json!({"everything": []}), "scope.everything"),
    ] {
        let restriction = json!({"legal_basis": legal_basis, "scope": scope});
        assert_eq!(refused::<case::Request>("restrict", &restriction), field);
    }
    assert_eq!(refused::<case::Request>("withdraw", &json!(["reason"])), "body");
    let amended = json!({"title": "t", "public_title": "p", "classification": null});
    let read = request::<case::Request>("amend", &amended.to_string());
    assert!(read.is_ok(), "null is absent: {read:?}");
}

#[test]
fn an_object_in_place_of_a_word_is_refused_and_its_field_named() {
    let related = json!({"relation": {"follows-up": null}, "to": "vestregionen:c1"});
    assert_eq!(refused::<case::Request>("relate", &related), "relation");
}
