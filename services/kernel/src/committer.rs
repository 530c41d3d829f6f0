//! The one way to the stream: commits that wait together are stored together.
//!
//! On one server every message costs an fsync, but an atomic batch of many messages costs one. So a
//! few commits go as pipelined plain publishes, and many are gathered into one batch, each with
//! its own expectation. The server refuses a batch without saying which member was stale. Those that
//! provably are get their conflict, the others travel again, and if that is refused too, singly: one
//! stale commit never fails its neighbours. Commits that belong together travel as one unit and are
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
    stream::guard::Held,
    supervision::{Stop, Supervisor},
};

mod health;
mod sender;
pub(crate) mod troubled;

use health::Health;
use sender::Sender;

/// The most units that may wait to be sent; beyond it a commit is refused as overloaded.
pub const QUEUE_MAX: usize = 8_192;
/// The most messages in one atomic batch (the server's own limit).
pub const BATCH_MESSAGES_MAX: usize = 1_000;
/// The most bytes gathered into one batch.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The most batches on their way at once (the server allows 50 for a stream).
pub const BATCHES_IN_FLIGHT_MAX: usize = 4;
/// Up to this many waiting commits, plain publishes are faster than a batch.
pub const PLAIN_MAX: usize = 8;
/// The most plain publishes on their way at once.
pub const PLAIN_IN_FLIGHT_MAX: usize = 16;
/// From this size on a batch is worth sending beside another; smaller ones wait and grow.
pub const BESIDE_MIN: usize = 256;
/// How many turns in a row may bring nothing before those who have just been answered are not
/// waited for any longer.
const QUIET_TURNS_MAX: usize = 8;
/// How long to wait for the server's acknowledgement.
pub const ACK_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a commit was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Not stored. `in_flight` means that another write is under way: back off before reading.
    #[error("another commit for the aggregate was first")]
    Conflict { in_flight: bool },
    /// Not stored.
    #[error("{QUEUE_MAX} commits are waiting already")]
    Overloaded,
    /// Not stored: its deadline passed before its turn came.
    #[error("the commit's turn did not come before its deadline")]
    Late,
    /// Not stored: the server says to try again later.
    #[error("the server takes no commit now ({code}): {description}")]
    Busy { code: u64, description: String },
    /// Not stored: there is no room for it.
    #[error("the server has no room for the commit ({code}): {description}")]
    NoRoom { code: u64, description: String },
    /// Not stored.
    #[error("a commit of {bytes} bytes is larger than the {ENVELOPE_BYTES_MAX} that are allowed")]
    TooLarge { bytes: usize },
    /// Not stored.
    #[error("the server refused the commit ({code}): {description}")]
    Refused { code: u64, description: String },
    /// Not stored: the stream is damaged, or was not looked at yet.
    #[error(transparent)]
    Held(#[from] Held),
    /// Stored or not: only the stream can tell.
    #[error("no acknowledgement came: {reason}")]
    Unknown { reason: String },
}

/// An envelope on its way, with what its subject's last sequence must be; 0 for a new aggregate.
#[derive(Clone, Debug)]
pub struct Pending {
    pub subject: Arc<str>,
    pub expected: u64,
    pub payload: Bytes,
}

struct Unit {
    members: Vec<Pending>,
    claim: Arc<Claim>,
    answer: oneshot::Sender<Result<Vec<u64>, AppendError>>,
}

/// Whether a unit is sent or given up: whoever claims it first decides.
#[derive(Debug, Default)]
struct Claim(AtomicBool);

impl Claim {
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

impl Unit {
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

/// How commits travel, for measuring what is best.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    pub plain_max: usize,
    pub plain_in_flight_max: usize,
    pub batches_in_flight_max: usize,
    pub beside_min: usize,
    pub ack_timeout: Duration,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            plain_max: PLAIN_MAX,
            plain_in_flight_max: PLAIN_IN_FLIGHT_MAX,
            batches_in_flight_max: BATCHES_IN_FLIGHT_MAX,
            beside_min: BESIDE_MIN,
            ack_timeout: ACK_TIMEOUT,
        }
    }
}

/// A handle to the task that sends commits to one stream.
#[derive(Clone, Debug)]
pub struct Committer {
    queue: mpsc::Sender<Unit>,
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
        match self.queue.try_send(Unit { members, claim: claim.clone(), answer }) {
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
            // It is on its way.
            None => answered.await.unwrap_or_else(stopped),
        }
    }
}

async fn run(sender: Arc<Sender>, waiting: &mut mpsc::Receiver<Unit>, tuning: Tuning) {
    let mut lane = Lane {
        sender,
        waiting,
        aside: VecDeque::new(),
        tuning,
        in_flight: Arc::default(),
        landed: Arc::default(),
        recent: 0,
    };
    while let Some(mut gathering) = lane.begin().await {
        loop {
            lane.settle(&mut gathering).await;
            match lane.way(&gathering) {
                Some(way) => break lane.send(gathering, way),
                None => lane.wait(&mut gathering).await,
            }
        }
    }
}

/// What is on its way.
#[derive(Debug, Default)]
struct InFlight {
    plain: AtomicUsize,
    batches: AtomicUsize,
}

/// Messages that count as on their way until this is dropped: also by a panic, and when the task that
/// sends them is cancelled.
struct UnderWay {
    in_flight: Arc<InFlight>,
    landed: Arc<Notify>,
    way: Way,
    size: usize,
}

impl UnderWay {
    fn new(in_flight: Arc<InFlight>, landed: Arc<Notify>, way: Way, size: usize) -> Self {
        match way {
            Way::Plain => in_flight.plain.fetch_add(size, Ordering::AcqRel),
            Way::Batch => in_flight.batches.fetch_add(1, Ordering::AcqRel),
        };
        Self { in_flight, landed, way, size }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        match self.way {
            Way::Plain => self.in_flight.plain.fetch_sub(self.size, Ordering::AcqRel),
            Way::Batch => self.in_flight.batches.fetch_sub(1, Ordering::AcqRel),
        };
        self.landed.notify_one();
    }
}

#[derive(Clone, Copy)]
enum Way {
    Plain,
    Batch,
}

/// The units that wait, those on their way, and how to tell when to send.
struct Lane<'a> {
    sender: Arc<Sender>,
    waiting: &'a mut mpsc::Receiver<Unit>,
    /// Units whose subject was already in what was gathered.
    aside: VecDeque<Unit>,
    tuning: Tuning,
    in_flight: Arc<InFlight>,
    landed: Arc<Notify>,
    /// How many messages went together lately: how many are likely to come again.
    recent: usize,
}

impl Lane<'_> {
    /// Waits for a unit; none when nobody can send one any more.
    async fn begin(&mut self) -> Option<Gathering> {
        let first = match self.aside.pop_front() {
            Some(unit) => unit,
            None => self.waiting.recv().await?,
        };
        Some(Gathering::new(first))
    }

    /// Takes what waits. Writers whose commits have just landed are about to come again: as long as
    /// fewer have come than lately went together, they are let run first.
    async fn settle(&mut self, gathering: &mut Gathering) {
        gathering.gather(&mut self.aside, self.waiting);
        let mut quiet = 0;
        while self.recent > self.tuning.plain_max
            && gathering.messages < self.recent
            && quiet < QUIET_TURNS_MAX
        {
            let before = gathering.messages;
            tokio::task::yield_now().await;
            gathering.gather(&mut self.aside, self.waiting);
            quiet = if gathering.messages == before { quiet + 1 } else { 0 };
        }
    }

    /// How to send what is gathered now, or that it is better to wait.
    fn way(&self, gathering: &Gathering) -> Option<Way> {
        let batches = self.in_flight.batches.load(Ordering::Acquire);
        let plain = self.in_flight.plain.load(Ordering::Acquire);
        let size = gathering.messages;
        if batches == 0 && size <= self.tuning.plain_max {
            let room = plain == 0 || plain + size <= self.tuning.plain_in_flight_max;
            return room.then_some(Way::Plain);
        }
        let alone = batches == 0;
        let worthwhile =
            size >= self.tuning.beside_min && batches < self.tuning.batches_in_flight_max;
        (alone || worthwhile).then_some(Way::Batch)
    }

    /// Waits until something lands or another unit comes.
    async fn wait(&mut self, gathering: &mut Gathering) {
        let full = gathering.is_full() || self.aside.len() >= BATCH_MESSAGES_MAX;
        let landed = self.landed.clone();
        tokio::select! {
            () = landed.notified() => (),
            unit = self.waiting.recv(), if !full => if let Some(unit) = unit {
                gathering.offer(unit, &mut self.aside);
            } else {
                // Nobody is left to send more; what is gathered still has to go.
                landed.notified().await;
            },
        }
    }

    fn send(&mut self, mut gathering: Gathering, way: Way) {
        gathering.units.retain(|unit| unit.claim.take());
        gathering.messages = gathering.units.iter().map(|unit| unit.members.len()).sum();
        // Half of what it was, at most, so that a lull is noticed soon.
        self.recent = gathering.messages.max(self.recent / 2);
        let (sender, in_flight, landed) =
            (self.sender.clone(), self.in_flight.clone(), self.landed.clone());
        let size = gathering.messages;
        // Counted from now on, and until the task is gone, however it goes.
        let under_way = UnderWay::new(in_flight, landed, way, size);
        tokio::spawn(async move {
            match way {
                Way::Plain => sender.send_singly(gathering.units).await,
                Way::Batch => sender.send_together(gathering.units).await,
            }
            drop(under_way);
        });
    }
}

struct Gathering {
    units: Vec<Unit>,
    subjects: HashSet<Arc<str>>,
    messages: usize,
    bytes: usize,
}

impl Gathering {
    fn new(first: Unit) -> Self {
        let mut gathering =
            Self { units: Vec::new(), subjects: HashSet::new(), messages: 0, bytes: 0 };
        gathering.take(first);
        gathering
    }

    fn is_full(&self) -> bool {
        self.messages >= BATCH_MESSAGES_MAX
    }

    fn take(&mut self, unit: Unit) {
        self.messages += unit.members.len();
        self.bytes += unit.bytes();
        self.subjects.extend(unit.members.iter().map(|member| member.subject.clone()));
        self.units.push(unit);
    }

    fn has_room(&self, unit: &Unit) -> bool {
        self.messages + unit.members.len() <= BATCH_MESSAGES_MAX
            && self.bytes + unit.bytes() <= BATCH_BYTES_MAX
            && unit.members.iter().all(|member| !self.subjects.contains(&member.subject))
    }

    /// Takes a unit, or puts it aside where there is no room.
    fn offer(&mut self, unit: Unit, aside: &mut VecDeque<Unit>) {
        if self.has_room(&unit) {
            self.take(unit);
        } else {
            aside.push_back(unit);
        }
    }

    /// Takes what waits, as far as there is room; a subject is never twice in one batch.
    fn gather(&mut self, aside: &mut VecDeque<Unit>, waiting: &mut mpsc::Receiver<Unit>) {
        for unit in std::mem::take(aside) {
            self.offer(unit, aside);
        }
        while !self.is_full() && aside.len() < BATCH_MESSAGES_MAX {
            let Ok(unit) = waiting.try_recv() else { break };
            self.offer(unit, aside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervision::caught;

    #[tokio::test]
    async fn what_is_on_its_way_is_given_back_by_a_panic_and_by_cancelling() {
        for way in [Way::Plain, Way::Batch] {
            let (in_flight, landed) = (Arc::new(InFlight::default()), Arc::new(Notify::new()));
            let under_way = || UnderWay::new(in_flight.clone(), landed.clone(), way, 3);
            let count = || {
                in_flight.plain.load(Ordering::Acquire) + in_flight.batches.load(Ordering::Acquire)
            };
            let panics = async {
                let _under_way = under_way();
                assert_eq!(count(), 0, "a bad day");
            };
            assert!(caught(panics).await.unwrap_err().contains("a bad day"));
            assert_eq!(count(), 0);
            let mut cancelled = Box::pin(async {
                let _under_way = under_way();
                std::future::pending::<()>().await;
            });
            assert!(futures::poll!(&mut cancelled).is_pending());
            assert_ne!(count(), 0);
            drop(cancelled);
            assert_eq!(count(), 0);
            landed.notified().await;
        }
    }
}
