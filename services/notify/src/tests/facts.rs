//! Facts as the feed tells them.

use serde_json::{Value, json};

/// A case as facts name it.
pub(crate) fn case() -> Value {
    json!({
        "id": "vestregionen:24-2017", "number": "24/2017", "kind": "decision", "withheld": false,
        "title": "Videreføring av <Vestregionen>", "owner": body(),
    })
}

pub(crate) fn body() -> Value {
    json!({"id": "vestregionen:sg", "names":
        {"nb": "Styringsgruppen", "nn": "Styringsgruppa", "en": "The steering group"}})
}

pub(crate) fn seat_filled(seat: &str, member: &str) -> Value {
    json!({"body": body(), "seat": {"seat": seat, "member": {"member": member}, "office": "mayor"},
        "from": "2017-01-01"})
}

/// How a member is named in what is said to it.
pub(crate) fn own(member: &str) -> Value {
    json!({"member": member, "names": {"nb": format!("Kommune {member}")}})
}

pub(crate) fn seat_vacated(seat: &str, to: &str) -> Value {
    json!({"body": body(), "seats": [{"seat": seat}], "to": to})
}

fn meeting() -> Value {
    json!({"id": "vestregionen:sg-2017-09-14", "body": body()})
}

pub(crate) fn day(day: &str) -> Value {
    json!({"day": day, "start": format!("{day}T09:00"), "end": format!("{day}T15:00")})
}

pub(crate) fn called() -> Value {
    json!({
        "meeting": meeting(), "days": [day("2017-09-14")], "venue": {"place": "Rådhuset, Sandvika"},
        "on": "2017-09-01", "days_before": 13,
        "agenda": [
            {"item": "1", "kind": "PS", "title": "Godkjenning av innkalling", "withheld": false},
            {"item": "24-2017", "kind": "PS", "number": "24/2017",
             "title": "Videreføring av <Vestregionen>", "withheld": false},
        ],
    })
}

pub(crate) fn moved(to: &[&str], from: &[&str]) -> Value {
    let days = |days: &[&str]| days.iter().map(|one| day(one)).collect::<Vec<_>>();
    json!({"meeting": meeting(), "earlier_days": days(from), "days": days(to),
        "venue": {"place": "Drammen", "remote": "Teams"}, "reason": "Kollisjon."})
}

pub(crate) fn cancelled(on: &str) -> Value {
    json!({"meeting": meeting(), "days": [day(on)], "reason": "For få saker."})
}

pub(crate) fn minutes() -> Value {
    let item = json!({"item": "1", "kind": "PS", "number": "24/2017", "title": "Videreføring",
        "withheld": true});
    json!({"meeting": meeting(), "days": [day("2017-09-14")], "on": "2017-09-20", "addenda": 0,
        "items": [{"item": item, "outcome": "decided"}]})
}

pub(crate) fn sent_to_members(members: &[&str]) -> Value {
    json!({"case": case(), "members": members, "text": "Samarbeidet videreføres.\nFra 2018.",
        "settles": {"all-adopt-same-text": {}}, "answer_by": "2017-12-01", "on": "2017-09-15"})
}

pub(crate) fn receipt(member: &str) -> Value {
    json!({"case": case(), "member": {"member": member}, "on": "2017-09-16",
        "registered_by": "member"})
}

pub(crate) fn decision(member: &str) -> Value {
    json!({"case": case(), "member": {"member": member}, "outcome": "adopted",
        "body": "Kommunestyret", "on": "2017-10-20", "registered_by": "member"})
}

pub(crate) fn hearing_opened(member: &str) -> Value {
    json!({"case": case(), "deadline": "2017-10-01T12:00", "sent_on": "2017-09-01",
        "invited_count": 1, "members": [{"party": "x", "member": member}],
        "own": [{"party": "x", "names": {"nb": "En kommune"}, "member": member}]})
}

pub(crate) fn hearing_extended() -> Value {
    json!({"case": case(), "earlier_deadline": "2017-10-01T12:00", "deadline": "2017-11-01T12:00",
        "reason": "Mange ba om det."})
}

pub(crate) fn statement(member: &str) -> Value {
    let party = json!({"party": "x", "names": {"nb": "En kommune"}, "member": member});
    json!({"case": case(), "statement": "s", "from": {"invited": party},
        "received_at": "2017-09-20T12:00", "late": false})
}

pub(crate) fn task(due: &str, owner: &Value) -> Value {
    json!({"case": case(), "task": {"follow_up": "t", "task": "Skriv rapport.", "owner": owner,
        "due": due}})
}

pub(crate) fn task_done(owner: &Value) -> Value {
    let mut done = task("2017-10-10", owner);
    done["on"] = json!("2017-09-20");
    done
}

pub(crate) fn stopped() -> Value {
    json!({"subscription": "vestregionen:baerum-sak", "endpoint_host": "sak.example.no",
        "last_position": "FEED:42", "failing_since": "2017-09-01T10:00:00Z", "last_answer": "503"})
}
