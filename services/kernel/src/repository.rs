//! The aggregates of one kind: loaded cold from the stream, kept hot in a bounded cache.

use std::{collections::HashMap, sync::Arc};

use cqrs_es::{Aggregate, AggregateContext, AggregateError, EventEnvelope, EventStore};
use samvirke_schemas::{Tagged, id::AggregateId, principal::Role};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::{
    bounded_cache::BoundedCache,
    committer::{AppendError, Pending},
    decider::Decider,
    envelope::{
        self, DECISION_BYTES_MAX, ENVELOPE_VERSION, EVENTS_PER_COMMIT_MAX, Envelope, Member,
    },
    loaded::Loaded,
    log::{Log, Stored},
    shared_read::SharedRead,
    snapshot,
    store_error::StoreError,
};

/// The bytes of history of the aggregates of a kind that are kept hot.
pub const HOT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Those of the aggregates that decisions on others rest on.
const CURRENT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The cache entry of one aggregate; whoever holds the lock works on it alone in this process.
pub(crate) type CacheEntry<D> = Arc<Mutex<Option<Loaded<D>>>>;

/// An aggregate as it was read for decisions on others.
#[derive(Debug)]
struct Current<D: Decider> {
    loaded: Loaded<D>,
    state: Arc<D>,
}

impl<D: Decider> Current<D> {
    fn of(loaded: Loaded<D>) -> Arc<Self> {
        let state = Arc::new(loaded.state.clone());
        Arc::new(Self { loaded, state })
    }
}

type CurrentReads<D> = SharedRead<Result<Arc<Current<D>>, Arc<StoreError>>>;

/// The aggregates of one kind.
#[derive(Debug)]
pub struct Repository<D: Decider> {
    log: Log,
    hot: BoundedCache<CacheEntry<D>>,
    /// Those that decisions on others rest on.
    current: BoundedCache<CurrentReads<D>>,
    fingerprint: String,
    snapshots: bool,
}

impl<D: Decider> Repository<D> {
    pub fn new(log: Log) -> Self {
        Self {
            log,
            hot: BoundedCache::new(HOT_BYTES_MAX),
            current: BoundedCache::new(CURRENT_BYTES_MAX),
            fingerprint: snapshot::fingerprint::<D>(),
            snapshots: true,
        }
    }

    /// A repository that neither reads nor writes snapshots.
    #[must_use]
    pub fn without_snapshots(mut self) -> Self {
        self.snapshots = false;
        self
    }

    pub fn log(&self) -> &Log {
        &self.log
    }

    pub(crate) fn entry(&self, id: &AggregateId) -> CacheEntry<D> {
        self.hot.entry(id)
    }

    /// Clears the cache; the next command loads its aggregate cold.
    pub fn clear_cache(&self) {
        self.hot.clear();
        self.current.clear();
    }

    pub(crate) fn subject(&self, id: &AggregateId) -> String {
        self.log.subject(D::KIND, id)
    }

    /// Loads an aggregate cold: from its snapshot, if one is usable, and the commits after it.
    ///
    /// # Errors
    ///
    /// When the stream cannot be read or its history cannot be understood.
    pub async fn load(&self, id: &AggregateId) -> Result<Loaded<D>, StoreError> {
        if self.snapshots
            && let Some(kept) =
                snapshot::read::<D>(&self.log, &self.subject(id), &self.fingerprint).await
            && let Some(loaded) = self.load_after(kept).await?
        {
            return Ok(loaded);
        }
        self.load_whole(id).await
    }

    /// Loads an aggregate from its first commit.
    pub(crate) async fn load_whole(&self, id: &AggregateId) -> Result<Loaded<D>, StoreError> {
        let mut loaded = Loaded::empty(id.clone());
        let fold = |commit| loaded.fold(&commit).map_err(StoreError::from);
        self.log.read_each(&self.subject(id), 0, fold).await?;
        self.keep(0, &loaded);
        Ok(loaded)
    }

    /// Takes what came after a snapshot; nothing where the stream does not have the commit that the
    /// snapshot was made after, so that it is of another history.
    async fn load_after(&self, kept: Loaded<D>) -> Result<Option<Loaded<D>>, StoreError> {
        let (from, last, subject) = (kept.version, kept.sequence, self.subject(&kept.id));
        let (mut loaded, mut is_of_this_stream) = (kept, false);
        let fold = |commit: Stored| {
            if commit.sequence == last {
                is_of_this_stream = loaded.previous.is(&commit.payload);
            }
            if is_of_this_stream { loaded.fold(&commit).map_err(StoreError::from) } else { Ok(()) }
        };
        // The last commit that it knows is read again, with those that came after it.
        self.log.read_each(&subject, last.saturating_sub(1), fold).await?;
        if !is_of_this_stream {
            return Ok(None);
        }
        self.keep(from, &loaded);
        Ok(Some(loaded))
    }

    /// Returns the aggregate as the leader has it, at least as of now.
    ///
    /// Whoever asks at the same time shares one read, and commands on the aggregate itself wait for none of
    /// them.
    ///
    /// # Errors
    ///
    /// As [`Repository::load`].
    pub async fn current(self: &Arc<Self>, id: &AggregateId) -> Result<Arc<D>, Arc<StoreError>> {
        let reads = self.current.entry(id);
        let (repository, id) = (self.clone(), id.clone());
        let current = reads.ask(|known| async move {
            let known = known.and_then(Result::ok);
            let current = repository.read_current(&id, known).await.map_err(Arc::new)?;
            repository.current.weigh(&id, current.loaded.bytes);
            Ok(current)
        });
        current.await.map(|current| current.state.clone())
    }

    /// What is known of an aggregate, brought to its end as the leader has it.
    async fn read_current(
        &self,
        id: &AggregateId,
        known: Option<Arc<Current<D>>>,
    ) -> Result<Arc<Current<D>>, StoreError> {
        // What cannot be read may be of this aggregate.
        self.log.creations().await?;
        let subject = self.subject(id);
        if let Some(known) = known
            && let Some((last, payload)) = self.log.last_from_leader(&subject).await?
        {
            let loaded = &known.loaded;
            if last == loaded.sequence && loaded.previous.is(&payload) {
                return Ok(known);
            }
            if last > loaded.sequence {
                let mut loaded = loaded.clone();
                if self.catch_up(&mut loaded).await? {
                    return Ok(Current::of(loaded));
                }
            }
        }
        let mut loaded = self.load(id).await?;
        self.catch_up(&mut loaded).await?;
        Ok(Current::of(loaded))
    }

    /// Reads from the leader what came after `loaded`; returns whether there was anything.
    pub(crate) async fn catch_up(&self, loaded: &mut Loaded<D>) -> Result<bool, StoreError> {
        let tail = self.log.read_from_leader(&self.subject(&loaded.id), loaded.sequence).await?;
        for commit in &tail {
            loaded.fold(commit)?;
        }
        Ok(!tail.is_empty())
    }

    /// Keeps a snapshot when the history has grown past the next mark since `from`, and notes how much is kept
    /// hot.
    pub(crate) fn keep(&self, from: u64, loaded: &Loaded<D>) {
        self.hot.weigh(&loaded.id, loaded.bytes);
        let mark = |version: u64| version / snapshot::EVENTS_BETWEEN_SNAPSHOTS;
        if self.snapshots && mark(loaded.version) > mark(from) {
            snapshot::write(&self.log, &self.subject(&loaded.id), &self.fingerprint, loaded);
        }
    }

    /// The commit that stores `events` after `loaded`.
    pub(crate) fn pending(
        &self,
        loaded: &Loaded<D>,
        events: &[D::Event],
        metadata: CommitMetadata,
    ) -> Result<Pending, StoreError> {
        if events.len() > EVENTS_PER_COMMIT_MAX {
            return Err(StoreError::TooManyEvents { events: events.len() });
        }
        let recorded = events
            .iter()
            .enumerate()
            .map(|(index, event)| {
                let name = format!("{}/{}/{index}", D::KIND, loaded.id);
                let id = Uuid::new_v5(&metadata.command_id, name.as_bytes());
                envelope::record(event, id)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let is_a_consequence = metadata.actor.is_any(&[Role::System], &loaded.id.cooperation);
        let envelope = Envelope {
            v: ENVELOPE_VERSION,
            aggregate: Member {
                kind: D::KIND.to_owned(),
                id: loaded.id.clone(),
                version_from: loaded.version + 1,
                version_to: loaded.version + events.len() as u64,
            },
            command_id: metadata.command_id,
            command: metadata.command,
            digest: metadata.digest,
            actor: metadata.actor,
            cause: metadata.cause,
            traceparent: metadata.traceparent,
            provenance: metadata.provenance,
            occurred_at: metadata.occurred_at,
            recorded_at: metadata.recorded_at,
            previous: loaded.previous.digest(),
            events: recorded,
        };
        let payload = envelope.write()?;
        if payload.len() > DECISION_BYTES_MAX {
            return Err(StoreError::TooLarge { bytes: payload.len() });
        }
        let (history, bytes) = (loaded.bytes, payload.len());
        let bytes_max = envelope::decision_bytes_max(history);
        // What follows from an accepted command is carried on.
        if D::IS_ANSWERED_WHOLE && !is_a_consequence && bytes > bytes_max {
            return Err(StoreError::HistoryTooLarge { history, bytes, bytes_max });
        }
        Ok(Pending { subject: self.subject(&loaded.id).into(), expected: loaded.sequence, payload })
    }
}

/// What an envelope holds besides the events and their versions.
#[derive(Clone, Debug)]
pub struct CommitMetadata {
    pub command_id: Uuid,
    pub command: String,
    pub digest: String,
    pub actor: samvirke_schemas::principal::Principal,
    pub cause: Option<Uuid>,
    pub traceparent: Option<String>,
    pub provenance: Option<samvirke_schemas::message::Provenance>,
    pub occurred_at: chrono::DateTime<chrono::Utc>,
    pub recorded_at: chrono::DateTime<chrono::Utc>,
}

impl<D: Decider> AggregateContext<D> for Loaded<D>
where
    D: Aggregate,
{
    fn aggregate(&mut self) -> &mut D {
        &mut self.state
    }
}

/// The store as cqrs-es knows it, so that its framework and tests run on JetStream.
///
/// An id is `<cooperation>:<id>`. The metadata `command_id` makes a commit repeatable, `position`
/// comes back with it.
impl<D> EventStore<D> for Repository<D>
where
    D: Decider + Aggregate<Event = <D as Decider>::Event>,
{
    type AC = Loaded<D>;

    async fn load_events(
        &self,
        aggregate_id: &str,
    ) -> Result<Vec<EventEnvelope<D>>, AggregateError<D::Error>> {
        let id = parse::<D>(aggregate_id)?;
        let commits = self.log.read(&self.subject(&id), 0).await.map_err(unreachable)?;
        let mut envelopes = Vec::new();
        // Folding checks that each commit follows the one before it.
        let mut folded = Loaded::<D>::empty(id.clone());
        for commit in commits {
            folded
                .fold(&commit)
                .map_err(|err| AggregateError::DeserializationError(Box::new(err)))?;
            let read = Envelope::read(commit.sequence, &commit.payload)
                .and_then(|envelope| {
                    let events = envelope.events(commit.sequence)?;
                    Ok((envelope, events))
                })
                .map_err(|err| AggregateError::DeserializationError(Box::new(err)))?;
            let (envelope, events) = read;
            for (event, version) in events.into_iter().zip(envelope.aggregate.version_from..) {
                envelopes.push(EventEnvelope {
                    aggregate_id: aggregate_id.to_owned(),
                    sequence: usize::try_from(version).unwrap_or(usize::MAX),
                    payload: event,
                    metadata: metadata(&envelope, &self.log, commit.sequence),
                });
            }
        }
        Ok(envelopes)
    }

    async fn load_aggregate(
        &self,
        aggregate_id: &str,
    ) -> Result<Loaded<D>, AggregateError<D::Error>> {
        let id = parse::<D>(aggregate_id)?;
        self.load(&id).await.map_err(unreachable)
    }

    async fn commit(
        &self,
        events: Vec<<D as Decider>::Event>,
        context: Loaded<D>,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<D>>, AggregateError<D::Error>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        // The framework has applied the events to the context's state already; only its
        // version and sequence are of interest here.
        let metadata = commit_metadata_from(metadata);
        let command_id = metadata.command_id;
        let pending = self.pending(&context, &events, metadata).map_err(unreachable)?;
        let sequences = self.log.append(vec![pending]).await.map_err(|err| match err {
            AppendError::Conflict { .. } => AggregateError::AggregateConflict,
            AppendError::Overloaded
            | AppendError::Held(_)
            | AppendError::Late
            | AppendError::Busy { .. }
            | AppendError::NoRoom { .. }
            | AppendError::TooLarge { .. }
            | AppendError::Refused { .. }
            | AppendError::Unknown { .. } => unreachable(err),
        })?;
        let position = self.log.position(sequences.last().copied().unwrap_or_default());
        let answered = HashMap::from([
            ("position".to_owned(), position.to_string()),
            ("command_id".to_owned(), command_id.to_string()),
        ]);
        Ok(events
            .into_iter()
            .zip(context.version + 1..)
            .map(|(payload, version)| EventEnvelope {
                aggregate_id: context.id.to_string(),
                sequence: usize::try_from(version).unwrap_or(usize::MAX),
                payload,
                metadata: answered.clone(),
            })
            .collect())
    }
}

fn parse<D: Aggregate>(id: &str) -> Result<AggregateId, AggregateError<D::Error>> {
    id.parse().map_err(|err| AggregateError::UnexpectedError(Box::new(err)))
}

fn unreachable<T: std::error::Error>(
    source: impl std::error::Error + Send + Sync + 'static,
) -> AggregateError<T> {
    AggregateError::DatabaseConnectionError(Box::new(source))
}

fn metadata(envelope: &Envelope, log: &Log, sequence: u64) -> HashMap<String, String> {
    HashMap::from([
        ("position".to_owned(), log.position(sequence).to_string()),
        ("command_id".to_owned(), envelope.command_id.to_string()),
        ("command".to_owned(), envelope.command.clone()),
        ("occurred_at".to_owned(), envelope.occurred_at.to_rfc3339()),
        ("recorded_at".to_owned(), envelope.recorded_at.to_rfc3339()),
    ])
}

fn commit_metadata_from(mut metadata: HashMap<String, String>) -> CommitMetadata {
    let mut take = |key: &str| metadata.remove(key);
    let command_id = take("command_id").and_then(|text| text.parse().ok());
    let at = take("occurred_at")
        .and_then(|text| chrono::DateTime::parse_from_rfc3339(&text).ok())
        .map_or_else(crate::clock::now, |at| at.with_timezone(&chrono::Utc));
    CommitMetadata {
        command_id: command_id.unwrap_or_else(crate::clock::new_id),
        command: take("command").unwrap_or_default(),
        digest: take("digest").unwrap_or_default(),
        actor: samvirke_schemas::principal::Principal::system("cqrs-es"),
        cause: None,
        traceparent: take("traceparent"),
        provenance: None,
        occurred_at: at,
        recorded_at: crate::clock::now(),
    }
}

/// The tag under which a request is logged and recorded.
pub(crate) fn command_name<D: Decider>(request: &D::Request) -> String {
    format!("{}.{}", D::KIND, request.tag())
}
