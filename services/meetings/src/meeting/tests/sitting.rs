//! Opening, the chair, adjourning, closing, the doors.

use samvirke_schemas::{
    legal_basis::LegalBasis,
    meetings::{
        attendance::ChairAs,
        meeting::{Event, Request},
    },
    networks::rules::BodyInForce,
};

use super::world::*;
use crate::meeting::Rejection;

fn change(chair: &str) -> Request {
    Request::ChangeChair { chair: id(chair) }
}

fn adjourn() -> Request {
    Request::Adjourn { until: sitting("2017-06-22", "09:00", "11:00") }
}

fn resume(chair: &str) -> Request {
    Request::Resume { chair: id(chair) }
}

fn close_doors(provision: &str) -> Request {
    Request::CloseDoors {
        legal_basis: LegalBasis {
            act: "kommuneloven (2018)".parse().unwrap(),
            provision: Some(provision.parse().unwrap()),
        },
    }
}

/// Opens a meeting at which these seats are taken by their holders.
#[track_caller]
fn led(chair: &str, present: &[&str], expected: Result<ChairAs, Rejection>) {
    let outcome = called()
        .at("2017-06-15T10:00")
        .after(arrive(present.iter().map(|seat| holder(seat))))
        .when(open_by(chair));
    match expected {
        Ok(expected) => {
            let opened = only(outcome.events());
            assert!(
                matches!(opened, Event::Opened { chairs_as, .. } if chairs_as == expected),
                "{chair} leads otherwise: {opened:?}"
            );
        }
        Err(rejection) => {
            outcome.then_refused(rejection);
        }
    }
}

#[test]
fn r17_the_deputy_chair_leads_when_the_chair_is_away_and_a_substitute_when_both_are() {
    let all = ["baerum-mayor", "asker-mayor", "lier-mayor"];
    led("baerum-mayor", &all, Ok(ChairAs::Chair));
    led("asker-mayor", &all[1..], Ok(ChairAs::DeputyChair));
    led("lier-mayor", &all[2..], Ok(ChairAs::Substitute));
    let goes_before = |seat| Err(Rejection::ChairCanLead { seat: id(seat) });
    led("asker-mayor", &all, goes_before("baerum-mayor"));
    led("lier-mayor", &all[1..], goes_before("asker-mayor"));
    led("baerum-mayor", &all[1..], Err(Rejection::NotPresent { seat: id("baerum-mayor") }));
}

#[test]
fn r17_whoever_sits_in_for_the_chairs_seat_leads_as_a_substitute() {
    let event = only(
        called()
            .at("2017-06-15T10:00")
            .after(arrive([deputy("baerum-mayor", None), holder("lier-mayor")]))
            .when(open_by("baerum-mayor"))
            .events(),
    );
    assert!(matches!(event, Event::Opened { chairs_as: ChairAs::Substitute, .. }));
}

#[test]
fn a_meeting_opens_once_on_its_day_after_notice() {
    planned().when(open_by("baerum-mayor")).then_refused(Rejection::NotCalled);
    called()
        .at("2017-06-14T10:00")
        .when(open_by("baerum-mayor"))
        .then_refused(Rejection::NotOnItsDay { day: day("2017-06-14") });
    opened(3)
        .when(open_by("baerum-mayor"))
        .then_nothing()
        .when(open_by("asker-mayor"))
        .then_refused(Rejection::IsOpen);
}

#[test]
fn a_body_that_changed_between_notice_and_meeting_is_recorded_anew() {
    let opened = |body: BodyInForce| {
        let scenario = called().at("2017-06-15T10:00").after(arrive([holder("baerum-mayor")]));
        only(scenario.knowing(knowing(body)).when(open_by("baerum-mayor")).events())
    };
    assert!(matches!(opened(steering_group()), Event::Opened { body: None, .. }));
    let amended = BodyInForce { rules_version: 2, ..steering_group() };
    assert!(matches!(opened(amended), Event::Opened { body: Some(body), .. }
        if body.rules_version == 2));
}

#[test]
fn nothing_is_treated_before_the_meeting_opens_or_after_it_closes() {
    for request in [
        take_up("1"),
        conclude("1", took_note()),
        vote("p", by_person("yyy")),
        propose("p", "Noe."),
        conflict("asker-mayor"),
        adjourn(),
        close_doors("§ 11-5"),
        Request::OpenDoors {},
        change("asker-mayor"),
    ] {
        called().when(request.clone()).then_refused(Rejection::NotOpened);
        closed().when(request).then_refused(Rejection::IsClosed);
    }
    closed().when(arrive([holder("drammen-mayor")])).then_refused(Rejection::IsClosed);
}

#[test]
fn r17_the_chair_passes_to_another_only_when_the_chair_cannot_lead() {
    opened(4)
        .when(change("baerum-mayor"))
        .then_nothing()
        .when(change("asker-mayor"))
        .then_refused(Rejection::ChairCanLead { seat: id("baerum-mayor") })
        .after(take_up("6-2017"))
        .after(conflict("baerum-mayor"))
        .when(change("baerum-mayor"))
        .then_nothing()
        .when(change("asker-mayor"))
        .then(vec![Event::ChairChanged {
            chair: id("asker-mayor"),
            chairs_as: ChairAs::DeputyChair,
            at: time("2017-06-15T10:00"),
        }])
        .when(change("baerum-mayor"))
        .then_refused(Rejection::Disqualified { seat: id("baerum-mayor") })
        .after(conclude("6-2017", took_note()))
        .when(change("baerum-mayor"))
        .then_accepted();
}

#[test]
fn r24_a_meeting_goes_on_another_day_with_attendance_taken_anew() {
    let adjourned = opened(3).after(take_up("6-2017")).after(adjourn());
    let adjourned = adjourned.when(adjourn()).then_nothing();
    adjourned
        .when(take_up("1"))
        .then_refused(Rejection::IsAdjourned)
        .when(arrive([holder("baerum-mayor")]))
        .then_refused(Rejection::NotOnItsDay { day: day("2017-06-15") })
        .when(resume("baerum-mayor"))
        .then_refused(Rejection::NotOnItsDay { day: day("2017-06-15") })
        .at("2017-06-22T09:00")
        .when(resume("baerum-mayor"))
        .then_refused(Rejection::NotPresent { seat: id("baerum-mayor") })
        .after(arrive([holder("baerum-mayor"), holder("lier-mayor")]))
        .when(resume("baerum-mayor"))
        .then_accepted()
        .when(resume("baerum-mayor"))
        .then_nothing()
        .when(propose("p", "Vestregionens framtid drøftes."))
        .then_accepted()
        .when(vote("p", by_person("yy")))
        .then_refused(Rejection::MayNotVote { seat: id("asker-mayor") });
    called().when(resume("baerum-mayor")).then_refused(Rejection::NotOpened);
}

#[test]
fn a_meeting_is_adjourned_to_a_later_time() {
    for until in [sitting("2017-06-15", "09:00", "11:00"), sitting("2017-06-22", "11:00", "09:00")]
    {
        opened(3).when(Request::Adjourn { until }).then_refused(Rejection::ResumesBefore);
    }
}

#[test]
fn no_item_falls_between_two_chairs_when_the_meeting_closes() {
    opened(3)
        .when(Request::Close {})
        .then_refused(Rejection::ItemLeft { item: id("1") })
        .after(take_up("1"))
        .when(Request::Close {})
        .then_refused(Rejection::ItemIsUp { item: id("1") });
    treated().when(Request::Close {}).then_accepted().when(Request::Close {}).then_nothing();
}

#[test]
fn kommuneloven_11_5_the_doors_close_on_a_legal_basis_and_open_again() {
    opened(3)
        .when(Request::OpenDoors {})
        .then_nothing()
        .when(close_doors("§ 11-5"))
        .then_accepted()
        .when(close_doors("§ 11-5"))
        .then_nothing()
        .when(close_doors("§ 11-5 andre ledd"))
        .then_refused(Rejection::DoorsAreClosed)
        .when(Request::OpenDoors {})
        .then_accepted();
}
