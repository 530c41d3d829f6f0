//! A date of which only the year, or the year and the month, may be known.
//!
//! Old papers say "2014" or "November 2007". What is not known is not made up: such a date is a
//! span of days, and a comparison holds only where it holds for the whole span.

use std::{fmt, str::FromStr};

use chrono::Months;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{date::Date, excerpt::excerpt};

/// Why a text is not a date, whole or partial.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a date is written 2014, 2014-11 or 2014-11-27, as much of it as is known, not {0:?}")]
pub struct InvalidPartialDate(String);

/// How much of a date is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Precision {
    Year,
    Month,
    Day,
}

/// A year, a month or a day: `2014`, `2014-11`, `2014-11-27`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(
    with = "String",
    extend("pattern" = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$", "examples" = ["2014", "2014-11-27"])
)]
pub struct PartialDate {
    first: Date,
    precision: Precision,
}

impl PartialDate {
    /// The first day it can be.
    pub fn earliest(self) -> Date {
        self.first
    }

    /// The last day it can be.
    pub fn latest(self) -> Date {
        let months = match self.precision {
            Precision::Year => 12,
            Precision::Month => 1,
            Precision::Day => return self.first,
        };
        self.first
            .checked_add_months(Months::new(months))
            .and_then(|next| next.pred_opt())
            .map_or(Date::LAST, Date::nearest)
    }

    /// Whether it is certainly before `other`, whatever days the two are.
    pub fn is_before(self, other: Self) -> bool {
        self.latest() < other.earliest()
    }
}

impl From<Date> for PartialDate {
    fn from(day: Date) -> Self {
        Self { first: day, precision: Precision::Day }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self.precision {
            Precision::Year => "%Y",
            Precision::Month => "%Y-%m",
            Precision::Day => "%Y-%m-%d",
        };
        write!(f, "{}", self.first.format(form))
    }
}

impl FromStr for PartialDate {
    type Err = InvalidPartialDate;

    fn from_str(text: &str) -> Result<Self, InvalidPartialDate> {
        let invalid = || InvalidPartialDate(excerpt(text));
        let (precision, rest) = match text.len() {
            4 => (Precision::Year, "-01-01"),
            7 => (Precision::Month, "-01"),
            10 => (Precision::Day, ""),
            _ => return Err(invalid()),
        };
        let first = format!("{text}{rest}").parse().map_err(|_| invalid())?;
        Ok(Self { first, precision })
    }
}

impl TryFrom<String> for PartialDate {
    type Error = InvalidPartialDate;

    fn try_from(text: String) -> Result<Self, InvalidPartialDate> {
        text.parse()
    }
}

impl From<PartialDate> for String {
    fn from(date: PartialDate) -> Self {
        date.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> PartialDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_date_reads_back_as_precisely_as_it_was_written() {
        for text in ["2014", "2007-11", "2014-11-27", "2016-02-29", "9999"] {
            assert_eq!(read(text).to_string(), text);
        }
    }

    #[test]
    fn a_year_and_a_month_are_spans_of_days() {
        let span = |text| (read(text).earliest().to_string(), read(text).latest().to_string());
        assert_eq!(span("2014"), ("2014-01-01".into(), "2014-12-31".into()));
        assert_eq!(span("2016-02"), ("2016-02-01".into(), "2016-02-29".into()));
        assert_eq!(span("2014-11-27"), ("2014-11-27".into(), "2014-11-27".into()));
        assert_eq!(span("9999").1, "9999-12-31");
    }

    #[test]
    fn a_date_is_before_another_only_where_that_is_certain() {
        assert!(read("2013").is_before(read("2014-01-01")));
        assert!(!read("2014").is_before(read("2014-11")));
        assert!(!read("2014-11").is_before(read("2014")));
    }

    #[test]
    fn what_is_not_a_date_is_refused() {
        for text in [
            "",
            "14",
            "201",
            "0999",
            "2014-13",
            "2014-1",
            "2017-02-29",
            "2014-11-",
            "2014/11",
            "+014-11-27",
            "2014-11-27T",
            "２014",
            "20141127",
        ] {
            assert!(text.parse::<PartialDate>().is_err(), "{text:?} passed");
        }
    }
}
