//! Every notice in every language.

use chrono::DateTime;
use samvirke_schemas::{
    Tagged,
    cases::case::joint::MEMBERS_MAX,
    contacts::person::{Language, Person},
    meetings::{agenda::ITEMS_MAX, schedule::SITTINGS_MAX},
    text::{LINE_CHARS_MAX, Line, PROSE_CHARS_MAX},
};
use serde_json::{Value, json};
use strum::VariantArray;
use uuid::Uuid;

use super::{
    facts::{
        called, cancelled, case, hearing_extended, hearing_opened, minutes, moved, stopped, task,
    },
    rig::BAERUM,
};
use crate::{
    letter::{Letter, Sender},
    notice::Notice,
    settings::Key,
    wording,
};

fn notices() -> Vec<Notice> {
    let changes = json!({"sequence": 1, "at": "2017-09-01T08:00:00Z"});
    let silence = json!({"case": case(), "missing": "decision", "sent_on": "2017-09-15",
        "answer_by": "2017-12-01"});
    let mut due = task("2017-10-10", &json!({"member": {"member": BAERUM}}));
    due["case"] = case();
    let silent = json!([{"member": {"member": BAERUM, "names": {"nb": "Bærum"}}, "received": false,
        "since": "2017-09-15"}]);
    let all = json!([
        {"meeting-called": {"called": called(), "changes": changes}},
        {"meeting-moved": {"moved": moved(&["2017-09-21"], &["2017-09-14"]), "changes": changes}},
        {"meeting-cancelled": {"cancelled": cancelled("2017-09-14"), "changes": changes}},
        {"agenda-changed": {"meeting": called()["meeting"], "days": called()["days"],
            "item": called()["agenda"][0]}},
        {"minutes-published": minutes()},
        {"case-sent": {"case": case(), "text": "Vedtas.", "settles": {"all-adopt-same-text": {}},
            "answer_by": "2017-12-01"}},
        {"hearing-opened": hearing_opened(BAERUM)},
        {"hearing-extended": hearing_extended()},
        {"hearing-closing": {"case": case(), "deadline": "2017-10-01T12:00"}},
        {"follow-up-due": due},
        {"member-silent": silence},
        {"members-silent": {"silence": silence, "members": silent}},
        {"delivery-stopped": stopped()},
    ]);
    let mut all: Vec<Notice> = serde_json::from_value(all).unwrap();
    all.push(Notice::Digest { notices: all.clone() });
    all
}

#[test]
fn every_notice_is_written_in_every_language_with_nothing_left_open() {
    let notices = notices();
    assert_eq!(notices.len(), Notice::TAGS.len(), "a notice is missing here");
    for notice in &notices {
        let mut seen = std::collections::HashSet::new();
        for language in Language::VARIANTS {
            let words = wording::words(notice, *language, "https://samvirke.example").unwrap();
            let place = format!("{} {language}\n{}\n{}", notice.tag(), words.subject, words.body);
            assert!(words.subject.len() > 10 && words.body.len() > 40, "{place}");
            for left_open in ["{{", "{%", "undefined", "none", "null", "{\"", "\n\n\n"] {
                assert!(!words.body.contains(left_open), "{left_open:?} in {place}");
            }
            // Days are written out, never as in the data.
            let without_ids = words.body.replace("sg-2017-09-14", "");
            assert!(!without_ids.contains("2017-"), "{place}");
            assert!(seen.insert(words.body), "two languages say the same: {place}");
        }
    }
}

/// What mail servers take: many have a limit of 10 MB.
const MAIL_BYTES_MAX: usize = 10 * 1000 * 1000;

/// The same with every list as long and every text as large as it may be.
fn inflated(value: &Value, key: &str) -> Value {
    let copies = match key {
        "agenda" | "items" => ITEMS_MAX,
        "days" | "earlier_days" => SITTINGS_MAX,
        "members" => MEMBERS_MAX,
        _ => 1,
    };
    let chars = match key {
        "nb" | "nn" | "en" | "place" | "remote" | "last_answer" => LINE_CHARS_MAX,
        "urgent" | "reason" => PROSE_CHARS_MAX,
        _ => 0,
    };
    match value {
        Value::Array(list) => {
            list.iter().cycle().take(copies.max(list.len())).map(|one| inflated(one, "")).collect()
        }
        Value::Object(fields) => {
            let mut fields = fields.clone();
            for name in ["urgent", "reason"] {
                if ["called", "moved", "cancelled"].contains(&key) {
                    fields.insert(name.into(), json!("x"));
                }
            }
            fields.iter().map(|(name, one)| (name.clone(), inflated(one, name))).collect()
        }
        Value::String(_) if chars > 0 => json!("\u{1d525}".repeat(chars)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[test]
fn the_largest_mail_of_every_notice_is_one_that_mail_servers_take() {
    let title: Line = "\u{1d525}".repeat(LINE_CHARS_MAX).parse().unwrap();
    let mut all: Vec<Notice> = notices();
    let digest = all.pop().unwrap();
    assert_eq!(digest.tag(), "digest");
    let mut all: Vec<Notice> = all
        .iter()
        .map(|notice| serde_json::from_value(inflated(&json!(notice), "")).unwrap())
        .collect();
    all.push(Notice::Digest { notices: vec![all[0].clone(); 200] });
    let person = json!({"name": "Kari Nordmann", "email": "kari@example.no", "language": "nb"});
    let person: Person = serde_json::from_value(person).unwrap();
    let sender = Sender {
        from: "Samvirke <samvirke@example.no>".parse().unwrap(),
        url: "https://samvirke.example".into(),
        key: Key([7; 32]),
    };
    for mut notice in all {
        notice.each_case(&mut |case| case.title = Some(title.clone()));
        notice.each_item(&mut |_, item| item.title = Some(title.clone()));
        let contact = "vestregionen:k".parse().unwrap();
        let letter =
            Letter { id: Uuid::nil(), contact: &contact, person: &person, notice: &notice };
        let mail = sender.write(&letter, DateTime::UNIX_EPOCH).unwrap().formatted();
        assert!(mail.len() <= MAIL_BYTES_MAX, "{} has {} bytes", notice.tag(), mail.len());
    }
}

#[test]
fn a_required_notice_says_that_it_cannot_be_declined() {
    for language in Language::VARIANTS {
        let declinable = wording::footer(*language, Some("https://a.example/x")).unwrap();
        assert!(declinable.ends_with("https://a.example/x"), "{declinable}");
        assert!(!wording::footer(*language, None).unwrap().contains("https"));
    }
}
