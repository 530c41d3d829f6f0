//! A stream that one relay writes in one order, for others to read.
//!
//! Every write says what the last sequence of the whole stream must be, so that of two writers only one
//! gets through and none can come in between. What the writer needs to go on after a restart travels in
//! the headers of its messages: the last message is the checkpoint.

pub mod durable_consumer;
pub mod erasure;
pub mod recent;

use std::{sync::Arc, time::Duration};

use async_nats::{
    Client, HeaderMap, Subscriber,
    header::NATS_EXPECTED_LAST_SEQUENCE,
    jetstream::{
        self,
        consumer::{DeliverPolicy, pull},
        message::StreamMessage,
    },
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};
use tokio::time::Instant;

use crate::{
    checkpoint::{self, Checkpoint, Stands},
    committer::{AppendError, BATCH_MESSAGES_MAX},
    envelope::{self, ENVELOPE_BYTES_MAX},
    jetstream::{absent, acknowledgement::acknowledged, batch::Batch, direct_get::DirectGet},
    lag::Lags,
    log::stored::ReadError,
    stream::{
        self, StreamError, StreamIdentity,
        guard::{Guard, Held},
        kinds::{erasure_stream, published_stream},
        set_up::set_up_alone,
    },
};

/// How long to wait for the server's acknowledgement or for the next message of an answer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// The most messages asked for in one page.
pub const PAGE_MESSAGES_MAX: usize = 1_000;

/// A message to be published.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub subject: String,
    pub headers: Vec<(&'static str, String)>,
    pub payload: Bytes,
}

/// A message as it stands in the stream.
#[derive(Clone, Debug)]
pub struct Published {
    pub subject: String,
    pub sequence: u64,
    /// When the server stored it.
    pub stored_at: DateTime<Utc>,
    pub payload: Bytes,
    headers: HeaderMap,
}

impl Published {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(async_nats::HeaderValue::as_str)
    }

    /// SHA-256 of the message's payload, in hexadecimal.
    pub fn digest(&self) -> String {
        envelope::digest(&self.payload)
    }
}

impl From<StreamMessage> for Published {
    fn from(message: StreamMessage) -> Self {
        Self {
            subject: message.subject.to_string(),
            sequence: message.sequence,
            stored_at: message.time,
            payload: message.payload,
            headers: message.headers,
        }
    }
}

/// The acknowledgements that are still to come for messages in flight to the stream.
#[derive(Debug)]
pub struct PendingAcks {
    answers: Subscriber,
    until: Instant,
}

impl PendingAcks {
    /// Waits for the acknowledgement; returns the stream's new last sequence.
    ///
    /// # Errors
    ///
    /// As [`Publication::publish`].
    pub async fn acknowledged(&mut self) -> Result<u64, AppendError> {
        match tokio::time::timeout_at(self.until, self.answers.next()).await {
            Ok(Some(answer)) => acknowledged(&answer),
            Ok(None) => Err(unknown("the connection was closed")),
            Err(_) => Err(unknown(format!("nothing within {ANSWER_TIMEOUT:?}"))),
        }
    }
}

/// A published stream.
#[derive(Clone, Debug)]
pub struct Publication {
    js: jetstream::Context,
    identity: Arc<StreamIdentity>,
    guard: Guard,
    /// Those who follow the stream, and how far behind its end they are.
    lags: Arc<Lags>,
}

impl Publication {
    /// Sets up the stream `name` and that of its erasures where they never were, and opens it: for tests
    /// and benches, whose servers begin empty.
    ///
    /// # Errors
    ///
    /// As [`stream::open`].
    pub async fn make(
        client: Client,
        name: &str,
        subjects: &str,
        replicas: usize,
    ) -> Result<Self, StreamError> {
        let wanted =
            vec![published_stream(name, subjects, replicas), erasure_stream(name, replicas)];
        set_up_alone(&client, wanted).await?;
        Self::open(client, name, subjects, replicas).await
    }

    /// Opens the stream `name` for `subjects`.
    ///
    /// # Errors
    ///
    /// As [`stream::open`].
    pub async fn open(
        client: Client,
        name: &str,
        subjects: &str,
        replicas: usize,
    ) -> Result<Self, StreamError> {
        let js = jetstream::new(client);
        // What is withheld is erased here; one that an older samvirke made allows nothing of the kind, and
        // the server cannot change it.
        let older = match js.get_stream(name).await {
            Ok(stream) => stream.cached_info().config.deny_delete,
            Err(_) => false,
        };
        let wanted = jetstream::stream::Config {
            deny_delete: older,
            ..published_stream(name, subjects, replicas)
        };
        let identity = stream::open_as(&js, &wanted).await?;
        Ok(Self::with(js, identity))
    }

    /// Opens the stream `name`, which another service writes, to read it.
    ///
    /// # Errors
    ///
    /// When there is none yet, or the server cannot be reached.
    pub async fn reading(client: Client, name: &str) -> Result<Self, StreamError> {
        let js = jetstream::new(client);
        let stream = js.get_stream(name).await.map_err(|err| StreamError::Unreachable {
            stream: name.to_owned(),
            source: Box::new(err),
        })?;
        let identity = stream::identity(stream.cached_info());
        Ok(Self::with(js, identity))
    }

    /// Nothing is created in a published stream, so that a gap in it is told and holds nothing back.
    fn with(js: jetstream::Context, identity: StreamIdentity) -> Self {
        let guard = Guard::new(js.clone(), identity.name.clone());
        Self { js, identity: Arc::new(identity), guard, lags: Arc::default() }
    }

    pub fn identity(&self) -> &StreamIdentity {
        &self.identity
    }

    pub(crate) fn lags(&self) -> &Arc<Lags> {
        &self.lags
    }

    /// Stores the message that names the stream for good, if nothing is stored yet. It is the first, and
    /// never erased.
    ///
    /// # Errors
    ///
    /// [`AppendError`]; whether it is there is seen by asking again.
    pub async fn set_up(&self, subject: &str) -> Result<(), AppendError> {
        let nonce = format!("{:032x}", rand::random::<u128>());
        let payload = serde_json::json!({"stream": self.identity.name, "nonce": nonce});
        let message = Outgoing {
            subject: subject.to_owned(),
            headers: Vec::new(),
            payload: payload.to_string().into(),
        };
        match self.publish(0, &[message]).await {
            Ok(_) | Err(AppendError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether what is in the stream may be given out. One that has lost its tail may hold what was erased since.
    ///
    /// # Errors
    ///
    /// [`Held`], why not.
    pub async fn is_whole(&self) -> Result<(), Held> {
        self.guard.appends().await
    }

    /// The last sequence, 0 when nothing was published.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn last_sequence(&self) -> Result<u64, ReadError> {
        let stream = self.js.get_stream(&self.identity.name).await;
        Ok(stream.map_err(|err| self.unreachable(err))?.cached_info().state.last_sequence)
    }

    /// Where to go on from, where a checkpoint is of a history that the stream has lost: the end at which
    /// an operator accepted the stream. None where nobody has.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn accepted_before(
        &self,
        kept: &Checkpoint,
    ) -> Result<Option<Checkpoint>, ReadError> {
        let accepted = checkpoint::accepted_before(&self.js, kept).await;
        accepted.map_err(|err| self.unreachable(err))
    }

    /// Compares a checkpoint with the stream.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn stands(&self, kept: &Checkpoint) -> Result<Stands, ReadError> {
        checkpoint::stands(&self.js, kept).await.map_err(|err| self.unreachable(err))
    }

    /// The last message, as the stream's leader has it.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn last(&self) -> Result<Option<Published>, ReadError> {
        let stream = self.js.get_stream(&self.identity.name).await;
        let stream = stream.map_err(|err| self.unreachable(err))?;
        let last = stream.cached_info().state.last_sequence;
        if last == 0 {
            return Ok(None);
        }
        let message = stream.get_raw_message(last).await.map_err(|err| self.unreachable(err))?;
        Ok(Some(message.into()))
    }

    /// Publishes messages, in order and together, if `expected` is the stream's last sequence; returns
    /// the new last sequence.
    ///
    /// # Errors
    ///
    /// [`AppendError::Conflict`] when someone else has published; after [`AppendError::Unknown`] the
    /// last message must be read.
    ///
    /// # Panics
    ///
    /// As [`Publication::send`].
    pub async fn publish(&self, expected: u64, messages: &[Outgoing]) -> Result<u64, AppendError> {
        self.send(expected, messages).await?.acknowledged().await
    }

    /// As [`Publication::publish`], but returns when the messages are on their way, so that the next
    /// ones, which expect these to be stored, can follow before they are acknowledged.
    ///
    /// # Errors
    ///
    /// [`AppendError::TooLarge`] before anything is sent, or [`AppendError::Unknown`].
    ///
    /// # Panics
    ///
    /// With more than [`BATCH_MESSAGES_MAX`] messages, or none.
    pub async fn send(
        &self,
        expected: u64,
        messages: &[Outgoing],
    ) -> Result<PendingAcks, AppendError> {
        assert!(messages.len() <= BATCH_MESSAGES_MAX, "a batch has at most {BATCH_MESSAGES_MAX}");
        let (last, before) = messages.split_last().expect("there is something to publish");
        let largest =
            messages.iter().map(|message| message.payload.len()).max().unwrap_or_default();
        if largest > ENVELOPE_BYTES_MAX {
            return Err(AppendError::TooLarge { bytes: largest });
        }
        self.guard.appends().await?;
        let batch = (!before.is_empty()).then(|| Batch::new(messages.len()));
        let headers = |index: usize, message: &Outgoing| {
            let mut headers = HeaderMap::new();
            for (name, value) in &message.headers {
                headers.insert(*name, value.as_str());
            }
            if index == 0 {
                headers.insert(NATS_EXPECTED_LAST_SEQUENCE, expected.to_string());
            }
            if let Some(batch) = &batch {
                batch.mark(index, &mut headers);
            }
            headers
        };
        let client = self.js.client();
        for (index, message) in before.iter().enumerate() {
            let (subject, payload) = (message.subject.clone(), message.payload.clone());
            let sent = client.publish_with_headers(subject, headers(index, message), payload);
            sent.await.map_err(unknown)?;
        }
        let inbox = client.new_inbox();
        let answers = client.subscribe(inbox.clone()).await.map_err(unknown)?;
        client
            .publish_with_reply_and_headers(
                last.subject.clone(),
                inbox,
                headers(before.len(), last),
                last.payload.clone(),
            )
            .await
            .map_err(unknown)?;
        Ok(PendingAcks { answers, until: Instant::now() + ANSWER_TIMEOUT })
    }

    /// Reads up to `limit` messages after a sequence whose subjects match `filter`, from any replica;
    /// it may show too little, never something else.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn page(
        &self,
        filter: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Published>, ReadError> {
        self.direct(serde_json::json!({
            "seq": after + 1, "batch": limit.min(PAGE_MESSAGES_MAX), "next_by_subj": filter,
        }))
        .await
    }

    /// The last sequence before a time: after it comes what was stored then or later. It is the last
    /// of all where nothing was.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn sequence_before(&self, time: DateTime<Utc>) -> Result<u64, ReadError> {
        let last = self.last_sequence().await?;
        let first = self
            .direct(serde_json::json!({
                "start_time": time.to_rfc3339(), "batch": 1, "next_by_subj": ">",
            }))
            .await?;
        Ok(first.first().map_or(last, |first| first.sequence - 1))
    }

    /// Asks any replica for several messages.
    async fn direct(&self, question: serde_json::Value) -> Result<Vec<Published>, ReadError> {
        let (client, name) = (self.js.client(), &self.identity.name);
        let mut messages = DirectGet::ask(&client, name, &question, ANSWER_TIMEOUT).await?;
        let mut page = Vec::new();
        while let Some(message) = messages.next().await? {
            page.push(message.into());
        }
        Ok(page)
    }

    /// The first message after a sequence whose subject matches `filter`, as the stream's leader has
    /// it: where the leader has none, there is none.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn next(&self, filter: &str, after: u64) -> Result<Option<Published>, ReadError> {
        let stream = self.js.get_stream_no_info(&self.identity.name).await;
        let stream = stream.map_err(|err| self.unreachable(err))?;
        let found = stream.get_first_raw_message_by_subject(filter, after + 1).await;
        let found = absent::message(found).map_err(|err| self.unreachable(err))?;
        Ok(found.map(Published::from))
    }

    /// Follows what matches one of `filters` after a sequence, in order, as long as it is read.
    ///
    /// # Errors
    ///
    /// [`ReadError`], at once or as an item; then follow again from the last message that was seen.
    pub async fn follow(
        &self,
        filters: Vec<String>,
        after: u64,
    ) -> Result<impl Stream<Item = Result<Published, ReadError>> + Unpin + use<>, ReadError> {
        let config = pull::OrderedConfig {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: after + 1 },
            filter_subjects: filters,
            ..pull::OrderedConfig::default()
        };
        let consumer: jetstream::consumer::Consumer<pull::OrderedConfig> = self
            .js
            .create_consumer_on_stream(config, &self.identity.name)
            .await
            .map_err(|err| self.unreachable(err))?;
        let messages = consumer.messages().await.map_err(|err| self.unreachable(err))?;
        let publication = self.clone();
        Ok(messages.map(move |message| {
            let message = message.map_err(|err| publication.unreachable(err))?;
            publication.delivered(&message)
        }))
    }

    fn delivered(&self, message: &jetstream::Message) -> Result<Published, ReadError> {
        let info = message.info().map_err(|err| self.unreachable(err.to_string()))?;
        Ok(Published {
            subject: message.subject.to_string(),
            sequence: info.stream_sequence,
            stored_at: info.published,
            payload: message.payload.clone(),
            headers: message.headers.clone().unwrap_or_default(),
        })
    }

    fn unreachable(
        &self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> ReadError {
        ReadError::Unreachable { stream: self.identity.name.clone(), source: source.into() }
    }
}

fn unknown(reason: impl ToString) -> AppendError {
    AppendError::Unknown { reason: reason.to_string() }
}
