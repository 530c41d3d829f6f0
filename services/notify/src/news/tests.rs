//! What follows from a fact: who is told, who is not, and when.

use samvirke_schemas::feed::{Audience, Fact};
use serde_json::{Value, json};

use super::*;
use crate::tests::facts::{
    called, case, decision, hearing_extended, hearing_opened, receipt, sent_to_members, task,
};

const BAERUM: &str = "935478715";
const ASKER: &str = "920125298";

fn heard(tag: &str, fact: Value) -> Heard {
    Heard {
        cooperation: "vestregionen".parse().unwrap(),
        audience: Audience::Public,
        restated: Vec::new(),
        fact: serde_json::from_value::<Fact>(json!({tag: fact})).unwrap(),
        occurred_at: "2017-09-01T08:00:00Z".parse().unwrap(),
        recorded_at: "2017-09-01T08:00:00Z".parse().unwrap(),
        changes: 0,
    }
}

fn to(member: &str, heard: Heard) -> Heard {
    Heard { audience: Audience::Member(member.parse().unwrap()), ..heard }
}

fn restated(member: &str, heard: Heard) -> Heard {
    Heard { restated: vec![member.parse().unwrap()], ..heard }
}

/// What follows, as the names of the steps with what they are about.
fn follows(heard: &Heard) -> Vec<String> {
    let at = |at: &DateTime<Utc>| at.format("%Y-%m-%dT%H:%M").to_string();
    let who = |key: &Key| key.member.as_ref().map_or("all".to_owned(), ToString::to_string);
    let line = |step: &Step| match step {
        Step::Tell { whom, notice } => format!("tell {} {}", name(whom), tag(notice)),
        Step::Schedule { key, at: moment, reminder } => {
            format!("schedule {} {} {}", key.what, name(&reminder.whom), at(moment))
        }
        Step::Reschedule { key, at: moment, .. } => {
            format!("reschedule {} {} {}", key.what, who(key), at(moment))
        }
        Step::Needless { key } => format!("needless {} {}", key.what, who(key)),
        Step::Await { what, member, .. } => format!("await {what} {}", member.member),
        Step::Received { member, .. } => format!("received {member}"),
        Step::Over { what, member, .. } => {
            let member = member.as_ref().map_or("all".to_owned(), ToString::to_string);
            format!("over {what} {member}")
        }
        Step::SeatFilled { seat, .. } => format!("filled {seat}"),
        Step::SeatVacated { seat, .. } => format!("vacated {seat}"),
    };
    steps(heard, &Settings::default()).iter().map(line).collect()
}

fn name(whom: &Whom) -> String {
    match whom {
        Whom::Member { member } => member.to_string(),
        Whom::Seats { of, except, .. } => match (of, &except[..]) {
            (Some(of), _) => format!("seats-of-{of}"),
            (None, []) => "seats".to_owned(),
            (None, except) => format!("seats-but-{}", except[0]),
        },
        Whom::Secretariat {} => "secretariat".to_owned(),
    }
}

fn tag(notice: &Notice) -> &'static str {
    samvirke_schemas::Tagged::tag(notice)
}

#[test]
fn all_seats_are_written_to_with_what_the_public_is_told_and_nobody_with_more() {
    let notice = || heard("meeting.notice-issued", called());
    assert_eq!(follows(&notice()), ["tell seats meeting-called"]);
    assert!(follows(&to(BAERUM, notice())).is_empty());
    assert_eq!(follows(&restated(BAERUM, notice())), ["tell seats meeting-called"]);
}

#[test]
fn what_is_registered_long_afterwards_is_told_to_nobody() {
    let mut notice = heard("meeting.notice-issued", called());
    notice.occurred_at = notice.recorded_at - AFTERWARDS_MAX;
    assert_eq!(follows(&notice).len(), 1);
    notice.occurred_at -= TimeDelta::seconds(1);
    assert!(follows(&notice).is_empty());
}

#[test]
fn nobody_is_called_to_a_meeting_that_has_been() {
    let mut notice = heard("meeting.notice-issued", called());
    for (day, told) in [("2017-09-14", 1), ("2017-09-15", 0)] {
        notice.recorded_at = format!("{day}T12:00:00Z").parse().unwrap();
        notice.occurred_at = notice.recorded_at;
        assert_eq!(follows(&notice).len(), told, "{day}");
    }
}

#[test]
fn a_joint_case_is_told_to_the_one_it_is_addressed_to_with_its_reminders() {
    let sent = || heard("case.sent-to-members", sent_to_members(&[BAERUM, ASKER]));
    assert!(follows(&sent()).is_empty(), "the public is not asked");
    assert_eq!(
        follows(&to(BAERUM, sent())),
        [
            format!("tell {BAERUM} case-sent"),
            format!("await decision {BAERUM}"),
            format!("schedule receipt {BAERUM} 2017-09-22T05:00"),
            "schedule receipt secretariat 2017-09-22T05:00".into(),
            format!("schedule decision {BAERUM} 2017-11-17T06:00"),
            "schedule decision secretariat 2017-11-17T06:00".into(),
        ]
    );
}

#[test]
fn without_a_day_for_the_answer_a_member_is_reminded_after_a_set_time() {
    let mut fact = sent_to_members(&[BAERUM]);
    fact.as_object_mut().unwrap().remove("answer_by");
    let steps = follows(&to(BAERUM, heard("case.sent-to-members", fact)));
    assert!(steps.contains(&format!("schedule decision {BAERUM} 2017-11-14T06:00")), "{steps:?}");
}

#[test]
fn what_lies_in_the_past_is_not_scheduled() {
    let mut sent = to(BAERUM, heard("case.sent-to-members", sent_to_members(&[BAERUM])));
    sent.recorded_at = "2018-03-01T08:00:00Z".parse().unwrap();
    assert_eq!(follows(&sent), [format!("await decision {BAERUM}")]);
}

#[test]
fn an_answer_makes_its_reminder_needless() {
    let received = heard("receipt.received", receipt(BAERUM));
    assert_eq!(
        follows(&received),
        [format!("needless receipt {BAERUM}"), format!("received {BAERUM}")]
    );
    let decided = heard("member-decision.registered", decision(BAERUM));
    assert_eq!(follows(&decided), [format!("over decision {BAERUM}")]);
    let closed = heard("case.closed", json!({"case": case()}));
    assert_eq!(follows(&closed), ["over decision all"]);
}

#[test]
fn an_extended_hearing_is_reminded_of_on_its_new_day_only() {
    let opened = to(BAERUM, heard("hearing.opened", hearing_opened(BAERUM)));
    assert_eq!(
        follows(&opened),
        [
            format!("tell {BAERUM} hearing-opened"),
            format!("await statement {BAERUM}"),
            format!("schedule statement {BAERUM} 2017-09-24T10:00"),
        ]
    );
    let extended = to(BAERUM, heard("hearing.extended", hearing_extended()));
    assert_eq!(
        follows(&extended),
        [
            format!("tell {BAERUM} hearing-extended"),
            format!("needless statement {BAERUM}"),
            format!("reschedule statement {BAERUM} 2017-10-25T11:00"),
        ]
    );
}

#[test]
fn a_task_is_scheduled_from_the_telling_that_says_most() {
    let owner = json!({"member": {"member": BAERUM}});
    let assigned = |owner| heard("follow-up.assigned", task("2017-10-10", owner));
    let own = [format!("schedule follow-up t {BAERUM} 2017-10-03T05:00")];
    assert_eq!(follows(&assigned(&owner)), own);
    assert_eq!(follows(&to(BAERUM, assigned(&owner))), own);
    assert!(follows(&to(ASKER, assigned(&owner))).is_empty());
    assert!(follows(&restated(BAERUM, assigned(&owner))).is_empty());
    // The secretariat may know what any member may.
    let office = json!({"office": {"office": "general-manager"}});
    assert_eq!(follows(&to(ASKER, assigned(&office))).len(), 1);
    assert!(follows(&restated(ASKER, assigned(&office))).is_empty());
}

#[test]
fn a_task_that_is_rescheduled_for_somebody_is_not_forgotten_by_the_public_telling() {
    let owner = json!({"member": {"member": BAERUM}});
    let moved = heard("follow-up.rescheduled", task("2017-11-10", &owner));
    assert_eq!(follows(&to(BAERUM, moved.clone())).len(), 2);
    assert!(follows(&restated(BAERUM, moved)).is_empty());
}
