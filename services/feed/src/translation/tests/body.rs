//! What is published about a body.

use serde_json::{Value, json};

use super::{ASKER, BAERUM, BODY, Scenario, established, given, rules};

const HOLDER: &str = "0b1f5c1e-3c5a-4d55-9a53-0d2c3c1a7f10";

fn seat_filled(seat: &str, member: &str) -> Value {
    json!({"seat-filled": {
        "seat": seat, "member": member, "member_kind": "municipality", "office": "mayor",
        "holder": HOLDER, "from": "2015-10-01",
    }})
}

fn given_seats() -> Scenario {
    given()
        .and(BODY, seat_filled("baerum-1", BAERUM))
        .and(BODY, seat_filled("baerum-2", BAERUM))
        .and(BODY, seat_filled("asker", ASKER))
}

#[test]
fn a_body_is_established() {
    let mut event = established("Generalforsamlingen");
    event["established"]["prepares_for"] = json!("vestregionen:sg");
    given().when("body/vestregionen:gf", event).publicly(
        "body.established",
        json!({
            "concerns": {"bodies": ["vestregionen:gf", "vestregionen:sg"]},
            "body": {"id": "vestregionen:gf", "names": {"nb": "Generalforsamlingen"}},
            "rules": {"notice_days": 7}, "prepares_for": {"names": {"nb": "Styringsgruppen"}},
        }),
    );
}

#[test]
fn a_bodys_rules_are_changed() {
    let event = json!({"rules-amended": {
        "version": 2, "rules": rules(), "in_force_from": "2018-01-01"
    }});
    given().when(BODY, event).publicly(
        "body.rules-changed",
        json!({
            "body": {"names": {"nb": "Styringsgruppen"}}, "version": 2,
            "in_force_from": "2018-01-01",
        }),
    );
}

#[test]
fn a_seat_is_filled_and_its_holder_not_named() {
    let spoken = given().when(BODY, seat_filled("baerum", BAERUM));
    spoken.publicly(
        "body.seat-filled",
        json!({
            "concerns": {"members": [BAERUM]},
            "seat": {"seat": "baerum", "member": {"names": {"nb": "Bærum kommune"}}, "office": "mayor"},
            "from": "2015-10-01",
        }),
    );
    assert!(!spoken.to("public").to_string().contains(HOLDER));
}

#[test]
fn a_seat_is_vacated_and_it_is_not_said_why() {
    let event = json!({"seat-vacated": {
        "seat": "asker", "from": "2015-10-01", "to": "2017-06-30", "reason": "Sykdom.",
    }});
    let spoken = given_seats().when(BODY, event);
    spoken.publicly(
        "body.seat-vacated",
        json!({"seats": [{"seat": "asker", "office": "mayor"}], "to": "2017-06-30"}),
    );
    assert!(!spoken.to("public").to_string().contains("Sykdom"));
}

#[test]
fn every_seat_of_a_member_that_leaves_is_vacated_in_one_event() {
    let event = json!({"seats-vacated": {
        "member": BAERUM, "to": "2017-12-31", "reason": "Går ut."
    }});
    given_seats().when(BODY, event).publicly(
        "body.seat-vacated",
        json!({
            "concerns": {"members": [BAERUM]},
            "member": {"names": {"nb": "Bærum kommune"}},
            "seats": [{"seat": "baerum-1", "office": "mayor"}, {"seat": "baerum-2"}],
        }),
    );
}

#[test]
fn a_chair_is_elected_and_steps_down() {
    let elected = json!({"elected": {
        "post": "chair", "seat": "asker", "from": "2016-01-01", "to": "2017-12-31"
    }});
    given_seats().when(BODY, elected.clone()).publicly(
        "body.chair-elected",
        json!({
            "concerns": {"members": [ASKER]}, "post": "chair", "to": "2017-12-31",
            "seat": {"member": {"names": {"nb": "Asker kommune"}}, "office": "mayor"},
        }),
    );
    let down = json!({"stepped-down": {
        "post": "chair", "seat": "asker", "from": "2016-01-01", "to": "2017-06-30",
        "reason": "Ønsker avløsning.",
    }});
    given_seats().and(BODY, elected).when(BODY, down).publicly(
        "body.chair-stepped-down",
        json!({"seat": {"member": {"member": ASKER}}, "to": "2017-06-30", "reason": null}),
    );
}

#[test]
fn a_body_is_paused_and_resumed() {
    let paused = json!({"paused": {
        "from": "2017-07-01", "reason": "Lagt på is.", "tasks_go_to": "vestregionen:rg"
    }});
    given().when(BODY, paused.clone()).publicly(
        "body.paused",
        json!({
            "concerns": {"bodies": ["vestregionen:rg", "vestregionen:sg"]},
            "tasks_go_to": {"names": {"nb": "Rådmannsgruppen"}},
        }),
    );
    given()
        .and(BODY, paused)
        .when(BODY, json!({"resumed": {"from": "2018-01-01"}}))
        .publicly("body.resumed", json!({"from": "2018-01-01"}));
}

#[test]
fn a_body_is_disbanded() {
    let event = json!({"disbanded": {"on": "2019-12-31", "reason": "Oppløst."}});
    given()
        .when(BODY, event)
        .publicly("body.disbanded", json!({"on": "2019-12-31", "tasks_go_to": null}));
}

#[test]
fn deputies_are_the_bodys_own_business() {
    let event = json!({"deputies-named": {
        "seat": "asker", "deputies": [{"office": "deputy-mayor"}], "from": "2016-01-01",
    }});
    given_seats().when(BODY, event).nothing();
}
