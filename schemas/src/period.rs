//! A span of whole days.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::date::Date;

/// From a day, to and including another; open-ended when `to` is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Period {
    pub from: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

impl Period {
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// Whether some day is in both. A period that ends before it begins has no days.
    pub fn intersects(&self, other: Self) -> bool {
        let from = self.from.max(other.from);
        [self.to, other.to].into_iter().flatten().all(|to| from <= to)
    }

    /// Whether every day of `other` is in this one.
    pub fn covers(&self, other: Self) -> bool {
        self.contains(other.from) && self.to.is_none_or(|end| other.to.is_some_and(|to| to <= end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(from: &str, to: &str) -> Period {
        Period { from: from.parse().unwrap(), to: to.parse().ok() }
    }

    #[test]
    fn periods_intersect_where_they_share_a_day() {
        let year = period("2014-01-01", "2014-12-31");
        assert!(year.intersects(period("2014-12-31", "")));
        assert!(!year.intersects(period("2015-01-01", "")));
        assert!(period("2010-01-01", "").intersects(year));
        assert!(!period("2014-06-02", "2014-06-01").intersects(year));
    }

    #[test]
    fn an_open_period_is_covered_only_by_an_open_one() {
        let year = period("2014-01-01", "2014-12-31");
        assert!(year.covers(period("2014-02-01", "2014-12-31")));
        assert!(!year.covers(period("2014-02-01", "")));
        assert!(period("2014-01-01", "").covers(year));
        assert!(!period("2014-01-02", "").covers(year));
    }
}
