//! Who is told what is restricted: the members that are parties themselves, and nobody else.

use std::collections::{BTreeMap, BTreeSet};

use samvirke_schemas::{
    Tagged,
    feed::{Fact, Said},
};
use serde_json::{Value, json};

use super::{
    ASKER, BAERUM, BUSKERUD, CASE, MEETING, SECRET, Scenario, decided, entry, everything, given,
    given_case, given_meeting, notice, opened, restricted, sent_to_asker,
};

/// A case with a secret title that is restricted, in this scope and until this day.
fn given_restricted(scope: Value, until: Option<&str>) -> Scenario {
    given_case()
        .and(CASE, json!({"amended": {"title": SECRET, "public_title": "Personalsak"}}))
        .and(CASE, restricted(scope, until))
}

fn invites_buskerud() -> Value {
    json!({"hearing-opened": {
        "invited": [{"party": "b", "names": {"nb": "Buskerud fylkeskommune"}, "member": BUSKERUD}],
        "deadline": "2017-09-29T12:00", "sent_on": "2017-06-15",
    }})
}

#[test]
fn a_restricted_case_is_told_in_full_to_no_member_by_being_one() {
    let spoken = given_restricted(everything(), None).when(CASE, decided());
    assert_eq!(spoken.state(), ["public case.decided"]);
    let public = spoken.to("public");
    assert_eq!(public["case"]["title"], "Personalsak");
    assert_eq!(public["case"]["withheld"], true);
    assert_eq!(public["result"], "adopted", "that it was decided is public");
    assert_eq!(public["text"], Value::Null);
    let asked = given_restricted(everything(), None).and(CASE, sent_to_asker());
    let told = asked.when(CASE, decided()).to(ASKER);
    assert_eq!(told["case"]["title"], SECRET);
    assert_eq!(told["case"]["withheld"], false);
    assert_eq!(told["text"], SECRET);
}

#[test]
fn of_a_joint_case_only_those_taking_part_are_told_in_full() {
    let spoken = given_restricted(everything(), None).and(CASE, sent_to_asker());
    let spoken = spoken.when(CASE, json!({"closed": {}}));
    assert_eq!(spoken.state(), [format!("{ASKER} case.closed"), "public case.closed".into()]);

    let released = json!({"member-released": {"member": ASKER, "reason": SECRET}});
    let left = given_restricted(everything(), None).and(CASE, sent_to_asker());
    let spoken = left.and(CASE, released).when(CASE, json!({"closed": {}}));
    assert_eq!(spoken.state(), ["public case.closed"], "it takes part no longer");
}

#[test]
fn a_member_that_is_released_is_told_so_and_nothing_that_is_restricted() {
    let released = json!({"member-released": {"member": ASKER, "reason": SECRET}});
    let case = given_restricted(everything(), None).and(CASE, sent_to_asker());
    let told = case.when(CASE, released).to(ASKER);
    assert_eq!(told["case"]["title"], "Personalsak");
    assert_eq!(told["reason"], Value::Null);
}

#[test]
fn of_a_hearing_only_those_invited_are_told_in_full() {
    let spoken = given_restricted(everything(), None)
        .and(CASE, invites_buskerud())
        .when(CASE, json!({"hearing-summed-up": {"text": SECRET}}));
    let tag = "hearing.summed-up";
    assert_eq!(spoken.state(), [BUSKERUD, "public"].map(|one| format!("{one} {tag}")));
    assert_eq!(spoken.to(BUSKERUD)["text"], SECRET);
}

#[test]
fn what_is_restricted_together_with_its_opening_is_never_told_to_the_public() {
    let commit = [opened("2/2017", SECRET, "Personalsak"), restricted(everything(), None)];
    let spoken = given().when_all(CASE, &commit);
    let told = spoken.0.iter().filter(|event| event.audience == "public");
    let told: Vec<String> = told.map(|event| event.data.get().to_owned()).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|data| !data.contains(SECRET)), "{told:?}");
    assert_eq!(spoken.state(), ["public case.opened", "public case.restricted"]);
}

/// Every event with a title or a text, so that one that is forgotten is found.
fn events() -> Vec<Value> {
    let reason = |tag: &str| json!({tag: {"reason": SECRET}});
    let member_decision = |tag: &str| {
        json!({tag: {
            "member": ASKER, "reason": SECRET, "registered_by": "member",
            "decision": {
                "outcome": "adopted-with-changes", "text": SECRET, "body": "Kommunestyret",
                "on": "2017-06-15",
            },
        }})
    };
    let recipient = json!({"member": BAERUM, "names": {"nb": "Bærum kommune"}});
    let relation = json!({"relation": "follows-up", "to": "vestregionen:1-2017"});
    let assigned = json!({"follow-up-assigned": {
        "follow_up": "1", "task": SECRET, "owner": {"member": {"member": ASKER}}
    }});
    let receipt = |step: &str| {
        json!({"receipt-registered": {
            "member": ASKER, "step": step, "on": "2017-06-16", "registered_by": "member",
        }})
    };
    let mut dropped = assigned.clone();
    dropped["follow-up-assigned"]["follow_up"] = json!("2");
    let mut treated = decided();
    treated["outcome-recorded"]["outcome"] = json!("took-note");
    vec![
        json!({"treatment-due": {"treatment": "sg", "body": "vestregionen:sg"}}),
        treated,
        json!({"put-in-force": {"from": "2018-01-01"}}),
        json!({"closed": {}}),
        restricted(everything(), None),
        receipt("received"),
        receipt("processed"),
        json!({"reference-registered": {
            "member": ASKER, "reference": {"file": "17/33189"}, "registered_by": "member",
        }}),
        json!({"hearing-closed": {"on": "2017-10-01", "silent": ["b"]}}),
        dropped,
        json!({"follow-up-dropped": {"follow_up": "2", "reason": SECRET}}),
        json!({"amended": {"title": SECRET, "public_title": "Personalsak", "about": SECRET}}),
        decided(),
        reason("withdrawn"),
        reason("reopened"),
        json!({"relation-removed": {"relation": relation, "reason": SECRET}}),
        json!({"related": relation}),
        json!({"force-ended": {"on": "2018-01-01", "reason": SECRET}}),
        json!({"statement-sent": {
            "statement": "1", "receiver": "X", "signed_by": [], "text": SECRET, "on": "2017-06-15"
        }}),
        sent_to_asker(),
        json!({"member-included": {"recipient": recipient, "reason": SECRET}}),
        member_decision("member-decision-registered"),
        member_decision("member-decision-corrected"),
        json!({"member-released": {"member": BAERUM, "reason": SECRET}}),
        json!({"settled": {
            "result": "adopted", "rule": {"all-adopt-same-text": {}}, "text": SECRET,
            "reason": SECRET,
        }}),
        invites_buskerud(),
        json!({"hearing-extended": {"deadline": "2017-10-29T12:00", "reason": SECRET}}),
        json!({"statement-received": {
            "statement": {"statement": "1", "from": {"invited": {"party": "b"}}, "summary": SECRET},
            "received_at": "2017-09-20T12:00", "late": false,
        }}),
        json!({"hearing-summed-up": {"text": SECRET}}),
        json!({"adopted-after-hearing": {
            "body": "vestregionen:sg", "text": SECRET, "on": "2017-11-01"
        }}),
        assigned,
        json!({"follow-up-reported": {"follow_up": "1", "on": "2017-08-01", "text": SECRET}}),
        json!({"follow-up-rescheduled": {
            "follow_up": "1", "due": "2017-12-01", "reason": SECRET
        }}),
        json!({"follow-up-done": {"follow_up": "1", "on": "2017-08-20", "text": SECRET}}),
    ]
}

/// People call a party by its name, and a statement by whose it is.
#[test]
fn who_gave_a_statement_is_not_told_by_the_ids_that_people_have_put() {
    let received = json!({"statement-received": {
        "statement": {"statement": "fra-buskerud", "from": {"invited": {"party": "b"}}},
        "received_at": "2017-09-20T12:00", "late": false,
    }});
    let given = given_restricted(everything(), None).and(CASE, invites_buskerud());
    let spoken = given.when(CASE, received);
    let ids = |audience: &str| {
        let told = spoken.to(audience);
        [told["statement"].clone(), told["from"]["invited"]["party"].clone()]
    };
    assert_eq!(ids("public"), ["skjermet", "skjermet"]);
    assert_eq!(ids(BUSKERUD), ["fra-buskerud", "b"]);
}

#[test]
fn who_signed_a_statement_in_a_restricted_case_is_told_with_its_texts_alone() {
    let sent = json!({"statement-sent": {
        "statement": "til-departementet", "receiver": "X", "on": "2017-06-15",
        "signed_by": [{"office": "mayor", "member": ASKER}],
    }});
    let given = given_restricted(everything(), None).and(CASE, sent_to_asker());
    let spoken = given.when(CASE, sent);
    let (public, party) = (spoken.to("public"), spoken.to(ASKER));
    assert_eq!((&public["signed_by"], &public["statement"]), (&json!([]), &json!("skjermet")));
    assert_eq!(public["concerns"]["members"], Value::Null, "{public}");
    assert_eq!(party["statement"], "til-departementet");
    assert_eq!(party["signed_by"], json!([{"office": "mayor", "member": ASKER}]));
}

#[test]
fn nothing_restricted_is_in_what_the_public_is_told() {
    let mut scenario = given_restricted(everything(), None)
        .and(CASE, sent_to_asker())
        .and(CASE, invites_buskerud());
    for event in events() {
        let said = scenario.observe(CASE, std::slice::from_ref(&event));
        assert!(said.len() > 1, "nobody is told in full of {event}");
        let mut told_in_full = false;
        for said in said {
            let text = serde_json::to_string(&said.fact).unwrap();
            let public = said.audience.to_string() == "public";
            assert!(!public || !text.contains(SECRET), "the public is told {text}");
            told_in_full |= text.contains(SECRET);
        }
        assert!(told_in_full, "nobody is told in full of {event}");
    }
}

#[test]
fn a_restriction_of_the_title_hides_only_the_title() {
    let mut event = decided();
    event["outcome-recorded"]["text"] = json!("Slik blir det.");
    let restricted = given_restricted(json!({"title": {}}), None).and(CASE, sent_to_asker());
    let spoken = restricted.when(CASE, event);
    assert_eq!(spoken.to("public")["case"]["title"], "Personalsak");
    assert_eq!(spoken.to("public")["text"], "Slik blir det.");
    assert_eq!(spoken.to(ASKER)["case"]["title"], SECRET);
}

#[test]
fn a_restriction_holds_to_the_end_of_its_last_day() {
    let restricted = || given_restricted(everything(), Some("2017-06-30"));
    let spoken = restricted().on("2017-06-30").when(CASE, json!({"closed": {}}));
    assert_eq!(spoken.to("public")["case"]["title"], "Personalsak");
    let spoken = restricted().on("2017-07-01").when(CASE, json!({"closed": {}}));
    assert_eq!(spoken.state(), ["public case.closed"]);
    assert_eq!(spoken.to("public")["case"]["title"], SECRET);
}

#[test]
fn a_case_that_relates_to_a_restricted_one_does_not_give_its_title_away() {
    let related = json!({"related": {"relation": "follows-up", "to": "vestregionen:1-2017"}});
    let spoken = given_restricted(everything(), None)
        .and(CASE, sent_to_asker())
        .and("case/vestregionen:2-2017", opened("2/2017", "Oppfølging", "Oppfølging"))
        .when("case/vestregionen:2-2017", related);
    let tag = "case.related";
    assert_eq!(spoken.state(), [ASKER, "public"].map(|one| format!("{one} {tag}")));
    assert_eq!(spoken.to("public")["to"]["case"]["title"], "Personalsak");
    assert_eq!(spoken.to("public")["case"]["withheld"], false);
    assert_eq!(spoken.to(ASKER)["to"]["case"]["title"], SECRET);
}

#[test]
fn a_party_that_is_no_member_any_longer_is_told_what_the_public_is() {
    let spoken = given_restricted(everything(), None)
        .and(CASE, sent_to_asker())
        .and(CASE, invites_buskerud())
        .and(
            super::COOPERATION,
            json!({"member-released": {
                "member": BUSKERUD, "to": "2017-06-14", "reason": "Går ut."
            }}),
        )
        .when(CASE, json!({"closed": {}}));
    assert_eq!(spoken.state(), [ASKER, "public"].map(|one| format!("{one} case.closed")));
}

fn case_item() -> Value {
    entry("1-2017", SECRET, json!({"case": {"case": "vestregionen:1-2017"}}))
}

#[test]
fn a_restricted_case_on_an_agenda_shows_its_public_title_to_all_but_those_taking_part() {
    let spoken = given_meeting()
        .and(CASE, restricted(everything(), None))
        .and(CASE, sent_to_asker())
        .when(MEETING, notice(&[case_item()]));
    let tag = "meeting.notice-issued";
    assert_eq!(spoken.state(), [ASKER, "public"].map(|one| format!("{one} {tag}")));
    let public = &spoken.to("public")["agenda"][0];
    assert_eq!((&public["title"], &public["withheld"]), (&json!("Framtid"), &json!(true)));
    assert_eq!(public["number"], "1/2017");
    assert_eq!(spoken.to(ASKER)["agenda"][0]["title"], SECRET);
}

#[test]
fn an_item_about_a_case_that_is_not_known_shows_nothing_of_it() {
    let unknown = entry("9-2017", SECRET, json!({"case": {"case": "vestregionen:9-2017"}}));
    let spoken = given_meeting().when(MEETING, notice(&[unknown]));
    let item = &spoken.to("public")["agenda"][0];
    assert_eq!((&item["title"], &item["withheld"]), (&Value::Null, &json!(true)));
}

#[test]
fn a_restricted_item_shows_its_public_title_to_everyone_until_the_restriction_ends() {
    let mut item = entry("eiendom", SECRET, json!({"plain-text": {}}));
    item["public_title"] = json!("Eiendom");
    item["restriction"] = json!({"legal_basis": {"act": "offentleglova"}, "until": "2017-06-15"});
    let given = || given_meeting().and(MEETING, json!({"item-put": {"item": item}}));
    let spoken = given().when(MEETING, notice(std::slice::from_ref(&item)));
    assert_eq!(spoken.state(), ["public meeting.notice-issued"]);
    assert_eq!(spoken.to("public")["agenda"][0]["title"], "Eiendom");
    let spoken = given().on("2017-06-16").when(MEETING, notice(std::slice::from_ref(&item)));
    assert_eq!(spoken.state(), ["public meeting.notice-issued"]);
    assert_eq!(spoken.to("public")["agenda"][0]["title"], SECRET);
}

#[test]
fn what_was_treated_behind_closed_doors_is_hidden_in_the_minutes() {
    let at = "2017-06-22T09:30";
    let taken_up = json!({"item-taken-up": {
        "item": "lokaler", "quorum": {"unknown": {}}, "at": at
    }});
    let closed = json!({"doors-closed": {
        "legal_basis": {"act": "kommuneloven (2018)", "provision": "§ 11-5"}, "at": at
    }});
    let addendum = json!({"addendum-added": {
        "number": 1, "text": SECRET, "item": "lokaler", "public": true, "on": "2017-07-01"
    }});
    let published = json!({"minutes-published": {
        "draft": 1, "public": ["1-2017"],
        "withheld": [{"item": "lokaler", "because": "closed-doors"}], "on": "2017-06-29",
    }});
    let called = || given_meeting().and(MEETING, notice(&[]));
    let treated = || called().and(MEETING, taken_up.clone()).and(MEETING, closed.clone());

    let spoken = treated().when(MEETING, published.clone());
    assert_eq!(spoken.state().len(), 1);
    let item = |audience: &str| spoken.to(audience)["items"][1]["item"].clone();
    assert_eq!(
        (&item("public")["title"], &item("public")["withheld"]),
        (&Value::Null, &json!(true))
    );

    let spoken = treated().when(MEETING, addendum);
    assert_eq!(spoken.state().len(), 1);
    assert_eq!(spoken.to("public")["text"], Value::Null);

    let spoken = called().when(MEETING, published);
    assert_eq!(spoken.to("public")["items"][1]["item"]["withheld"], true, "as the minutes say");
}

/// The table of who is told what: the README of the feed.
const TABLE: &str = include_str!("../../../README.md");

/// How the table says that facts are told, by type.
fn rows() -> BTreeMap<&'static str, &'static str> {
    let lines = TABLE.lines().filter(|line| line.starts_with("| `"));
    let mut rows = BTreeMap::new();
    for line in lines {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let (tags, told) = (cells.next().unwrap(), cells.next().unwrap());
        for tag in tags.split_whitespace().map(|tag| tag.trim_matches('`')) {
            assert!(rows.insert(tag, told).is_none(), "{tag} has two rows");
        }
    }
    rows
}

/// What each type tells an audience when the word is planted in every title and text.
fn told_with_secrets() -> Vec<Said> {
    let commit = [opened("2/2017", SECRET, "Personalsak"), restricted(everything(), None)];
    let mut said = given().observe("case/vestregionen:2-2017", &commit);
    let mut scenario = given_restricted(everything(), None)
        .and(CASE, sent_to_asker())
        .and(CASE, invites_buskerud());
    for event in events() {
        // A case is restricted again after each event, whatever the event was.
        said.extend(scenario.observe(CASE, &[event]));
        scenario.observe(CASE, &[restricted(everything(), None)]);
    }
    let mut item = entry("lokaler", SECRET, json!({"plain-text": {}}));
    (item["public_title"], item["restriction"]) =
        (json!("Eiendom"), json!({"legal_basis": {"act": "offentleglova"}}));
    let mut meeting = given_restricted(everything(), None)
        .and(CASE, sent_to_asker())
        .and(MEETING, super::planned())
        .and(MEETING, json!({"item-put": {"item": item}}))
        .and(MEETING, json!({"item-put": {"item": case_item()}}));
    for event in [
        notice(&[item.clone(), case_item()]),
        json!({"item-corrected": {"item": "lokaler", "title": SECRET, "public_title": "Lokaler",
            "reason": SECRET}}),
        json!({"item-restricted": {"item": "lokaler", "public_title": "Lokaler", "reason": SECRET,
            "restriction": {"legal_basis": {"act": "offentleglova"}}}}),
        json!({"minutes-published": {"draft": 1, "public": ["1-2017", "lokaler"],
            "on": "2017-06-29"}}),
        json!({"addendum-added": {"number": 1, "text": SECRET, "item": "lokaler", "public": true,
            "on": "2017-07-01"}}),
    ] {
        said.extend(meeting.observe(MEETING, &[event]));
    }
    said
}

#[test]
fn every_fact_has_its_row_and_a_planted_word_is_where_the_table_says_and_nowhere_else() {
    let rows = rows();
    for tag in Fact::TAGS {
        assert!(rows.contains_key(tag), "{tag} has no row in services/feed/README.md");
    }
    for (tag, told) in &rows {
        assert!(Fact::TAGS.contains(tag), "there is no fact {tag}");
        assert!(["party", "agenda", "everyone", "ids", "owner"].contains(told), "{tag}: {told}");
    }
    let parties = [ASKER, BAERUM, BUSKERUD];
    let mut planted = BTreeSet::new();
    for said in told_with_secrets() {
        let tag = said.fact.tag();
        let text = serde_json::to_string(&said.fact).unwrap();
        let audience = said.audience.to_string();
        match rows[tag] {
            "party" | "agenda" => {
                let by_itself = parties.contains(&audience.as_str());
                assert!(by_itself || !text.contains(SECRET), "{audience} is told {text}");
                planted.insert(tag);
            }
            "ids" => assert!(!text.contains(SECRET), "{audience} is told {text}"),
            _ => (),
        }
    }
    for (tag, told) in &rows {
        let must = matches!(*told, "party" | "agenda");
        assert!(!must || planted.contains(tag), "no secret was planted in {tag}");
    }
}
