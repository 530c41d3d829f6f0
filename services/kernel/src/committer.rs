//! The one way to the stream: commits that wait together are stored together.
//!
//! On one server every message costs an fsync, but an atomic batch of many messages costs one. So a
//! few commits go as pipelined single publishes, and many are gathered into one batch, each with
//! its own expectation. The server refuses a batch without saying which member was stale. Those that
//! provably are get their conflict, the others travel again, and if that is refused too, singly: one
//! stale commit never fails its neighbours. Commits that belong together travel as one append request and are
//! stored or refused as one.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_nats::Client;
use bytes::Bytes;
use tokio::sync::{Mutex, Notify, mpsc, oneshot};

use crate::{
    deadline::Deadline,
    envelope::ENVELOPE_BYTES_MAX,
    supervision::{Stop, Supervisor},
};

mod health;
mod sender;
pub(crate) mod troubled;

pub use crate::append_error::{AppendError, QUEUE_MAX};
use health::Health;
use sender::Sender;

/// The most messages in one atomic batch (the server's own limit).
pub const BATCH_MESSAGES_MAX: usize = 1_000;
/// The most bytes gathered into one batch.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The most batches in flight at once (the server allows 50 for a stream).
pub const BATCHES_IN_FLIGHT_MAX: usize = 4;
/// Up to this many waiting commits, single publishes are faster than a batch.
pub const SINGLE_MAX: usize = 8;
/// The most single publishes in flight at once.
pub const SINGLE_IN_FLIGHT_MAX: usize = 16;
/// From this size on a batch is worth sending while another is in flight; smaller ones wait and grow.
pub const CONCURRENT_BATCH_MIN: usize = 256;
/// How many turns in a row may bring nothing before those who have just been answered are not
/// waited for any longer.
const QUIET_TURNS_MAX: usize = 8;
/// How long to wait for the server's acknowledgement.
pub const ACK_TIMEOUT: Duration = Duration::from_secs(5);

/// An envelope to be stored, with what its subject's last sequence must be; 0 for a new aggregate.
#[derive(Clone, Debug)]
pub struct Pending {
    pub subject: Arc<str>,
    pub expected: u64,
    pub payload: Bytes,
}

struct AppendRequest {
    members: Vec<Pending>,
    claim: Arc<Claim>,
    answer: oneshot::Sender<Result<Vec<u64>, AppendError>>,
}

/// Whether a request is sent or given up: whoever claims it first decides.
#[derive(Debug, Default)]
struct Claim(AtomicBool);

impl Claim {
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

impl AppendRequest {
    fn bytes(&self) -> usize {
        self.members.iter().map(|member| member.payload.len()).sum()
    }

    /// Whether a member's subject has provably moved past what it expects.
    fn is_stale(&self, last: &HashMap<Arc<str>, u64>) -> bool {
        self.members
            .iter()
            .any(|member| last.get(&member.subject).is_some_and(|at| *at > member.expected))
    }
}

/// How commits are sent, for measuring what is best.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    pub single_max: usize,
    pub single_in_flight_max: usize,
    pub batches_in_flight_max: usize,
    pub concurrent_batch_min: usize,
    pub ack_timeout: Duration,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            single_max: SINGLE_MAX,
            single_in_flight_max: SINGLE_IN_FLIGHT_MAX,
            batches_in_flight_max: BATCHES_IN_FLIGHT_MAX,
            concurrent_batch_min: CONCURRENT_BATCH_MIN,
            ack_timeout: ACK_TIMEOUT,
        }
    }
}

/// A handle to the task that sends commits to one stream.
#[derive(Clone, Debug)]
pub struct Committer {
    queue: mpsc::Sender<AppendRequest>,
}

impl Committer {
    /// Starts the task. It ends when the last handle is dropped and what waits is sent.
    pub fn start(client: Client, stream: String, tuning: Tuning) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let name = format!("committer of {stream}, number {}", rand::random::<u32>());
        let health = Health::start(client.clone(), stream.clone());
        let sender = Arc::new(Sender { client, stream, health, ack_timeout: tuning.ack_timeout });
        let waiting = Arc::new(Mutex::new(waiting));
        let supervisor = Supervisor::of_process();
        supervisor.supervise_one_of_many("committer", name, Stop::MayEnd, move |_| {
            let (sender, waiting) = (sender.clone(), waiting.clone());
            async move {
                // What was gathered when a run panicked is answered as unknown; what waits is not lost.
                run(sender, &mut *waiting.lock().await, tuning).await;
                Ok(())
            }
        });
        Self { queue }
    }

    /// Stores `members` together or not at all, and returns their sequences. What has not been sent by
    /// its deadline is never sent.
    ///
    /// # Errors
    ///
    /// [`AppendError`]; after `Unknown` the stream must be asked.
    pub async fn append(
        &self,
        members: Vec<Pending>,
        deadline: Deadline,
    ) -> Result<Vec<u64>, AppendError> {
        for member in &members {
            let bytes = member.payload.len();
            if bytes > ENVELOPE_BYTES_MAX {
                return Err(AppendError::TooLarge { bytes });
            }
        }
        let (answer, mut answered) = oneshot::channel();
        let claim = Arc::<Claim>::default();
        match self.queue.try_send(AppendRequest { members, claim: claim.clone(), answer }) {
            Ok(()) => (),
            Err(mpsc::error::TrySendError::Full(_)) => return Err(AppendError::Overloaded),
            Err(mpsc::error::TrySendError::Closed(_)) => {
                return Err(AppendError::Unknown { reason: "the committer has stopped".into() });
            }
        }
        let stopped = |_| Err(AppendError::Unknown { reason: "the committer has stopped".into() });
        match deadline.wait(&mut answered).await {
            Some(answer) => answer.unwrap_or_else(stopped),
            None if claim.take() => Err(AppendError::Late),
            // It is in flight.
            None => answered.await.unwrap_or_else(stopped),
        }
    }
}

async fn run(sender: Arc<Sender>, waiting: &mut mpsc::Receiver<AppendRequest>, tuning: Tuning) {
    let mut batch_loop = BatchLoop {
        sender,
        waiting,
        deferred: VecDeque::new(),
        tuning,
        in_flight: Arc::default(),
        acknowledged: Arc::default(),
        recent: 0,
    };
    while let Some(mut builder) = batch_loop.start_batch().await {
        loop {
            batch_loop.linger(&mut builder).await;
            match batch_loop.strategy(&builder) {
                Some(strategy) => break batch_loop.send(builder, strategy),
                None => batch_loop.wait(&mut builder).await,
            }
        }
    }
}

/// How much is in flight.
#[derive(Debug, Default)]
struct InFlight {
    single: AtomicUsize,
    batches: AtomicUsize,
}

/// Messages that count as in flight until this is dropped: also by a panic, and when the task that
/// sends them is cancelled.
struct InFlightGuard {
    in_flight: Arc<InFlight>,
    acknowledged: Arc<Notify>,
    strategy: Strategy,
    size: usize,
}

impl InFlightGuard {
    fn new(
        in_flight: Arc<InFlight>,
        acknowledged: Arc<Notify>,
        strategy: Strategy,
        size: usize,
    ) -> Self {
        match strategy {
            Strategy::Single => in_flight.single.fetch_add(size, Ordering::AcqRel),
            Strategy::Batch => in_flight.batches.fetch_add(1, Ordering::AcqRel),
        };
        Self { in_flight, acknowledged, strategy, size }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        match self.strategy {
            Strategy::Single => self.in_flight.single.fetch_sub(self.size, Ordering::AcqRel),
            Strategy::Batch => self.in_flight.batches.fetch_sub(1, Ordering::AcqRel),
        };
        self.acknowledged.notify_one();
    }
}

#[derive(Clone, Copy)]
enum Strategy {
    Single,
    Batch,
}

/// The append requests that wait, what is in flight, and how to tell when to send.
struct BatchLoop<'a> {
    sender: Arc<Sender>,
    waiting: &'a mut mpsc::Receiver<AppendRequest>,
    /// Append requests whose subject was in the batch already.
    deferred: VecDeque<AppendRequest>,
    tuning: Tuning,
    in_flight: Arc<InFlight>,
    acknowledged: Arc<Notify>,
    /// How many messages went together lately: how many are likely to come again.
    recent: usize,
}

impl BatchLoop<'_> {
    /// Waits for a request and begins a batch with it; none when nobody can send one any more.
    async fn start_batch(&mut self) -> Option<BatchBuilder> {
        let first = match self.deferred.pop_front() {
            Some(request) => request,
            None => self.waiting.recv().await?,
        };
        Some(BatchBuilder::new(first))
    }

    /// Takes what waits. Lingers for writers whose commits have just been acknowledged, since they are about to
    /// come again: as long as fewer have come than lately went together, they are let run first.
    async fn linger(&mut self, builder: &mut BatchBuilder) {
        builder.fill(&mut self.deferred, self.waiting);
        let mut quiet = 0;
        while self.recent > self.tuning.single_max
            && builder.messages < self.recent
            && quiet < QUIET_TURNS_MAX
        {
            let before = builder.messages;
            tokio::task::yield_now().await;
            builder.fill(&mut self.deferred, self.waiting);
            quiet = if builder.messages == before { quiet + 1 } else { 0 };
        }
    }

    /// How to send what is gathered now, or that it is better to wait.
    fn strategy(&self, builder: &BatchBuilder) -> Option<Strategy> {
        let batches = self.in_flight.batches.load(Ordering::Acquire);
        let single = self.in_flight.single.load(Ordering::Acquire);
        let size = builder.messages;
        if batches == 0 && size <= self.tuning.single_max {
            let room = single == 0 || single + size <= self.tuning.single_in_flight_max;
            return room.then_some(Strategy::Single);
        }
        let alone = batches == 0;
        let worthwhile =
            size >= self.tuning.concurrent_batch_min && batches < self.tuning.batches_in_flight_max;
        (alone || worthwhile).then_some(Strategy::Batch)
    }

    /// Waits until something is acknowledged or another request comes.
    async fn wait(&mut self, builder: &mut BatchBuilder) {
        let full = builder.is_full() || self.deferred.len() >= BATCH_MESSAGES_MAX;
        let acknowledged = self.acknowledged.clone();
        tokio::select! {
            () = acknowledged.notified() => (),
            request = self.waiting.recv(), if !full => if let Some(request) = request {
                builder.offer(request, &mut self.deferred);
            } else {
                // Nobody is left to send more; what is gathered still has to go.
                acknowledged.notified().await;
            },
        }
    }

    fn send(&mut self, mut builder: BatchBuilder, strategy: Strategy) {
        builder.requests.retain(|request| request.claim.take());
        builder.messages = builder.requests.iter().map(|request| request.members.len()).sum();
        // Half of what it was, at most, so that a lull is noticed soon.
        self.recent = builder.messages.max(self.recent / 2);
        let (sender, in_flight, acknowledged) =
            (self.sender.clone(), self.in_flight.clone(), self.acknowledged.clone());
        let size = builder.messages;
        // Counted from now on, and until the task is gone, however it goes.
        let guard = InFlightGuard::new(in_flight, acknowledged, strategy, size);
        tokio::spawn(async move {
            match strategy {
                Strategy::Single => sender.send_singly(builder.requests).await,
                Strategy::Batch => sender.send_together(builder.requests).await,
            }
            drop(guard);
        });
    }
}

struct BatchBuilder {
    requests: Vec<AppendRequest>,
    subjects: HashSet<Arc<str>>,
    messages: usize,
    bytes: usize,
}

impl BatchBuilder {
    fn new(first: AppendRequest) -> Self {
        let mut builder =
            Self { requests: Vec::new(), subjects: HashSet::new(), messages: 0, bytes: 0 };
        builder.take(first);
        builder
    }

    fn is_full(&self) -> bool {
        self.messages >= BATCH_MESSAGES_MAX
    }

    fn take(&mut self, request: AppendRequest) {
        self.messages += request.members.len();
        self.bytes += request.bytes();
        self.subjects.extend(request.members.iter().map(|member| member.subject.clone()));
        self.requests.push(request);
    }

    fn has_room(&self, request: &AppendRequest) -> bool {
        self.messages + request.members.len() <= BATCH_MESSAGES_MAX
            && self.bytes + request.bytes() <= BATCH_BYTES_MAX
            && request.members.iter().all(|member| !self.subjects.contains(&member.subject))
    }

    /// Takes a request, or defers it where there is no room.
    fn offer(&mut self, request: AppendRequest, deferred: &mut VecDeque<AppendRequest>) {
        if self.has_room(&request) {
            self.take(request);
        } else {
            deferred.push_back(request);
        }
    }

    /// Takes what waits, as far as there is room; a subject is never twice in one batch.
    fn fill(
        &mut self,
        deferred: &mut VecDeque<AppendRequest>,
        waiting: &mut mpsc::Receiver<AppendRequest>,
    ) {
        for request in std::mem::take(deferred) {
            self.offer(request, deferred);
        }
        while !self.is_full() && deferred.len() < BATCH_MESSAGES_MAX {
            let Ok(request) = waiting.try_recv() else { break };
            self.offer(request, deferred);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervision::caught;

    #[tokio::test]
    async fn what_is_on_its_way_is_given_back_by_a_panic_and_by_cancelling() {
        for strategy in [Strategy::Single, Strategy::Batch] {
            let (in_flight, acknowledged) =
                (Arc::new(InFlight::default()), Arc::new(Notify::new()));
            let guard = || InFlightGuard::new(in_flight.clone(), acknowledged.clone(), strategy, 3);
            let count = || {
                in_flight.single.load(Ordering::Acquire) + in_flight.batches.load(Ordering::Acquire)
            };
            let panics = async {
                let _guard = guard();
                assert_eq!(count(), 0, "a bad day");
            };
            assert!(caught(panics).await.unwrap_err().contains("a bad day"));
            assert_eq!(count(), 0);
            let mut cancelled = Box::pin(async {
                let _guard = guard();
                std::future::pending::<()>().await;
            });
            assert!(futures::poll!(&mut cancelled).is_pending());
            assert_ne!(count(), 0);
            drop(cancelled);
            assert_eq!(count(), 0);
            acknowledged.notified().await;
        }
    }
}
