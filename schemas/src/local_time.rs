//! Points in time as people in Norway write them.
//!
//! A meeting is called for a wall-clock time in Europe/Oslo. Twice a year that clock is not a function
//! of the instant: one hour does not exist and one comes twice. Both are refused, so that nobody
//! comes an hour early or late; an explicit offset says which of two hours is meant.

use std::{fmt, str::FromStr};

use chrono::{DateTime, LocalResult, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};
use chrono_tz::Europe::Oslo;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{date::Date, excerpt::excerpt};

/// Why a text is not a point in time in Norway.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLocalTime {
    #[error(
        "a time is written 2017-06-01T09:00 (Europe/Oslo) or with an offset, 2017-06-01T09:00+02:00, not {0:?}"
    )]
    Form(String),
    #[error("{0} does not exist in Norway: summer time skips that hour")]
    Skipped(NaiveDateTime),
    #[error("{0} comes twice in Norway: add +02:00 (summer time) or +01:00 (standard time)")]
    Repeated(NaiveDateTime),
    #[error("the offset of {0} is not the one in force in Norway then")]
    Offset(String),
}

/// A point in time, shown and written in Norwegian time with its offset.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("examples" = ["2017-06-01T09:00", "2017-06-01T09:00+02:00"]))]
pub struct LocalTime(DateTime<Utc>);

impl LocalTime {
    /// The Norwegian wall-clock time of `instant`; the first or last there is where that is beyond.
    pub fn new(instant: DateTime<Utc>) -> Self {
        Self(instant.clamp(Self::first().0, Self::last().0))
    }

    /// The first point in time there is.
    pub fn first() -> Self {
        Self::at(Date::FIRST, NaiveTime::MIN)
    }

    /// The last point in time there is, to the second.
    pub fn last() -> Self {
        Self::at(Date::LAST, NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default())
    }

    fn at(date: Date, time: NaiveTime) -> Self {
        let local = date.and_time(time);
        let offset = Oslo.offset_from_utc_datetime(&local).fix();
        Self(DateTime::from_naive_utc_and_offset(local - offset, Utc))
    }

    pub fn instant(self) -> DateTime<Utc> {
        self.0
    }

    /// The calendar day in Norway.
    pub fn day(self) -> Date {
        Date::nearest(self.0.with_timezone(&Oslo).date_naive())
    }
}

/// The calendar day in Norway at `instant`.
pub fn day_of(instant: DateTime<Utc>) -> Date {
    LocalTime::new(instant).day()
}

/// Reads an instant of RFC 3339 on a [`Date`] in Norway: `2017-06-01T07:00:00Z`.
///
/// # Errors
///
/// [`InvalidLocalTime::Form`], also for a leap second: no clock of ours knows one.
pub fn instant(text: &str) -> Result<DateTime<Utc>, InvalidLocalTime> {
    let invalid = || InvalidLocalTime::Form(excerpt(text));
    let is_leap_second = text.get(17..19) == Some("60");
    let instant = DateTime::parse_from_rfc3339(text).map_err(|_| invalid())?.with_timezone(&Utc);
    let in_range = LocalTime::new(instant).0 == instant;
    // chrono takes a minus sign (U+2212) before an offset, too.
    if in_range && !is_leap_second && text.is_ascii() { Ok(instant) } else { Err(invalid()) }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.with_timezone(&Oslo).format("%Y-%m-%dT%H:%M:%S%:z"))
    }
}

/// The parts of `2017-06-01T09:00`, with seconds or without, and of the offset after it, if any.
fn parts(text: &str) -> Option<(NaiveDateTime, Option<&str>)> {
    let (date, rest) = text.split_at_checked("2017-06-01".len())?;
    let date: Date = date.parse().ok()?;
    let (time, offset) = match rest.strip_prefix('T')?.find(['+', '-']) {
        Some(at) => (&rest[1..=at], Some(&rest[at + 1..])),
        None => (&rest[1..], None),
    };
    let number = |text: &str, max: u32| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number| digits && *number <= max)
    };
    let mut numbers = time.split(':');
    let (hour, minute) = (number(numbers.next()?, 23)?, number(numbers.next()?, 59)?);
    let second = numbers.next().map_or(Some(0), |text| number(text, 59))?;
    if let Some(offset) = offset {
        let (hours, minutes) = offset.get(1..)?.split_once(':')?;
        number(hours, 23).zip(number(minutes, 59))?;
    }
    let time = NaiveTime::from_hms_opt(hour, minute, second)?;
    numbers.next().is_none().then_some((date.and_time(time), offset))
}

impl FromStr for LocalTime {
    type Err = InvalidLocalTime;

    fn from_str(text: &str) -> Result<Self, InvalidLocalTime> {
        let Some((naive, offset)) = parts(text) else {
            return Err(InvalidLocalTime::Form(excerpt(text)));
        };
        let found = Oslo.from_local_datetime(&naive);
        match offset {
            None => match found {
                LocalResult::Single(time) => Ok(Self(time.with_timezone(&Utc))),
                LocalResult::Ambiguous(..) => Err(InvalidLocalTime::Repeated(naive)),
                LocalResult::None => Err(InvalidLocalTime::Skipped(naive)),
            },
            Some(offset) => [found.earliest(), found.latest()]
                .into_iter()
                .flatten()
                .find(|time| time.format("%:z").to_string() == offset)
                .map(|time| Self(time.with_timezone(&Utc)))
                .ok_or_else(|| InvalidLocalTime::Offset(excerpt(text))),
        }
    }
}

impl TryFrom<String> for LocalTime {
    type Error = InvalidLocalTime;

    fn try_from(text: String) -> Result<Self, InvalidLocalTime> {
        text.parse()
    }
}

impl From<LocalTime> for String {
    fn from(time: LocalTime) -> Self {
        time.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, InvalidLocalTime> {
        text.parse::<LocalTime>().map(|time| time.to_string())
    }

    #[test]
    fn a_wall_clock_time_is_norwegian() {
        assert_eq!(read("2017-06-01T09:00").unwrap(), "2017-06-01T09:00:00+02:00");
        assert_eq!(read("2017-02-23T09:00").unwrap(), "2017-02-23T09:00:00+01:00");
    }

    #[test]
    fn the_hour_that_summer_time_skips_is_refused() {
        assert!(matches!(read("2017-03-26T02:30"), Err(InvalidLocalTime::Skipped(_))));
        assert!(matches!(read("2017-03-26T02:30+01:00"), Err(InvalidLocalTime::Offset(_))));
    }

    #[test]
    fn the_hour_that_comes_twice_needs_its_offset() {
        assert!(matches!(read("2017-10-29T02:30"), Err(InvalidLocalTime::Repeated(_))));
        assert_eq!(read("2017-10-29T02:30+02:00").unwrap(), "2017-10-29T02:30:00+02:00");
        assert_eq!(read("2017-10-29T02:30+01:00").unwrap(), "2017-10-29T02:30:00+01:00");
    }

    #[test]
    fn a_day_that_does_not_exist_is_refused() {
        assert!(matches!(read("2017-02-29T09:00"), Err(InvalidLocalTime::Form(_))));
        assert!(matches!(read("2017-06-01 09:00"), Err(InvalidLocalTime::Form(_))));
    }

    #[test]
    fn a_time_in_another_form_or_out_of_range_is_refused() {
        for text in [
            "+262142-12-31T23:30+00:00",
            "+10000-01-01T09:00",
            "0000-01-01T09:00",
            "-9000-01-01T09:00",
            "2026-1-1T09:00",
            " 2026-01-01T09:00",
            "2026-01-01T9:00",
            "2026-01-01T09:00:60",
            "2026-01-01T24:00",
            "2026-01-01T09:00+1:00",
            "2026-01-01T09:00:00:00",
            "2026-01-01T09:00Z",
            "2026-01-01T",
            "2026-01-01",
            "２026-01-01T09:00",
        ] {
            assert!(matches!(read(text), Err(InvalidLocalTime::Form(_))), "{text:?} passed");
        }
    }

    #[test]
    fn the_first_and_the_last_time_read_back_as_they_are_written() {
        for time in [LocalTime::first(), LocalTime::last()] {
            assert_eq!(time.to_string().parse(), Ok(time));
        }
        assert_eq!(LocalTime::first().to_string(), "1000-01-01T00:00:00+00:53");
        assert_eq!(LocalTime::last().day(), Date::LAST);
    }

    #[test]
    fn an_instant_beyond_all_dates_is_on_the_first_or_the_last() {
        assert_eq!(day_of(DateTime::<Utc>::MAX_UTC), Date::LAST);
        assert_eq!(day_of(DateTime::<Utc>::MIN_UTC), Date::FIRST);
        assert!(!LocalTime::new(DateTime::<Utc>::MAX_UTC).to_string().is_empty());
    }

    #[test]
    fn an_instant_is_read_where_it_is_on_a_date() {
        assert_eq!(
            instant("2017-06-01T09:00:00.5+02:00").unwrap().to_string(),
            "2017-06-01 07:00:00.500 UTC"
        );
        for text in [
            "+262142-12-31T23:30:00+00:00",
            "+10000-01-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "0999-12-31T00:00:00Z",
            "2016-12-31T23:59:60Z",
            "2016-12-31T23:59Z",
            "2016-12-31T23:59:00−01:00",
            "2016-12-31",
        ] {
            assert!(instant(text).is_err(), "{text:?} passed");
        }
    }
}
