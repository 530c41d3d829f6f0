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
    sync::Arc,
    time::Duration,
};

use async_nats::{Client, HeaderMap, client::Request};
use bytes::Bytes;
use futures::{StreamExt, future};
use serde::Deserialize;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tracing::{debug, warn};

use crate::envelope::ENVELOPE_BYTES_MAX;

/// The most units that may wait to be sent; beyond it a commit is refused as overloaded.
pub const QUEUE_MAX: usize = 8_192;
/// The most messages in one atomic batch (the server's own limit).
pub const BATCH_MESSAGES_MAX: usize = 1_000;
/// The most bytes gathered into one batch.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The most batches on their way at once (the server allows 50 for a stream).
pub const BATCHES_IN_FLIGHT_MAX: usize = 4;
/// Up to this many waiting commits, plain publishes are faster than a batch.
pub const PLAIN_MAX: usize = 32;
/// The most plain publishes on their way at once.
pub const PLAIN_IN_FLIGHT_MAX: usize = 32;
/// How long to wait for the server's acknowledgement.
pub const ACK_TIMEOUT: Duration = Duration::from_secs(5);

/// Another writer was first.
const CODE_WRONG_LAST_SEQUENCE: u64 = 10071;
/// Another writer's message for the subject is on its way.
const CODE_SUBJECT_IN_FLIGHT: u64 = 10164;

const EXPECTED_SUBJECT_SEQUENCE: &str = "Nats-Expected-Last-Subject-Sequence";
const EXPECTED_STREAM: &str = "Nats-Expected-Stream";
const BATCH_ID: &str = "Nats-Batch-Id";
const BATCH_SEQUENCE: &str = "Nats-Batch-Sequence";
const BATCH_COMMIT: &str = "Nats-Batch-Commit";

/// Why a commit was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Not stored. `in_flight` means that another write is under way: back off before reading.
    #[error("another commit for the aggregate was first")]
    Conflict { in_flight: bool },
    /// Not stored.
    #[error("{QUEUE_MAX} commits are waiting already")]
    Overloaded,
    /// Not stored.
    #[error("a commit of {bytes} bytes is larger than the {ENVELOPE_BYTES_MAX} that are allowed")]
    TooLarge { bytes: usize },
    /// Not stored.
    #[error("the server refused the commit ({code}): {description}")]
    Refused { code: u64, description: String },
    /// Stored or not: only the stream can tell.
    #[error("no acknowledgement came: {reason}")]
    Unknown { reason: String },
}

/// An envelope on its way, with what its subject's last sequence must be; 0 for a new aggregate.
#[derive(Clone, Debug)]
pub struct Pending {
    pub subject: String,
    pub expected: u64,
    pub payload: Bytes,
}

struct Unit {
    members: Vec<Pending>,
    answer: oneshot::Sender<Result<Vec<u64>, AppendError>>,
}

impl Unit {
    fn bytes(&self) -> usize {
        self.members.iter().map(|member| member.payload.len()).sum()
    }

    /// Whether a member's subject has provably moved past what it expects.
    fn is_stale(&self, last: &HashMap<String, u64>) -> bool {
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
    pub ack_timeout: Duration,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            plain_max: PLAIN_MAX,
            plain_in_flight_max: PLAIN_IN_FLIGHT_MAX,
            batches_in_flight_max: BATCHES_IN_FLIGHT_MAX,
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
        let sender = Arc::new(Sender { client, stream, ack_timeout: tuning.ack_timeout });
        tokio::spawn(run(sender, waiting, tuning));
        Self { queue }
    }

    /// Stores `members` together or not at all, and returns their sequences.
    ///
    /// # Errors
    ///
    /// [`AppendError`]; after `Unknown` the stream must be asked.
    pub async fn append(&self, members: Vec<Pending>) -> Result<Vec<u64>, AppendError> {
        for member in &members {
            let bytes = member.payload.len();
            if bytes > ENVELOPE_BYTES_MAX {
                return Err(AppendError::TooLarge { bytes });
            }
        }
        let (answer, answered) = oneshot::channel();
        match self.queue.try_send(Unit { members, answer }) {
            Ok(()) => (),
            Err(mpsc::error::TrySendError::Full(_)) => return Err(AppendError::Overloaded),
            Err(mpsc::error::TrySendError::Closed(_)) => {
                return Err(AppendError::Unknown { reason: "the committer has stopped".into() });
            }
        }
        answered.await.unwrap_or_else(|_| {
            Err(AppendError::Unknown { reason: "the committer has stopped".into() })
        })
    }
}

async fn run(sender: Arc<Sender>, mut waiting: mpsc::Receiver<Unit>, tuning: Tuning) {
    let plain = Arc::new(Semaphore::new(tuning.plain_in_flight_max));
    let batches = Arc::new(Semaphore::new(tuning.batches_in_flight_max));
    // Units set aside because the batch under way wrote their subject already.
    let mut aside: VecDeque<Unit> = VecDeque::new();
    loop {
        let first = match aside.pop_front() {
            Some(unit) => unit,
            None => match waiting.recv().await {
                Some(unit) => unit,
                None => break,
            },
        };
        let mut gathering = Gathering::new(first);
        gathering.gather(&mut aside, &mut waiting);
        if gathering.units.len() <= tuning.plain_max
            && let Ok(permits) = plain.clone().try_acquire_many_owned(gathering.units.len() as u32)
        {
            let sender = sender.clone();
            tokio::spawn(async move {
                sender.send_singly(gathering.units).await;
                drop(permits);
            });
            continue;
        }
        // While a place is awaited more commits pile up, and the batch grows with the load.
        let Ok(permit) = batches.clone().acquire_owned().await else { break };
        gathering.gather(&mut aside, &mut waiting);
        let sender = sender.clone();
        tokio::spawn(async move {
            sender.send_together(gathering.units).await;
            drop(permit);
        });
    }
}

struct Gathering {
    units: Vec<Unit>,
    subjects: HashSet<String>,
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

    /// Takes what waits, as far as there is room; a subject is never twice in one batch.
    fn gather(&mut self, aside: &mut VecDeque<Unit>, waiting: &mut mpsc::Receiver<Unit>) {
        let mut passed_over = VecDeque::new();
        while let Some(unit) = aside.pop_front() {
            if self.has_room(&unit) {
                self.take(unit);
            } else {
                passed_over.push_back(unit);
            }
        }
        *aside = passed_over;
        while self.messages < BATCH_MESSAGES_MAX && aside.len() < BATCH_MESSAGES_MAX {
            let Ok(unit) = waiting.try_recv() else { break };
            if self.has_room(&unit) {
                self.take(unit);
            } else {
                aside.push_back(unit);
            }
        }
    }
}

/// What the server answers to a publish.
#[derive(Debug, Deserialize)]
struct PubAck {
    #[serde(default)]
    seq: u64,
    error: Option<PubError>,
}

#[derive(Debug, Deserialize)]
struct PubError {
    #[serde(default)]
    err_code: u64,
    #[serde(default)]
    description: String,
}

struct Sender {
    client: Client,
    stream: String,
    ack_timeout: Duration,
}

impl Sender {
    async fn send_singly(&self, units: Vec<Unit>) {
        future::join_all(units.into_iter().map(|unit| async move {
            let result = match unit.members.as_slice() {
                [lone] => self.publish(lone).await.map(|sequence| vec![sequence]),
                _ => self.publish_batch(&unit.members.iter().collect::<Vec<_>>()).await,
            };
            // Whoever asked may have given up waiting; the stream still has the truth.
            let _ = unit.answer.send(result);
        }))
        .await;
    }

    async fn send_together(&self, units: Vec<Unit>) {
        let Some((units, refused)) = self.send_batch(units).await else { return };
        debug!(stream = self.stream, %refused, "a batch was refused");
        metrics::counter!("samvirke_commit_batches_refused").increment(1);
        let last = self.last_sequences(&units).await;
        let (stale, fresh): (Vec<Unit>, Vec<Unit>) =
            units.into_iter().partition(|unit| unit.is_stale(&last));
        let found_them = !stale.is_empty();
        for unit in stale {
            let _ = unit.answer.send(Err(AppendError::Conflict { in_flight: false }));
        }
        if found_them && fresh.len() > 1 {
            if let Some((units, _)) = self.send_batch(fresh).await {
                self.send_singly(units).await;
            }
        } else {
            self.send_singly(fresh).await;
        }
    }

    /// Sends one batch and answers its units; gives them back if the server refused.
    async fn send_batch(&self, units: Vec<Unit>) -> Option<(Vec<Unit>, AppendError)> {
        let members: Vec<&Pending> = units.iter().flat_map(|unit| &unit.members).collect();
        metrics::histogram!("samvirke_commit_batch_messages").record(members.len() as f64);
        match self.publish_batch(&members).await {
            Ok(sequences) => {
                let mut sequences = sequences.into_iter();
                for unit in units {
                    let own = sequences.by_ref().take(unit.members.len()).collect();
                    let _ = unit.answer.send(Ok(own));
                }
                None
            }
            Err(AppendError::Unknown { reason }) => {
                warn!(
                    stream = self.stream,
                    messages = members.len(),
                    reason,
                    "a batch was not acknowledged"
                );
                for unit in units {
                    let _ = unit.answer.send(Err(AppendError::Unknown { reason: reason.clone() }));
                }
                None
            }
            Err(refused) => Some((units, refused)),
        }
    }

    /// The last sequences of the units' subjects, as far as a replica knows them; it may know too
    /// little, never too much.
    async fn last_sequences(&self, units: &[Unit]) -> HashMap<String, u64> {
        let subjects: Vec<&str> = units
            .iter()
            .flat_map(|unit| &unit.members)
            .map(|member| member.subject.as_str())
            .collect();
        let mut last = HashMap::new();
        let question = serde_json::json!({ "multi_last": subjects, "batch": subjects.len() });
        let inbox = self.client.new_inbox();
        let Ok(mut answers) = self.client.subscribe(inbox.clone()).await else { return last };
        let subject = format!("$JS.API.DIRECT.GET.{}", self.stream);
        if self
            .client
            .publish_with_reply(subject, inbox, question.to_string().into())
            .await
            .is_err()
        {
            return last;
        }
        while let Ok(Some(answer)) = tokio::time::timeout(self.ack_timeout, answers.next()).await {
            if answer.status.is_some() {
                break;
            }
            let header = |name| answer.headers.as_ref()?.get(name).map(|value| value.as_str());
            if let (Some(subject), Some(Ok(sequence))) =
                (header("Nats-Subject"), header("Nats-Sequence").map(str::parse))
            {
                last.insert(subject.to_owned(), sequence);
            }
        }
        last
    }

    async fn publish(&self, message: &Pending) -> Result<u64, AppendError> {
        self.request(message, self.headers(message)).await
    }

    /// Publishes one atomic batch; the sequences are consecutive, the last one is acknowledged.
    async fn publish_batch(&self, members: &[&Pending]) -> Result<Vec<u64>, AppendError> {
        let batch = format!("{:032x}", rand::random::<u128>());
        let mut last = 0;
        for (index, message) in members.iter().enumerate() {
            let mut headers = self.headers(message);
            headers.insert(BATCH_ID, batch.as_str());
            headers.insert(BATCH_SEQUENCE, (index + 1).to_string());
            if index + 1 == members.len() {
                headers.insert(BATCH_COMMIT, "1");
                last = self.request(message, headers).await?;
            } else {
                self.client
                    .publish_with_headers(message.subject.clone(), headers, message.payload.clone())
                    .await
                    .map_err(|err| AppendError::Unknown { reason: err.to_string() })?;
            }
        }
        let count = members.len() as u64;
        Ok((last + 1 - count..=last).collect())
    }

    fn headers(&self, message: &Pending) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED_STREAM, self.stream.as_str());
        headers.insert(EXPECTED_SUBJECT_SEQUENCE, message.expected.to_string());
        headers
    }

    async fn request(&self, message: &Pending, headers: HeaderMap) -> Result<u64, AppendError> {
        let unknown = |reason: String| AppendError::Unknown { reason };
        let request = Request::new()
            .headers(headers)
            .payload(message.payload.clone())
            .timeout(Some(self.ack_timeout));
        let answer = self
            .client
            .send_request(message.subject.clone(), request)
            .await
            .map_err(|err| unknown(err.to_string()))?;
        let ack: PubAck =
            serde_json::from_slice(&answer.payload).map_err(|err| unknown(err.to_string()))?;
        match ack.error {
            None => Ok(ack.seq),
            Some(error) => Err(match error.err_code {
                CODE_WRONG_LAST_SEQUENCE => AppendError::Conflict { in_flight: false },
                CODE_SUBJECT_IN_FLIGHT => AppendError::Conflict { in_flight: true },
                code => AppendError::Refused { code, description: error.description },
            }),
        }
    }
}
