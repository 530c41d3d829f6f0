//! The newest commits of a stream, read once for everybody in the process who follows it.
//!
//! A dozen projections follow a stream that has many services. Each catches up alone, and then takes what is new
//! from here, so that the server sends a commit to a process once, however many follow.
//!
//! Invariants: a follower gets every commit after the one it took last, in order, or is told that it must begin
//! again by itself; what is held is of the history that the stream has now, since it is compared with the
//! stream when a follower joins, and every [`CHECKED_EVERY`] in which nothing comes.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::StreamExt;
use tokio::sync::watch;

use super::{Log, ReadError, Stored};
use crate::{
    checkpoint::Stands,
    supervision::{Stop, Supervisor},
};

/// The most commits that are held.
const COMMITS_MAX: usize = 4_096;
/// From this many bytes on the oldest are let go.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// How often a tail with nothing to take makes sure that the stream has what it took.
const CHECKED_EVERY: Duration = Duration::from_secs(5);

/// What all followers of one stream share.
#[derive(Debug)]
pub(crate) struct Tail {
    held: Mutex<Held>,
    /// Rises whenever there is something new to see.
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Held {
    /// Rises whenever reading has ended: what was held before is not gone on with.
    reading: u64,
    /// Whether somebody reads the stream.
    is_read: bool,
    /// Everything after this sequence is held, as far as it has been read.
    after: u64,
    commits: VecDeque<Stored>,
    bytes: usize,
    /// The last sequence that the server has told of.
    end: u64,
}

/// The cursor of a follower in the tail.
#[derive(Debug)]
pub(crate) struct TailCursor {
    tail: Arc<Tail>,
    reading: u64,
    changed: watch::Receiver<u64>,
}

/// What comes next for a follower.
pub(crate) enum Next {
    Commit(Stored),
    /// It must read by itself: it is too far behind, or the tail has ended.
    Alone,
}

impl Default for Tail {
    fn default() -> Self {
        Self { held: Mutex::default(), changed: watch::channel(0).0 }
    }
}

impl Tail {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a follower join that has taken everything up to `at`; none where the tail does not reach back so
    /// far. Where nobody reads the stream's end yet, somebody begins.
    ///
    /// # Errors
    ///
    /// [`ReadError`], when the stream does not answer.
    pub(crate) async fn join(
        self: &Arc<Self>,
        log: &Log,
        at: u64,
    ) -> Result<Option<TailCursor>, ReadError> {
        let (is_read, reading, reaches, last) = {
            let held = self.held();
            (held.is_read, held.reading, held.after <= at, held.commits.back().cloned())
        };
        if !is_read {
            self.begin(log).await?;
            return Ok(self.cursor(at));
        }
        if !reaches {
            return Ok(None);
        }
        if let Some(last) = last
            && !stands(log, &last).await?
        {
            self.end(reading);
            return Ok(None);
        }
        Ok(self.cursor(at))
    }

    fn cursor(self: &Arc<Self>, at: u64) -> Option<TailCursor> {
        let held = self.held();
        (held.is_read && held.after <= at).then(|| TailCursor {
            tail: self.clone(),
            reading: held.reading,
            changed: self.changed.subscribe(),
        })
    }

    /// Begins to read from the stream's end on, unless somebody else has begun meanwhile.
    async fn begin(self: &Arc<Self>, log: &Log) -> Result<(), ReadError> {
        let end = log.info().await?.state.last_sequence;
        let mut commits = log.follow_alone(end).await?;
        let reading = {
            let mut held = self.held();
            if held.is_read {
                return Ok(());
            }
            *held = Held {
                reading: held.reading + 1,
                is_read: true,
                after: end,
                end,
                ..Held::default()
            };
            held.reading
        };
        let reads = Reads { tail: self.clone(), reading };
        let log = log.clone();
        let name = format!("end of {}, number {}", log.identity().name, rand::random::<u32>());
        let mut once = Some(async move {
            loop {
                let next = tokio::time::timeout(CHECKED_EVERY, commits.next()).await;
                let goes_on = match next {
                    Ok(Some(Ok(commit))) => reads.tail.take(reading, commit),
                    // Whoever follows finds out by itself what is wrong.
                    Ok(Some(Err(_)) | None) => false,
                    Err(_silent) => reads.tail.is_sound(&log).await,
                };
                if !goes_on {
                    return;
                }
            }
        });
        let supervisor = Supervisor::of_process();
        supervisor.supervise_one_of_many("end of a stream", name, Stop::MayEnd, move |_| {
            let reading = once.take();
            async move {
                // One that panicked has ended; whoever follows next begins another.
                if let Some(reading) = reading {
                    reading.await;
                }
                Ok(())
            }
        });
        Ok(())
    }

    /// Holds a commit; says whether reading goes on.
    fn take(&self, reading: u64, commit: Stored) -> bool {
        let mut held = self.held();
        if held.reading != reading || !held.is_read {
            return false;
        }
        held.end = held.end.max(commit.sequence + commit.pending.unwrap_or(0));
        held.bytes += commit.payload.len();
        held.commits.push_back(commit);
        while held.commits.len() > COMMITS_MAX || held.bytes > BYTES_MAX {
            let Some(oldest) = held.commits.pop_front() else { break };
            held.bytes -= oldest.payload.len();
            held.after = oldest.sequence;
        }
        drop(held);
        self.changed.send_modify(|changes| *changes += 1);
        true
    }

    /// Whether somebody follows, and the stream has what was taken last.
    async fn is_sound(&self, log: &Log) -> bool {
        let last = self.held().commits.back().cloned();
        match last {
            _ if self.changed.receiver_count() == 0 => false,
            Some(last) => stands(log, &last).await.unwrap_or(false),
            None => true,
        }
    }

    /// Ends a reading: everybody who follows begins again by itself.
    fn end(&self, reading: u64) {
        let mut held = self.held();
        if held.reading == reading && held.is_read {
            *held = Held { reading, ..Held::default() };
            drop(held);
            self.changed.send_modify(|changes| *changes += 1);
        }
    }
}

/// Whoever reads the stream for all; however that ends, the others learn of it.
struct Reads {
    tail: Arc<Tail>,
    reading: u64,
}

impl Drop for Reads {
    fn drop(&mut self) {
        self.tail.end(self.reading);
    }
}

impl TailCursor {
    /// The first commit after `at`, once there is one.
    pub(crate) async fn next(&mut self, at: u64) -> Next {
        loop {
            self.changed.mark_unchanged();
            {
                let held = self.tail.held();
                if !held.is_read || held.reading != self.reading || at < held.after {
                    return Next::Alone;
                }
                let index = held.commits.partition_point(|commit| commit.sequence <= at);
                if let Some(commit) = held.commits.get(index) {
                    let pending = Some(held.end - commit.sequence);
                    return Next::Commit(Stored { pending, ..commit.clone() });
                }
            }
            if self.changed.changed().await.is_err() {
                return Next::Alone;
            }
        }
    }
}

async fn stands(log: &Log, last: &Stored) -> Result<bool, ReadError> {
    Ok(log.stands(&last.checkpoint(log.identity())).await? == Stands::Here)
}
