//! What a case file holds after its events.

mod withheld;

use samvirke_kernel::projection::TakeError;
use samvirke_schemas::{
    cases::case::Event,
    queries::case::{Case, CaseState, HearingState, TreatmentState},
};
use serde_json::{Value, json};

use super::{CaseFile, Row};
use crate::{
    decisions,
    fact::samples::{after, fact, folded},
    inbox,
    model::take,
};

const BAERUM: &str = "935478715";
const ASKER: &str = "920125298";

#[test]
fn r32_a_number_is_found_with_its_letter_and_without_it() {
    let row = row(&[opened("24a/2017")]);
    let numbers: Vec<String> = row.numbers.iter().map(ToString::to_string).collect();
    assert_eq!(numbers, ["24/2017", "24a/2017"]);
    assert_eq!(row.sort, "2017/000024a/vestregionen:24-2017");
}

#[test]
fn a_treatment_is_planned_then_due_then_held() {
    let states = |events: &[Value]| {
        let case = case(&[&[opened("24/2017"), planned(&["rg", "sg"])], events].concat());
        case.treatments.iter().map(|one| one.state).collect::<Vec<_>>()
    };
    use TreatmentState::{Due, Held, Planned};
    assert_eq!(states(&[due("rg")]), [Due, Planned]);
    assert_eq!(states(&[due("rg"), outcome("rg", "postponed")]), [Due, Planned]);
    let held = [due("rg"), outcome("rg", "recommended"), due("sg")];
    assert_eq!(states(&held), [Held, Due]);
    let back = [held.as_slice(), &[outcome("sg", "sent-back"), due("rg")]].concat();
    assert_eq!(states(&back), [Due, Planned]);
}

#[test]
fn a_changed_plan_keeps_what_was_held_and_what_was_postponed() {
    let changed = json!({"plan-changed": {"treatments": [
        {"treatment": "gf", "body": "vestregionen:gf", "authority": "decides"},
        {"treatment": "sg", "body": "vestregionen:sg", "authority": "recommends"},
    ]}});
    let case = case(&[
        opened("24/2017"),
        planned(&["rg", "sg", "council"]),
        outcome("rg", "recommended"),
        outcome("sg", "postponed"),
        changed,
    ]);
    let ids: Vec<&str> = case.treatments.iter().map(|one| one.treatment.as_str()).collect();
    assert_eq!(ids, ["rg", "gf", "sg"]);
    assert_eq!(case.treatments[2].outcomes.len(), 1);
}

#[test]
fn r45_a_joint_case_shows_who_answered_who_is_missing_and_where_texts_differ() {
    let case = case(&[
        opened("24/2017"),
        sent(),
        decided(BAERUM, "adopted", json!("Samarbeidet\n videreføres.")),
        decided(ASKER, "adopted-with-changes", json!("Samarbeidet avvikles.")),
    ]);
    let joint = case.joint.as_ref().unwrap();
    assert_eq!((joint.answered.len(), joint.missing.len()), (2, 0));
    assert_eq!(joint.members[0].same_text, Some(true), "white space makes no difference");
    assert_eq!(joint.differing[0].as_str(), ASKER);
    assert_eq!(case.state, CaseState::WithMembers);
    assert!(inbox::of(&case).is_empty());
}

#[test]
fn a_member_that_is_released_is_not_waited_for() {
    let released = json!({"member-released": {"member": ASKER, "reason": "Gikk ut."}});
    let case = case(&[opened("24/2017"), sent(), released]);
    let joint = case.joint.as_ref().unwrap();
    assert_eq!(joint.missing.len(), 1);
    assert_eq!(joint.members[1].released_on.unwrap().to_string(), "2017-10-02");
    let waiting: Vec<_> = inbox::of(&case).into_iter().map(|entry| entry.key).collect();
    assert_eq!(waiting, [format!("decision/{BAERUM}")]);
}

#[test]
fn r46_a_hearing_waits_for_those_invited_until_they_answer() {
    let hearing = json!({"hearing-opened": {
        "invited": [
            {"party": "baerum", "names": {"nb": "Bærum"}, "member": BAERUM},
            {"party": "asker", "names": {"nb": "Asker"}, "member": ASKER},
        ],
        "deadline": "2017-12-01T12:00", "sent_on": "2017-10-02",
    }});
    let answer = json!({"statement-received": {
        "statement": {"statement": "one", "from": {"invited": {"party": "asker"}}},
        "received_at": "2017-11-01T10:00", "late": false,
    }});
    let adopted = json!({"adopted-after-hearing": {
        "body": "vestregionen:sg", "text": "Planen vedtas.", "on": "2018-01-10",
    }});
    let open = case(&[opened("24/2017"), hearing.clone(), answer.clone()]);
    assert_eq!(open.state, CaseState::OnHearing);
    let waiting: Vec<_> = inbox::of(&open).into_iter().map(|entry| entry.key).collect();
    assert_eq!(waiting, [format!("statement/{BAERUM}")]);
    let adopted = case(&[opened("24/2017"), hearing, answer, adopted]);
    assert_eq!(adopted.hearing.as_ref().unwrap().state, HearingState::Adopted);
    assert_eq!(decisions::of(&adopted).len(), 1);
}

#[test]
fn only_what_was_decided_or_turned_down_is_a_decision() {
    let count = |what| {
        decisions::of(&case(&[opened("1/2017"), planned(&["sg"]), outcome("sg", what)])).len()
    };
    assert_eq!((count("decided"), count("rejected")), (1, 1));
    assert_eq!((count("took-note"), count("recommended"), count("postponed")), (0, 0, 0));
}

#[test]
fn a_closed_case_is_under_treatment_again_once_reopened() {
    let closed = [opened("1/2017"), json!({"closed": {}})];
    assert_eq!(case(&closed).state, CaseState::Closed);
    let reopened = json!({"reopened": {"reason": "Ny behandling."}});
    assert_eq!(case(&[closed.as_slice(), &[reopened]].concat()).state, CaseState::UnderTreatment);
}

#[test]
fn a_row_takes_its_commits_without_a_gap() {
    let first = fact::<Event>("case", "vestregionen:1-2017", 1, &[opened("1/2017")]);
    let third = fact::<Event>("case", "vestregionen:1-2017", 3, &[json!({"closed": {}})]);
    let held = take::<CaseFile>(None, &first).unwrap();
    let gap = take::<CaseFile>(Some(held), &third).err().unwrap();
    assert!(matches!(gap, TakeError::Poison { reason } if reason.contains("version 1")));
    assert!(take::<CaseFile>(None, &third).is_err(), "the beginning is missing");
}

#[test]
fn a_row_takes_a_commit_only_after_the_one_that_it_was_decided_after() {
    let id = "vestregionen:1-2017";
    let first = fact::<Event>("case", id, 1, &[opened("1/2017")]);
    let another = fact::<Event>("case", id, 1, &[opened("2/2017")]);
    let closed = || fact::<Event>("case", id, 2, &[json!({"closed": {}})]);
    let held = || take::<CaseFile>(None, &first).unwrap();
    for other in [after(&another, closed()), closed()] {
        let altered = take::<CaseFile>(Some(held()), &other).err().unwrap();
        assert!(
            matches!(altered, TakeError::Poison { ref reason } if reason.contains("another commit")),
            "{altered}"
        );
    }
    assert!(
        take::<CaseFile>(None, &after(&another, first.clone())).is_err(),
        "nothing is before it"
    );
    assert_eq!(take::<CaseFile>(Some(held()), &after(&first, closed())).unwrap().version, 2);
}

fn row(events: &[Value]) -> Row {
    folded::<CaseFile>("vestregionen:24-2017", events)
}

fn case(events: &[Value]) -> Case {
    row(events).case
}

fn opened(number: &str) -> Value {
    json!({"opened": {
        "kind": "decision", "description": {"title": "Sak", "public_title": "Sak"},
        "owner": "vestregionen:rg", "number": {"register": "2017", "number": number},
    }})
}

fn planned(treatments: &[&str]) -> Value {
    let planned = |one: &&str| json!({"treatment": one, "body": format!("vestregionen:{one}"), "authority": "decides"});
    json!({"treatments-planned": {"treatments": treatments.iter().map(planned).collect::<Vec<_>>()}})
}

fn due(treatment: &str) -> Value {
    json!({"treatment-due": {"treatment": treatment, "body": format!("vestregionen:{treatment}")}})
}

fn outcome(treatment: &str, outcome: &str) -> Value {
    json!({"outcome-recorded": {
        "treatment": treatment, "body": format!("vestregionen:{treatment}"),
        "meeting": "vestregionen:m", "item": "one", "outcome": outcome, "day": "2017-09-28",
    }})
}

fn sent() -> Value {
    json!({"sent-to-members": {
        "members": [
            {"member": BAERUM, "names": {"nb": "Bærum"}},
            {"member": ASKER, "names": {"nb": "Asker"}},
        ],
        "text": "Samarbeidet videreføres.", "settles": {"all-adopt-same-text": {}},
        "on": "2017-10-02",
    }})
}

fn decided(member: &str, outcome: &str, text: Value) -> Value {
    json!({"member-decision-registered": {
        "member": member, "registered_by": "member", "decision": {
            "outcome": outcome, "text": text, "body": "Kommunestyret", "on": "2017-11-21",
        },
    }})
}
