//! Points in time as people in Norway write them.
//!
//! A meeting is called for a wall-clock time in Europe/Oslo. Twice a year that clock is not a function
//! of the instant: one hour does not exist and one comes twice. Both are refused, so that nobody
//! comes an hour early or late; an explicit offset says which of two hours is meant.

use std::{fmt, str::FromStr};

use chrono::{DateTime, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Europe::Oslo;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// The Norwegian wall-clock time of `instant`.
    pub fn new(instant: DateTime<Utc>) -> Self {
        Self(instant)
    }

    pub fn instant(self) -> DateTime<Utc> {
        self.0
    }

    /// The calendar day in Norway.
    pub fn day(self) -> NaiveDate {
        self.0.with_timezone(&Oslo).date_naive()
    }
}

/// The calendar day in Norway at `instant`.
pub fn day_of(instant: DateTime<Utc>) -> NaiveDate {
    LocalTime::new(instant).day()
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.with_timezone(&Oslo).format("%Y-%m-%dT%H:%M:%S%:z"))
    }
}

impl FromStr for LocalTime {
    type Err = InvalidLocalTime;

    fn from_str(text: &str) -> Result<Self, InvalidLocalTime> {
        for form in ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"] {
            if let Ok(naive) = NaiveDateTime::parse_from_str(text, form) {
                return match Oslo.from_local_datetime(&naive) {
                    LocalResult::Single(time) => Ok(Self(time.with_timezone(&Utc))),
                    LocalResult::Ambiguous(..) => Err(InvalidLocalTime::Repeated(naive)),
                    LocalResult::None => Err(InvalidLocalTime::Skipped(naive)),
                };
            }
        }
        for form in ["%Y-%m-%dT%H:%M%:z", "%Y-%m-%dT%H:%M:%S%:z"] {
            if let Ok(time) = DateTime::<FixedOffset>::parse_from_str(text, form) {
                let in_norway = time.with_timezone(&Oslo).fixed_offset();
                return if in_norway.naive_local() == time.naive_local() {
                    Ok(Self(time.with_timezone(&Utc)))
                } else {
                    Err(InvalidLocalTime::Offset(text.to_owned()))
                };
            }
        }
        Err(InvalidLocalTime::Form(text.to_owned()))
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
}
