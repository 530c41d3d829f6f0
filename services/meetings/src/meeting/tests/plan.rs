//! Planning, moving, calling off; notice.

use samvirke_kernel::{
    Rejection as _,
    scenario::{Scenario, member, role},
};
use samvirke_schemas::{
    meetings::{
        meeting::{Event, Request},
        schedule::{ConflictingDate, Sitting, Venue},
    },
    networks::rules::BodyInForce,
    principal::Role,
};

use super::world::*;
use crate::meeting::{Facts, Meeting, Rejection};

fn body_on(on: &str) -> BodyInForce {
    BodyInForce { on: day(on), ..steering_group() }
}

fn move_to(sittings: Vec<Sitting>, urgent: Option<&str>) -> Request {
    Request::Move { sittings, venue: venue(), reason: prose("Ny tid."), urgent: urgent.map(prose) }
}

fn cancel() -> Request {
    Request::Cancel { reason: prose("Ingen saker.") }
}

#[test]
fn only_the_secretariat_plans() {
    for other in [Role::Delegate, Role::Operator, Role::MemberIntegration, Role::Auditor] {
        unplanned().by(role(other)).when(plan()).then_refused(Rejection::OnlyTheSecretariat);
    }
    unplanned().by(member(Role::Secretariat, MEMBERS[0])).when(plan()).then_accepted();
}

#[test]
fn r23_a_meeting_is_planned_once_and_then_moved() {
    planned()
        .when(plan())
        .then_nothing()
        .when(plan_on(vec![sitting("2017-06-15", "11:00", "13:00")]))
        .then_refused(Rejection::AlreadyPlanned);
}

#[test]
fn r23_nothing_happens_to_a_meeting_that_is_not_planned() {
    for request in [
        cancel(),
        notice(),
        put(briefing()),
        open_by("baerum-mayor"),
        take_up("1"),
        Request::Close {},
        Request::DraftMinutes { document: None },
    ] {
        unplanned().when(request).then_refused(Rejection::NotPlanned);
    }
}

#[test]
fn r24_a_meeting_has_one_or_several_days_in_order() {
    let two =
        || vec![sitting("2017-06-15", "10:00", "16:00"), sitting("2017-06-16", "09:00", "12:00")];
    unplanned().when(plan_on(two())).then_accepted();
    unplanned().when(plan_on(Vec::new())).then_refused(Rejection::NoDays);
    unplanned()
        .when(plan_on(vec![sitting("2017-06-15", "10:00", "13:00"); 15]))
        .then_refused(Rejection::NoDays);
    let mut backwards = two();
    backwards.reverse();
    unplanned()
        .when(plan_on(backwards))
        .then_refused(Rejection::SittingsOverlap { day: day("2017-06-15") });
    let mut twice = two();
    twice[1] = sitting("2017-06-15", "17:00", "18:00");
    unplanned()
        .when(plan_on(twice))
        .then_refused(Rejection::SittingsOverlap { day: day("2017-06-15") });
}

#[test]
fn r23_a_sitting_ends_after_it_starts() {
    for to in ["10:00", "09:00"] {
        unplanned()
            .when(plan_on(vec![sitting("2017-06-15", "10:00", to)]))
            .then_refused(Rejection::SittingIsWrong { day: day("2017-06-15") });
    }
    let endless = Sitting { start: time("2017-06-15T10:00"), end: time("2017-06-16T10:01") };
    unplanned()
        .when(plan_on(vec![endless]))
        .then_refused(Rejection::SittingIsWrong { day: day("2017-06-15") });
}

#[test]
fn r23_a_meeting_is_somewhere() {
    let at = |place: Option<&str>, remote: Option<&str>| {
        let Request::Plan { body, title, sittings, .. } = plan() else { unreachable!() };
        let line = |text: &str| text.parse().unwrap();
        let venue = Venue { place: place.map(line), remote: remote.map(line) };
        unplanned().when(Request::Plan { body, title, sittings, venue })
    };
    at(None, None).then_refused(Rejection::NowhereToMeet);
    at(None, Some("Teams")).then_accepted();
    at(Some("Drammen rådhus"), Some("Teams")).then_accepted();
}

#[test]
fn r23_what_was_held_is_reported_and_not_planned() {
    let past = Rejection::InThePast { day: day("2017-06-15") };
    unplanned().at("2017-06-15T10:00").when(plan()).then_refused(past);
    unplanned().at("2017-06-15T09:59").when(plan()).then_accepted();
}

#[test]
fn r1_a_body_of_another_cooperation_does_not_meet_here() {
    Scenario::<Meeting>::new("saman:sg-2017-06-15")
        .when(plan())
        .then_refused(Rejection::AnotherCooperation { body: "vestregionen:sg".parse().unwrap() });
}

#[test]
fn a_meeting_needs_the_body_as_in_force_on_its_day() {
    let unknown = || Rejection::BodyNotKnown {
        body: "vestregionen:sg".parse().unwrap(),
        day: day("2017-06-15"),
    };
    unplanned().knowing(Facts::default()).when(plan()).then_refused(unknown());
    unplanned().knowing(knowing(body_on("2017-06-14"))).when(plan()).then_refused(unknown());
    let wanted = Meeting::default().body_wanted(&plan()).unwrap();
    assert_eq!(wanted, ("vestregionen:sg".parse().unwrap(), day("2017-06-15")));
    let planned = planned();
    assert_eq!(planned.state().body_wanted(&notice()), Some(wanted.clone()));
    assert_eq!(planned.state().body_wanted(&open_by("baerum-mayor")), Some(wanted));
    assert_eq!(planned.state().body_wanted(&cancel()), None);
}

#[test]
fn r18_notice_is_issued_seven_calendar_days_before_at_the_latest() {
    let ready = || planned().after(put(approval_of_agenda()));
    let late = Rejection::NoticeTooLate { needed: 7, latest: day("2017-06-08") };
    ready().at("2017-06-09T00:01").when(notice()).then_refused(late.clone());
    assert_eq!(late.rule(), "R18");
    // A minute before midnight in Norway is the day before in Norway, whatever the day elsewhere.
    let event = only(ready().at("2017-06-08T23:59").when(notice()).events());
    assert!(matches!(event, Event::NoticeIssued { days_before: 7, on, .. }
        if on == day("2017-06-08")));
}

#[test]
fn kommuneloven_11_8_an_urgent_meeting_may_be_called_later_with_a_reason() {
    let urgent = Request::IssueNotice { urgent: Some(prose("Frist fra departementet.")) };
    let ready = || planned().after(put(approval_of_agenda()));
    let event = only(ready().at("2017-06-14T12:00").when(urgent.clone()).events());
    assert!(matches!(event, Event::NoticeIssued { days_before: 1, urgent: Some(_), .. }));
    ready().at("2017-06-15T10:00").when(urgent).then_refused(Rejection::HasBegun);
}

#[test]
fn r19_a_body_without_a_notice_period_may_be_called_the_same_day() {
    let mut body = steering_group();
    body.rules.notice_days = 0;
    unplanned_knowing(body)
        .after(plan())
        .after(put(approval_of_agenda()))
        .at("2017-06-15T08:00")
        .when(notice())
        .then_accepted();
}

#[test]
fn r18_notice_has_an_agenda_and_records_the_body_it_relies_on() {
    planned().when(notice()).then_refused(Rejection::NothingOnTheAgenda);
    let event = only(
        planned().after(put(approval_of_agenda())).after(put(future())).when(notice()).events(),
    );
    let Event::NoticeIssued { body, agenda, .. } = event else { unreachable!() };
    assert_eq!(*body, steering_group());
    assert_eq!(agenda, [approval_of_agenda(), future()]);
    called().when(notice()).then_nothing();
}

#[test]
fn r13_a_paused_body_is_not_called() {
    let paused = BodyInForce { paused: true, ..steering_group() };
    let refused = || Rejection::BodyIsPaused { body: "vestregionen:sg".parse().unwrap() };
    planned()
        .after(put(approval_of_agenda()))
        .knowing(knowing(paused.clone()))
        .when(notice())
        .then_refused(refused());
    called()
        .at("2017-06-15T10:00")
        .after(arrive([holder("baerum-mayor")]))
        .knowing(knowing(paused.clone()))
        .when(open_by("baerum-mayor"))
        .then_refused(refused());
    called()
        .knowing(knowing(BodyInForce { on: day("2017-06-29"), ..paused }))
        .when(move_to(vec![sitting("2017-06-29", "10:00", "13:00")], None))
        .then_refused(refused());
}

#[test]
fn r23_a_meeting_is_moved_until_it_opens() {
    let later = || move_to(vec![sitting("2017-06-15", "11:00", "13:00")], None);
    planned().when(later()).then_accepted().when(later()).then_nothing();
    called().when(later()).then_accepted().when(later()).then_nothing();
    opened(3).when(later()).then_refused(Rejection::IsOpen);
    planned()
        .at("2017-06-15T10:30")
        .when(move_to(vec![sitting("2017-06-15", "10:15", "13:00")], None))
        .then_refused(Rejection::InThePast { day: day("2017-06-15") });
}

#[test]
fn r18_a_meeting_that_is_called_is_not_moved_closer_than_its_notice_period() {
    let earlier = |urgent| move_to(vec![sitting("2017-06-14", "10:00", "13:00")], urgent);
    let called = || called().knowing(knowing(body_on("2017-06-14")));
    called()
        .when(earlier(None))
        .then_refused(Rejection::NoticeTooLate { needed: 7, latest: day("2017-06-07") })
        .when(earlier(Some("Statsråden kan bare da.")))
        .then_accepted();
    let later = move_to(vec![sitting("2017-06-16", "10:00", "13:00")], None);
    let event = only(
        called()
            .at("2017-06-14T12:00")
            .knowing(knowing(body_on("2017-06-16")))
            .when(later)
            .events(),
    );
    assert!(matches!(event, Event::Moved { body: Some(body), .. } if body.on == day("2017-06-16")));
}

#[test]
fn r23_a_meeting_is_cancelled_before_it_opens() {
    let cancelled = planned().when(cancel()).then_accepted().when(cancel()).then_nothing();
    cancelled.when(notice()).then_refused(Rejection::IsCancelled);
    called().when(cancel()).then_accepted();
    opened(3).when(cancel()).then_refused(Rejection::IsOpen);
    closed().when(cancel()).then_refused(Rejection::IsClosed);
}

#[test]
fn r30_a_date_in_conflict_is_kept_and_warned_of() {
    let note = |says: &str| Request::NoteConflictingDate {
        date: ConflictingDate { paper: "Referatet".parse().unwrap(), says: day(says) },
    };
    unplanned().when(note("2016-12-25")).then_refused(Rejection::NotPlanned);
    let events = planned().when(note("2016-12-25")).events();
    let warnings = <Meeting as samvirke_kernel::Decider>::warnings(&events);
    assert_eq!((warnings.len(), warnings[0].rule.as_str()), (1, "R30"));
    assert!(warnings[0].detail.contains("2016-12-25") && warnings[0].detail.contains("2017-06-15"));
    planned()
        .after(note("2016-12-25"))
        .when(note("2016-12-25"))
        .then_nothing()
        .when(note("2017-06-15"))
        .then_refused(Rejection::NotConflicting { day: day("2017-06-15") });
    let many = (1..=28)
        .map(|at| format!("2016-02-{at:02}"))
        .chain((1..=4).map(|at| format!("2016-03-{at:02}")))
        .fold(planned(), |scenario, says| scenario.after(note(&says)));
    many.when(note("2016-05-01")).then_refused(Rejection::TooManyDates);
}

#[test]
fn r21_notice_warns_where_its_approval_is_not_the_first_item() {
    let warned = |first, second| {
        let events = planned().after(put(first)).after(put(second)).when(notice()).events();
        <Meeting as samvirke_kernel::Decider>::warnings(&events).len()
    };
    assert_eq!(warned(approval_of_agenda(), future()), 0);
    assert_eq!(warned(future(), approval_of_agenda()), 1);
}
