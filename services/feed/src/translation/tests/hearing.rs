//! What is published about a hearing: the members invited are told by themselves (R46).

use serde_json::{Value, json};

use super::{ASKER, CASE, Scenario, given_case};

fn opened() -> Value {
    json!({"hearing-opened": {
        "invited": [
            {"party": "asker", "names": {"nb": "Asker kommune"}, "member": ASKER},
            {"party": "ruter", "names": {"nb": "Ruter As"}},
        ],
        "deadline": "2017-09-29T12:00", "sent_on": "2017-06-15",
    }})
}

fn given_hearing() -> Scenario {
    given_case().and(CASE, opened())
}

fn statement(from: Value) -> Value {
    json!({"statement-received": {
        "statement": {"statement": "1", "from": from, "summary": "For."},
        "received_at": "2017-09-20T12:00", "late": false,
    }})
}

#[test]
fn a_hearing_is_opened() {
    let spoken = given_case().when(CASE, opened());
    spoken.addressed(
        &[ASKER],
        "hearing.opened",
        json!({
            "concerns": {"members": [ASKER]}, "case": {"number": "1/2017"},
            "invited_count": 2, "members": [{"party": "asker", "member": ASKER}],
            "deadline": "2017-09-29T12:00:00+02:00", "sent_on": "2017-06-15",
        }),
    );
    assert_eq!(spoken.to(ASKER)["own"][0]["names"], json!({"nb": "Asker kommune"}));
    assert!(!spoken.to("public").to_string().contains("Ruter"), "only counted");
}

#[test]
fn a_deadline_is_moved() {
    let event = json!({"hearing-extended": {"deadline": "2017-10-31T12:00", "reason": "Ferie."}});
    given_hearing().when(CASE, event).addressed(
        &[ASKER],
        "hearing.extended",
        json!({
            "earlier_deadline": "2017-09-29T12:00:00+02:00",
            "deadline": "2017-10-31T12:00:00+01:00", "reason": "Ferie.",
        }),
    );
}

#[test]
fn a_hearing_is_closed_with_those_who_are_silent() {
    let event = json!({"hearing-closed": {"on": "2017-09-30", "silent": ["ruter"]}});
    given_hearing().when(CASE, event).addressed(
        &[ASKER],
        "hearing.closed",
        json!({"on": "2017-09-30", "silent_count": 1, "silent": ["ruter"]}),
    );
}

#[test]
fn a_hearing_is_summed_up_and_the_text_adopted() {
    given_hearing()
        .when(CASE, json!({"hearing-summed-up": {"text": "De fleste er for."}}))
        .publicly("hearing.summed-up", json!({"text": "De fleste er for."}));
    let adopted = json!({"adopted-after-hearing": {
        "body": "vestregionen:rg", "text": "Vedtas.", "on": "2017-11-01"
    }});
    given_hearing().when(CASE, adopted).publicly(
        "hearing.adopted",
        json!({
            "concerns": {"bodies": ["vestregionen:rg", "vestregionen:sg"]},
            "body": {"names": {"nb": "Rådmannsgruppen"}}, "text": "Vedtas.",
        }),
    );
}

#[test]
fn a_statement_is_received_from_the_invited_and_others() {
    given_hearing().when(CASE, statement(json!({"invited": {"party": "asker"}}))).publicly(
        "hearing.statement-received",
        json!({
            "concerns": {"members": [ASKER]}, "summary": "For.", "late": false,
            "from": {"invited": {"names": {"nb": "Asker kommune"}}},
        }),
    );
    let other = json!({"uninvited": {"organisation": "Naturvernforbundet"}});
    given_hearing()
        .when(CASE, statement(other.clone()))
        .publicly("hearing.statement-received", json!({"from": other}));
}

#[test]
fn a_statement_is_sent_to_a_third_party() {
    let event = json!({"statement-sent": {
        "statement": "1", "receiver": "Samferdselsdepartementet", "on": "2017-06-15",
        "signed_by": [{"office": "mayor", "member": ASKER}], "text": "Bygg banen.",
    }});
    given_case().when(CASE, event).publicly(
        "statement.sent",
        json!({
            "concerns": {"members": [ASKER]}, "receiver": "Samferdselsdepartementet",
            "signed_by": [{"office": "mayor"}], "text": "Bygg banen.",
        }),
    );
}
