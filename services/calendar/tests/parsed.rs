//! What we write, as another program's parser reads it.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use calcard::{
    Entry, Parser,
    icalendar::{ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty},
};
use samvirke_calendar::{Calendar, Meeting, Organizer};
use samvirke_schemas::queries::meeting::Day;

fn day(day: &str, start: Option<&str>, end: Option<&str>) -> Day {
    let time = |hour: &str| format!("{day}T{hour}").parse().unwrap();
    Day { day: day.parse().unwrap(), start: start.map(time), end: end.map(time) }
}

fn meeting(days: Vec<Day>) -> Meeting {
    Meeting {
        id: "vestregionen:sg-2017-06-01".parse().unwrap(),
        sequence: 1,
        cancelled: false,
        days,
        dropped: Vec::new(),
        summary: "Styringsgruppen, Vestregionen".into(),
        description: Some("Saker:\n24a/2017 Videreføring; vedtak".into()),
        place: Some("Bærum kommune, Sandvika".into()),
        url: Some("https://samvirke.example/v1/meetings/vestregionen:sg-2017-06-01".into()),
        changed_at: "2017-05-20T10:00:00Z".parse().unwrap(),
    }
}

fn calendar(meetings: Vec<Meeting>) -> Calendar {
    Calendar { name: "Styringsgruppen, Vestregionen".into(), organizer: None, meetings }
}

fn parsed(calendar: &Calendar) -> ICalendar {
    let text = calendar.render();
    let entry = Parser::new(&text).entry();
    let Entry::ICalendar(calendar) = entry else { panic!("{entry:?}: {text}") };
    calendar
}

fn events(calendar: &ICalendar) -> Vec<&ICalendarComponent> {
    let components = calendar.components.iter();
    components.filter(|one| one.component_type == ICalendarComponentType::VEvent).collect()
}

#[track_caller]
fn value(event: &ICalendarComponent, name: &ICalendarProperty) -> String {
    let entry = event.property(name).unwrap_or_else(|| panic!("there is no {name:?}"));
    entry.values[0].clone().into_text().unwrap().into_owned()
}

fn instant(event: &ICalendarComponent, name: &ICalendarProperty, of: &ICalendar) -> String {
    let entry = event.property(name).unwrap();
    let zones = of.build_tz_resolver();
    let zone = zones.resolve_or_default(entry.tz_id());
    let time = entry.values[0].as_partial_date_time().unwrap();
    time.to_date_time_with_tz(zone).unwrap().to_rfc3339()
}

#[test]
fn a_meeting_is_an_event_with_time_place_and_address() {
    let read =
        parsed(&calendar(vec![meeting(vec![day("2017-06-01", Some("09:00"), Some("12:00"))])]));
    let found = events(&read);
    let [event] = found[..] else { panic!("{read:?}") };
    assert_eq!(instant(event, &ICalendarProperty::Dtstart, &read), "2017-06-01T09:00:00+02:00");
    assert_eq!(instant(event, &ICalendarProperty::Dtend, &read), "2017-06-01T12:00:00+02:00");
    assert_eq!(value(event, &ICalendarProperty::Summary), "Styringsgruppen, Vestregionen");
    assert_eq!(value(event, &ICalendarProperty::Location), "Bærum kommune, Sandvika");
    let description = value(event, &ICalendarProperty::Description);
    assert_eq!(description, "Saker:\n24a/2017 Videreføring; vedtak");
    assert_eq!(value(event, &ICalendarProperty::Uid), "vestregionen.sg-2017-06-01.1@samvirke");
    assert!(value(event, &ICalendarProperty::Url).ends_with("/vestregionen:sg-2017-06-01"));
}

#[test]
fn r24_each_day_of_a_meeting_is_an_event_of_its_own() {
    let days = vec![
        day("2010-08-31", Some("10:00"), Some("18:00")),
        day("2010-09-01", Some("09:00"), Some("14:00")),
    ];
    let read = parsed(&calendar(vec![meeting(days)]));
    let found = events(&read);
    let uids: Vec<String> =
        found.iter().map(|event| value(event, &ICalendarProperty::Uid)).collect();
    assert_eq!(uids.len(), 2);
    assert_ne!(uids[0], uids[1]);
    assert!(value(found[1], &ICalendarProperty::Summary).ends_with("(2/2)"));
}

#[test]
fn r23_a_moved_meeting_keeps_its_uid_and_has_a_higher_sequence() {
    let before = meeting(vec![day("2017-06-01", None, None), day("2017-06-02", None, None)]);
    let after = Meeting {
        sequence: 2,
        days: vec![day("2017-06-08", Some("09:00"), None)],
        dropped: vec![before.days[1]],
        ..before.clone()
    };
    let (before, after) = (parsed(&calendar(vec![before])), parsed(&calendar(vec![after])));
    let (before, after) = (events(&before), events(&after));
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(value(before, &ICalendarProperty::Uid), value(after, &ICalendarProperty::Uid));
        let sequence = |event: &ICalendarComponent| {
            event.property(&ICalendarProperty::Sequence).unwrap().values[0].as_integer().unwrap()
        };
        assert_eq!((sequence(before), sequence(after)), (1, 2));
    }
    let text =
        |event: &ICalendarComponent| format!("{:?}", event.property(&ICalendarProperty::Status));
    assert!(text(after[0]).contains("Confirmed"), "{}", text(after[0]));
    // The day that the new plan no longer has.
    assert!(text(after[1]).contains("Cancelled"), "{}", text(after[1]));
}

#[test]
fn a_cancelled_meeting_stays_and_says_so() {
    let cancelled = Meeting { cancelled: true, ..meeting(vec![day("2017-06-01", None, None)]) };
    let read = parsed(&calendar(vec![cancelled]));
    let status = format!("{:?}", events(&read)[0].property(&ICalendarProperty::Status));
    assert!(status.contains("Cancelled"), "{status}");
}

#[test]
fn a_day_without_hours_is_a_whole_day() {
    let read = parsed(&calendar(vec![meeting(vec![day("2015-03-12", None, None)])]));
    let found = events(&read);
    let entry = found[0].property(&ICalendarProperty::Dtstart).unwrap();
    let date = entry.values[0].as_partial_date_time().unwrap();
    assert!(!date.has_time(), "{date:?}");
    assert_eq!((date.year, date.month, date.day), (Some(2015), Some(3), Some(12)));
}

#[test]
fn an_hour_that_comes_twice_is_told_by_its_instant() {
    let twice = |offset: &str| Day {
        day: "2017-10-29".parse().unwrap(),
        start: Some(format!("2017-10-29T02:30{offset}").parse().unwrap()),
        end: None,
    };
    for (offset, utc) in [("+02:00", "20171029T003000Z"), ("+01:00", "20171029T013000Z")] {
        let text = calendar(vec![meeting(vec![twice(offset)])]).render();
        assert!(text.contains(&format!("DTSTART:{utc}\r\n")), "{text}");
    }
}

#[test]
fn what_is_sent_by_mail_says_who_publishes_it() {
    let organizer = Organizer {
        name: "Sekretariatet, \"Vestregionen\"".into(),
        address: "post@vest.example".into(),
    };
    let sent = Calendar {
        organizer: Some(organizer),
        ..calendar(vec![meeting(vec![day("2017-06-01", None, None)])])
    };
    let text = sent.render();
    assert!(text.contains("METHOD:PUBLISH\r\n"), "{text}");
    let read = parsed(&sent);
    assert_eq!(value(events(&read)[0], &ICalendarProperty::Organizer), "mailto:post@vest.example");
    assert!(!calendar(Vec::new()).render().contains("METHOD"));
}

#[test]
fn the_same_meetings_are_the_same_bytes() {
    let one = calendar(vec![meeting(vec![day("2017-06-01", Some("09:00"), None)])]);
    assert_eq!(one.render(), one.clone().render());
}
