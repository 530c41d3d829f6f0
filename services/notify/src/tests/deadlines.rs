//! Joint cases, hearings and tasks: what is told, and the reminders until somebody has answered.

use samvirke_schemas::contacts::contact::BelongsTo;
use serde_json::json;

use super::{
    facts::{
        body, decision, hearing_extended, hearing_opened, receipt, seat_filled, sent_to_members,
        statement, stopped, task, task_done,
    },
    rig::{ASKER, BAERUM, Rig, of_member, of_seat, receivers},
};

/// Two members that were asked on 15 September, and the secretariat.
async fn asked() -> Rig {
    let rig = Rig::new().await;
    rig.contact("baerum", of_member(BAERUM)).await;
    rig.contact("asker", of_member(ASKER)).await;
    rig.contact("sekretariat", BelongsTo::Secretariat {}).await;
    for member in [BAERUM, ASKER] {
        let sent = sent_to_members(&[BAERUM, ASKER]);
        rig.say_member(member, "case.sent-to-members", sent, "2017-09-15T08:00:00Z").await;
    }
    rig
}

#[tokio::test]
async fn a_council_is_told_what_to_do_and_by_when() {
    let rig = asked().await;
    let mails = rig.send("2017-09-15T08:00:01Z").await;
    assert_eq!(receivers(&mails), ["asker", "baerum"]);
    for told in [
        "Svarfrist: fredag 1. desember 2017",
        "- Bekreft at saken er mottatt.",
        "registrer vedtaket innen fredag 1. desember 2017.",
        "https://samvirke.example/v1/cases/vestregionen:24-2017",
    ] {
        assert!(mails[0].text.contains(told), "{told} in {}", mails[0].text);
    }
    assert!(mails[0].header("List-Unsubscribe").is_none());
}

#[tokio::test]
async fn a_silent_member_is_reminded_and_the_secretariat_gets_the_list() {
    let rig = asked().await;
    rig.send("2017-09-15T08:00:01Z").await;
    let received = receipt(BAERUM);
    rig.say_member(BAERUM, "receipt.received", received, "2017-09-16T08:00:00Z").await;

    // Seven days without a receipt, at seven in the morning in Norway.
    assert!(rig.send("2017-09-22T04:59:59Z").await.is_empty());
    let mails = rig.send("2017-09-22T05:00:00Z").await;
    assert_eq!(receivers(&mails), ["asker", "sekretariat"]);
    let list = mails.iter().find(|mail| mail.to.starts_with("sekretariat")).unwrap();
    assert!(list.subject.starts_with("1 har ikke svart: 24/2017"), "{}", list.subject);
    let line = format!("- Kommune {ASKER}, spurt fredag 15. september 2017");
    assert!(list.text.contains(&line), "{}", list.text);
    assert!(!list.text.contains(BAERUM));
    assert!(rig.send("2017-09-30T05:00:00Z").await.is_empty());

    // Fourteen days before the answer is wanted: who has not decided.
    let mails = rig.send("2017-11-17T06:00:00Z").await;
    assert_eq!(receivers(&mails), ["asker", "baerum", "sekretariat"]);
    let list = mails.iter().find(|mail| mail.to.starts_with("sekretariat")).unwrap();
    assert!(list.text.contains("heller ikke bekreftet mottatt"));
}

#[tokio::test]
async fn who_has_answered_is_not_reminded() {
    let rig = asked().await;
    rig.send("2017-09-15T08:00:01Z").await;
    for member in [BAERUM, ASKER] {
        let decided = decision(member);
        rig.say("member-decision.registered", decided, "2017-09-20T08:00:00Z").await;
    }
    assert!(rig.send("2018-01-01T08:00:00Z").await.is_empty());
}

#[tokio::test]
async fn nobody_is_reminded_of_a_settled_case() {
    let rig = asked().await;
    rig.send("2017-09-15T08:00:01Z").await;
    let settled = json!({"case": super::facts::case(), "result": "adopted",
        "rule": {"as-agreed": {"text": "Flertallet."}}});
    rig.say("case.settled", settled, "2017-09-20T08:00:00Z").await;
    assert!(rig.send("2018-01-01T08:00:00Z").await.is_empty());
}

#[tokio::test]
async fn the_deadline_of_a_hearing_is_told_to_who_has_not_answered() {
    let rig = Rig::new().await;
    for (name, member) in [("baerum", BAERUM), ("asker", ASKER)] {
        rig.contact(name, of_member(member)).await;
        let opened = hearing_opened(member);
        rig.say_member(member, "hearing.opened", opened, "2017-09-01T08:00:00Z").await;
    }
    let mails = rig.send("2017-09-01T08:00:01Z").await;
    assert_eq!(receivers(&mails), ["asker", "baerum"]);
    assert!(mails[0].text.contains("Høringsfrist: søndag 1. oktober 2017 kl. 12.00"));

    rig.say("hearing.statement-received", statement(ASKER), "2017-09-20T10:00:00Z").await;
    // Both are told of the new deadline; only one is reminded of it.
    for member in [BAERUM, ASKER] {
        let extended = hearing_extended();
        rig.say_member(member, "hearing.extended", extended, "2017-09-21T10:00:00Z").await;
    }
    assert_eq!(rig.send("2017-09-21T10:00:01Z").await.len(), 2);
    assert!(rig.send("2017-09-24T10:00:00Z").await.is_empty(), "the earlier deadline is over");
    let mails = rig.send("2017-10-25T11:00:00Z").await;
    assert_eq!(receivers(&mails), ["baerum"]);
    assert!(mails[0].subject.starts_with("Høringsfristen nærmer seg"));
}

#[tokio::test]
async fn the_owner_of_a_task_is_told_before_it_is_due() {
    let rig = Rig::new().await;
    let filled = seat_filled("baerum", BAERUM);
    rig.say("body.seat-filled", filled, "2017-01-03T08:00:00Z").await;
    rig.contact("setet", of_seat("baerum")).await;
    rig.contact("baerum", of_member(BAERUM)).await;
    rig.contact("sekretariat", BelongsTo::Secretariat {}).await;
    let office = json!({"office": {"office": "general-manager"}});
    for (owner, name) in [
        (json!({"member": {"member": BAERUM}}), "baerum"),
        (json!({"body": body()}), "setet"),
        (office, "sekretariat"),
    ] {
        let assigned = task("2017-10-10", &owner);
        rig.say("follow-up.assigned", assigned, "2017-09-01T08:00:00Z").await;
        assert!(rig.send("2017-10-03T04:59:59Z").await.is_empty());
        let mails = rig.send("2017-10-03T05:00:00Z").await;
        assert_eq!(receivers(&mails), [name]);
        assert!(mails[0].text.contains("Frist: tirsdag 10. oktober 2017"));
        assert!(
            !mails[0].text.contains("Skriv rapport."),
            "what the task is stays where it is read"
        );
    }
}

#[tokio::test]
async fn a_task_that_is_done_or_moved_is_not_told_on_the_old_day() {
    let rig = Rig::new().await;
    rig.contact("baerum", of_member(BAERUM)).await;
    let owner = json!({"member": {"member": BAERUM}});
    rig.say("follow-up.assigned", task("2017-10-10", &owner), "2017-09-01T08:00:00Z").await;
    rig.say("follow-up.rescheduled", task("2017-11-10", &owner), "2017-09-02T08:00:00Z").await;
    assert!(rig.send("2017-10-10T08:00:00Z").await.is_empty());
    rig.say("follow-up.done", task_done(&owner), "2017-10-20T08:00:00Z").await;
    assert!(rig.send("2018-01-01T08:00:00Z").await.is_empty());
}

#[tokio::test]
async fn a_task_that_is_due_soon_is_told_on_its_day() {
    let rig = Rig::new().await;
    rig.contact("baerum", of_member(BAERUM)).await;
    let owner = json!({"member": {"member": BAERUM}});
    rig.say("follow-up.assigned", task("2017-09-04", &owner), "2017-09-01T08:00:00Z").await;
    assert!(rig.send("2017-09-04T04:59:59Z").await.is_empty());
    assert_eq!(rig.send("2017-09-04T05:00:00Z").await.len(), 1);
}

#[tokio::test]
async fn stopped_deliveries_are_told_to_the_member_and_the_secretariat() {
    let rig = Rig::new().await;
    rig.contact("baerum", of_member(BAERUM)).await;
    rig.contact("asker", of_member(ASKER)).await;
    rig.contact("sekretariat", BelongsTo::Secretariat {}).await;
    rig.say_member(BAERUM, "subscription.stopped", stopped(), "2017-09-04T08:00:00Z").await;
    let mails = rig.send("2017-09-04T08:00:01Z").await;
    assert_eq!(receivers(&mails), ["baerum", "sekretariat"]);
    assert!(mails[0].text.contains("siden fredag 1. september 2017 kl. 12.00"));
    assert!(mails[0].header("List-Unsubscribe").is_none());
}

#[tokio::test]
async fn a_member_with_two_parties_in_a_hearing_is_reminded_until_both_have_answered() {
    let rig = Rig::new().await;
    rig.contact("baerum", of_member(BAERUM)).await;
    let party = |party: &str| json!({"party": party, "names": {"nb": party}, "member": BAERUM});
    let mut opened = hearing_opened(BAERUM);
    opened["own"] = json!([party("helse"), party("teknisk")]);
    opened["members"] = json!([
        {"party": "helse", "member": BAERUM}, {"party": "teknisk", "member": BAERUM},
    ]);
    rig.say_member(BAERUM, "hearing.opened", opened, "2017-09-01T08:00:00Z").await;
    assert_eq!(rig.send("2017-09-01T08:00:01Z").await.len(), 1);
    let reminders = async || {
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM due");
        count.fetch_one(&rig.pool).await.unwrap()
    };
    let answered = async |party_of: &str| {
        let mut statement = statement(BAERUM);
        statement["statement"] = json!(party_of);
        statement["from"] = json!({"invited": party(party_of)});
        rig.say("hearing.statement-received", statement, "2017-09-20T10:00:00Z").await;
    };
    assert_eq!(reminders().await, 1);
    answered("helse").await;
    assert_eq!(reminders().await, 1, "the other party is still awaited");
    answered("teknisk").await;
    assert_eq!(reminders().await, 0);
}
