//! Minutes: drafts, approval, publishing, addenda.

use samvirke_kernel::scenario::Scenario;
use samvirke_schemas::{
    legal_basis::LegalBasis,
    meetings::{
        agenda::{AgendaItem, ItemRestriction},
        meeting::{Event, Request},
        minutes::{Approval, Withheld, WithheldItem},
        schedule::HeldDay,
    },
};

use super::world::*;
use crate::meeting::{Meeting, Rejection};

fn draft() -> Request {
    Request::DraftMinutes { document: None }
}

fn approve(draft: u32, approval: Approval) -> Request {
    Request::ApproveMinutes { draft, approval }
}

fn next_meeting() -> Approval {
    Approval::AtNextMeeting {
        meeting: "vestregionen:sg-2017-11-23".parse().unwrap(),
        item: id("2"),
    }
}

fn signed(seats: &[&str]) -> Approval {
    Approval::BySignatories { seats: seats.iter().map(|seat| id(seat)).collect() }
}

fn addendum(text: &str, item: Option<&str>) -> Request {
    Request::AddAddendum { text: prose(text), item: item.map(id) }
}

fn basis(act: &str) -> LegalBasis {
    LegalBasis { act: act.parse().unwrap(), provision: None }
}

fn approved() -> Scenario<Meeting> {
    closed().after(draft()).at("2017-11-23T10:10").after(approve(1, next_meeting()))
}

#[test]
fn minutes_are_kept_of_a_meeting_that_was_held() {
    planned().when(draft()).then_refused(Rejection::NotHeld);
    called().when(draft()).then_refused(Rejection::NotHeld);
    called().when(Request::PublishMinutes {}).then_refused(Rejection::NotHeld);
    opened(3).when(Request::PublishMinutes {}).then_refused(Rejection::IsOpen);
    closed().when(draft()).then_accepted().when(draft()).then_nothing();
}

#[test]
fn a_draft_rests_on_the_record_as_it_stands() {
    let early = treated().after(draft()).after(Request::Close {});
    early
        .when(approve(1, next_meeting()))
        .then_refused(Rejection::DraftIsOutdated { draft: 1 })
        .after(draft())
        .when(approve(1, next_meeting()))
        .then_refused(Rejection::NotTheLatestDraft { latest: 2 })
        .when(approve(2, next_meeting()))
        .then_accepted();
}

#[test]
fn r29_minutes_are_approved_at_the_end_by_signatories_or_at_the_next_meeting() {
    let drafted = || closed().after(draft());
    closed().when(approve(1, next_meeting())).then_refused(Rejection::NotDrafted);
    for approval in [next_meeting(), signed(&["baerum-mayor", "asker-mayor"])] {
        drafted()
            .when(approve(1, approval.clone()))
            .then_accepted()
            .when(approve(1, approval))
            .then_nothing();
    }
    drafted()
        .when(approve(1, Approval::AtTheEnd {}))
        .then_refused(Rejection::NotAtTheEnd)
        .when(approve(1, signed(&[])))
        .then_refused(Rejection::SignatoriesNeeded)
        .when(approve(1, signed(&["baerum-mayor"; 17])))
        .then_refused(Rejection::SignatoriesNeeded)
        .when(approve(1, signed(&["oslo-mayor"])))
        .then_refused(Rejection::NoSuchSeat { seat: id("oslo-mayor") })
        .when(approve(
            1,
            Approval::AtNextMeeting {
                meeting: "vestregionen:sg-2017-06-15".parse().unwrap(),
                item: id("1"),
            },
        ))
        .then_refused(Rejection::NotAnotherMeeting);
}

#[test]
fn r29_minutes_approved_at_the_end_leave_nothing_to_do_but_close() {
    let at_the_end = || approve(1, Approval::AtTheEnd {});
    opened(3)
        .after(draft())
        .when(at_the_end())
        .then_refused(Rejection::ItemLeft { item: id("1") })
        .when(approve(1, next_meeting()))
        .then_refused(Rejection::IsOpen);
    treated()
        .after(draft())
        .after(at_the_end())
        .when(put(AgendaItem { item: id("late"), ..briefing() }))
        .then_refused(Rejection::MinutesAreApproved)
        .when(arrive([holder("drammen-mayor")]))
        .then_refused(Rejection::MinutesAreApproved)
        .after(Request::Close {})
        .when(Request::PublishMinutes {})
        .then_accepted();
}

#[test]
fn approved_minutes_are_corrected_by_addendum_only() {
    approved()
        .when(draft())
        .then_refused(Rejection::MinutesAreApproved)
        .when(approve(1, signed(&["baerum-mayor"])))
        .then_refused(Rejection::MinutesAreApproved)
        .when(addendum("Skal være 30. april.", Some("nothing")))
        .then_refused(Rejection::NoSuchItem { item: id("nothing") })
        .when(addendum("Skal være 30. april.", Some("6-2017")))
        .then_accepted()
        .when(addendum("Skal være 30. april.", Some("6-2017")))
        .then_nothing();
    let drafted = closed().after(draft());
    drafted.when(addendum("For tidlig.", None)).then_refused(Rejection::NotApproved);
    let full = (0..100).fold(approved(), |scenario, at| {
        scenario.after(addendum(&format!("Rettelse {at}."), None))
    });
    full.when(addendum("En til.", None)).then_refused(Rejection::TooManyAddenda);
}

#[test]
fn minutes_are_published_once_and_again_with_each_addendum() {
    let publish = || Request::PublishMinutes {};
    closed().when(publish()).then_refused(Rejection::NotApproved);
    approved()
        .when(publish())
        .then(vec![Event::MinutesPublished {
            draft: 1,
            public: vec![id("1"), id("6-2017"), id("briefing")],
            withheld: Vec::new(),
            addenda: 0,
            on: day("2017-11-23"),
        }])
        .when(publish())
        .then_nothing()
        .after(addendum("Skal være 30. april.", None))
        .when(publish())
        .then_accepted();
}

/// A meeting with one item restricted to and including 31 December 2017, one behind closed doors.
fn partly_closed() -> Scenario<Meeting> {
    let restricted = AgendaItem {
        public_title: Some("En avtale".parse().unwrap()),
        restriction: Some(ItemRestriction {
            legal_basis: basis("offentleglova"),
            until: Some(day("2017-12-31")),
        }),
        ..future()
    };
    planned()
        .after(put(restricted))
        .after(put(briefing()))
        .after(put(approval_of_agenda()))
        .at("2017-06-01T12:00")
        .after(notice())
        .at("2017-06-15T10:00")
        .after(arrive(SEATS.map(holder)))
        .after(open_by("baerum-mayor"))
        .after(take_up("6-2017"))
        .after(conclude("6-2017", took_note()))
        .after(take_up("briefing"))
        .after(Request::CloseDoors { legal_basis: basis("kommuneloven (2018)") })
        .after(Request::OpenDoors {})
        .after(conclude("briefing", took_note()))
        .after(take_up("1"))
        .after(conclude("1", took_note()))
        .after(Request::Close {})
        .after(draft())
        .after(approve(1, signed(&["baerum-mayor"])))
}

#[test]
fn a_conclusion_says_whether_the_public_may_see_it() {
    let restricted = AgendaItem {
        public_title: Some("En avtale".parse().unwrap()),
        restriction: Some(ItemRestriction { legal_basis: basis("offentleglova"), until: None }),
        ..future()
    };
    let seen = |item: AgendaItem| {
        let scenario = planned()
            .after(put(item))
            .after(notice())
            .at("2017-06-15T10:00")
            .after(arrive(SEATS.map(holder)))
            .after(open_by("baerum-mayor"))
            .after(take_up("6-2017"));
        let event = only(scenario.when(conclude("6-2017", took_note())).events());
        matches!(event, Event::ItemConcluded { public: true, .. })
    };
    assert!(seen(future()));
    assert!(!seen(restricted));
}

#[test]
fn the_minutes_of_a_reported_meeting_stand_when_they_are_approved() {
    let report = Request::ReportHeld {
        body: "vestregionen:sg".parse().unwrap(),
        title: None,
        days: vec![HeldDay { day: day("2014-11-27"), start: None, end: None }],
        venue: None,
        attendance: None,
    };
    let approved = unplanned()
        .after(report)
        .after(put(future()))
        .after(draft())
        .after(approve(1, signed(&["baerum-mayor"])));
    let outcome = Request::RecordOutcome {
        item: id("6-2017"),
        conclusion: took_note(),
        unanimous: None,
        day: None,
    };
    for request in [outcome, put(briefing()), Request::RemoveItem { item: id("6-2017") }] {
        approved.clone().when(request).then_refused(Rejection::MinutesAreApproved);
    }
}

#[test]
fn what_the_public_may_not_see_is_left_out() {
    let hidden = |item, because| WithheldItem { item: id(item), because };
    let published = |at: &str| {
        let events = partly_closed().at(at).when(Request::PublishMinutes {}).events();
        let Event::MinutesPublished { public, withheld, .. } = only(events) else { unreachable!() };
        (public, withheld)
    };
    let behind_doors = || hidden("briefing", Withheld::ClosedDoors);
    assert_eq!(
        published("2017-12-31T12:00"),
        (vec![id("1")], vec![hidden("6-2017", Withheld::Restricted), behind_doors()])
    );
    assert_eq!(published("2018-01-01T12:00"), (vec![id("6-2017"), id("1")], vec![behind_doors()]));
    for (item, public) in [(None, true), (Some("briefing"), false), (Some("1"), true)] {
        let event = only(partly_closed().when(addendum("Rettelse.", item)).events());
        assert!(matches!(event, Event::AddendumAdded { public: seen, .. } if seen == public));
    }
}
