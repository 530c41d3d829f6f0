//! What was told is told no longer: which events are to be forgotten, and what is said instead.

use std::collections::BTreeMap;

use samvirke_schemas::feed::Said;
use serde_json::json;
use uuid::Uuid;

use super::{
    ASKER, CASE, COOPERATION, MEETING, SECRET, Scenario, decided, entry, everything, given,
    given_case, given_meeting, item, notice, opened, planned, restricted, sent_to_asker,
};

/// What a reader that came late is given: the last words under each id that are not to be forgotten.
#[derive(Default)]
struct Feed(BTreeMap<Uuid, (String, String)>);

impl Feed {
    fn publish(&mut self, said: Vec<Said>) -> Vec<String> {
        let mut tags = Vec::new();
        for said in said {
            let text = serde_json::to_value(&said.fact).unwrap();
            let (tag, data) = text.as_object().unwrap().iter().next().unwrap();
            tags.push(format!("{} {tag}", said.audience));
            for id in data["events"].as_array().into_iter().flatten() {
                self.0.remove(&id.as_str().unwrap().parse::<Uuid>().unwrap());
            }
            self.0.insert(said.id(), (said.audience.to_string(), text.to_string()));
        }
        tags
    }

    fn all(&self, audience: &str) -> String {
        let own = self.0.values().filter(|(to, _)| to == audience);
        own.map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// Everything that tells of a case with a secret title: its own facts, a meeting's, another case's.
fn told_everywhere(feed: &mut Feed) -> Scenario {
    let mut scenario = given();
    let case_item = json!({"case": {"case": "vestregionen:1-2017"}});
    let other = "case/vestregionen:2-2017";
    let related = json!({"related": {"relation": "follows-up", "to": "vestregionen:1-2017"}});
    for (aggregate, event) in [
        (CASE, opened("1/2017", SECRET, SECRET)),
        (other, opened("2/2017", "Oppfølging", "Oppfølging")),
        (other, related),
        (MEETING, planned()),
        (MEETING, item("1", SECRET, case_item.clone())),
        (MEETING, notice(&[entry("1", SECRET, case_item)])),
        (CASE, decided()),
        (CASE, sent_to_asker()),
    ] {
        feed.publish(scenario.observe(aggregate, &[event]));
    }
    assert!(feed.all("public").matches(SECRET).count() >= 6);
    scenario
}

#[test]
fn what_was_public_is_withheld_in_every_fact_that_told_it_when_the_case_is_restricted() {
    let mut feed = Feed::default();
    let mut scenario = told_everywhere(&mut feed);
    let events = feed.0.len();
    let amended = json!({"amended": {"title": SECRET, "public_title": "Personalsak"}});
    feed.publish(scenario.observe(CASE, &[amended]));
    let tags = feed.publish(scenario.observe(CASE, &[restricted(everything(), None)]));
    assert!(!feed.all("public").contains(SECRET), "{}", feed.all("public"));
    assert!(feed.all("public").contains("Personalsak"));
    // The party is told everything, once.
    assert!(feed.all(ASKER).contains(SECRET));
    let withheld = tags.iter().filter(|tag| tag.ends_with("case.withheld")).count();
    assert_eq!(withheld, 2, "the public, and the party: {tags:?}");
    // Nothing is lost: each fact is still told, under the same id.
    assert!(feed.0.len() > events, "{tags:?}");
}

#[test]
fn a_reader_that_comes_late_is_told_each_fact_under_the_id_it_always_had() {
    let mut feed = Feed::default();
    let mut scenario = told_everywhere(&mut feed);
    let before: Vec<Uuid> = feed.0.keys().copied().collect();
    feed.publish(scenario.observe(CASE, &[restricted(everything(), None)]));
    assert!(before.iter().all(|id| feed.0.contains_key(id)));
}

#[test]
fn an_old_title_is_nowhere_after_it_was_amended_and_the_case_restricted() {
    let mut feed = Feed::default();
    let mut scenario = told_everywhere(&mut feed);
    let amended = json!({"amended": {"title": "Personalsak", "public_title": "Personalsak"}});
    let title_only = restricted(json!({"title": {}}), None);
    feed.publish(scenario.observe(CASE, &[amended]));
    feed.publish(scenario.observe(CASE, &[title_only]));
    // The texts are not restricted, so they stay; the old title is gone, for the party too.
    for audience in ["public", ASKER] {
        let title = format!("\"title\":\"{SECRET}\"");
        let own = feed.0.values().filter(|(to, text)| to == audience && text.contains("\"case\""));
        for (_, text) in own.filter(|(_, text)| !text.contains("agenda")) {
            assert!(!text.contains(&title), "{text}");
        }
    }
}

#[test]
fn a_party_that_is_released_from_a_restricted_case_has_what_it_was_told_withheld() {
    let mut feed = Feed::default();
    let mut scenario = told_everywhere(&mut feed);
    let amended = json!({"amended": {"title": SECRET, "public_title": "Personalsak"}});
    feed.publish(scenario.observe(CASE, &[amended]));
    feed.publish(scenario.observe(CASE, &[restricted(everything(), None)]));
    assert!(feed.all(ASKER).contains(SECRET));
    let released = json!({"member-released": {"member": ASKER, "reason": "Går ut."}});
    feed.publish(scenario.observe(CASE, &[released]));
    assert!(!feed.all(ASKER).contains(SECRET), "nor is it told again: {}", feed.all(ASKER));
    let left: Vec<_> = feed.0.values().filter(|(to, _)| to == ASKER).collect();
    assert!(left.iter().all(|(_, text)| !text.contains("\"case.decided\"")), "{left:?}");
}

#[test]
fn a_member_that_has_left_the_cooperation_is_told_nothing_more_of_a_restricted_case() {
    let mut feed = Feed::default();
    let mut scenario = told_everywhere(&mut feed);
    feed.publish(scenario.observe(CASE, &[restricted(everything(), None)]));
    let left =
        json!({"member-released": {"member": ASKER, "to": "2017-06-14", "reason": "Går ut."}});
    feed.publish(scenario.observe(COOPERATION, &[left]));
    let amended = json!({"amended": {"title": "Personalsak", "public_title": "Sak"}});
    let tags = feed.publish(scenario.observe(CASE, &[amended]));
    let own = feed.all(ASKER);
    assert!(!own.contains("Personalsak") && !own.contains(SECRET), "{tags:?} {own}");
}

#[test]
fn what_is_told_after_a_member_has_left_the_cooperation_is_not_told_to_it() {
    let mut feed = Feed::default();
    let mut scenario = told_everywhere(&mut feed);
    assert!(!feed.all(ASKER).is_empty());
    let left =
        json!({"member-released": {"member": ASKER, "to": "2017-06-14", "reason": "Går ut."}});
    feed.publish(scenario.observe(COOPERATION, &[left]));
    let amended = json!({"amended": {"title": "Personalsak", "public_title": "Sak"}});
    for (aggregate, event) in [
        (CASE, amended.clone()),
        (CASE, decided()),
        (CASE, json!({"member-released": {"member": ASKER, "reason": "Går ut."}})),
        (CASE, restricted(everything(), None)),
        (CASE, amended),
        (MEETING, json!({"cancelled": {"reason": "Ingen saker."}})),
    ] {
        let tags = feed.publish(scenario.observe(aggregate, std::slice::from_ref(&event)));
        // Only the ids of what it is to forget.
        let own = tags.iter().filter(|tag| tag.contains(ASKER));
        let own: Vec<_> = own.filter(|tag| !tag.ends_with("case.withheld")).collect();
        assert!(own.is_empty(), "{event}: {tags:?}");
    }
}

#[test]
fn a_corrected_item_is_called_so_in_every_fact_of_the_meeting() {
    for event in [
        json!({"item-corrected": {"item": "lokaler", "title": "Lokaler", "reason": "Feil."}}),
        json!({"item-restricted": {
            "item": "lokaler", "public_title": "Lokaler", "reason": "Forhandlinger.",
            "restriction": {"legal_basis": {"act": "offentleglova", "provision": "§ 23"}},
        }}),
    ] {
        let mut feed = Feed::default();
        let mut scenario = given_case();
        let plain = json!({"plain-text": {}});
        for told in [
            planned(),
            item("lokaler", SECRET, plain.clone()),
            notice(&[entry("lokaler", SECRET, plain)]),
        ] {
            feed.publish(scenario.observe(MEETING, &[told]));
        }
        assert!(feed.all("public").contains(SECRET));
        let tags = feed.publish(scenario.observe(MEETING, &[event]));
        assert!(!feed.all("public").contains(SECRET), "{}", feed.all("public"));
        assert_eq!(tags[1..], ["public meeting.item-withheld", "public meeting.notice-issued"]);
    }
}

#[test]
fn what_is_restricted_from_its_opening_withholds_nothing() {
    let commit = [opened("2/2017", SECRET, "Personalsak"), restricted(everything(), None)];
    let spoken = given_meeting().when_all("case/vestregionen:2-2017", &commit);
    assert_eq!(spoken.state(), ["public case.opened", "public case.restricted"]);
}
