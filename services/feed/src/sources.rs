//! The event streams that the feed is made from, read side by side.
//!
//! Invariant: commits come in the order in which they were stored, across the streams, as far as the
//! server's clock orders them; what a commit rests on has come before it.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    str::FromStr,
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures::{
    StreamExt,
    future::{poll_immediate, select_all, try_join_all},
    stream::BoxStream,
};
use samvirke_kernel::{
    checkpoint::Checkpoint,
    log::{Log, ReadError, Stored},
    stream::StreamIdentity,
};

/// The most commits of one stream that are in hand at once.
const IN_HAND_MAX: usize = 1_000;
/// How long a stream may be silent about what the server counts until it is asked for its end again.
const LOST_LOOK: Duration = Duration::from_secs(1);

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
        for (source, mut end) in self.0.iter_mut().zip(ends) {
            if source.read < end && source.in_hand.is_empty() {
                end = source.wait_for_more(end).await?;
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

    /// Waits for a commit before the stream's end, and returns that end. What an operator accepts as lost at the
    /// end meanwhile is not waited for any longer: the server counts it, and never delivers it.
    async fn wait_for_more(&mut self, mut end: u64) -> Result<u64, ReadError> {
        let read = self.read;
        while self.read == read && read < end {
            match tokio::time::timeout(LOST_LOOK, self.commits.next()).await {
                Ok(next) => self.take(next)?,
                Err(_silent) => end = self.log.last_sequence().await?,
            }
        }
        Ok(end)
    }

    /// Takes what has come, and what the server reports to follow.
    async fn take_arrived(&mut self) -> Result<(), ReadError> {
        while self.in_hand.len() < IN_HAND_MAX {
            let last = self.in_hand.back();
            let pending = last.and_then(|last| last.pending).unwrap_or_default();
            if pending > 0 {
                if self.wait_for_more(self.read + pending).await? <= self.read {
                    break;
                }
                continue;
            }
            match poll_immediate(self.commits.next()).await {
                Some(next) => self.take(next)?,
                None => break,
            }
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

/// How far the streams have been published: what the last message of the feed carries.
///
/// Written `NETWORKS@1732233600000000:12#9f86… CASES@1732233600000000:30+2#2c26…`: the stream, when it was created
/// (µs since 1970), its last commit that is published in full, how many messages of the next one that has
/// some are published, and the SHA-256 of the commit that is published in full. In old feeds the digest is
/// missing, and the time of creation identifies the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceOffsets(BTreeMap<String, At>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct At {
    created: i64,
    sequence: u64,
    told: usize,
    digest: Option<String>,
}

/// A commit that is published.
#[derive(Clone, Copy, Debug)]
pub struct PublishedCommit<'a> {
    pub sequence: u64,
    pub digest: &'a str,
    /// The digest of the commit before it in its stream.
    pub before: Option<&'a str>,
}

/// The text does not have how far streams have been published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} does not say how far the streams have been told")]
pub struct InvalidSourceOffsets(String);

impl InvalidSourceOffsets {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl SourceOffsets {
    /// Nothing of these streams is published yet.
    pub fn nothing<'a>(streams: impl IntoIterator<Item = &'a StreamIdentity>) -> Self {
        let mut offsets = Self::default();
        offsets.know(streams);
        offsets
    }

    /// Takes up streams that the feed was not made from so far.
    pub fn know<'a>(&mut self, streams: impl IntoIterator<Item = &'a StreamIdentity>) {
        for stream in streams {
            let created = stream.created.timestamp_micros();
            let at = At { created, sequence: 0, told: 0, digest: None };
            // A restored stream is created anew; the digest tells whether it is the same.
            self.0.entry(stream.name.clone()).or_insert(at).created = created;
        }
    }

    /// How far this stream is published; none where it is not.
    pub fn checkpoint(&self, stream: &str) -> Option<Checkpoint> {
        let at = self.0.get(stream)?;
        Some(Checkpoint {
            stream: StreamIdentity {
                name: stream.to_owned(),
                created: DateTime::from_timestamp_micros(at.created)?,
            },
            sequence: at.sequence,
            digest: at.digest.clone(),
        })
    }

    /// Goes back to where an operator accepted a stream: what was published beyond stays published.
    pub fn go_back(&mut self, to: &Checkpoint) {
        let created = to.stream.created.timestamp_micros();
        let (sequence, digest) = (to.sequence, to.digest.clone());
        self.0.insert(to.stream.name.clone(), At { created, sequence, told: 0, digest });
    }

    /// The same without digests.
    pub(crate) fn without_digests(&self) -> Self {
        let without =
            |(stream, at): (&String, &At)| (stream.clone(), At { digest: None, ..at.clone() });
        Self(self.0.iter().map(without).collect())
    }

    /// Whether the same is published as in `other`, digests or not.
    pub(crate) fn is_as_far_as(&self, other: &Self) -> bool {
        self.without_digests() == other.without_digests()
    }

    /// How far a stream is published.
    pub fn sequence(&self, stream: &str) -> u64 {
        self.0.get(stream).map_or(0, |at| at.sequence)
    }

    /// How many messages of a commit are published.
    pub fn told(&self, stream: &str, sequence: u64) -> usize {
        match self.0.get(stream) {
            Some(at) if sequence <= at.sequence => usize::MAX,
            Some(at) if sequence == at.sequence + 1 => at.told,
            Some(_) | None => 0,
        }
    }

    /// Notes that `told` of the `all` messages of a commit are published. `digest` is that of the commit, and
    /// `before` that of the one before it in the stream.
    pub fn tell(&mut self, stream: &str, commit: &PublishedCommit<'_>, told: usize, all: usize) {
        let PublishedCommit { sequence, digest, before } = *commit;
        if let Some(at) = self.0.get_mut(stream)
            && sequence > at.sequence
        {
            (at.sequence, at.told, at.digest) = if told < all {
                (sequence - 1, told, before.map(str::to_owned))
            } else {
                (sequence, 0, Some(digest.to_owned()))
            };
        }
    }
}

impl fmt::Display for SourceOffsets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (stream, at)) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{stream}@{}:{}", at.created, at.sequence)?;
            if at.told > 0 {
                write!(f, "+{}", at.told)?;
            }
            if let Some(digest) = &at.digest {
                write!(f, "#{digest}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for SourceOffsets {
    type Err = InvalidSourceOffsets;

    fn from_str(text: &str) -> Result<Self, InvalidSourceOffsets> {
        let read = |part: &str| {
            let (stream, rest) = part.split_once('@')?;
            let (created, rest) = rest.split_once(':')?;
            let (rest, digest) = match rest.split_once('#') {
                Some((rest, digest)) => (rest, Some(digest.to_owned())),
                None => (rest, None),
            };
            let (sequence, told) = rest.split_once('+').unwrap_or((rest, "0"));
            let at = At {
                digest,
                created: created.parse().ok()?,
                sequence: sequence.parse().ok()?,
                told: told.parse().ok()?,
            };
            Some((stream.to_owned(), at))
        };
        let parts: Option<_> = text.split_whitespace().map(read).collect();
        parts.map(Self).ok_or_else(|| InvalidSourceOffsets(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets() -> SourceOffsets {
        "CASES@5:30+2#beef NETWORKS@4:12".parse().unwrap()
    }

    #[test]
    fn how_far_streams_are_told_reads_back_as_it_was_written() {
        assert_eq!(offsets().to_string(), "CASES@5:30+2#beef NETWORKS@4:12");
        assert!("CASES:30".parse::<SourceOffsets>().is_err());
        assert_eq!("".parse(), Ok(SourceOffsets::default()));
        assert_eq!(offsets().checkpoint("CASES").unwrap().digest.as_deref(), Some("beef"));
        assert_eq!(offsets().checkpoint("NETWORKS").unwrap().digest, None, "as old feeds have it");
    }

    #[test]
    fn a_commit_told_in_part_goes_on_where_it_stopped() {
        let mut offsets = offsets();
        assert_eq!(offsets.told("CASES", 30), usize::MAX);
        assert_eq!(offsets.told("CASES", 31), 2);
        assert_eq!(offsets.told("CASES", 32), 0);
        let commit = |sequence| PublishedCommit { sequence, digest: "d", before: Some("b") };
        offsets.tell("CASES", &commit(31), 3, 3);
        assert_eq!(offsets.told("CASES", 31), usize::MAX);
        assert_eq!(offsets.checkpoint("CASES").unwrap().digest.as_deref(), Some("d"));
        offsets.tell("CASES", &commit(40), 1, 9);
        assert_eq!((offsets.told("CASES", 39), offsets.told("CASES", 40)), (usize::MAX, 1));
        let at = offsets.checkpoint("CASES").unwrap();
        assert_eq!((at.sequence, at.digest.as_deref()), (39, Some("b")), "the last told in full");
    }
}
