//! Who sees what.

use std::collections::BTreeMap;

use samvirke_schemas::principal::{Grant, Principal, Role};
use serde_json::{Value, json};

use super::{CoveredCase, Sight, Veil, veil_case, veil_meeting};
use crate::{
    case_file::{self, CaseFile},
    fact::samples::folded,
    meeting_record::MeetingRecord,
};

const BAERUM: &str = "935478715";
const ASKER: &str = "920125298";
const SECRET: &str = "hemmelig";

#[test]
fn those_who_watch_over_the_cooperation_see_everything_in_it() {
    let home = "vestregionen".parse().unwrap();
    let other = "grenland".parse().unwrap();
    for (role, sees_all) in [
        (Role::Secretariat, true),
        (Role::Auditor, true),
        (Role::Archivist, true),
        (Role::Operator, true),
        (Role::System, true),
        (Role::Delegate, false),
        (Role::MemberIntegration, false),
        (Role::Public, false),
    ] {
        let who = principal(role, None);
        assert_eq!(Sight::of(&who, &home) == Sight::All, sees_all, "{role}");
        assert_eq!(Sight::of(&who, &other), Sight::Public, "{role} elsewhere");
    }
    for role in [Role::Delegate, Role::MemberIntegration] {
        let who = principal(role, Some(BAERUM));
        assert_eq!(Sight::of(&who, &home), Sight::Member(BAERUM.parse().unwrap()), "{role}");
    }
    // A member's number without a role in the cooperation is nobody's voice there.
    assert_eq!(Sight::of(&principal(Role::Public, Some(BAERUM)), &home), Sight::Public);
}

#[test]
fn a_member_sees_what_it_takes_part_in_and_the_public_what_is_over() {
    let today = "2018-01-01".parse().unwrap();
    let member = |number: &str| Sight::Member(number.parse().unwrap());
    let mut veil = Veil { restricted: true, until: None, parties: None };
    assert!(Sight::All.sees(&veil, today));
    assert!(member(BAERUM).sees(&veil, today));
    assert!(!Sight::Public.sees(&veil, today));
    veil.parties = Some([ASKER.parse().unwrap()].into());
    assert!(!member(BAERUM).sees(&veil, today));
    assert!(member(ASKER).sees(&veil, today));
    veil.until = Some(today);
    assert!(!Sight::Public.sees(&veil, today), "the last day is restricted too");
    veil.until = "2017-12-31".parse().ok();
    assert!(Sight::Public.sees(&veil, today));
}

#[test]
fn a_restricted_case_shows_no_wording_at_all() {
    let row = folded::<CaseFile>("vestregionen:1-2017", &secret_case(json!({"everything": {}})));
    assert!(serde_json::to_string(&row.case).unwrap().matches(SECRET).count() > 10);
    let covered = veil_case(&row.case).unwrap();
    let text = serde_json::to_string(&covered).unwrap();
    assert!(!text.contains(SECRET), "{text}");
    assert!(covered.withheld);
    assert_eq!(covered.title.as_str(), "Personalsak");
    assert_eq!(covered.treatments[0].outcomes.len(), 1, "that it was treated is public");
    assert!(!row.public_words.contains(SECRET) && row.words.contains(SECRET));
    assert_eq!(case_file::entry(&covered).title.as_str(), "Personalsak");
}

#[test]
fn a_restriction_of_the_title_or_of_papers_hides_only_those() {
    let title = folded::<CaseFile>("vestregionen:1-2017", &secret_case(json!({"title": {}})));
    let covered = veil_case(&title.case).unwrap();
    assert_eq!(covered.title.as_str(), "Personalsak");
    assert!(covered.treatments[0].outcomes[0].text.is_some());
    let scope = json!({"papers": {"papers": ["notat"]}});
    let papers = folded::<CaseFile>("vestregionen:1-2017", &secret_case(scope));
    let covered = veil_case(&papers.case).unwrap();
    assert_eq!(covered.title, papers.case.title);
    assert!(covered.papers[0].versions.is_empty());
    assert_eq!(covered.papers[0].title.as_ref().unwrap().as_str(), "Notat");
}

#[test]
fn what_is_not_restricted_has_no_veil() {
    let mut events = secret_case(json!({"everything": {}}));
    events.push(json!({"restriction-lifted": {"reason": "Ikke lenger."}}));
    let row = folded::<CaseFile>("vestregionen:1-2017", &events);
    assert!(veil_case(&row.case).is_none());
    assert!(!row.veil.restricted);
}

#[test]
fn items_that_are_restricted_or_behind_closed_doors_show_the_public_title_only() {
    let item = |id: &str, restriction: Value| {
        json!({"item-put": {"item": {
            "item": id, "kind": "PS", "title": format!("{SECRET} {id}"), "public_title": "Sak",
            "subject": {"plain-text": {}}, "restriction": restriction,
        }}})
    };
    let basis = json!({"act": "kommuneloven (2018)", "provision": "§ 11-5"});
    let restricted = json!({"legal_basis": basis, "until": "2017-12-31"});
    let at = "2017-09-28T09:30";
    let events = [
        json!({"planned": {
            "body": "vestregionen:sg", "venue": {"place": "Sandvika"},
            "sittings": [{"start": "2017-09-28T09:00", "end": "2017-09-28T12:00"}],
        }}),
        item("open", Value::Null),
        item("doors", Value::Null),
        item("restricted", restricted),
        json!({"doors-closed": {"legal_basis": basis, "at": at}}),
        json!({"item-taken-up": {"item": "doors", "quorum": {"unknown": {}}, "at": at}}),
        json!({"item-concluded": {
            "item": "doors", "outcome": "decided", "text": SECRET, "quorum": {"unknown": {}},
            "public": false, "day": "2017-09-28",
        }}),
        json!({"doors-opened": {"at": "2017-09-28T10:00"}}),
        json!({"addendum-added": {
            "number": 1, "text": SECRET, "item": "doors", "public": true, "on": "2017-10-02",
        }}),
    ];
    let meeting = folded::<MeetingRecord>("vestregionen:m", &events).meeting;
    let hidden = |day: &str| {
        let covered =
            veil_meeting(&meeting, &Sight::Public, &BTreeMap::new(), day.parse().unwrap());
        let items = covered.agenda.iter().filter(|item| item.withheld);
        let hidden: Vec<_> = items.map(|item| item.item.to_string()).collect();
        assert!(covered.minutes.addenda[0].text.is_none());
        let texts = serde_json::to_string(&covered.agenda[1]).unwrap();
        assert!(!texts.contains(SECRET), "{texts}");
        hidden
    };
    assert_eq!(hidden("2017-12-31"), ["doors", "restricted"]);
    assert_eq!(hidden("2018-01-01"), ["doors"], "the restriction has ended");
}

#[test]
fn an_item_shows_no_more_of_a_restricted_case_than_the_case_itself() {
    let id = "vestregionen:4-2017";
    let events = [
        json!({"planned": {
            "body": "vestregionen:sg", "venue": {"place": "Sandvika"},
            "sittings": [{"start": "2017-09-28T09:00", "end": "2017-09-28T12:00"}],
        }}),
        json!({"item-put": {"item": {
            "item": "one", "kind": "PS", "title": SECRET, "subject": {"case": {"case": id}},
        }}}),
        json!({"item-concluded": {
            "item": "one", "outcome": "decided", "text": SECRET, "quorum": {"unknown": {}},
            "public": true, "day": "2017-09-28",
        }}),
    ];
    let meeting = folded::<MeetingRecord>("vestregionen:m", &events).meeting;
    let secrets = |sight: &Sight, texts: bool| {
        let case = CoveredCase { public_title: "Personalsak".parse().unwrap(), texts };
        let cases = [(id.parse().unwrap(), case)].into();
        let covered = veil_meeting(&meeting, sight, &cases, "2018-01-01".parse().unwrap());
        serde_json::to_string(&covered).unwrap().matches(SECRET).count()
    };
    let member = Sight::Member(BAERUM.parse().unwrap());
    assert_eq!((secrets(&member, true), secrets(&Sight::Public, true)), (0, 0));
    assert_eq!(secrets(&member, false), 1, "where only the title is restricted, the text is not");
    assert_eq!(secrets(&Sight::All, true), 2);
}

fn principal(role: Role, member: Option<&str>) -> Principal {
    Principal {
        subject: "somebody".into(),
        member: member.map(|member| member.parse().unwrap()),
        grants: vec![Grant { role, cooperation: "vestregionen".parse().ok() }],
    }
}

/// A case with the secret word in every place that holds a wording, and then restricted.
fn secret_case(scope: Value) -> Vec<Value> {
    let (member, sg) = (BAERUM, "vestregionen:sg");
    let decision = json!({
        "outcome": "adopted", "text": SECRET, "body": "Kommunestyret", "on": "2017-11-21",
    });
    vec![
        json!({"opened": {
            "kind": "decision", "owner": sg, "number": {"register": "2017", "number": "1/2017"},
            "description": {"title": SECRET, "public_title": "Personalsak", "about": SECRET},
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
            "settles": {"as-agreed": {"text": "Etter avtalen."}}, "on": "2017-10-02",
        }}),
        json!({"member-decision-registered": {
            "member": member, "decision": decision, "registered_by": "member",
        }}),
        json!({"settled": {
            "result": "adopted", "rule": {"all-adopt-same-text": {}}, "text": SECRET,
            "reason": SECRET,
        }}),
        json!({"hearing-opened": {
            "invited": [{"party": "b", "names": {"nb": "Bærum"}, "member": member}],
            "deadline": "2017-12-01T12:00", "sent_on": "2017-10-02",
        }}),
        json!({"statement-received": {
            "statement": {"statement": "s", "from": {"invited": {"party": "b"}}, "summary": SECRET},
            "received_at": "2017-11-01T10:00", "late": false,
        }}),
        json!({"hearing-summed-up": {"text": SECRET}}),
        json!({"adopted-after-hearing": {"body": sg, "text": SECRET, "on": "2018-01-10"}}),
        json!({"statement-sent": {
            "statement": "brev", "receiver": "Stortinget", "signed_by": [], "text": SECRET,
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

#[test]
fn a_timeline_tells_no_wording_of_any_event() {
    let events = secret_case(json!({"everything": {}}));
    let row = folded::<CaseFile>("vestregionen:1-2017", &events);
    let bodies = std::collections::BTreeMap::new();
    let known = crate::case_timeline::Known::new(&row.case, &bodies);
    for event in events {
        let event = serde_json::from_value(event).unwrap();
        let told = crate::case_timeline::nb(&event, &known);
        assert!(!told.contains(SECRET) && told.ends_with('.'), "{told}");
    }
}
