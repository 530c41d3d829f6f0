//! Reading the change feed: what is asked for, and what comes back.

use std::{collections::BTreeSet, fmt, str::FromStr};

use chrono::{DateTime, SecondsFormat, Timelike, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    feed::{CloudEvent, FeedPosition, Filters, Reach},
    id::{AggregateId, CooperationId},
    local_time::{self, InvalidLocalTime, LocalTime},
    organisation::OrganisationNumber,
};

/// The most events in one answer.
pub const EVENTS_MAX: u32 = 1_000;
/// The events in an answer where no number is asked for.
pub const EVENTS: u32 = 100;
/// The longest that an answer is waited for, in seconds.
pub const WAIT_S_MAX: u32 = 60;

/// What is wanted of the feed. Every filter narrows; lists are separated by commas.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FeedWanted")]
pub struct Wanted {
    /// The cooperation. May be left out by the public, who then reads what is public in all of them,
    /// and by those who have rights in one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooperation: Option<CooperationId>,
    /// Go on after this position, as `next` or an event's `position` gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<FeedPosition>")]
    pub after: Option<String>,
    /// Types without prefix and version: `case.decided`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub types: BTreeSet<String>,
    /// Only what concerns one of these bodies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub bodies: BTreeSet<AggregateId>,
    /// Only what concerns one of these cases.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub cases: BTreeSet<AggregateId>,
    /// Only what is said to one of these members, or names it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub members: BTreeSet<OrganisationNumber>,
    /// `own`: only what is said to the caller's own member, or names it.
    #[serde(default)]
    pub concerning: Reach,
    /// Only what happened then or later: a day or a time in Norway, or an instant. It looks at when
    /// things happened, not at when they were registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
}

/// Asks for a page of the feed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FeedParameters")]
pub struct Parameters {
    #[serde(flatten)]
    pub wanted: Wanted,
    #[serde(flatten)]
    pub paging: Paging,
}

/// How much of the feed in one answer, and how long to wait for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FeedPaging")]
pub struct Paging {
    /// The most events in the answer: 1 to 1,000, otherwise 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = EVENTS_MAX))]
    pub limit: Option<u32>,
    /// How long to wait for something where there is nothing yet: at most 60 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = WAIT_S_MAX))]
    pub wait: Option<u32>,
}

/// The answer: oldest first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FeedPage")]
pub struct Answer {
    pub events: Vec<CloudEvent>,
    /// What to go on after, also where no event was wanted: it lies beyond all that was passed over.
    pub next: FeedPosition,
    /// Whether to ask again at once: the feed has not been read to its end.
    pub more: bool,
}

/// An instant from which on things are wanted: `2017-06-01` is midnight in Norway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(
    with = "String",
    extend(
        "pattern" = "^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?$",
        "examples" = ["2017-06-01", "2017-06-01T09:00", "2017-06-01T07:00:00Z"]
    )
)]
pub struct Since(pub DateTime<Utc>);

impl Wanted {
    pub fn filters(&self) -> Filters {
        Filters {
            types: self.types.clone(),
            bodies: self.bodies.clone(),
            cases: self.cases.clone(),
            concerning: self.concerning,
        }
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.nanosecond() == 0 {
            return LocalTime::new(self.0).fmt(f);
        }
        // A wall-clock time has no parts of a second.
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl FromStr for Since {
    type Err = InvalidLocalTime;

    fn from_str(text: &str) -> Result<Self, InvalidLocalTime> {
        // Midnight comes once on every day in Norway.
        let time = match text.parse::<Date>() {
            Ok(day) => format!("{day}T00:00").parse::<LocalTime>(),
            // Before an instant: the local mean time of old is written without its seconds.
            Err(_) => text.parse(),
        };
        match time {
            Ok(time) => Ok(Self(time.instant())),
            Err(error) => local_time::instant(text).map(Self).map_err(|_| error),
        }
    }
}

impl TryFrom<String> for Since {
    type Error = InvalidLocalTime;

    fn try_from(text: String) -> Result<Self, InvalidLocalTime> {
        text.parse()
    }
}

impl From<Since> for String {
    fn from(since: Since) -> Self {
        since.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_norway() {
        for (text, instant) in [
            ("2017-06-01", "2017-05-31T22:00:00Z"),
            ("2017-01-01", "2016-12-31T23:00:00Z"),
            ("2017-06-01T09:00", "2017-06-01T07:00:00Z"),
            ("2017-06-01T07:00:00Z", "2017-06-01T07:00:00Z"),
        ] {
            assert_eq!(
                text.parse::<Since>().unwrap().0.to_rfc3339(),
                instant.replace('Z', "+00:00")
            );
        }
        for text in ["2017", "2017-02-29", "2017-03-26T02:30", "i går"] {
            assert!(text.parse::<Since>().is_err(), "{text} passed");
        }
    }

    #[test]
    fn it_reads_back_as_it_was_written() {
        let since: Since = "2017-06-01".parse().unwrap();
        assert_eq!(since.to_string().parse::<Since>().unwrap(), since);
    }
}
