//! A calendar date in the years that are written with four digits and no leading zero.
//!
//! Dates are compared as dates and written in one form only. Whatever people send is held to that;
//! what was stored before the rule is read by [`stored`](crate::stored).

use std::{fmt, ops::Deref, str::FromStr};

use chrono::{Datelike, Days, NaiveDate};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::excerpt::excerpt;

/// The years that a date can be in.
pub const YEARS: std::ops::RangeInclusive<i32> = 1000..=9999;

/// Why a text is not a date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDate {
    #[error("a date is written 2014-11-27, in the years 1000 to 9999, not {0:?}")]
    Form(String),
    #[error("the date {0} does not exist")]
    Missing(String),
}

/// A date of the Gregorian calendar, from 1000-01-01 to 9999-12-31.
///
/// On the wire it is `YYYY-MM-DD` (ISO 8601, RFC 3339 `full-date`) and nothing else: no sign, no
/// space, no digit left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(NaiveDate);

impl Date {
    /// The first date there is.
    pub const FIRST: Self = Self::whole(1000, 1, 1);
    /// The last date there is.
    pub const LAST: Self = Self::whole(9999, 12, 31);

    const fn whole(year: i32, month: u32, day: u32) -> Self {
        match NaiveDate::from_ymd_opt(year, month, day) {
            Some(date) => Self(date),
            None => panic!("the limits are dates"),
        }
    }

    /// The date, where there is one and it is in range.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).and_then(Self::in_range)
    }

    /// `date`, if it is in range.
    pub fn in_range(date: NaiveDate) -> Option<Self> {
        YEARS.contains(&date.year()).then_some(Self(date))
    }

    /// `date`, or the first or last date where it is beyond them.
    pub fn nearest(date: NaiveDate) -> Self {
        Self(date.clamp(Self::FIRST.0, Self::LAST.0))
    }

    /// The date as chrono has it.
    pub fn naive(self) -> NaiveDate {
        self.0
    }

    /// The date `days` later, or the last date.
    #[must_use]
    pub fn plus_days(self, days: u16) -> Self {
        self.0.checked_add_days(Days::new(days.into())).map_or(Self::LAST, Self::nearest)
    }

    /// The date `days` earlier, or the first date.
    #[must_use]
    pub fn minus_days(self, days: u16) -> Self {
        self.0.checked_sub_days(Days::new(days.into())).map_or(Self::FIRST, Self::nearest)
    }

    /// The day after; none after the last.
    pub fn next(self) -> Option<Self> {
        self.0.succ_opt().and_then(Self::in_range)
    }

    /// The day before; none before the first.
    pub fn previous(self) -> Option<Self> {
        self.0.pred_opt().and_then(Self::in_range)
    }
}

/// What chrono knows of a date: year, weekday, format.
impl Deref for Date {
    type Target = NaiveDate;

    fn deref(&self) -> &NaiveDate {
        &self.0
    }
}

impl From<Date> for NaiveDate {
    fn from(date: Date) -> Self {
        date.0
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Date {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        if !has_form(text) {
            return Err(InvalidDate::Form(excerpt(text)));
        }
        text.parse::<NaiveDate>()
            .ok()
            .and_then(Self::in_range)
            .ok_or_else(|| InvalidDate::Missing(text.to_owned()))
    }
}

/// Whether a text is four digits, the first of them not a zero, and twice two more.
pub(crate) fn has_form(text: &str) -> bool {
    text.len() == "2014-11-27".len()
        && !text.starts_with('0')
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Visitor)
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = Date;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a formatted date string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Date, E> {
        text.parse().map_err(E::custom)
    }
}

impl JsonSchema for Date {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_in_one_form() {
        for text in ["1000-01-01", "2016-02-29", "9999-12-31"] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
            let json = serde_json::to_string(text).unwrap();
            let date: Date = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_string(&date).unwrap(), json);
        }
    }

    #[test]
    fn a_text_in_another_form_or_out_of_range_is_refused() {
        for text in [
            "",
            "+10000-01-01",
            "10000-01-01",
            "-9000-01-01",
            "-900-01-01",
            "0000-01-01",
            "0999-12-31",
            "2026-1-1",
            " 2026-01-01",
            "2026-01-01 ",
            "2026-01-01T00:00",
            "2017-02-29",
            "2026-13-01",
            "2026/01/01",
            "20260101",
            "29.02.2016",
            "２026-01-01",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text:?} passed");
            assert!(serde_json::from_value::<Date>(text.into()).is_err(), "{text:?} passed");
        }
    }

    #[test]
    fn an_error_quotes_little_of_what_was_sent() {
        let error = "x".repeat(1_000_000).parse::<Date>().unwrap_err().to_string();
        assert!(error.len() < 300, "{error}");
    }

    #[test]
    fn dates_stay_in_range_when_days_are_added_and_taken_away() {
        assert_eq!(Date::LAST.plus_days(1), Date::LAST);
        assert_eq!(Date::FIRST.minus_days(u16::MAX), Date::FIRST);
        assert_eq!((Date::LAST.next(), Date::FIRST.previous()), (None, None));
        let new_year: Date = "2016-12-31".parse().unwrap();
        assert_eq!(new_year.plus_days(1).to_string(), "2017-01-01");
        assert_eq!(new_year.next(), Some(new_year.plus_days(1)));
        assert_eq!(Date::nearest(NaiveDate::MAX), Date::LAST);
        assert_eq!(Date::nearest(NaiveDate::MIN), Date::FIRST);
    }
}
