//! The demo's input through the rules, in memory: every line is accepted, in the order of the file.
//!
//! The lines are given to the deciders as the services would give them, with the facts that each
//! service takes from the others' streams. What a policy would do can be done at once or not at all:
//! the lines rest on neither.

#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

mod demo_replay {
    pub(crate) mod feed;
    pub(crate) mod line;
    pub(crate) mod world;
}

use demo_replay::{
    line::{self, Line},
    world::{Policies, World},
};
use samvirke_cases::case::{Case, CaseData, follow_up::Progress, joint::Joint};
use samvirke_meetings::meeting::{
    Meeting, Record, Schedule, attendance::Presence, minutes::Minutes,
};
use samvirke_networks::cooperation::Cooperation;
use samvirke_schemas::{
    cases::case::{joint::SettleResult, treatment::Outcome},
    meetings::attendance::StandIn,
    networks::rules::Office,
};

/// The members that the source names; it counts 17 in 2017.
const NAMED_MEMBERS: usize = 9;

#[test]
fn every_line_is_accepted_and_changes_something_without_policies() {
    for (number, line, result) in replay(Policies::Absent).1 {
        let events =
            result.unwrap_or_else(|refusal| panic!("line {number} {}: {refusal}", line.to));
        assert!(events > 0, "line {number} {} changes nothing", line.to);
    }
}

#[test]
fn every_line_is_accepted_when_policies_have_acted_before_it() {
    for (number, line, result) in replay(Policies::Prompt).1 {
        result.unwrap_or_else(|refusal| panic!("line {number} {}: {refusal}", line.to));
    }
}

#[test]
fn both_ways_lead_to_the_same_case_24_2017() {
    let case = |policies| replay(policies).0.case("24-2017").clone();
    assert_eq!(case(Policies::Absent), case(Policies::Prompt));
}

#[test]
fn the_cooperation_has_its_named_members_and_is_led_by_baerum() {
    let (world, _) = replay(Policies::Prompt);
    let Cooperation::Active(founded) = world.cooperation() else { panic!("it is not active") };
    let before = "2016-02-24".parse().unwrap();
    let now = "2018-06-14".parse().unwrap();
    assert_eq!(founded.memberships.on(before).count(), NAMED_MEMBERS - 1, "Øvre Eiker came later");
    assert_eq!(founded.memberships.on(now).count(), NAMED_MEMBERS);
    assert_eq!(founded.leader.as_ref().unwrap().member.as_str(), "935478715");
    assert_eq!(founded.agreement.version.as_str(), "2010");
    assert_eq!((world.bodies(), world.networks()), (8, 6));
}

#[test]
fn r31_to_r35_numbers_are_kept_as_written_and_collisions_are_kept() {
    let (world, _) = replay(Policies::Prompt);
    let number = |case: &str| world.data(case).opened.number.clone();
    assert_eq!(number("4-2016").as_written.unwrap().to_string(), "04/2016");
    assert_eq!(number("4-2016").number, number("4-2016-handlingsplan-2015").number);
    let second = number("24-2017-tertialrapport-2");
    assert_eq!(second.number.to_string(), "24/2017");
    assert_eq!(second.collides_with, ["vestregionen:24-2017".parse().unwrap()]);
    assert_eq!(number("khs-ss-6-2018").register.as_str(), "khs-ss-2018");
    assert_eq!(world.cases(), 18);
}

#[test]
fn r30_conflicting_dates_stand_beside_the_meetings_own() {
    let (world, _) = replay(Policies::Prompt);
    let dates = |meeting: &str| world.record(meeting).conflicting_dates.len();
    assert_eq!((dates("rg-2015-02-26"), dates("rg-2016-02-25")), (2, 1));
}

#[test]
fn r23_the_notice_marked_ny_tid_moved_the_meeting() {
    let (world, _) = replay(Policies::Prompt);
    let record = world.record("sg-2015-03-12");
    let Schedule::Planned(sittings) = &record.schedule else { panic!("it is only planned") };
    assert_eq!(sittings[0].start.to_string(), "2015-03-12T10:00:00+01:00");
    assert_eq!(world.meetings(), 22);
}

#[test]
fn r41_the_briefing_32_2017_follows_up_06_2017_and_the_follow_up_of_24_2017_is_done() {
    let (world, _) = replay(Policies::Prompt);
    let relations = &world.data("32-2017").relations;
    assert!(relations.iter().any(|own| own.relation.to.to_string() == "vestregionen:6-2017"));
    let task = &world.data("24-2017").follow_ups[0];
    assert!(matches!(task.progress, Progress::Done { .. }), "{task:?}");
}

#[test]
fn the_meeting_on_24a_2017_was_held_in_full_and_its_minutes_are_published() {
    let (world, _) = replay(Policies::Prompt);
    let Meeting::Closed(record) = world.meeting("sg-24a-2017") else { panic!("it is not closed") };
    let Record { roll, minutes, agenda, .. } = record;
    assert_eq!(roll.seats.len(), NAMED_MEMBERS);
    let deputy = StandIn { order: Some(1), office: Some(Office::DeputyMayor), person: None };
    let stands_in = Presence::Here { stand_in: Some(deputy), remote: false };
    assert_eq!(roll.seats.get(&"royken-mayor".parse().unwrap()), Some(&stands_in), "R27");
    assert_eq!(roll.seats.get(&"hurum-mayor".parse().unwrap()), Some(&Presence::Absent), "R28");
    assert!(matches!(minutes, Minutes::Approved { published: Some(0), .. }), "{minutes:?}");
    let item = agenda.items.iter().find(|item| item.entry.item.as_str() == "24a-2017").unwrap();
    let vote = item.proposals[0].vote.as_ref().unwrap();
    assert_eq!((vote.counts.yes, vote.entitled, vote.unanimous), (8, 8, true));
}

#[test]
fn case_24_2017_goes_from_the_directors_over_the_mayors_to_every_council_and_is_settled() {
    let (world, _) = replay(Policies::Prompt);
    let Case::Closed(data) = world.case("24-2017") else { panic!("it is not closed") };
    let CaseData { opened, plan, joint, force, .. } = &**data;
    assert_eq!(opened.number.as_written.as_ref().unwrap().to_string(), "24/2017");
    let held: Vec<_> = plan
        .outcomes
        .iter()
        .map(|one| (one.body.local.as_str(), one.outcome, one.day.to_string()))
        .collect();
    assert_eq!(
        held,
        [
            ("rg", Outcome::Recommended, "2017-09-14".to_owned()),
            ("sg", Outcome::Decided, "2017-09-28".to_owned()),
        ]
    );
    let lettered = plan.treatments[1].planned.number.as_ref().unwrap();
    assert_eq!(lettered.number.to_string(), "24a/2017");

    let Joint::Settled { sent, settlement } = joint else { panic!("it is not settled") };
    assert_eq!(Some(&sent.text), plan.decided_text());
    assert_eq!(settlement.result, SettleResult::Adopted);
    assert_eq!(settlement.carried_by.len(), NAMED_MEMBERS);
    assert!(sent.answers.iter().all(|answer| answer.receipt.is_some()));
    let baerum = sent.answers.iter().find(|one| one.recipient.member.as_str() == "935478715");
    let reference = baerum.unwrap().reference.as_ref().unwrap();
    assert_eq!(reference.file.as_str(), "17/33189");
    assert_eq!(reference.journal_entry.as_ref().unwrap().as_str(), "17/259736");
    assert!(force.is_some());
}

/// What came of each line: how many events, or why it was refused.
type Results = Vec<(usize, Line, Result<usize, String>)>;

fn replay(policies: Policies) -> (World, Results) {
    let mut world = World::new(policies);
    let lines = line::all();
    let results = lines
        .into_iter()
        .map(|(number, line)| {
            let result = world.carry_out(&line);
            (number, line, result)
        })
        .collect();
    (world, results)
}
