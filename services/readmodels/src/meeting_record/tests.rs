//! What a meeting's record holds after its events.

use samvirke_schemas::queries::meeting::{ItemState, Meeting, MeetingState};
use serde_json::{Value, json};

use super::{MeetingRecord, Row};
use crate::fact::samples::folded;

#[test]
fn r23_a_meeting_that_is_moved_keeps_its_earlier_days() {
    let moved = json!({"moved": {
        "sittings": [sitting("2017-10-05")], "venue": {"place": "Asker"}, "reason": "Ny tid",
    }});
    let meeting = meeting(&[moved]);
    assert_eq!(meeting.days[0].day.to_string(), "2017-10-05");
    assert_eq!(meeting.moves[0].earlier_days[0].day.to_string(), "2017-09-28");
}

#[test]
fn r27_somebody_who_stands_in_ends_the_stay_before() {
    let meeting = meeting(&[
        json!({"absence-reported": {"seat": "asker-mayor", "at": "2017-09-27T09:00"}}),
        json!({"seat-taken": {"seat": "baerum-mayor", "at": "2017-09-28T09:00"}}),
        json!({"seat-taken": {
            "seat": "baerum-mayor", "stand_in": {"order": 1, "office": "deputy-mayor"},
            "at": "2017-09-28T10:00",
        }}),
        json!({"seat-left": {"seat": "baerum-mayor", "at": "2017-09-28T11:00"}}),
    ]);
    let seats = &meeting.attendance.seats;
    assert!(seats[0].absent && seats[0].stays.is_empty());
    let stays: Vec<_> =
        seats[1].stays.iter().map(|stay| (stay.stand_in.is_some(), stay.to.is_some())).collect();
    assert_eq!(stays, [(false, true), (true, true)]);
    assert_eq!(seats[1].stays[0].to, Some(seats[1].stays[1].from));
}

#[test]
fn an_annulled_vote_is_kept_beside_the_one_that_counts() {
    let vote = |yes: u16| {
        json!({"vote-taken": {
            "item": "one", "proposal": "a", "quorum": {"met": {"present": 3, "needed": 2}},
            "vote": {
                "method": {"show-of-hands": {"counts": {"yes": yes, "no": 1}}},
                "counts": {"yes": yes, "no": 1, "blank": 0}, "entitled": 3, "majority": "simple",
                "result": "carried", "by_casting_vote": false, "unanimous": false,
            },
        }})
    };
    let meeting = meeting(&[
        item("one"),
        json!({"proposal-made": {
            "item": "one", "proposal": "a", "by": {"seat": {"seat": "baerum-mayor"}}, "text": "Ja.",
        }}),
        vote(3),
        json!({"vote-annulled": {"item": "one", "proposal": "a", "reason": "Talt feil."}}),
        vote(2),
    ]);
    let proposal = &meeting.agenda[0].proposals[0];
    assert_eq!(proposal.vote.as_ref().unwrap().counts.yes, 2);
    assert_eq!(proposal.annulled[0].vote.as_ref().unwrap().counts.yes, 3);
}

#[test]
fn an_item_up_when_the_doors_close_goes_on_behind_them() {
    let basis = json!({"act": "kommuneloven (2018)"});
    let at = "2017-09-28T09:30";
    let row = row(&[
        item("one"),
        item("two"),
        json!({"item-taken-up": {"item": "one", "quorum": {"unknown": {}}, "at": at}}),
        json!({"doors-closed": {"legal_basis": basis, "at": at}}),
        json!({"closed": {"at": "2017-09-28T10:00"}}),
    ]);
    let behind: Vec<bool> = row.meeting.agenda.iter().map(|item| item.behind_doors).collect();
    assert_eq!(behind, [true, false]);
    assert_eq!(row.meeting.agenda[0].state, ItemState::TakenUp);
    assert!(row.meeting.closed_doors[0].to.is_some(), "closing the meeting opens the doors");
    assert_eq!(row.meeting.state, MeetingState::Closed);
}

#[test]
fn r24_an_adjourned_meeting_has_the_day_it_goes_on_as_one_of_its_days() {
    let meeting = meeting(&[
        json!({"seat-taken": {"seat": "baerum-mayor", "at": "2017-09-28T09:00"}}),
        json!({"adjourned": {"until": sitting("2017-09-29"), "at": "2017-09-28T12:00"}}),
    ]);
    let days: Vec<String> = meeting.days.iter().map(|day| day.day.to_string()).collect();
    assert_eq!(days, ["2017-09-28", "2017-09-29"]);
    assert!(meeting.attendance.seats[0].stays[0].to.is_some(), "everyone leaves");
}

#[test]
fn a_reported_meeting_claims_nothing_of_who_was_there() {
    let reported = json!({"held-reported": {
        "body": "vestregionen:rg", "days": [{"day": "2016-02-25"}], "attendance": "unknown",
    }});
    let row = folded::<MeetingRecord>("vestregionen:m", &[reported]);
    assert_eq!(row.meeting.state, MeetingState::Reported);
    assert!(row.meeting.attendance.unknown);
    assert_eq!(row.sort, "2016-02-25/vestregionen:m");
}

#[test]
fn a_reported_meeting_tells_those_whom_its_source_names() {
    let named = json!({"present": [{"of": {"office": "mayor"}, "stood_in": true}]});
    let first = json!({"held-reported": {
        "body": "vestregionen:rg", "days": [{"day": "2016-02-25"}], "attendance": "unknown",
    }});
    let then = json!({"held-reported": {
        "body": "vestregionen:rg", "days": [{"day": "2016-02-25"}], "attendance": "partial",
        "named": named,
    }});
    let attendance = folded::<MeetingRecord>("vestregionen:m", &[first, then]).meeting.attendance;
    assert!(!attendance.unknown);
    assert_eq!(json!(attendance.named)["present"][0]["of"]["office"], "mayor");
}

fn row(events: &[Value]) -> Row {
    let planned = json!({"planned": {
        "body": "vestregionen:sg", "sittings": [sitting("2017-09-28")],
        "venue": {"place": "Sandvika"},
    }});
    folded::<MeetingRecord>("vestregionen:m", &[&[planned], events].concat())
}

fn meeting(events: &[Value]) -> Meeting {
    row(events).meeting
}

fn sitting(day: &str) -> Value {
    json!({"start": format!("{day}T09:00"), "end": format!("{day}T12:00")})
}

fn item(id: &str) -> Value {
    json!({"item-put": {"item": {
        "item": id, "kind": "PS", "title": "Sak", "subject": {"plain-text": {}},
    }}})
}
