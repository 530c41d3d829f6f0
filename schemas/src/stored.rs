//! Reading what was stored before dates had a range.
//!
//! Until then a date could be in any year that chrono knows, and such dates are in event streams and
//! in the feed, whose bytes are never rewritten. A history must not become unreadable by them: each
//! is read as the nearest date in range, which is before or after all others just as it was.

use chrono::{Datelike, NaiveDate};
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned},
};
use serde_json::Value;

use crate::{
    date::{Date, YEARS},
    local_time::LocalTime,
};

/// Reads stored JSON; dates that are out of range are read as the nearest in range.
///
/// # Errors
///
/// When it is not of the form of `T` whatever its dates are.
pub fn read<T: DeserializeOwned>(json: &str) -> serde_json::Result<T> {
    serde_json::from_str(json).or_else(|error| match with_dates_in_range(json) {
        Some(changed) => serde_json::from_str(&changed),
        None => Err(error),
    })
}

/// What was stored, read as by [`read`].
#[derive(Clone, Debug, PartialEq)]
pub struct Stored<T>(pub T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Stored<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = Value::deserialize(deserializer)?;
        let read = T::deserialize(&value).or_else(|error| match replace(&mut value) {
            true => T::deserialize(&value),
            false => Err(error),
        });
        read.map(Self).map_err(de::Error::custom)
    }
}

/// The JSON with each date or time that is out of range replaced by the nearest; none where there
/// is no such date.
pub fn with_dates_in_range(json: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(json).ok()?;
    replace(&mut value).then(|| value.to_string())
}

/// JSON that was read from a text is nested no deeper than its reader allows.
fn replace(value: &mut Value) -> bool {
    match value {
        Value::String(text) => match nearest(text) {
            Some(other) => {
                *text = other;
                true
            }
            None => false,
        },
        Value::Array(all) => all.iter_mut().fold(false, |changed, one| replace(one) | changed),
        Value::Object(all) => all.values_mut().fold(false, |changed, one| replace(one) | changed),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What stands for a date or time out of range, as chrono wrote it: `+10000-01-01`, `-0044-03-15`.
fn nearest(text: &str) -> Option<String> {
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let date: NaiveDate = date.parse().ok()?;
    if date.to_string() != text.get(..date.to_string().len())? {
        return None;
    }
    let is_time = |text: &str| text.get(2..3) == Some(":") && text.is_ascii();
    let late = match date.year() {
        year if YEARS.contains(&year) => return None,
        year => year > *YEARS.end(),
    };
    match (time, late) {
        (None, _) => Some(Date::nearest(date).to_string()),
        (Some(time), true) if is_time(time) => Some(LocalTime::last().to_string()),
        (Some(time), false) if is_time(time) => Some(LocalTime::first().to_string()),
        (Some(_), _) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sample {
        title: String,
        dates: Vec<Date>,
        at: Option<LocalTime>,
    }

    #[test]
    fn a_stored_date_out_of_range_is_read_as_the_nearest() {
        let json = r#"{"title": "Sak", "dates": ["+10000-01-01", "-9000-01-01", "0000-01-01",
            "2017-06-01"], "at": "+262142-12-31T23:30:00+00:00"}"#;
        let kept: Sample = read(json).unwrap();
        let dates: Vec<String> = kept.dates.iter().map(ToString::to_string).collect();
        assert_eq!(dates, ["9999-12-31", "1000-01-01", "1000-01-01", "2017-06-01"]);
        assert_eq!(kept.at, Some(LocalTime::last()));
        assert_eq!(kept.title, "Sak");
        assert_eq!(serde_json::from_str::<Stored<Sample>>(json).unwrap(), Stored(kept));
    }

    #[test]
    fn what_was_in_range_is_read_as_it_is() {
        let json = r#"{"title": "2017-06-01", "dates": [], "at": null}"#;
        assert_eq!(read::<Sample>(json).unwrap().title, "2017-06-01");
        assert_eq!(with_dates_in_range(json), None);
    }

    #[test]
    fn what_was_never_a_stored_date_is_not_read_as_one() {
        for date in ["2026-1-1", " 2026-01-01", "2017-02-29", "10000-01-01", "x"] {
            let json = format!(r#"{{"title": "Sak", "dates": ["{date}"], "at": null}}"#);
            assert!(read::<Sample>(&json).is_err(), "{date}");
        }
    }
}
