//! One context's event stream: reading an aggregate's commits, following all of them, appending.
//!
//! A direct get may be served by a replica that lags, so it may show too little but never something
//! else; what the leader says is current.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_nats::{
    Client,
    jetstream::{
        self,
        consumer::{DeliverPolicy, pull},
    },
};
use bytes::Bytes;
use futures::{
    Stream, StreamExt, TryStreamExt,
    stream::{self as streams, BoxStream},
};
use samvirke_schemas::id::{AggregateId, CooperationId};
use tokio::time::Instant;

use crate::{
    checkpoint::{self, Checkpoint, Stands},
    committer::{AppendError, Committer, Pending, Tuning},
    deadline::Deadline,
    jetstream::{absent, direct_get::DirectGet},
    lag::Lags,
    position::Position,
    shared_read::SharedRead,
    stream::{
        self, StreamError, StreamIdentity,
        guard::Guard,
        kinds::event_stream,
        record::{Gap, known},
        set_up::set_up_alone,
    },
};

mod long_history;
pub mod stored;
mod tail;

use long_history::LONG_COMMITS;
use stored::delivered;
pub use stored::{READ_TIMEOUT, ReadError, Stored};
use tail::{Next, Tail, TailCursor};

/// The most messages asked for in one direct get; more are paged.
pub const READ_MESSAGES_MAX: usize = 1_000;
/// The most bytes asked for in one direct get.
pub const READ_BYTES_MAX: usize = 4 * 1024 * 1024;
/// For how long the accepted gaps are known: an operator accepts one, and not often.
const GAPS_FRESH: Duration = Duration::from_secs(2);
/// A context's event stream.
#[derive(Clone, Debug)]
pub struct Log {
    context: &'static str,
    js: jetstream::Context,
    identity: Arc<StreamIdentity>,
    committer: Committer,
    guard: Guard,
    gaps: Arc<Mutex<Option<GapsRead>>>,
    /// Where the stream ends, read once for all who ask at the same time; none where it does not answer.
    ends: SharedRead<Option<u64>>,
    tail: Arc<Tail>,
    /// Those who follow the stream, and how far behind its end they are.
    lags: Arc<Lags>,
}

/// The accepted gaps, and when they were read.
type GapsRead = (Instant, Vec<Gap>);

impl Log {
    /// Sets up the stream of `context` where it never was, and opens it: for tests and benches, whose
    /// servers begin empty.
    ///
    /// # Errors
    ///
    /// As [`stream::open`].
    pub async fn set_up(
        client: Client,
        context: &'static str,
        replicas: usize,
    ) -> Result<Self, StreamError> {
        set_up_alone(&client, vec![event_stream(context, replicas)]).await?;
        Self::open(client, context, replicas).await
    }

    /// Opens the stream of `context`.
    ///
    /// # Errors
    ///
    /// As [`stream::open`].
    pub async fn open(
        client: Client,
        context: &'static str,
        replicas: usize,
    ) -> Result<Self, StreamError> {
        Self::open_tuned(client, context, replicas, Tuning::default()).await
    }

    /// As [`Log::open`], with another way of gathering commits.
    ///
    /// # Errors
    ///
    /// As [`stream::open`].
    pub async fn open_tuned(
        client: Client,
        context: &'static str,
        replicas: usize,
        tuning: Tuning,
    ) -> Result<Self, StreamError> {
        let js = jetstream::new(client.clone());
        let identity = stream::open(&js, context, replicas).await?;
        let committer = Committer::start(client, identity.name.clone(), tuning);
        let guard = Guard::new(js.clone(), identity.name.clone());
        let (identity, gaps) = (Arc::new(identity), Arc::default());
        let ends = SharedRead::new();
        let (tail, lags) = (Arc::default(), Arc::default());
        Ok(Self { context, js, identity, committer, guard, gaps, ends, tail, lags })
    }

    /// What is known of the stream's soundness.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Whether something new may be made in the stream, and what is not found in it may be said not to
    /// exist. Waits while the stream is read through for the first time.
    ///
    /// # Errors
    ///
    /// [`AppendError::Held`].
    pub async fn creations(&self) -> Result<(), AppendError> {
        Ok(self.guard.creations().await?)
    }

    pub fn client(&self) -> Client {
        self.js.client()
    }

    pub fn jetstream(&self) -> &jetstream::Context {
        &self.js
    }

    pub fn identity(&self) -> &StreamIdentity {
        &self.identity
    }

    pub(crate) fn lags(&self) -> &Arc<Lags> {
        &self.lags
    }

    pub fn position(&self, sequence: u64) -> Position {
        Position { stream: self.identity.name.clone(), sequence }
    }

    /// The subject that holds exactly one aggregate.
    pub fn subject(&self, kind: &str, id: &AggregateId) -> String {
        format!("es.{}.{}.{}.{}", self.context, id.cooperation, kind, id.local)
    }

    /// The subjects of everything in a cooperation.
    pub(crate) fn subject_of(&self, cooperation: &CooperationId) -> String {
        format!("es.{}.{cooperation}.>", self.context)
    }

    /// Stores commits together or not at all.
    ///
    /// # Errors
    ///
    /// [`AppendError`].
    pub async fn append(&self, members: Vec<Pending>) -> Result<Vec<u64>, AppendError> {
        self.append_before(Deadline::NONE, members).await
    }

    /// As [`Log::append`]; what has not been sent by the deadline is never sent.
    ///
    /// # Errors
    ///
    /// [`AppendError`].
    pub async fn append_before(
        &self,
        deadline: Deadline,
        members: Vec<Pending>,
    ) -> Result<Vec<u64>, AppendError> {
        let is_sound = async {
            match members.iter().any(|member| member.expected == 0) {
                true => self.guard.creations().await,
                false => self.guard.appends().await,
            }
        };
        deadline.wait(is_sound).await.ok_or(AppendError::Late)??;
        let begun = Instant::now();
        let appended = self.committer.append(members, deadline).await;
        metrics::histogram!("samvirke_commit_seconds", "context" => self.context)
            .record(begun.elapsed().as_secs_f64());
        appended
    }

    /// Reads the commits of one subject after a sequence: in one request, and by a consumer where they are
    /// many. May lag behind the leader.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn read(&self, subject: &str, after: u64) -> Result<Vec<Stored>, ReadError> {
        let mut commits = Vec::new();
        let push = |commit| {
            commits.push(commit);
            Ok::<_, ReadError>(())
        };
        self.read_each(subject, after, push).await?;
        Ok(commits)
    }

    /// As [`Log::read`], but each commit is taken as it comes, and none is held.
    ///
    /// # Errors
    ///
    /// [`ReadError`], or that of `take`, which ends the reading.
    pub(crate) async fn read_each<E: From<ReadError>>(
        &self,
        subject: &str,
        after: u64,
        mut take: impl FnMut(Stored) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(last) = self.read_page(subject, after + 1, LONG_COMMITS, &mut take).await? else {
            return Ok(());
        };
        let mut left = self.read_long(subject, last, &mut take).await?;
        while let Some(last) = left {
            left = self.read_page(subject, last + 1, READ_MESSAGES_MAX, &mut take).await?;
        }
        Ok(())
    }

    /// Reads one page; returns the last sequence of it if there is more.
    async fn read_page<E: From<ReadError>>(
        &self,
        subject: &str,
        from: u64,
        messages_max: usize,
        take: &mut impl FnMut(Stored) -> Result<(), E>,
    ) -> Result<Option<u64>, E> {
        let question = serde_json::json!({
            "seq": from, "batch": messages_max, "max_bytes": READ_BYTES_MAX,
            "next_by_subj": subject,
        });
        let (client, name) = (self.client(), &self.identity.name);
        let mut messages = DirectGet::ask(&client, name, &question, READ_TIMEOUT).await?;
        let mut last = None;
        while let Some(message) = messages.next().await? {
            last = Some(message.sequence);
            take(message.into())?;
        }
        Ok(last.filter(|_| messages.has_more()))
    }

    /// Reads the commits of one subject after a sequence from the leader, one request each.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn read_from_leader(
        &self,
        subject: &str,
        after: u64,
    ) -> Result<Vec<Stored>, ReadError> {
        let mut commits: Vec<Stored> = Vec::new();
        loop {
            let after = commits.last().map_or(after, |last| last.sequence);
            match self.first_from(subject, after + 1).await? {
                Some(commit) => commits.push(commit),
                None => return Ok(commits),
            }
        }
    }

    /// The first commit from a sequence on whose subject matches, as the stream's leader has it; subjects
    /// may hold wildcards.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn first_from(&self, subject: &str, from: u64) -> Result<Option<Stored>, ReadError> {
        let stream = self.leader().await?;
        let found = stream.get_first_raw_message_by_subject(subject, from).await;
        let found = absent::message(found).map_err(|err| self.unreachable(err))?;
        Ok(found.map(Stored::from))
    }

    /// The last commit of a subject, as the stream's leader has it.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub(crate) async fn last_from_leader(
        &self,
        subject: &str,
    ) -> Result<Option<(u64, Bytes)>, ReadError> {
        let found = self.leader().await?.get_last_raw_message_by_subject(subject).await;
        let found = absent::message(found).map_err(|err| self.unreachable(err))?;
        Ok(found.map(|message| (message.sequence, message.payload)))
    }

    /// The stream, to ask its leader; nothing is sent.
    async fn leader(&self) -> Result<jetstream::stream::Stream<()>, ReadError> {
        let stream = self.js.get_stream_no_info(&self.identity.name).await;
        stream.map_err(|err| self.unreachable(err))
    }

    /// The last sequence of the stream at which something can be read, or could be before it was damaged: what
    /// an operator has accepted as lost at the end is not waited for.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn last_sequence(&self) -> Result<u64, ReadError> {
        let last = self.info().await?.state.last_sequence;
        Ok(without_lost_end(last, &self.accepted_gaps().await?))
    }

    /// As [`Log::last_sequence`], read once for everybody who asks at the same time, and never before it is asked.
    /// None where the stream does not answer within `patience`.
    pub async fn end(&self, patience: Duration) -> Option<u64> {
        let log = self.clone();
        let read = move |_| async move { log.last_sequence().await.ok() };
        tokio::time::timeout(patience, self.ends.ask(read)).await.ok().flatten()
    }

    /// Whether an operator has accepted that commits of the stream are lost.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn has_lost_commits(&self) -> Result<bool, ReadError> {
        Ok(!self.accepted_gaps().await?.is_empty())
    }

    /// The gaps that an operator has accepted, as of [`GAPS_FRESH`] ago at most.
    async fn accepted_gaps(&self) -> Result<Vec<Gap>, ReadError> {
        let now = Instant::now();
        let kept = self.gaps.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, gaps)) = kept
            && now - at < GAPS_FRESH
        {
            return Ok(gaps);
        }
        let stream = &self.identity.name;
        let record = known(&self.js, stream).await.map_err(|err| self.unreachable(err))?;
        let gaps = record.map(|record| record.gaps).unwrap_or_default();
        *self.gaps.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, gaps.clone()));
        Ok(gaps)
    }

    /// The stream as it is now, which may be another one under the same name.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn info(&self) -> Result<jetstream::stream::Info, ReadError> {
        let stream =
            self.js.get_stream(&self.identity.name).await.map_err(|err| self.unreachable(err))?;
        Ok(stream.cached_info().clone())
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

    /// Follows every commit after a sequence, in order, as long as the stream is read. Over a hole that no
    /// operator has accepted nobody is led. Whoever has come to the end shares what is new with all who
    /// follow through the same log.
    ///
    /// # Errors
    ///
    /// [`ReadError`], at once or as an item; then follow again from the last commit that was seen.
    pub async fn follow(
        &self,
        after: u64,
    ) -> Result<impl Stream<Item = Result<Stored, ReadError>> + Unpin + use<>, ReadError> {
        let mut following = Following { log: self.clone(), at: after, cursor: None, alone: None };
        following.begin().await?;
        let commits = streams::unfold(following, |mut following| async move {
            let next = following.next().await?;
            Some((next, following))
        });
        Ok(commits.boxed())
    }

    /// As [`Log::follow`], with the server's attention for itself: for one that reads to an end and no further.
    ///
    /// # Errors
    ///
    /// [`ReadError`], at once or as an item; then follow again from the last commit that was seen.
    pub async fn follow_alone(
        &self,
        after: u64,
    ) -> Result<impl Stream<Item = Result<Stored, ReadError>> + Unpin + use<>, ReadError> {
        let consumer: jetstream::consumer::Consumer<pull::OrderedConfig> = self
            .js
            .create_consumer_on_stream(
                pull::OrderedConfig {
                    deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: after + 1 },
                    ..pull::OrderedConfig::default()
                },
                &self.identity.name,
            )
            .await
            .map_err(|err| self.unreachable(err))?;
        let messages = consumer.messages().await.map_err(|err| self.unreachable(err))?;
        let log = self.clone();
        let mut at = after;
        let commits = messages.map(move |message| {
            let message = message.map_err(|err| log.unreachable(err))?;
            let commit = delivered(&log.identity.name, &message)?;
            let gap = Gap { from: at + 1, to: commit.sequence - 1 };
            at = commit.sequence;
            Ok((commit, (gap.from <= gap.to).then(|| (log.clone(), gap))))
        });
        // The server passes over what it cannot read without a word.
        let checked = commits.and_then(|(commit, gap)| async move {
            if let Some((log, gap)) = gap {
                log.check_gap(gap).await?;
            }
            Ok(commit)
        });
        Ok(checked.boxed())
    }

    /// Whether an operator has accepted that nothing can be read in a gap.
    pub(crate) async fn check_gap(&self, gap: Gap) -> Result<(), ReadError> {
        let stream = &self.identity.name;
        let record = known(&self.js, stream).await.map_err(|err| self.unreachable(err))?;
        match record.is_some_and(|record| record.unexplained(&[gap]).is_empty()) {
            true => Ok(()),
            false => Err(ReadError::Gap { stream: stream.clone(), gap }),
        }
    }

    fn unreachable(
        &self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> ReadError {
        ReadError::Unreachable { stream: self.identity.name.clone(), source: source.into() }
    }
}

type Commits = BoxStream<'static, Result<Stored, ReadError>>;

/// Somebody who follows a stream: alone until the end is near, then with the others.
struct Following {
    log: Log,
    /// The sequence that was taken last.
    at: u64,
    cursor: Option<TailCursor>,
    alone: Option<Commits>,
}

impl Following {
    /// Joins the others, or begins to read alone.
    async fn begin(&mut self) -> Result<(), ReadError> {
        self.cursor = self.log.tail.join(&self.log, self.at).await?;
        self.alone = match self.cursor {
            Some(_) => None,
            None => Some(self.log.follow_alone(self.at).await?.boxed()),
        };
        Ok(())
    }

    async fn next(&mut self) -> Option<Result<Stored, ReadError>> {
        loop {
            if let Some(cursor) = &mut self.cursor {
                match cursor.next(self.at).await {
                    Next::Commit(commit) => {
                        self.at = commit.sequence;
                        return Some(Ok(commit));
                    }
                    Next::Alone => self.cursor = None,
                }
            }
            let Some(alone) = &mut self.alone else {
                match self.log.follow_alone(self.at).await {
                    Ok(commits) => self.alone = Some(commits.boxed()),
                    Err(error) => return Some(Err(error)),
                }
                continue;
            };
            let commit = match alone.next().await? {
                Ok(commit) => commit,
                Err(error) => return Some(Err(error)),
            };
            self.at = commit.sequence;
            // The others are near: what is left of this reading is left to them.
            if commit.pending == Some(0) {
                // Otherwise it goes on alone; where the stream does not answer, that tells.
                if let Ok(Some(cursor)) = self.log.tail.join(&self.log, self.at).await {
                    (self.cursor, self.alone) = (Some(cursor), None);
                }
            }
            return Some(Ok(commit));
        }
    }
}

/// A stream's end without the gaps that it ends with.
fn without_lost_end(mut last: u64, gaps: &[Gap]) -> u64 {
    while let Some(gap) = gaps.iter().find(|gap| gap.from <= last && last <= gap.to) {
        last = gap.from.saturating_sub(1);
    }
    last
}
