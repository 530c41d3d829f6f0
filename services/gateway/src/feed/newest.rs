//! The newest events of the feed, kept at hand for all who read along.
//!
//! Invariants: between the floor and the head nothing is missing. One consumer reads for the whole
//! process; a reader that is not behind the floor costs no request. Nobody is shown a part of the feed
//! before it is known which events it withholds.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, PoisonError, RwLock},
};

use futures::StreamExt;
use samvirke_kernel::{
    log::ReadError,
    publication::{Publication, Published},
    stream::{StreamError, StreamIdentity},
    supervision::{Task, TaskFailure},
};
use samvirke_schemas::feed::{self, CloudEvent, WITHHELD_SUBJECTS, WithheldEvents};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::feed_event::FeedEvent;

/// The most events that are kept.
const EVENTS_MAX: usize = 4_096;
/// The most bytes that they may take.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Why the feed is followed no longer.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("nothing more is delivered")]
    Ended,
}

/// The newest events, and word of each that comes.
#[derive(Debug)]
pub(crate) struct Newest {
    ring: RwLock<Ring>,
    withheld: RwLock<Withheld>,
    /// The sequence of the last event that has come; 0 before the first.
    head: watch::Sender<u64>,
}

/// The events that are not given out any more, however they are read.
#[derive(Debug, Default)]
struct Withheld {
    events: WithheldEvents,
    /// What the feed names up to this sequence is known.
    until: u64,
}

#[derive(Debug, Default)]
struct Ring {
    /// Which stream it was read from.
    identity: Option<StreamIdentity>,
    /// All that was published after it is here, as far as it has come.
    floor: u64,
    head: u64,
    /// Where the stream ended when it was last begun to follow: until then the ring is behind.
    ready_at: u64,
    events: VecDeque<Arc<FeedEvent>>,
    bytes: usize,
}

impl Ring {
    fn is_ready(&self) -> bool {
        self.identity.is_some() && self.head >= self.ready_at
    }
}

impl Default for Newest {
    fn default() -> Self {
        Self { ring: RwLock::default(), withheld: RwLock::default(), head: watch::Sender::new(0) }
    }
}

impl Newest {
    /// Word of how far the feed has come.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    /// From where on nothing is missing, and how far it goes; none while it is being filled.
    pub(crate) fn reach(&self) -> Option<(u64, u64)> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        ring.is_ready().then_some((ring.floor, ring.head))
    }

    /// The events after a position that are wanted, at most so many, and the position up to which
    /// that holds; none where the position is behind the floor, and while the ring is being filled.
    pub(crate) fn after(
        &self,
        position: u64,
        most: usize,
        wanted: impl Fn(&FeedEvent) -> bool,
    ) -> Option<(Vec<Arc<FeedEvent>>, u64)> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        if !ring.is_ready() || position < ring.floor {
            return None;
        }
        let from = ring.events.partition_point(|event| event.sequence <= position);
        let mut found = Vec::new();
        for event in ring.events.range(from..) {
            if wanted(event) {
                found.push(Arc::clone(event));
                if found.len() == most {
                    return Some((found, event.sequence));
                }
            }
        }
        Some((found, ring.head.max(position)))
    }

    /// Makes known which events the feed names as withheld, up to a sequence at least.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub(crate) async fn know_withheld(
        &self,
        publication: &Publication,
        sequence: u64,
    ) -> Result<(), ReadError> {
        let until = self.withheld.read().unwrap_or_else(PoisonError::into_inner).until;
        if sequence <= until {
            return Ok(());
        }
        let mut facts = Vec::new();
        for subjects in WITHHELD_SUBJECTS {
            let mut after = until;
            while let Some(message) = publication.next(subjects, after).await? {
                after = message.sequence;
                facts.extend(
                    FeedEvent::read(&message).and_then(|event| Some((after, event.event()?))),
                );
            }
        }
        let mut withheld = self.withheld.write().unwrap_or_else(PoisonError::into_inner);
        for (sequence, event) in facts {
            withheld.events.take(sequence, &event);
        }
        withheld.until = withheld.until.max(sequence);
        Ok(())
    }

    /// Whether an event is not given out any more. One that cannot be told is not.
    pub(crate) fn is_withheld(&self, event: &FeedEvent) -> bool {
        let withheld = &self.withheld.read().unwrap_or_else(PoisonError::into_inner).events;
        withheld.concern(event.sequence)
            && event.about().is_none_or(|about| withheld.hold(about.id, event.sequence))
    }

    /// Follows the feed until the process stops.
    pub(crate) async fn keep_up(
        self: Arc<Self>,
        nats: async_nats::Client,
        stop: CancellationToken,
        task: Task,
    ) -> Result<(), TaskFailure> {
        match stop.run_until_cancelled(self.follow(nats, &task)).await {
            Some(lost) => Err(TaskFailure::of(&lost)),
            None => Ok(()),
        }
    }

    async fn follow(&self, nats: async_nats::Client, task: &Task) -> Lost {
        let following = async {
            let publication = Publication::reading(nats, feed::STREAM).await?;
            let last = publication.last_sequence().await?;
            let from = self.begin(publication.identity(), last);
            self.know_withheld(&publication, last).await?;
            let mut messages = publication.follow(vec![feed::SUBJECTS.to_owned()], from).await?;
            while let Some(message) = messages.next().await {
                self.take(&message?);
                task.progress();
            }
            Ok(())
        };
        following.await.err().unwrap_or(Lost::Ended)
    }

    /// Where to go on: after what is here, or so far back from `last` that the ring is filled.
    fn begin(&self, identity: &StreamIdentity, last: u64) -> u64 {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        if ring.identity.as_ref() != Some(identity) || ring.head > last {
            let floor = last.saturating_sub(EVENTS_MAX as u64);
            let identity = Some(identity.clone());
            *ring = Ring { identity, floor, head: floor, ..Ring::default() };
            // Another stream may name other events; those that are known stay withheld.
            self.withheld.write().unwrap_or_else(PoisonError::into_inner).until = 0;
        }
        ring.ready_at = last;
        let head = ring.head;
        drop(ring);
        self.head.send_replace(head);
        head
    }

    /// Forgets the events that a fact names.
    fn forget(&self, sequence: u64, event: &CloudEvent) {
        let mut withheld = self.withheld.write().unwrap_or_else(PoisonError::into_inner);
        let named: HashSet<Uuid> = withheld.events.take(sequence, event).into_iter().collect();
        drop(withheld);
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.events.retain(|event| event.about().is_some_and(|about| !named.contains(&about.id)));
        ring.bytes = ring.events.iter().map(|event| event.bytes()).sum();
    }

    fn take(&self, published: &Published) {
        let event = FeedEvent::read(published).map(Arc::new);
        if let Some(event) =
            event.as_ref().filter(|event| event.names_withheld()).and_then(|event| event.event())
        {
            self.forget(published.sequence, &event);
        }
        let mut withheld = self.withheld.write().unwrap_or_else(PoisonError::into_inner);
        withheld.until = withheld.until.max(published.sequence);
        drop(withheld);
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.head = published.sequence;
        if let Some(event) = event {
            ring.bytes += event.bytes();
            ring.events.push_back(event);
        }
        while ring.events.len() > EVENTS_MAX || ring.bytes > BYTES_MAX {
            let Some(oldest) = ring.events.pop_front() else { break };
            ring.bytes -= oldest.bytes();
            ring.floor = oldest.sequence;
        }
        drop(ring);
        self.head.send_replace(published.sequence);
    }
}
