//! What is published about a joint case: what is addressed to a member is said to it by itself (R45).

use serde_json::{Value, json};

use super::{ASKER, BAERUM, BUSKERUD, CASE, Scenario, given_case};

fn sent() -> Value {
    let recipient = |member: &str, name: &str| json!({"member": member, "names": {"nb": name}});
    json!({"sent-to-members": {
        "members": [recipient(BAERUM, "Bærum kommune"), recipient(ASKER, "Asker kommune")],
        "text": "Planen vedtas.", "settles": {"all-adopt-same-text": {}},
        "answer_by": "2017-09-01", "on": "2017-06-15",
    }})
}

fn given_sent() -> Scenario {
    given_case().and(CASE, sent())
}

fn decision(tag: &str, reason: Option<&str>) -> Value {
    json!({tag: {
        "member": ASKER, "reason": reason, "registered_by": "member",
        "decision": {
            "outcome": "adopted-with-changes", "text": "Planen vedtas, med endringer.",
            "body": "Kommunestyret", "on": "2017-06-13",
        },
    }})
}

#[test]
fn every_member_asked_is_told_by_itself() {
    let spoken = given_case().when(CASE, sent());
    spoken.addressed(
        &[ASKER, BAERUM],
        "case.sent-to-members",
        json!({
            "members": [BAERUM, ASKER],
            "text": "Planen vedtas.", "answer_by": "2017-09-01",
            "settles": {"all-adopt-same-text": {}},
        }),
    );
    assert_eq!(spoken.to(ASKER)["own"]["names"], json!({"nb": "Asker kommune"}));
    assert_eq!(spoken.to("public")["own"], json!(null));
    assert_eq!(spoken.to(ASKER)["concerns"]["members"], json!([ASKER]));
    assert_eq!(spoken.to("public")["concerns"]["members"], json!([ASKER, BAERUM]));
}

#[test]
fn a_member_that_joins_is_told_what_to_adopt() {
    let event = json!({"member-included": {
        "recipient": {"member": BUSKERUD, "names": {"nb": "Buskerud fylkeskommune"}},
        "reason": "Nytt medlem.",
    }});
    given_sent().when(CASE, event).addressed(
        &[BUSKERUD],
        "case.member-included",
        json!({
            "member": {"names": {"nb": "Buskerud fylkeskommune"}}, "text": "Planen vedtas.",
            "answer_by": "2017-09-01", "reason": "Nytt medlem.",
        }),
    );
}

#[test]
fn a_member_that_leaves_is_told_and_no_more_after_that() {
    let released = json!({"member-released": {"member": ASKER, "reason": "Går ut."}});
    given_sent().when(CASE, released.clone()).addressed(
        &[ASKER],
        "case.member-released",
        json!({"member": {"names": {"nb": "Asker kommune"}}, "reason": "Går ut."}),
    );
    let settled = json!({"settled": {
        "result": "adopted", "rule": {"all-adopt-same-text": {}}, "text": "Planen vedtas.",
        "carried_by": [BAERUM],
    }});
    given_sent().and(CASE, released).when(CASE, settled).addressed(
        &[BAERUM],
        "case.settled",
        json!({"result": "adopted", "text": "Planen vedtas.", "carried_by": [BAERUM]}),
    );
}

#[test]
fn receipts_are_told_step_by_step() {
    let receipt = |step: &str| {
        json!({"receipt-registered": {
            "member": ASKER, "step": step, "on": "2017-06-15", "registered_by": "member"
        }})
    };
    for (step, tag) in [("received", "receipt.received"), ("processed", "receipt.processed")] {
        given_sent().when(CASE, receipt(step)).publicly(
            tag,
            json!({
                "concerns": {"members": [ASKER]}, "case": {"number": "1/2017"},
                "member": {"names": {"nb": "Asker kommune"}}, "registered_by": "member",
            }),
        );
    }
}

#[test]
fn r36_a_member_tells_where_it_keeps_the_case() {
    let event = json!({"reference-registered": {
        "member": BAERUM, "reference": {"file": "17/33189", "journal_entry": "17/259736"},
        "registered_by": "member",
    }});
    given_sent().when(CASE, event).publicly(
        "member-reference.registered",
        json!({"member": {"member": BAERUM}, "reference": {"file": "17/33189"}}),
    );
}

#[test]
fn a_members_decision_is_told_and_so_is_its_correction() {
    let wanted = json!({
        "concerns": {"members": [ASKER]}, "outcome": "adopted-with-changes",
        "text": "Planen vedtas, med endringer.", "body": "Kommunestyret", "on": "2017-06-13",
    });
    given_sent()
        .when(CASE, decision("member-decision-registered", None))
        .publicly("member-decision.registered", wanted.clone());
    let spoken =
        given_sent().when(CASE, decision("member-decision-corrected", Some("Feil tekst.")));
    spoken.publicly("member-decision.corrected", wanted);
    assert_eq!(spoken.to("public")["reason"], "Feil tekst.");
}
