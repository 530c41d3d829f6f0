//! How long work may wait for its turn: no longer than whoever asked for it waits for the answer.

use std::future::Future;

use chrono::{DateTime, Utc};
use samvirke_schemas::reply::Refused;
use tokio::time::{Instant, timeout_at};

use crate::clock;

/// The moment after which work that has not begun is not begun any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// Work that nobody waits for, such as a policy's.
    pub const NONE: Self = Self(None);

    /// The deadline that a message names, on the clock that only runs forward.
    pub fn at(time: DateTime<Utc>) -> Self {
        let left = (time - clock::now()).to_std().unwrap_or_default();
        Self(Some(Instant::now() + left))
    }

    /// The earlier of two.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(one), Some(other)) => Self(Some(one.min(other))),
            (one, other) => Self(one.or(other)),
        }
    }

    /// The later of two.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self(self.0.zip(other.0).map(|(one, other)| one.max(other)))
    }

    pub fn has_passed(self) -> bool {
        self.0.is_some_and(|until| until <= Instant::now())
    }

    /// What `work` comes to, or none where the deadline passes first; `work` is then dropped.
    pub async fn wait<T>(self, work: impl Future<Output = T>) -> Option<T> {
        match self.0 {
            None => Some(work.await),
            Some(_) if self.has_passed() => None,
            Some(until) => timeout_at(until, work).await.ok(),
        }
    }
}

/// The answer to what was not begun before its deadline.
pub fn passed() -> Refused {
    Refused::unavailable_as(
        "deadline-passed",
        "its turn did not come before its deadline; nothing was done",
        "turen kom ikke før fristen var ute; ingenting ble gjort",
    )
}
