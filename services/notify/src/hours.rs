//! Hours in Norway.

use chrono::{DateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::Oslo;
use samvirke_schemas::{date::Date, local_time::day_of};

/// The full hour of a day in Norway; where summer time skips it, the one after.
pub(crate) fn morning(day: Date, hour: u32) -> DateTime<Utc> {
    let at = |hour| {
        let time = NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
        Oslo.from_local_datetime(&day.and_time(time)).earliest()
    };
    at(hour)
        .or_else(|| at(hour + 1))
        .map_or_else(|| day.and_time(NaiveTime::MIN).and_utc(), |local| local.with_timezone(&Utc))
}

/// The next such hour after an instant.
pub(crate) fn next_morning(after: DateTime<Utc>, hour: u32) -> DateTime<Utc> {
    let today = day_of(after);
    let this = morning(today, hour);
    if this > after { this } else { morning(today.plus_days(1), hour) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn seven_in_the_morning_is_norwegian_in_winter_and_in_summer() {
        assert_eq!(morning("2017-01-02".parse().unwrap(), 7), at("2017-01-02T06:00:00Z"));
        assert_eq!(morning("2017-07-02".parse().unwrap(), 7), at("2017-07-02T05:00:00Z"));
        // The hour that summer time skips.
        assert_eq!(morning("2017-03-26".parse().unwrap(), 2), at("2017-03-26T01:00:00Z"));
    }

    #[test]
    fn the_next_morning_is_never_the_present_instant() {
        assert_eq!(next_morning(at("2017-01-02T05:59:59Z"), 7), at("2017-01-02T06:00:00Z"));
        assert_eq!(next_morning(at("2017-01-02T06:00:00Z"), 7), at("2017-01-03T06:00:00Z"));
    }
}
