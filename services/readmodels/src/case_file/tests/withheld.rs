//! What of a restricted case is withheld, and what the lists made of it show.

use samvirke_access::{Viewer, WithheldFromCase, redacted_case};
use samvirke_schemas::{
    Tagged as _, cases::case::Event, id::LocalId, names::Names, queries::case::Case,
};
use serde_json::{Value, json};

use crate::{
    bodies::BodyNames,
    case_file::{CaseFile, row, row::Row},
    case_listing::Redact as _,
    case_timeline::{Known, nb, nb_for_all},
    fact::samples::folded,
    model::ReadModel as _,
};

const BAERUM: &str = "935478715";
const SECRET: &str = "hemmelig";
const EVERYTHING: WithheldFromCase = WithheldFromCase::Everything;

fn row_of(scope: Value) -> Row {
    folded::<CaseFile>("vestregionen:1-2017", &secret_case(scope))
}

#[test]
fn a_restricted_case_shows_no_wording_at_all() {
    let row = row_of(json!({"everything": {}}));
    assert!(serde_json::to_string(&row.case).unwrap().matches(SECRET).count() > 15);
    let shown = redacted_case(&row.case, &EVERYTHING);
    let text = serde_json::to_string(&shown).unwrap();
    assert!(!text.contains(SECRET), "{text}");
    assert!(shown.withheld);
    assert_eq!(shown.title.as_str(), "Personalsak");
    assert_eq!(shown.treatments[0].outcomes.len(), 1, "that it was treated is public");
    assert!(!row.public_words.contains(SECRET) && row.words.contains(SECRET));
    assert_eq!(row::entry(&shown).title.as_str(), "Personalsak");
}

#[test]
fn how_a_council_has_decided_and_when_is_public_and_in_which_words_is_not() {
    let case = row_of(json!({"everything": {}})).case;
    let decided = |case: &Case| case.joint.as_ref().unwrap().members[0].decision.clone().unwrap();
    let (whole, shown) = (decided(&case), decided(&redacted_case(&case, &EVERYTHING)));
    assert_eq!((shown.outcome, shown.on), (whole.outcome, whole.on));
    assert_eq!((shown.text, shown.body.as_str()), (None, "Skjermet"));
}

#[test]
fn a_restriction_of_the_title_or_of_papers_hides_only_those() {
    let titled = row_of(json!({"title": {}})).case;
    let shown = redacted_case(&titled, &WithheldFromCase::Title);
    assert_eq!(shown.title.as_str(), "Personalsak");
    assert!(shown.treatments[0].outcomes[0].text.is_some());
    let papers = row_of(json!({"papers": {"papers": ["notat"]}}));
    let withheld = papers.access.access.withheld_from(&Viewer::public(day("2018-01-01")));
    let shown = redacted_case(&papers.case, &withheld);
    assert_eq!(shown.title, papers.case.title);
    assert!(shown.papers[0].versions.is_empty());
    assert_eq!(shown.papers[0].title.as_ref().unwrap().as_str(), "Notat");
}

#[test]
fn every_list_made_of_a_restricted_case_withholds_its_wording_and_keeps_its_lines() {
    let row = row_of(json!({"everything": {}}));
    let public = Viewer::public(day("2018-01-01"));
    for listing in CaseFile::listings() {
        let lines = (listing.lines)(&row);
        for line in lines {
            let document = line.document;
            let shown = match listing.table {
                "decisions" => {
                    shown::<samvirke_schemas::queries::decisions::Decision>(document, &public)
                }
                "follow_ups" => shown::<crate::follow_ups::Owned>(document, &public),
                "hearings" => {
                    shown::<samvirke_schemas::queries::hearings::CaseHearing>(document, &public)
                }
                "inbox" => shown::<crate::inbox::For>(document, &public),
                // Relations name cases by their ids alone.
                "case_relations" => document.to_string(),
                other => panic!("what does {other} show of a restricted case?"),
            };
            assert!(!shown.contains(SECRET), "{}: {shown}", listing.table);
        }
    }
    let adopted = crate::decisions::of(&row.case).len();
    assert_eq!(adopted, 2, "what was adopted after the hearing is a decision, restricted or not");
}

fn shown<T>(document: Value, viewer: &Viewer) -> String
where
    T: crate::case_listing::Redact + serde::Serialize + serde::de::DeserializeOwned,
{
    let kept: crate::case_listing::StoredRow<T> = serde_json::from_value(document).unwrap();
    serde_json::to_string(&kept.for_viewer(viewer)).unwrap()
}

#[test]
fn what_is_not_restricted_any_longer_is_withheld_from_nobody() {
    let mut events = secret_case(json!({"everything": {}}));
    events.push(json!({"restriction-lifted": {"reason": "Ikke lenger."}}));
    let row = folded::<CaseFile>("vestregionen:1-2017", &events);
    let public = Viewer::public(day("2018-01-01"));
    assert_eq!(row.access.access.withheld_from(&public), WithheldFromCase::Nothing);
    assert_eq!(row.public_words, row.words);
}

#[test]
fn a_timeline_tells_no_wording_of_a_case_that_is_withheld() {
    let events = secret_case(json!({"everything": {}}));
    let shown = redacted_case(&row_of(json!({"everything": {}})).case, &EVERYTHING);
    let bodies = BodyNames::new();
    let known = Known::new(&shown, &bodies, false);
    for event in events {
        let event = serde_json::from_value(event).unwrap();
        let told = nb(&event, &known);
        assert!(!told.contains(SECRET) && told.ends_with('.'), "{told}");
    }
}

#[test]
fn the_line_of_the_register_withholds_what_the_case_does() {
    let papers = [LocalId::try_new("notat").unwrap()].into();
    let withheld = [
        WithheldFromCase::Nothing,
        WithheldFromCase::Title,
        WithheldFromCase::Papers(papers),
        EVERYTHING,
    ];
    for scope in [json!({"title": {}}), json!({"everything": {}})] {
        let row = row_of(scope);
        assert_eq!(row.entry, row::entry(&row.case));
        for withheld in &withheld {
            let shown = redacted_case(&row.case, withheld);
            let line = row.entry.redacted(&row.case.public_title, withheld);
            assert_eq!(line, row::entry(&shown), "{withheld:?}");
        }
    }
}

#[test]
fn a_sentence_that_is_kept_is_the_one_that_is_made_with_all_names_for_everybody() {
    let case = row_of(json!({"everything": {}})).case;
    let names: Names = serde_json::from_value(json!({"nb": "Styringsgruppen"})).unwrap();
    let bodies =
        ["vestregionen:sg", "vestregionen:rg"].map(|id| (id.parse().unwrap(), names.clone()));
    let bodies = BodyNames::from(bodies);
    let mut events = secret_case(json!({"everything": {}}));
    events.push(json!({"amended": {"title": SECRET, "public_title": SECRET}}));
    let mut kept = Vec::new();
    for event in events {
        let event: Event = serde_json::from_value(event).unwrap();
        let made = [true, false].map(|texts| nb(&event, &Known::new(&case, &bodies, texts)));
        match nb_for_all(&event) {
            Some(told) => {
                assert_eq!(made, [told.clone(), told]);
                kept.push(event.tag());
            }
            None => assert!(
                made[0] != made[1]
                    || made[0].contains("Styringsgruppen")
                    || made[0].contains("Bærum"),
                "{made:?} could be kept"
            ),
        }
    }
    assert!(kept.contains(&"amended") && kept.contains(&"opened"), "{kept:?}");
}

fn day(text: &str) -> samvirke_schemas::date::Date {
    text.parse().unwrap()
}

/// A case with the secret word in every place that holds a wording, and then restricted.
fn secret_case(scope: Value) -> Vec<Value> {
    let (member, sg) = (BAERUM, "vestregionen:sg");
    let decision = json!({
        "outcome": "adopted", "text": SECRET, "body": SECRET, "on": "2017-11-21",
    });
    vec![
        json!({"opened": {
            "kind": "decision", "owner": sg, "number": {"register": "2017", "number": "1/2017"},
            "description": {
                "title": SECRET, "public_title": "Personalsak", "about": SECRET,
                "classification": SECRET,
            },
        }}),
        json!({"paper-added": {"version": 1, "paper": {
            "paper": "notat", "kind": "case-paper", "title": SECRET, "public_title": "Notat",
            "digest": format!("sha256:{}", "0".repeat(64)), "size_bytes": 1,
            "media_type": "application/pdf",
        }}}),
        json!({"recommended": {"from": "vestregionen:rg", "to": sg, "text": SECRET}}),
        json!({"treatments-planned": {"treatments": [
            {"treatment": "sg", "body": sg, "authority": "decides"},
        ]}}),
        json!({"outcome-recorded": {
            "treatment": "sg", "body": sg, "meeting": "vestregionen:m", "item": "one",
            "outcome": "decided", "text": SECRET, "day": "2017-09-28",
        }}),
        json!({"put-in-force": {"from": "2017-10-01"}}),
        json!({"force-ended": {"on": "2018-01-01", "reason": SECRET}}),
        json!({"sent-to-members": {
            "members": [{"member": member, "names": {"nb": "Bærum"}}], "text": SECRET,
            "settles": {"as-agreed": {"text": SECRET}}, "on": "2017-10-02",
        }}),
        json!({"reference-registered": {
            "member": member, "reference": {"file": SECRET}, "registered_by": "member",
        }}),
        json!({"member-decision-registered": {
            "member": member, "decision": decision, "registered_by": "member",
        }}),
        json!({"settled": {
            "result": "adopted", "rule": {"all-adopt-same-text": {}}, "text": SECRET,
            "reason": SECRET,
        }}),
        json!({"hearing-opened": {
            "invited": [{"party": "b", "names": {"nb": SECRET}, "member": member}],
            "deadline": "2017-12-01T12:00", "sent_on": "2017-10-02",
        }}),
        json!({"statement-received": {
            "statement": {"statement": "s", "from": {"invited": {"party": "b"}}, "summary": SECRET},
            "received_at": "2017-11-01T10:00", "late": false,
        }}),
        json!({"hearing-summed-up": {"text": SECRET}}),
        json!({"adopted-after-hearing": {"body": sg, "text": SECRET, "on": "2018-01-10"}}),
        json!({"statement-sent": {
            "statement": "brev", "receiver": SECRET, "signed_by": [], "text": SECRET,
            "on": "2018-01-11",
        }}),
        json!({"follow-up-assigned": {
            "follow_up": "en", "task": SECRET, "owner": {"member": {"member": member}},
        }}),
        json!({"follow-up-reported": {"follow_up": "en", "on": "2018-02-01", "text": SECRET}}),
        json!({"follow-up-done": {"follow_up": "en", "on": "2018-02-02", "text": SECRET}}),
        json!({"restricted": {
            "legal_basis": {"act": "offentleglova", "provision": "§ 13"}, "scope": scope,
        }}),
    ]
}
