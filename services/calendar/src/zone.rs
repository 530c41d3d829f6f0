//! The time zone that meetings are called in, told in full (RFC 5545 § 3.6.5), since not every calendar
//! knows what `Europe/Oslo` is.
//!
//! The rules hold from 1981. Summer time ended in September until 1995, in October since.

use crate::content_line::ContentLines;

/// The zone's name.
pub(crate) const TZID: &str = "Europe/Oslo";

/// A rule for one of the two changes a year, on a Sunday: the last of a month.
struct Change {
    component: &'static str,
    /// The first time it happened, on the clock before it.
    first: &'static str,
    rule: &'static str,
    from: &'static str,
    to: &'static str,
    name: &'static str,
}

const CHANGES: [Change; 3] = [
    Change {
        component: "DAYLIGHT",
        first: "19810329T020000",
        rule: "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        from: "+0100",
        to: "+0200",
        name: "CEST",
    },
    Change {
        component: "STANDARD",
        first: "19810927T030000",
        rule: "FREQ=YEARLY;UNTIL=19950924T010000Z;BYMONTH=9;BYDAY=-1SU",
        from: "+0200",
        to: "+0100",
        name: "CET",
    },
    Change {
        component: "STANDARD",
        first: "19961027T030000",
        rule: "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        from: "+0200",
        to: "+0100",
        name: "CET",
    },
];

pub(crate) fn write(lines: &mut ContentLines) {
    lines.raw("BEGIN", "VTIMEZONE");
    lines.raw("TZID", TZID);
    for change in &CHANGES {
        lines.raw("BEGIN", change.component);
        lines.raw("DTSTART", change.first);
        lines.raw("RRULE", change.rule);
        lines.raw("TZOFFSETFROM", change.from);
        lines.raw("TZOFFSETTO", change.to);
        lines.raw("TZNAME", change.name);
        lines.raw("END", change.component);
    }
    lines.raw("END", "VTIMEZONE");
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc, Weekday};
    use chrono_tz::Europe::Oslo;

    use super::*;

    /// The day of a change in a year, if the rule has one then.
    fn day_in(change: &Change, year: i32) -> Option<NaiveDate> {
        let part = |name: &str| {
            change.rule.split(';').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        };
        let month: u32 = part("BYMONTH").unwrap().parse().unwrap();
        let until: i32 = part("UNTIL").map_or(9999, |until| until[..4].parse().unwrap());
        let first: i32 = change.first[..4].parse().unwrap();
        let last = NaiveDate::from_ymd_opt(year, month + 1, 1).unwrap().pred_opt().unwrap();
        let sunday = last.week(Weekday::Sun).first_day();
        (first..=until).contains(&year).then_some(sunday)
    }

    #[test]
    fn the_clock_changes_when_it_does_in_norway() {
        for year in 1981..2040 {
            let days: Vec<_> =
                CHANGES.iter().filter_map(|change| Some((change, day_in(change, year)?))).collect();
            assert_eq!(days.len(), 2, "{year}");
            for (change, day) in days {
                let at = Utc.from_utc_datetime(&day.and_hms_opt(1, 0, 0).unwrap());
                let offset =
                    |at: chrono::DateTime<Utc>| at.with_timezone(&Oslo).format("%z").to_string();
                assert_eq!(offset(at - TimeDelta::seconds(1)), change.from, "{day}");
                assert_eq!(offset(at), change.to, "{day}");
            }
        }
    }

    #[test]
    fn the_first_change_is_one_that_the_rule_gives() {
        for change in &CHANGES {
            let first = NaiveDateTime::parse_from_str(change.first, "%Y%m%dT%H%M%S").unwrap();
            assert_eq!(day_in(change, first.year()), Some(first.date()), "{}", change.first);
        }
    }
}
