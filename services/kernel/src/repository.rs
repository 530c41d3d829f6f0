//! The aggregates of one kind: loaded cold from the stream, kept hot in a bounded cache.

use std::sync::Arc;

use samvirke_schemas::{Tagged, id::AggregateId, principal::Role};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::{
    bounded_cache::BoundedCache,
    committer::Pending,
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

/// The tag under which a request is logged and recorded.
pub(crate) fn command_name<D: Decider>(request: &D::Request) -> String {
    format!("{}.{}", D::KIND, request.tag())
}
