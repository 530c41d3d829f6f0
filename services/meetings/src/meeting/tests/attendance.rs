//! Who came, who did not, who sat in for whom.

use samvirke_kernel::{
    Decider as _, Rejection as _,
    scenario::{Scenario, member},
};
use samvirke_schemas::{
    meetings::{
        attendance::{OtherPresent, SeatPresent, StandIn},
        meeting::{Event, Request},
    },
    networks::rules::{Office, PersonId, Right},
    principal::Role,
};

use super::world::*;
use crate::meeting::{Meeting, Rejection};

/// An hour before the meeting opens.
fn doors() -> Scenario<Meeting> {
    called().at("2017-06-15T09:00")
}

fn absent(seat: &str) -> Request {
    Request::ReportAbsence { seat: id(seat) }
}

#[test]
fn r28_a_delegate_reports_absence_for_the_seat_of_its_own_member() {
    let asker = || member(Role::Delegate, MEMBERS[1]);
    let not_own = |seat| Rejection::NotOwnSeat { seat: id(seat) };
    called().by(asker()).when(absent("asker-mayor")).then(vec![Event::AbsenceReported {
        seat: id("asker-mayor"),
        at: time("2017-06-08T15:00"),
    }]);
    called().by(asker()).when(absent("baerum-mayor")).then_refused(not_own("baerum-mayor"));
    // Before notice nobody knows whose seat it is.
    planned().by(asker()).when(absent("asker-mayor")).then_refused(not_own("asker-mayor"));
    called()
        .by(asker())
        .when(arrive([holder("asker-mayor")]))
        .then_refused(Rejection::OnlyTheSecretariat);
}

#[test]
fn r28_absence_is_told_once_and_not_of_somebody_who_is_there() {
    planned().when(absent("asker-mayor")).then_refused(Rejection::NotCalled);
    doors()
        .when(absent("oslo-mayor"))
        .then_refused(Rejection::NoSuchSeat { seat: id("oslo-mayor") })
        .after(absent("asker-mayor"))
        .when(absent("asker-mayor"))
        .then_nothing()
        .after(arrive([deputy("asker-mayor", Some(1))]))
        .when(absent("asker-mayor"))
        .then_refused(Rejection::IsPresent { seat: id("asker-mayor") });
}

#[test]
fn r27_a_deputy_sits_in_for_a_seat() {
    let event = only(doors().when(arrive([deputy("asker-mayor", Some(1))])).events());
    assert!(matches!(&event, Event::SeatTaken { stand_in: Some(_), skipped, .. }
        if skipped.is_empty()));
    doors()
        .after(arrive([deputy("asker-mayor", Some(1))]))
        .when(arrive([deputy("asker-mayor", Some(1))]))
        .then_nothing()
        .when(arrive([holder("asker-mayor")]))
        .then_accepted();
}

#[test]
fn r27_a_deputy_out_of_order_is_warned_of_and_let_in() {
    let warned = |order| {
        let events = doors().when(arrive([deputy("asker-mayor", order)])).events();
        let warnings = Meeting::warnings(&events);
        warnings.first().map(|warning| warning.detail.clone())
    };
    assert_eq!(warned(Some(1)), None);
    assert_eq!(warned(Some(2)).unwrap(), "before whoever took seat asker-mayor stands deputy 1");
    assert_eq!(warned(None).unwrap(), "before whoever took seat asker-mayor stands deputy 1, 2");
    doors()
        .when(arrive([deputy("asker-mayor", Some(3))]))
        .then_refused(Rejection::NoSuchDeputy { seat: id("asker-mayor"), order: 3 });
}

#[test]
fn r27_one_person_has_one_seat() {
    let person = PersonId::from_u128(7);
    let someone = |seat| SeatPresent {
        seat: id(seat),
        stand_in: Some(StandIn { order: None, office: None, person: Some(person) }),
        remote: false,
    };
    let twice = || Rejection::SamePersonTwice { seat: id("lier-mayor") };
    doors().when(arrive([someone("asker-mayor"), someone("lier-mayor")])).then_refused(twice());
    let mut body = steering_group();
    body.seats[1].holder = Some(person);
    called_knowing(body)
        .at("2017-06-15T09:00")
        .after(arrive([holder("asker-mayor")]))
        .when(arrive([someone("lier-mayor")]))
        .then_refused(twice())
        .after(leave("asker-mayor"))
        .when(arrive([someone("lier-mayor")]))
        .then_accepted();
}

#[test]
fn people_come_on_the_meetings_own_day_to_seats_the_body_has() {
    called()
        .when(arrive([holder("asker-mayor")]))
        .then_refused(Rejection::NotOnItsDay { day: day("2017-06-08") });
    doors()
        .when(arrive([holder("oslo-mayor")]))
        .then_refused(Rejection::NoSuchSeat { seat: id("oslo-mayor") });
    let crowd = (0..1025).map(|_| holder("asker-mayor"));
    doors().when(arrive(crowd)).then_refused(Rejection::TooManyAttendees);
}

#[test]
fn people_come_and_go_at_times() {
    opened(3)
        .at("2017-06-15T11:00")
        .when(arrive([holder("lier-mayor")]))
        .then(vec![Event::SeatTaken {
            seat: id("lier-mayor"),
            stand_in: None,
            remote: false,
            skipped: Vec::new(),
            at: time("2017-06-15T11:00"),
        }])
        .at("2017-06-15T11:30")
        .when(leave("lier-mayor"))
        .then(vec![Event::SeatLeft { seat: id("lier-mayor"), at: time("2017-06-15T11:30") }])
        .when(leave("lier-mayor"))
        .then_nothing()
        .when(leave("drammen-mayor"))
        .then_refused(Rejection::NotPresent { seat: id("drammen-mayor") });
}

#[test]
fn r17_whoever_leads_the_meeting_does_not_just_leave() {
    let leads = || Rejection::ChairLeads { seat: id("baerum-mayor") };
    opened(3)
        .when(leave("baerum-mayor"))
        .then_refused(leads())
        .when(arrive([deputy("baerum-mayor", None)]))
        .then_refused(leads());
}

#[test]
fn r8_others_have_the_rights_of_their_office_and_nobody_without_a_seat_votes() {
    let mut body = steering_group();
    body.rules.entitled[0].rights.insert(Right::Vote);
    let rights = |office| {
        let scenario = called_knowing(body.clone()).at("2017-06-15T09:00");
        let event = only(scenario.when(arrive_other("asker-director", office)).events());
        let Event::OtherArrived { rights, .. } = event else { unreachable!() };
        rights
    };
    assert_eq!(
        rights(Office::MunicipalDirector),
        [Right::Attend, Right::Speak, Right::Propose].into()
    );
    assert_eq!(rights(Office::UnionRepresentative), [Right::Attend].into());
}

#[test]
fn others_come_and_go_too() {
    let director = || arrive_other("asker-director", Office::MunicipalDirector);
    let gone =
        |attendee| Request::RegisterDepartures { seats: Vec::new(), others: vec![id(attendee)] };
    doors()
        .after(director())
        .when(director())
        .then_nothing()
        .when(arrive_other("asker-director", Office::GeneralManager))
        .then_refused(Rejection::AttendeeExists { attendee: id("asker-director") })
        .when(gone("asker-director"))
        .then_accepted()
        .when(gone("asker-director"))
        .then_nothing()
        .when(director())
        .then_accepted()
        .when(gone("nobody"))
        .then_refused(Rejection::OtherNotPresent { attendee: id("nobody") });
    let crowd = (0..1024).map(|at| OtherPresent {
        attendee: id(&format!("other-{at}")),
        office: Office::Delegate,
        member: None,
    });
    doors()
        .after(Request::RegisterArrivals { seats: Vec::new(), others: crowd.collect() })
        .when(director())
        .then_refused(Rejection::TooManyAttendees);
}

#[test]
fn a_rejection_says_its_rule_in_both_languages() {
    let rejection = Rejection::NoSuchDeputy { seat: id("asker-mayor"), order: 3 };
    assert_eq!((rejection.rule(), rejection.code()), ("R27", "no-such-deputy"));
    assert!(rejection.to_string().contains("no deputy number 3"));
    assert!(rejection.bokmaal().contains("ingen vara nummer 3"));
}
