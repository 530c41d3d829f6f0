//! A meeting's days as events.

use chrono::{DateTime, LocalResult, TimeZone, Utc};
use chrono_tz::Europe::Oslo;
use samvirke_schemas::{local_time::LocalTime, queries::meeting::Day};

use crate::{
    Meeting, Organizer,
    content_line::{ContentLines, quoted},
    zone::TZID,
};

/// An instant, to the second.
const INSTANT: &str = "%Y%m%dT%H%M%SZ";
const LOCAL: &str = "%Y%m%dT%H%M%S";
const DAY: &str = "%Y%m%d";

pub(crate) fn write(meeting: &Meeting, organizer: Option<&Organizer>, lines: &mut ContentLines) {
    let days = meeting.days.len() + meeting.dropped.len();
    let held = meeting.days.iter().map(|day| (day, meeting.cancelled));
    let dropped = meeting.dropped.iter().map(|day| (day, true));
    for (number, (day, cancelled)) in (1..).zip(held.chain(dropped)) {
        lines.raw("BEGIN", "VEVENT");
        lines.raw("UID", &uid(meeting, number));
        lines.raw("SEQUENCE", &meeting.sequence.to_string());
        lines.raw("DTSTAMP", &instant(meeting.changed_at));
        lines.raw("LAST-MODIFIED", &instant(meeting.changed_at));
        lines.raw("STATUS", if cancelled { "CANCELLED" } else { "CONFIRMED" });
        write_time(day, lines);
        match days {
            1 => lines.text("SUMMARY", &meeting.summary),
            _ => lines.text("SUMMARY", &format!("{} ({number}/{days})", meeting.summary)),
        }
        for (name, text) in [("DESCRIPTION", &meeting.description), ("LOCATION", &meeting.place)] {
            if let Some(text) = text {
                lines.text(name, text);
            }
        }
        if let Some(url) = &meeting.url {
            lines.raw("URL", url);
        }
        if let Some(Organizer { name, address }) = organizer {
            lines.raw(&format!("ORGANIZER;CN={}", quoted(name)), &format!("mailto:{address}"));
        }
        lines.raw("END", "VEVENT");
    }
}

/// The same for a day of a meeting for ever: `vestregionen.sg-2017-06-01.1@samvirke`.
fn uid(meeting: &Meeting, number: usize) -> String {
    format!("{}.{}.{number}@samvirke", meeting.id.cooperation, meeting.id.local)
}

/// The hours, or the whole day where they are not known.
fn write_time(day: &Day, lines: &mut ContentLines) {
    let Some(start) = day.start else {
        return lines.raw("DTSTART;VALUE=DATE", &day.day.format(DAY).to_string());
    };
    write_moment("DTSTART", start, lines);
    if let Some(end) = day.end {
        write_moment("DTEND", end, lines);
    }
}

fn write_moment(name: &str, time: LocalTime, lines: &mut ContentLines) {
    let local = time.instant().with_timezone(&Oslo).naive_local();
    match Oslo.from_local_datetime(&local) {
        LocalResult::Single(_) => {
            lines.raw(&format!("{name};TZID={TZID}"), &local.format(LOCAL).to_string());
        }
        // In the hour that comes twice only the instant tells which one is meant.
        LocalResult::Ambiguous(..) | LocalResult::None => lines.raw(name, &instant(time.instant())),
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.format(INSTANT).to_string()
}
