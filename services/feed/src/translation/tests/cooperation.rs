//! What is published about a cooperation.

use serde_json::json;

use super::{ASKER, BAERUM, COOPERATION, Scenario, founded, given};
use crate::translation::Translation;

#[test]
fn a_cooperation_is_founded() {
    let day = "1992-01-01".parse().unwrap();
    let nothing =
        Scenario { translation: Translation::default(), history: Vec::new(), commits: 0, day };
    nothing.when(COOPERATION, founded()).publicly(
        "cooperation.founded",
        json!({"names": {"nb": "Vestregionen"}, "founded_on": "1992-01-01"}),
    );
}

#[test]
fn a_member_is_admitted() {
    let event = json!({"member-admitted": {
        "member": "857566122", "names": {"nb": "Lier kommune"}, "kind": "municipality",
        "from": "2017-07-01",
    }});
    given().when(COOPERATION, event).publicly(
        "cooperation.member-admitted",
        json!({
            "concerns": {"members": ["857566122"]}, "cooperation": {"names": {"nb": "Vestregionen"}},
            "names": {"nb": "Lier kommune"}, "from": "2017-07-01",
        }),
    );
}

#[test]
fn a_member_is_released() {
    let event = json!({"member-released": {
        "member": ASKER, "to": "2017-12-31", "reason": "Går ut."
    }});
    given().when(COOPERATION, event).publicly(
        "cooperation.member-released",
        json!({"member": {"member": ASKER, "names": {"nb": "Asker kommune"}}, "to": "2017-12-31"}),
    );
}

#[test]
fn the_agreement_is_amended() {
    let event = json!({"agreement-amended": {
        "agreement": {"title": "Vedtekter", "version": "2"}
    }});
    given()
        .when(COOPERATION, event)
        .publicly("cooperation.agreement-amended", json!({"agreement": {"version": "2"}}));
}

#[test]
fn the_leadership_is_handed_over() {
    let event = json!({"leadership-handed-over": {"to": BAERUM, "from": "2018-01-01"}});
    given().when(COOPERATION, event).publicly(
        "cooperation.leadership-handed-over",
        json!({
            "concerns": {"members": [BAERUM]}, "to": {"names": {"nb": "Bærum kommune"}},
            "from": "2018-01-01",
        }),
    );
}

#[test]
fn a_cooperation_is_paused_and_resumed() {
    let paused = json!({"paused": {"reason": "Ny kommunestruktur."}});
    given()
        .when(COOPERATION, paused.clone())
        .publicly("cooperation.paused", json!({"reason": "Ny kommunestruktur."}));
    given()
        .and(COOPERATION, paused)
        .when(COOPERATION, json!({"resumed": {}}))
        .publicly("cooperation.resumed", json!({"cooperation": {"id": "vestregionen"}}));
}

#[test]
fn a_cooperation_is_dissolved() {
    let event = json!({"dissolved": {
        "on": "2019-12-31", "reason": "Oppløst.",
        "custody": {"archives": BAERUM, "agreements": "Overført."},
    }});
    given()
        .when(COOPERATION, event)
        .publicly("cooperation.dissolved", json!({"custody": {"archives": BAERUM}}));
}
