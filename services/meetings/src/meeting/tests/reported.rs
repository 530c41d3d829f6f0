//! Meetings that are only known from a source.

use samvirke_kernel::{Decider as _, scenario::Scenario};
use samvirke_schemas::{
    meetings::{
        agenda::{Conclusion, Outcome},
        attendance::{
            ATTENDEES_MAX, AttendanceKnown, NamedAttendance, NamedPresent, QuorumFound, Represented,
        },
        meeting::{Event, Request},
        minutes::Approval,
        schedule::HeldDay,
    },
    networks::rules::Office,
};

use super::world::*;
use crate::meeting::{Facts, Meeting, Rejection};

fn held(on: &str) -> HeldDay {
    HeldDay { day: day(on), start: None, end: None }
}

fn report(body: &str, days: Vec<HeldDay>) -> Request {
    Request::ReportHeld {
        body: body.parse().unwrap(),
        title: None,
        days,
        venue: None,
        attendance: None,
    }
}

fn sg() -> Request {
    report("vestregionen:sg", vec![held("2014-11-27")])
}

/// The action plan for 2015 was adopted on 27 November 2014; nothing else is known.
fn unknown() -> Scenario<Meeting> {
    Scenario::new("vestregionen:sg-2014-11-27").at("2026-11-01T12:00")
}

fn reported() -> Scenario<Meeting> {
    unknown().after(sg()).after(put(future()))
}

fn outcome(conclusion: Conclusion, on: Option<&str>) -> Request {
    Request::RecordOutcome { item: id("6-2017"), conclusion, unanimous: None, day: on.map(day) }
}

fn adopted() -> Conclusion {
    Conclusion::Decided { text: Some(prose("Handlingsplan 2015 vedtas.")) }
}

#[test]
fn a_meeting_can_be_reported_with_nothing_known_of_who_was_there() {
    let events = unknown().when(sg()).events();
    assert_eq!(Meeting::warnings(&events)[0].code, "record-incomplete");
    assert!(matches!(
        only(events),
        Event::HeldReported { attendance: AttendanceKnown::Unknown, .. }
    ));
    reported()
        .when(sg())
        .then_nothing()
        .when(report("vestregionen:sg", vec![held("2014-11-28")]))
        .then_refused(Rejection::IsOnlyReported);
}

/// The same meeting, of which the source names some of those who were there.
fn naming(named: NamedAttendance) -> Request {
    Request::ReportHeld {
        body: "vestregionen:sg".parse().unwrap(),
        title: None,
        days: vec![held("2014-11-27")],
        venue: None,
        attendance: Some(named),
    }
}

fn of(member: usize) -> Represented {
    Represented { office: Some(Office::MunicipalDirector), member: MEMBERS[member].parse().ok() }
}

fn asker_and_a_stand_in() -> NamedAttendance {
    NamedAttendance {
        present: vec![
            NamedPresent { of: of(1), ..NamedPresent::default() },
            NamedPresent { of: of(0), stood_in: true, chaired: true },
            // A third person, whose municipality is cut off.
            NamedPresent::default(),
        ],
        absent: vec![of(2)],
    }
}

#[test]
fn a_reported_meeting_tells_those_whom_the_source_names_and_still_claims_no_quorum() {
    let events = unknown().when(naming(asker_and_a_stand_in())).events();
    assert_eq!(Meeting::warnings(&events)[0].code, "record-incomplete");
    let Event::HeldReported { attendance, named, .. } = only(events) else { unreachable!() };
    assert_eq!(attendance, AttendanceKnown::Partial);
    assert_eq!(named, Some(asker_and_a_stand_in()));
    let concluded = unknown()
        .after(naming(asker_and_a_stand_in()))
        .after(put(future()))
        .when(outcome(adopted(), None))
        .events();
    assert!(matches!(
        only(concluded),
        Event::ItemConcluded { quorum: QuorumFound::Unknown {}, .. }
    ));
}

#[test]
fn those_present_may_be_named_after_a_meeting_was_reported() {
    reported()
        .when(naming(asker_and_a_stand_in()))
        .then_accepted()
        .when(naming(asker_and_a_stand_in()))
        .then_nothing()
        .when(sg())
        .then_nothing()
        .when(naming(NamedAttendance { absent: Vec::new(), ..asker_and_a_stand_in() }))
        .then_accepted();
    let approval = Approval::BySignatories { seats: vec![id("baerum-mayor")] };
    reported()
        .after(Request::DraftMinutes { document: None })
        .after(Request::ApproveMinutes { draft: 1, approval })
        .when(naming(asker_and_a_stand_in()))
        .then_refused(Rejection::MinutesAreApproved);
}

#[test]
fn who_is_named_is_somebody_and_one_at_most_led_the_meeting() {
    let chaired = NamedPresent { chaired: true, ..NamedPresent::default() };
    let many = vec![NamedPresent::default(); ATTENDEES_MAX];
    unknown()
        .when(naming(NamedAttendance::default()))
        .then_refused(Rejection::NobodyNamed)
        .when(naming(NamedAttendance { present: vec![chaired.clone(), chaired], absent: vec![] }))
        .then_refused(Rejection::SeveralChaired)
        .when(naming(NamedAttendance { present: many.clone(), absent: vec![of(1)] }))
        .then_refused(Rejection::TooManyAttendees)
        .when(naming(NamedAttendance { present: many, absent: vec![] }))
        .then_accepted();
}

#[test]
fn the_outcome_of_a_reported_meeting_claims_no_quorum() {
    reported()
        .when(outcome(adopted(), None))
        .then(vec![Event::ItemConcluded {
            item: id("6-2017"),
            case: Some("vestregionen:6-2017".parse().unwrap()),
            treatment: Some(id("sg")),
            outcome: Outcome::Decided,
            text: Some(prose("Handlingsplan 2015 vedtas.")),
            to: None,
            unanimous: None,
            quorum: QuorumFound::Unknown {},
            public: true,
            day: day("2014-11-27"),
        }])
        .when(outcome(adopted(), None))
        .then_nothing()
        .when(outcome(took_note(), None))
        .then_refused(Rejection::AlreadyConcluded { item: id("6-2017") })
        .when(Request::RemoveItem { item: id("6-2017") })
        .then_refused(Rejection::AlreadyConcluded { item: id("6-2017") });
    reported()
        .when(outcome(decided(), None))
        .then_refused(Rejection::TextNeeded)
        .when(outcome(adopted(), Some("2014-11-28")))
        .then_refused(Rejection::NotOnItsDay { day: day("2014-11-28") });
}

#[test]
fn how_a_reported_meeting_went_is_not_recorded() {
    for request in [
        take_up("6-2017"),
        conclude("6-2017", took_note()),
        arrive([holder("asker-mayor")]),
        open_by("baerum-mayor"),
        notice(),
        Request::Close {},
    ] {
        reported().when(request).then_refused(Rejection::IsOnlyReported);
    }
}

#[test]
fn outcomes_are_not_recorded_past_a_meeting_that_is_kept_here() {
    for scenario in [called(), opened(3), closed()] {
        scenario.when(outcome(adopted(), None)).then_refused(Rejection::NotReported);
    }
    planned().when(outcome(adopted(), None)).then_refused(Rejection::NotCalled);
}

#[test]
fn a_meeting_that_was_called_can_turn_out_to_be_known_from_a_source_only() {
    let later = || called().at("2017-09-01T12:00");
    let held_then = |body| report(body, vec![held("2017-06-15")]);
    later()
        .when(held_then("vestregionen:rg"))
        .then_refused(Rejection::AnotherBody { body: "vestregionen:sg".parse().unwrap() })
        .when(held_then("vestregionen:sg"))
        .then_accepted()
        .when(outcome(took_note(), None))
        .then_accepted();
    opened(3).when(held_then("vestregionen:sg")).then_refused(Rejection::IsOpen);
}

#[test]
fn what_is_reported_has_happened_on_days_in_order() {
    let sg = |days| report("vestregionen:sg", days);
    let wrong = |on| Rejection::SittingIsWrong { day: day(on) };
    unknown()
        .knowing(Facts::default())
        .when(sg(Vec::new()))
        .then_refused(Rejection::NoDays)
        .when(sg(vec![held("2026-11-02")]))
        .then_refused(Rejection::HeldInTheFuture { day: day("2026-11-02") })
        .when(sg(vec![held("2010-09-01"), held("2010-08-31")]))
        .then_refused(Rejection::SittingsOverlap { day: day("2010-08-31") })
        .when(report("saman:sg", vec![held("2014-11-27")]))
        .then_refused(Rejection::AnotherCooperation { body: "saman:sg".parse().unwrap() });
    let from = |start: &str, end: &str| HeldDay {
        day: day("2014-11-27"),
        start: Some(time(start)),
        end: Some(time(end)),
    };
    unknown()
        .when(sg(vec![from("2014-11-28T10:00", "2014-11-28T12:00")]))
        .then_refused(wrong("2014-11-27"))
        .when(sg(vec![from("2014-11-27T12:00", "2014-11-27T10:00")]))
        .then_refused(wrong("2014-11-27"))
        .when(sg(vec![held("2010-08-31"), held("2010-09-01")]))
        .then_accepted();
}
