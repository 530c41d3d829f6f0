//! Which line waits for which, by what the lines say.

use samvirke_inputs::{check, collection, prop_assert};
use serde_json::json;

use super::*;
use crate::import::{key::Keys, line::Line, names};

fn line(to: &str, body: &str) -> String {
    format!(r#"{{"to": "{to}", "body": {body}}}"#)
}

fn schedule(lines: &[String]) -> Schedule {
    let (mut keys, mut naming) = (Keys::default(), names::Naming::default());
    let mut schedule = Schedule::default();
    for (place, text) in lines.iter().enumerate() {
        let line = Line::read(text).unwrap();
        schedule.add(place, naming.of(&line, &keys.of(&line)));
    }
    schedule
}

fn all_ready(schedule: &mut Schedule) -> Vec<usize> {
    std::iter::from_fn(|| schedule.next_before(usize::MAX)).collect()
}

/// The lines that are sent at once: first those that wait for nothing, then those that waited only for
/// them, and so on.
fn rounds(lines: &[String]) -> Vec<Vec<usize>> {
    let mut schedule = schedule(lines);
    std::iter::from_fn(|| {
        let round = all_ready(&mut schedule);
        round.iter().for_each(|line| schedule.finish(*line));
        (!round.is_empty()).then_some(round)
    })
    .collect()
}

#[track_caller]
fn one_after_the_other(first: &str, second: &str) {
    let lines = [first.to_owned(), second.to_owned()];
    assert_eq!(rounds(&lines), [[0], [1]], "{first}\n{second}");
}

#[track_caller]
fn at_once(first: &str, second: &str) {
    let lines = [first.to_owned(), second.to_owned()];
    assert_eq!(rounds(&lines), [[0, 1]], "{first}\n{second}");
}

fn opened(case: &str, owner: &str, register: &str) -> String {
    let body = format!(r#"{{"kind": "decision", "owner": "{owner}", "register": "{register}"}}"#);
    line(&format!("cases/{case}/open"), &body)
}

const NOTHING: &str = "{}";

#[test]
fn a_line_waits_for_an_earlier_line_to_the_same_id() {
    let close = line("cases/a:1/close", NOTHING);
    one_after_the_other(&opened("a:1", "a:sg", "2017"), &close);
    at_once(&opened("a:2", "a:sg", "2017"), &close);
}

#[test]
fn a_line_waits_for_an_earlier_line_that_names_an_id_it_names_wherever_it_stands() {
    let close = line("cases/a:1/close", NOTHING);
    for body in [r#"{"to": "a:1"}"#, r#"{"x": [{"y": ["z", "a:1"]}]}"#, r#"{"x": {"a:1": true}}"#] {
        one_after_the_other(&line("cases/a:2/send-statement", body), &close);
        one_after_the_other(&close, &line("cases/b:2/send-statement", body));
    }
    at_once(&line("cases/a:2/x", r#"{"title": "om a:1"}"#), &close);
}

#[test]
fn cases_of_one_body_go_at_once_and_wait_for_what_changes_it() {
    let of_sg = |case: &str| opened(&format!("a:{case}"), "a:sg", case);
    at_once(&of_sg("1"), &of_sg("2"));
    let planned = r#"{"treatments": [{"treatment": "t", "body": "a:sg"}]}"#;
    at_once(&of_sg("1"), &line("cases/a:2/plan-treatments", planned));
    one_after_the_other(&line("bodies/a:sg/rename", NOTHING), &of_sg("1"));
    one_after_the_other(&of_sg("1"), &line("bodies/a:sg/rename", NOTHING));
    // The same id as what a case is to change is waited for.
    let statement = line("cases/a:2/send-statement", r#"{"to": "a:sg"}"#);
    one_after_the_other(&of_sg("1"), &statement);
    let meeting = |id: &str| line(&format!("meetings/a:{id}/plan"), r#"{"body": "a:sg"}"#);
    one_after_the_other(&meeting("1"), &meeting("2"));
}

#[test]
fn cases_take_their_numbers_from_a_register_in_the_order_of_the_file() {
    let plan = r#"{"register": "2017", "treatments": []}"#;
    one_after_the_other(&opened("a:1", "a:rg", "2017"), &opened("a:2", "a:sg", "2017"));
    one_after_the_other(&opened("a:1", "a:rg", "2017"), &line("cases/a:2/plan-treatments", plan));
    one_after_the_other(&line("registers/a:2017/open", NOTHING), &opened("a:2", "a:sg", "2017"));
    at_once(&opened("a:1", "a:rg", "2017"), &opened("a:2", "a:sg", "2018"));
    at_once(&opened("a:1", "a:sg", "2017"), &opened("b:1", "b:sg", "2017"));
}

#[test]
fn what_changes_a_cooperation_goes_alone_in_it() {
    let case = line("cases/a:1/close", NOTHING);
    for to in [
        "cooperations/a/admit-member",
        "bodies/a:sg/fill-seat",
        "networks/a:n/start",
        "contacts/a:6f9619ff-8b86-4d01-b42d-00cf4fc964ff/register",
        "subscriptions/a:s/create",
    ] {
        one_after_the_other(&line(to, NOTHING), &case);
        one_after_the_other(&case, &line(to, NOTHING));
        at_once(&line(to, NOTHING), &line("cases/b:1/close", NOTHING));
    }
}

#[test]
fn a_line_that_names_another_cooperation_waits_for_what_changes_it() {
    let found = line("cooperations/a/found", NOTHING);
    for body in [r#"{"body": "a:sg"}"#, r#"{"body": "a"}"#] {
        one_after_the_other(&found, &line("cases/b:1/x", body));
        one_after_the_other(&line("cases/b:1/x", body), &found);
    }
    at_once(&line("cases/a:1/x", r#"{"x": "a"}"#), &line("cases/a:2/x", r#"{"x": "a"}"#));
}

#[test]
fn a_collection_that_is_not_known_goes_alone() {
    let unknown = line("archives/a:1/open", NOTHING);
    one_after_the_other(&unknown, &line("cases/b:1/close", NOTHING));
    one_after_the_other(&line("cases/b:1/close", NOTHING), &unknown);
}

#[test]
fn lines_with_one_key_go_one_after_the_other() {
    let keyed = |to: &str| format!(r#"{{"to": "{to}", "body": {{}}, "key": "k"}}"#);
    one_after_the_other(&keyed("cases/a:1/close"), &keyed("cases/b:1/close"));
}

#[test]
fn a_meeting_waits_for_the_case_that_it_is_to_conclude() {
    let item = r#"{"item": {"item": "1", "subject": {"case": {"case": "a:1"}}}}"#;
    let lines = [
        line("meetings/a:m/put-item", item),
        line("cases/a:1/amend", NOTHING),
        line("meetings/a:m/record-outcome", r#"{"item": "1"}"#),
        line("cases/a:1/close", NOTHING),
        line("meetings/a:n/cancel", NOTHING),
    ];
    assert_eq!(rounds(&lines), [vec![0, 4], vec![1], vec![2], vec![3]]);
}

#[test]
fn a_case_waits_for_the_case_that_it_replaces() {
    let lines = [
        line("cases/a:2/relate", r#"{"relation": "replaces", "to": "a:1"}"#),
        line("cases/a:1/amend", NOTHING),
        line("cases/a:2/put-in-force", r#"{"from": "2017-01-01"}"#),
        line("cases/a:1/close", NOTHING),
    ];
    assert_eq!(rounds(&lines), [[0], [1], [2], [3]]);
}

#[test]
fn a_line_goes_when_the_last_that_it_waits_for_is_finished_and_the_first_that_may_go_goes_first() {
    let both = line("cases/a:3/x", r#"{"a": "a:1", "b": "a:2"}"#);
    let close = |case: &str| line(&format!("cases/{case}/close"), NOTHING);
    let mut schedule = schedule(&[close("a:1"), close("a:2"), both, close("a:4")]);
    assert_eq!(schedule.next_before(0), None);
    assert_eq!(schedule.next_before(1), Some(0));
    assert_eq!(all_ready(&mut schedule), [1, 3]);
    schedule.finish(1);
    assert_eq!(all_ready(&mut schedule), [0; 0]);
    schedule.finish(0);
    assert_eq!(all_ready(&mut schedule), [2]);
}

/// How many lines are read ahead below.
const AHEAD: usize = 8;

#[test]
fn in_any_file_lines_with_a_common_id_are_never_under_way_together_and_keep_their_order() {
    // Each line names some ids; the answers come in any order.
    let lines = collection::vec(collection::vec(0..12_usize, 1..4), 1..40);
    check("a file", &(lines, collection::vec(0..100_usize, 1..40)), |(ids, choices)| {
        let (mut naming, mut schedule) = (names::Naming::default(), Schedule::default());
        let (mut under_way, mut finished) = (Vec::new(), Vec::new());
        let (mut added, mut choices) = (0, choices.iter().cycle());
        while finished.len() < ids.len() {
            while added < ids.len() && added < finished.len() + AHEAD {
                let text = json!({"to": format!("cases/a:{}/x", ids[added][0]), "body":
                    {"ids": ids[added].iter().map(|id| format!("a:{id}")).collect::<Vec<_>>()}});
                let line = Line::read(&text.to_string()).unwrap();
                schedule.add(added, naming.of(&line, &format!("k{added}")));
                added += 1;
            }
            for line in all_ready(&mut schedule) {
                let common = (0..line).find(|earlier| {
                    !finished.contains(earlier)
                        && ids[*earlier].iter().any(|id| ids[line].contains(id))
                });
                prop_assert!(common.is_none(), "{line} goes before {common:?} is answered");
                under_way.push(line);
            }
            prop_assert!(!under_way.is_empty(), "nothing may be sent any more");
            let line = under_way.swap_remove(choices.next().unwrap() % under_way.len());
            schedule.finish(line);
            finished.push(line);
        }
        prop_assert!(schedule.lines.is_empty() && schedule.named_by.is_empty());
        Ok(())
    })
    .unwrap();
}
