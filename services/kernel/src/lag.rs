//! How far whoever follows a stream is behind its end, and since when.
//!
//! Whoever follows is behind where it has not taken what the stream held [`BEHIND_AFTER`] ago. So a burst that is
//! worked off in that time is not reported, however large, nor steady traffic of which the last commits are always
//! still to be taken; a first catch-up, and one commit that takes long, are. The stream's end is looked at
//! from outside, since whoever is held up in one commit can say nothing itself.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use crate::clock;

mod watch;

/// For how long what a stream held may not be taken until whoever follows it counts as behind. A query waits half
/// as long for its read models ([`crate::in_memory_projection::WAIT_MAX`]), so whoever is behind has had queries refused
/// for some seconds; and a batch of the largest size is taken in less on a machine that does its work.
pub const BEHIND_AFTER: Duration = Duration::from_secs(10);
/// How often it is looked at; each time costs one question for each stream.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);
/// The most ends that are remembered: those of [`BEHIND_AFTER`] and some.
const ENDS_MAX: usize = 32;

/// How far behind whoever follows a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// How many messages it has yet to take.
    pub messages: u64,
    /// Since when there has been something that it was to take, without it having caught up.
    pub since: DateTime<Utc>,
}

/// A handle on how far behind one that follows a stream is; it is looked at as long as this is held.
#[derive(Clone, Debug)]
pub struct Lag(Arc<Follows>);

/// One that follows.
struct Follows {
    name: String,
    /// The last sequence that it has taken; none where that is not known.
    at: Box<dyn Fn() -> Option<u64> + Send + Sync>,
    behind: Mutex<Option<Behind>>,
}

impl fmt::Debug for Follows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, behind, at: _ } = self;
        f.debug_struct("Follows").field("name", name).field("behind", behind).finish()
    }
}

/// Those who follow one stream through the same log.
#[derive(Debug, Default)]
pub(crate) struct Lags(Mutex<Watched>);

#[derive(Debug, Default)]
struct Watched {
    is_looked_at: bool,
    followers: Vec<Weak<Follows>>,
}

/// Where a stream ended lately, oldest first.
#[derive(Debug, Default)]
struct Ends(VecDeque<(Instant, u64)>);

impl Lag {
    /// How far behind it is; none where it is not.
    pub fn behind(&self) -> Option<Behind> {
        *lock(&self.0.behind)
    }
}

impl Lags {
    /// Adds one that follows; says whether it is the first, so that looking has to begin.
    fn add(
        &self,
        name: String,
        at: impl Fn() -> Option<u64> + Send + Sync + 'static,
    ) -> (Lag, bool) {
        let follows = Arc::new(Follows { name, at: Box::new(at), behind: Mutex::default() });
        let mut watched = lock(&self.0);
        watched.followers.push(Arc::downgrade(&follows));
        (Lag(follows), !std::mem::replace(&mut watched.is_looked_at, true))
    }

    fn somebody_follows(&self) -> bool {
        let mut watched = lock(&self.0);
        watched.followers.retain(|one| one.strong_count() > 0);
        watched.is_looked_at = !watched.followers.is_empty();
        watched.is_looked_at
    }

    fn look(&self, ends: &Ends, stream: &str) {
        let followers: Vec<Arc<Follows>> =
            lock(&self.0).followers.iter().filter_map(Weak::upgrade).collect();
        let (now, instant) = (clock::now(), Instant::now());
        for follows in followers {
            let Some(at) = (follows.at)() else { continue };
            let ago = |seen: Instant| {
                now - TimeDelta::from_std(instant - seen).unwrap_or(TimeDelta::zero())
            };
            let mut behind = lock(&follows.behind);
            let found = ends.behind(at, instant).map(|(messages, seen)| Behind {
                messages,
                since: behind.map_or_else(|| ago(seen), |before| before.since),
            });
            match (*behind, found) {
                (None, Some(Behind { messages, .. })) => tracing::warn!(
                    follower = follows.name,
                    stream,
                    messages,
                    "the stream's end is not kept up with"
                ),
                (Some(_), None) => {
                    tracing::info!(
                        follower = follows.name,
                        stream,
                        "the end is kept up with again"
                    );
                }
                (Some(_), Some(_)) | (None, None) => (),
            }
            *behind = found;
            drop(behind);
            let labels = [("follower", follows.name.clone()), ("stream", stream.to_owned())];
            let seconds = found.map_or(0, |found| (now - found.since).num_seconds());
            metrics::gauge!("samvirke_behind_seconds", &labels).set(seconds as f64);
            metrics::gauge!("samvirke_behind_messages", &labels).set(ends.beyond(at) as f64);
        }
    }
}

impl Ends {
    /// Notes where the stream ends.
    fn saw(&mut self, now: Instant, end: u64) {
        // A stream that ends earlier is another one, or was restored.
        if self.0.back().is_some_and(|(_, last)| *last > end) {
            self.0.clear();
        }
        self.0.push_back((now, end));
        let is_needless = |ends: &VecDeque<(Instant, u64)>| {
            ends.len() > ENDS_MAX || ends.get(1).is_some_and(|(seen, _)| now - *seen > BEHIND_AFTER)
        };
        while is_needless(&self.0) {
            self.0.pop_front();
        }
    }

    /// How many messages the stream holds beyond `at`.
    fn beyond(&self, at: u64) -> u64 {
        self.0.back().map_or(0, |(_, end)| end.saturating_sub(at))
    }

    /// How many messages there are beyond `at`, and when the first of them were seen, where that is so long ago
    /// that whoever is at `at` is behind.
    fn behind(&self, at: u64, now: Instant) -> Option<(u64, Instant)> {
        let (seen, _) = self.0.iter().find(|(_, end)| *end > at)?;
        (now - *seen >= BEHIND_AFTER).then(|| (self.beyond(at), *seen))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where it ends each second, and how far one that follows is then; returns how many messages it is behind in
    /// each of them.
    fn told(seconds: impl IntoIterator<Item = (u64, u64)>) -> Vec<Option<u64>> {
        let begun = Instant::now();
        let mut ends = Ends::default();
        let each = seconds.into_iter().zip(0..).map(|((end, at), second)| {
            let now = begun + LOOKED_AT_EVERY * second;
            ends.saw(now, end);
            assert!(ends.0.len() <= ENDS_MAX);
            ends.behind(at, now).map(|(messages, _)| messages)
        });
        each.collect()
    }

    #[tokio::test]
    async fn one_that_does_not_take_what_was_there_ten_seconds_ago_is_behind() {
        let stuck = told((0..15).map(|_| (7, 5)));
        assert_eq!(stuck[..10], [None; 10]);
        assert_eq!(stuck[10..], [Some(2); 5]);
    }

    #[tokio::test]
    async fn a_burst_that_is_worked_off_and_steady_traffic_are_not_behind() {
        let burst =
            (0..9).map(|second| (9_000, second * 1_000)).chain((0..9).map(|_| (9_000, 9_000)));
        assert_eq!(told(burst), vec![None; 18]);
        let steady = (0..60).map(|second| ((second + 3) * 100, second * 100));
        assert_eq!(told(steady), vec![None; 60]);
    }

    #[tokio::test]
    async fn one_that_moves_and_stays_behind_is_behind_all_the_while_until_it_has_caught_up() {
        let twelve_behind = (12..40).map(|second| (second * 100, (second - 12) * 100));
        let told = told(twelve_behind.chain([(4_000, 4_000)]));
        assert_eq!(told[..10], [None; 10]);
        assert_eq!(told[11..28], [Some(1_200); 17]);
        assert_eq!(told[28], None);
    }

    #[tokio::test]
    async fn a_stream_that_ends_earlier_than_before_is_looked_at_anew() {
        let restored = (0..12).map(|_| (9, 9)).chain((0..9).map(|_| (4, 3)));
        assert_eq!(told(restored), vec![None; 21]);
    }
}
