//! Every notice in every language.

use samvirke_schemas::{Tagged, contacts::person::Language};
use serde_json::json;
use strum::VariantArray;

use super::{
    facts::{
        called, cancelled, case, hearing_extended, hearing_opened, minutes, moved, stopped, task,
    },
    rig::BAERUM,
};
use crate::{notice::Notice, wording};

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

#[test]
fn a_required_notice_says_that_it_cannot_be_declined() {
    for language in Language::VARIANTS {
        let declinable = wording::footer(*language, Some("https://a.example/x")).unwrap();
        assert!(declinable.ends_with("https://a.example/x"), "{declinable}");
        assert!(!wording::footer(*language, None).unwrap().contains("https"));
    }
}
