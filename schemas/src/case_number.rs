//! Case numbers: a running number, an optional letter and a year, such as `24a/2017` (R31).

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::excerpt::excerpt;

/// The first and last year a register can have.
pub const YEARS: std::ops::RangeInclusive<u16> = 1837..=9999;

/// Why a text is not a case number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a case number is a running number, an optional letter and a year, such as 24a/2017, not {0:?}"
)]
pub struct InvalidCaseNumber(String);

/// A case number. Zero-padded forms read as the same: `04/2016` is `4/2016` (R31).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9]{1,6}[a-z]?/[0-9]{4}$"))]
pub struct CaseNumber {
    pub year: u16,
    pub running: u32,
    /// A treatment of the same matter by another body (R32).
    pub suffix: Option<char>,
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.running)?;
        if let Some(suffix) = self.suffix {
            write!(f, "{suffix}")?;
        }
        write!(f, "/{}", self.year)
    }
}

impl FromStr for CaseNumber {
    type Err = InvalidCaseNumber;

    fn from_str(text: &str) -> Result<Self, InvalidCaseNumber> {
        let invalid = || InvalidCaseNumber(excerpt(text));
        let (number, year) = text.split_once('/').ok_or_else(invalid)?;
        let suffix = number.chars().last().filter(char::is_ascii_lowercase);
        let running = number.strip_suffix(|c: char| c.is_ascii_lowercase()).unwrap_or(number);
        let digits = |part: &str, max: usize| {
            !part.is_empty() && part.len() <= max && part.bytes().all(|b| b.is_ascii_digit())
        };
        if !digits(running, 6) || !digits(year, 4) || year.len() != 4 {
            return Err(invalid());
        }
        let number = Self {
            year: year.parse().map_err(|_| invalid())?,
            running: running.parse().map_err(|_| invalid())?,
            suffix,
        };
        if number.running == 0 || !YEARS.contains(&number.year) {
            return Err(invalid());
        }
        Ok(number)
    }
}

impl TryFrom<String> for CaseNumber {
    type Error = InvalidCaseNumber;

    fn try_from(text: String) -> Result<Self, InvalidCaseNumber> {
        text.parse()
    }
}

impl From<CaseNumber> for String {
    fn from(number: CaseNumber) -> Self {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r31_zero_padded_forms_read_as_the_same_number() {
        assert_eq!("04/2016".parse::<CaseNumber>(), "4/2016".parse());
        assert_eq!("06/2017".parse::<CaseNumber>().unwrap().to_string(), "6/2017");
    }

    #[test]
    fn r31_a_number_may_have_a_letter() {
        let number: CaseNumber = "24a/2017".parse().unwrap();
        assert_eq!((number.running, number.suffix, number.year), (24, Some('a'), 2017));
        assert_eq!(number.to_string(), "24a/2017");
    }

    #[test]
    fn what_is_not_a_case_number_is_refused() {
        for text in [
            "",
            "24",
            "24/17",
            "/2017",
            "a/2017",
            "0/2017",
            "24A/2017",
            "24ab/2017",
            "24/2017/1",
            "２４/2017",
        ] {
            assert!(text.parse::<CaseNumber>().is_err(), "{text:?} passed");
        }
    }
}
