//! What is published about a meeting where nothing is hidden.

use serde_json::{Value, json};

use super::{MEETING, entry, given_case, given_meeting, notice, planned};

fn case_subject() -> Value {
    json!({"case": {"case": "vestregionen:1-2017", "treatment": "sg"}})
}

#[test]
fn a_meeting_is_planned() {
    given_case().when(MEETING, planned()).publicly(
        "meeting.planned",
        json!({
            "concerns": {"bodies": ["vestregionen:sg"], "meetings": ["vestregionen:sg-1"]},
            "meeting": {"id": "vestregionen:sg-1", "body": {"names": {"nb": "Styringsgruppen"}}},
            "days": [{
                "day": "2017-06-22", "start": "2017-06-22T09:00:00+02:00",
                "end": "2017-06-22T12:00:00+02:00",
            }],
            "venue": {"place": "Sandvika"},
        }),
    );
}

#[test]
fn r23_a_meeting_is_moved() {
    let event = json!({"moved": {
        "sittings": [{"start": "2017-11-23T09:00", "end": "2017-11-23T12:00"}],
        "venue": {"remote": "Skype"}, "reason": "Ny tid",
    }});
    given_meeting().when(MEETING, event).publicly(
        "meeting.moved",
        json!({
            "earlier_days": [{"day": "2017-06-22"}],
            "days": [{"start": "2017-11-23T09:00:00+01:00"}],
            "venue": {"remote": "Skype"}, "reason": "Ny tid",
        }),
    );
}

#[test]
fn a_meeting_is_cancelled() {
    given_meeting().when(MEETING, json!({"cancelled": {"reason": "Ingen saker."}})).publicly(
        "meeting.cancelled",
        json!({"days": [{"day": "2017-06-22"}], "reason": "Ingen saker."}),
    );
}

#[test]
fn r18_a_body_is_called_with_its_agenda() {
    let agenda = [
        entry("1-2017", "Vestregionens framtid", case_subject()),
        entry("lokaler", "Leie av lokaler", json!({"plain-text": {}})),
    ];
    given_meeting().when(MEETING, notice(&agenda)).publicly(
        "meeting.notice-issued",
        json!({
            "concerns": {"cases": ["vestregionen:1-2017"]}, "venue": {"place": "Sandvika"},
            "on": "2017-06-15", "days_before": 7,
            "agenda": [
                {
                    "item": "1-2017", "kind": "PS", "title": "Vestregionens framtid",
                    "case": "vestregionen:1-2017", "number": "1/2017", "withheld": false,
                },
                {"item": "lokaler", "title": "Leie av lokaler", "case": null},
            ],
        }),
    );
}

#[test]
fn a_meeting_is_held_or_reported_afterwards() {
    given_meeting().when(MEETING, json!({"closed": {"at": "2017-06-22T11:30"}})).publicly(
        "meeting.held",
        json!({"days": [{"day": "2017-06-22"}], "venue": {"place": "Sandvika"}, "reported": false}),
    );
    let reported = json!({"held-reported": {
        "body": "vestregionen:rg", "days": [{"day": "2014-11-27"}], "attendance": "unknown"
    }});
    given_case().when("meeting/vestregionen:rg-1", reported).publicly(
        "meeting.held",
        json!({
            "meeting": {"body": {"names": {"nb": "Rådmannsgruppen"}}},
            "days": [{"day": "2014-11-27", "start": null}], "venue": null, "reported": true,
        }),
    );
}

#[test]
fn a_meeting_that_is_adjourned_is_held_on_the_days_it_sat() {
    let adjourned = json!({"adjourned": {
        "until": {"start": "2017-06-23T09:00", "end": "2017-06-23T12:00"}, "at": "2017-06-22T12:00"
    }});
    given_meeting()
        .and(MEETING, adjourned)
        .when(MEETING, json!({"closed": {"at": "2017-06-23T11:30"}}))
        .publicly("meeting.held", json!({"days": [{"day": "2017-06-22"}, {"day": "2017-06-23"}]}));
}

#[test]
fn minutes_are_published_with_what_came_of_each_item() {
    let concluded = json!({"item-concluded": {
        "item": "1-2017", "case": "vestregionen:1-2017", "treatment": "sg", "outcome": "decided",
        "text": "Vedtas.", "quorum": {"unknown": {}}, "public": true, "day": "2017-06-22",
    }});
    let published = json!({"minutes-published": {
        "draft": 1, "public": ["1-2017", "lokaler"], "addenda": 1, "on": "2017-06-29"
    }});
    let called = given_meeting().and(MEETING, notice(&[]));
    called.and(MEETING, concluded).when(MEETING, published).publicly(
        "meeting.minutes-published",
        json!({
            "concerns": {"cases": ["vestregionen:1-2017"]}, "on": "2017-06-29", "addenda": 1,
            "items": [
                {"item": {"title": "Vestregionens framtid"}, "outcome": "decided"},
                {"item": {"title": "Leie av lokaler"}, "outcome": null},
            ],
        }),
    );
}

#[test]
fn the_agenda_is_told_in_its_order_without_what_was_removed() {
    let published = json!({"minutes-published": {"draft": 1, "public": [], "on": "2017-06-29"}});
    given_meeting()
        .and(MEETING, super::item("siste", "Eventuelt", json!({"plain-text": {}})))
        .and(MEETING, json!({"items-reordered": {"order": ["siste", "lokaler", "1-2017"]}}))
        .and(MEETING, json!({"item-removed": {"item": "lokaler"}}))
        .and(MEETING, notice(&[]))
        .when(MEETING, published)
        .publicly(
            "meeting.minutes-published",
            json!({"items": [{"item": {"item": "siste"}}, {"item": {"item": "1-2017"}}]}),
        );
}

/// What came after notice is the body's to take up; until it has, it is nobody else's (kommuneloven § 11-3).
#[test]
fn a_late_item_that_the_body_did_not_accept_is_not_in_the_minutes_that_are_told() {
    let late = |id: &str| {
        let item = entry(id, "Hastesak", json!({"plain-text": {}}));
        json!({"item-put": {"item": item, "late": true}})
    };
    let published = json!({"minutes-published": {"draft": 1, "public": [], "on": "2017-06-29"}});
    let corrected =
        json!({"item-corrected": {"item": "refused", "title": "Ny", "reason": "Feil."}});
    let called = || {
        let called = given_meeting().and(MEETING, notice(&[]));
        called.and(MEETING, late("accepted")).and(MEETING, late("refused"))
    };
    called().when(MEETING, corrected).nothing();
    called()
        .and(MEETING, json!({"late-item-accepted": {"item": "accepted"}}))
        .when(MEETING, published)
        .publicly(
            "meeting.minutes-published",
            json!({"items": [{"item": {"item": "1-2017"}}, {"item": {"item": "lokaler"}},
                {"item": {"item": "accepted"}}]}),
        );
}

#[test]
fn something_is_added_to_the_minutes() {
    let event = json!({"addendum-added": {
        "number": 1, "text": "Møtet varte til 11.35.", "public": true, "on": "2017-07-01"
    }});
    given_meeting().when(MEETING, event).publicly(
        "meeting.addendum-added",
        json!({"number": 1, "text": "Møtet varte til 11.35.", "on": "2017-07-01"}),
    );
}

#[test]
fn who_was_there_and_how_they_voted_is_not_said() {
    let events = [
        json!({"seat-taken": {"seat": "asker", "at": "2017-06-22T09:00"}}),
        json!({"absence-reported": {"seat": "asker", "at": "2017-06-22T09:00"}}),
        json!({"opened": {"chair": "asker", "chairs_as": "chair", "at": "2017-06-22T09:00"}}),
        json!({"conflict-recorded": {"item": "1-2017", "seat": "asker"}}),
        json!({"minutes-drafted": {"draft": 1, "rests_on": 3}}),
    ];
    for event in events {
        given_meeting().when(MEETING, event).nothing();
    }
}

fn corrected() -> Value {
    json!({"item-corrected": {"item": "lokaler", "title": "Lokaler", "reason": "Skrivefeil."}})
}

fn item_restricted() -> Value {
    json!({"item-restricted": {
        "item": "lokaler", "public_title": "Eiendom", "reason": "Forhandlinger.",
        "restriction": {"legal_basis": {"act": "offentleglova", "provision": "§ 23"}},
    }})
}

#[test]
fn before_notice_a_corrected_item_is_nobodys_news() {
    given_meeting().when(MEETING, corrected()).nothing();
    given_meeting().when(MEETING, item_restricted()).nothing();
}
