//! The event streams that the feed is made from, read side by side.
//!
//! Invariant: commits come in the order in which they were stored, across the streams, as far as the
//! server's clock tells; what a commit rests on has come before it.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    str::FromStr,
};

use chrono::{DateTime, Utc};
use futures::{
    StreamExt,
    future::{poll_immediate, select_all, try_join_all},
    stream::BoxStream,
};
use samvirke_kernel::{
    log::{Log, ReadError, Stored},
    stream::StreamIdentity,
};

/// The most commits of one stream that are in hand at once.
const IN_HAND_MAX: usize = 1_000;

/// Several event streams, followed from their beginning.
pub struct Sources(Vec<Source>);

struct Source {
    log: Log,
    commits: BoxStream<'static, Result<Stored, ReadError>>,
    in_hand: VecDeque<Stored>,
    /// The sequence of the last commit that was read.
    read: u64,
}

/// A commit and the stream it is from.
#[derive(Clone, Debug)]
pub struct Commit {
    pub stream: String,
    pub stored: Stored,
}

impl Sources {
    /// Follows streams from their beginning.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn follow(logs: &[Log]) -> Result<Self, ReadError> {
        let mut sources = Vec::new();
        for log in logs {
            let commits = log.follow(0).await?.boxed();
            let log = log.clone();
            sources.push(Source { log, commits, in_hand: VecDeque::new(), read: 0 });
        }
        Ok(Self(sources))
    }

    /// Waits for commits and returns those before which no other can come any more, in their order.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; then follow anew.
    pub async fn next(&mut self) -> Result<Vec<Commit>, ReadError> {
        if self.0.iter().all(|source| source.in_hand.is_empty()) {
            let waits = self.0.iter_mut().map(|source| Box::pin(source.wait()));
            select_all(waits).await.0?;
        }
        for source in &mut self.0 {
            source.take_arrived().await?;
        }
        let newest = self.0.iter().filter_map(Source::newest).max();
        // Asked after `newest` was stored: up to there, the ends tell all there is.
        let ends = try_join_all(self.0.iter().map(|source| source.log.last_sequence())).await?;
        let mut until = newest;
        for (source, end) in self.0.iter_mut().zip(ends) {
            if source.read < end && source.in_hand.is_empty() {
                source.wait().await?;
            }
            if source.read < end {
                until = until.min(source.newest());
            }
        }
        let mut commits = Vec::new();
        for source in &mut self.0 {
            while let Some(stored) =
                source.in_hand.pop_front_if(|stored| Some(stored.stored_at) <= until)
            {
                let stream = source.log.identity().name.clone();
                commits.push(Commit { stream, stored });
            }
        }
        // A stable sort: what was stored in the same instant keeps the order of the streams.
        commits.sort_by_key(|commit| commit.stored.stored_at);
        Ok(commits)
    }
}

impl Source {
    /// When the newest commit in hand was stored.
    fn newest(&self) -> Option<DateTime<Utc>> {
        self.in_hand.back().map(|stored| stored.stored_at)
    }

    async fn wait(&mut self) -> Result<(), ReadError> {
        let next = self.commits.next().await;
        self.take(next)
    }

    /// Takes what has come, and what the server says is on its way.
    async fn take_arrived(&mut self) -> Result<(), ReadError> {
        while self.in_hand.len() < IN_HAND_MAX {
            let more = self.in_hand.back().and_then(|last| last.pending).unwrap_or_default() > 0;
            let next = match more {
                true => self.commits.next().await,
                false => match poll_immediate(self.commits.next()).await {
                    Some(next) => next,
                    None => break,
                },
            };
            self.take(next)?;
        }
        Ok(())
    }

    fn take(&mut self, next: Option<Result<Stored, ReadError>>) -> Result<(), ReadError> {
        let ended = || ReadError::TimedOut { stream: self.log.identity().name.clone() };
        let stored = next.ok_or_else(ended)??;
        self.read = stored.sequence;
        self.in_hand.push_back(stored);
        Ok(())
    }
}

/// How far the streams have been told: what the last message of the feed carries.
///
/// Written `NETWORKS@1732233600000000:12 CASES@1732233600000000:30+2`: the stream, when it was created (µs since
/// 1970), its last commit that is told in full, and how many messages of the next one that says
/// something are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached(BTreeMap<String, At>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct At {
    created: i64,
    sequence: u64,
    told: usize,
}

/// The text does not say how far streams have been told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} does not say how far the streams have been told")]
pub struct InvalidReached(String);

impl InvalidReached {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Reached {
    /// Nothing is told of these streams yet.
    pub fn nothing<'a>(streams: impl IntoIterator<Item = &'a StreamIdentity>) -> Self {
        let mut reached = Self::default();
        reached.know(streams);
        reached
    }

    /// Takes up streams that the feed was not made from so far.
    pub fn know<'a>(&mut self, streams: impl IntoIterator<Item = &'a StreamIdentity>) {
        for stream in streams {
            let created = stream.created.timestamp_micros();
            self.0.entry(stream.name.clone()).or_insert(At { created, sequence: 0, told: 0 });
        }
    }

    /// Whether it tells of this stream and not of another one with its name.
    pub fn is_of(&self, stream: &StreamIdentity) -> bool {
        let known = self.0.get(&stream.name);
        known.is_none_or(|at| at.created == stream.created.timestamp_micros())
    }

    /// How far a stream is told.
    pub fn sequence(&self, stream: &str) -> u64 {
        self.0.get(stream).map_or(0, |at| at.sequence)
    }

    /// How many messages of a commit are told.
    pub fn told(&self, stream: &str, sequence: u64) -> usize {
        match self.0.get(stream) {
            Some(at) if sequence <= at.sequence => usize::MAX,
            Some(at) if sequence == at.sequence + 1 => at.told,
            Some(_) | None => 0,
        }
    }

    /// Notes that `told` of the `all` messages of a commit are told.
    pub fn tell(&mut self, stream: &str, sequence: u64, told: usize, all: usize) {
        if let Some(at) = self.0.get_mut(stream)
            && sequence > at.sequence
        {
            (at.sequence, at.told) = if told < all { (sequence - 1, told) } else { (sequence, 0) };
        }
    }
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (stream, at)) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{stream}@{}:{}", at.created, at.sequence)?;
            if at.told > 0 {
                write!(f, "+{}", at.told)?;
            }
        }
        Ok(())
    }
}

impl FromStr for Reached {
    type Err = InvalidReached;

    fn from_str(text: &str) -> Result<Self, InvalidReached> {
        let read = |part: &str| {
            let (stream, rest) = part.split_once('@')?;
            let (created, rest) = rest.split_once(':')?;
            let (sequence, told) = rest.split_once('+').unwrap_or((rest, "0"));
            let at = At {
                created: created.parse().ok()?,
                sequence: sequence.parse().ok()?,
                told: told.parse().ok()?,
            };
            Some((stream.to_owned(), at))
        };
        let parts: Option<_> = text.split_whitespace().map(read).collect();
        parts.map(Self).ok_or_else(|| InvalidReached(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached() -> Reached {
        "CASES@5:30+2 NETWORKS@4:12".parse().unwrap()
    }

    #[test]
    fn how_far_streams_are_told_reads_back_as_it_was_written() {
        assert_eq!(reached().to_string(), "CASES@5:30+2 NETWORKS@4:12");
        assert!("CASES:30".parse::<Reached>().is_err());
        assert_eq!("".parse(), Ok(Reached::default()));
    }

    #[test]
    fn a_commit_told_in_part_goes_on_where_it_stopped() {
        let mut reached = reached();
        assert_eq!(reached.told("CASES", 30), usize::MAX);
        assert_eq!(reached.told("CASES", 31), 2);
        assert_eq!(reached.told("CASES", 32), 0);
        reached.tell("CASES", 31, 3, 3);
        assert_eq!(reached.told("CASES", 31), usize::MAX);
        reached.tell("CASES", 40, 1, 9);
        assert_eq!((reached.told("CASES", 39), reached.told("CASES", 40)), (usize::MAX, 1));
    }

    #[test]
    fn another_stream_of_the_same_name_is_noticed() {
        let created = DateTime::from_timestamp_micros(4).unwrap();
        let identity = |created| StreamIdentity { name: "NETWORKS".into(), created };
        assert!(reached().is_of(&identity(created)));
        assert!(!reached().is_of(&identity(created + chrono::TimeDelta::seconds(1))));
    }
}
