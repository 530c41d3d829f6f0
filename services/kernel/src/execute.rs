//! Carrying out a command: load, decide, commit, and be sure what became of it.
//!
//! Whatever happens to the infrastructure in between, a command that is answered is stored, and it is stored
//! once. Every ambiguous outcome is settled in the same manner: read the tail from the leader and look for the
//! command there.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use samvirke_schemas::{
    id::AggregateId,
    message::Provenance,
    principal::Principal,
    reply::{Refused, Warning},
};
use uuid::Uuid;

use crate::{
    backoff,
    committer::AppendError,
    deadline::Deadline,
    decider::{Command, Decider},
    loaded::{IdempotencyRecord, Loaded},
    position::Position,
    repository::{CommitMetadata, Repository, command_name},
    store_error::StoreError,
    stream::guard::Held,
};

mod together;

pub use together::{EventsOfBoth, GroupExecutor, PairDecider};

/// How often a decision is taken anew when another commit was first.
pub const ATTEMPTS_MAX: u32 = 12;
const BACKOFF_MIN: Duration = Duration::from_millis(2);
const BACKOFF_MAX: Duration = Duration::from_millis(200);

/// A request for a decider, with everything that its dispatch needs.
#[derive(Clone, Debug)]
pub struct CommandContext<D: Decider> {
    pub id: AggregateId,
    pub command_id: Uuid,
    /// SHA-256 of the request as it came.
    pub digest: String,
    pub request: D::Request,
    pub principal: Principal,
    pub at: DateTime<Utc>,
    pub now: DateTime<Utc>,
    pub expected_version: Option<u64>,
    pub provenance: Option<Provenance>,
    /// What the caller has seen: facts are at least as new.
    pub after: Vec<Position>,
    pub cause: Option<Uuid>,
    pub traceparent: Option<String>,
    /// When the caller stops waiting; what has not been committed by then is not.
    pub deadline: Deadline,
}

/// Where the facts come from that decisions on an aggregate rest on, beside its own history: a service reads
/// another aggregate, or an in-memory projection of another stream.
pub trait FactSource<D: Decider>: Sync {
    /// The facts for a command, on the aggregate as it is known. They are read once for each attempt, and
    /// again where the aggregate was not known to its end; nothing that was acknowledged before is missed.
    ///
    /// # Errors
    ///
    /// The answer to the caller where they cannot be read.
    fn facts(
        &self,
        aggregate: &D,
        context: &CommandContext<D>,
    ) -> impl Future<Output = Result<D::Facts, Refused>> + Send;
}

/// The source for decisions that rest on nothing but the aggregate's history.
#[derive(Clone, Copy, Debug)]
pub struct NoFacts;

impl<D: Decider> FactSource<D> for NoFacts {
    async fn facts(&self, _aggregate: &D, _order: &CommandContext<D>) -> Result<D::Facts, Refused> {
        Ok(D::Facts::default())
    }
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandOutcome<E> {
    pub version: u64,
    pub position: Position,
    /// Empty when nothing changed, and when the command was carried out before.
    pub events: Vec<E>,
    pub warnings: Vec<Warning>,
    pub repeated: bool,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<R: std::error::Error + 'static> {
    #[error("the command is refused")]
    Rejected(#[source] R),
    #[error("the aggregate has version {current}, not {expected}")]
    Stale { expected: u64, current: u64 },
    #[error("the idempotency key was used for another request")]
    KeyReused,
    #[error("{ATTEMPTS_MAX} attempts were overtaken by other commits")]
    Contended,
    #[error("what the decision rests on cannot be read")]
    Facts(Refused),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Carries out one command on one aggregate.
///
/// # Errors
///
/// [`ExecuteError`]. After `Store(Append(Unknown))` the same command may be dispatched again: it acts once.
pub async fn execute<D: Decider>(
    repository: &Repository<D>,
    source: &impl FactSource<D>,
    context: &CommandContext<D>,
) -> Result<CommandOutcome<D::Event>, ExecuteError<D::Rejection>> {
    let entry = repository.entry(&context.id);
    let mut entry = context.deadline.wait(entry.lock()).await.ok_or(LATE)?;
    let mut doubt = Doubt::default();
    let outcome = attempts(repository, source, context, &mut entry, &mut doubt).await;
    outcome.map_err(|error| doubt.qualify(error))
}

async fn attempts<D: Decider>(
    repository: &Repository<D>,
    source: &impl FactSource<D>,
    context: &CommandContext<D>,
    entry: &mut Option<Loaded<D>>,
    doubt: &mut Doubt,
) -> Result<CommandOutcome<D::Event>, ExecuteError<D::Rejection>> {
    for attempt in 0..ATTEMPTS_MAX {
        let hot = entry.take();
        let decided = context.deadline.wait(on_what_is_known(repository, source, context, hot));
        let (mut loaded, decided) = decided.await.ok_or(LATE)??;
        let events = match decided {
            Ok(Decided::Events(events)) => events,
            Ok(Decided::Outcome(outcome)) => {
                *entry = Some(loaded);
                return Ok(outcome);
            }
            Err(error) => {
                *entry = Some(loaded);
                return Err(error);
            }
        };
        let pending = repository.pending(&loaded, &events, context.metadata())?;
        let payload = pending.payload.clone();
        match repository.log().append_before(context.deadline, vec![pending]).await {
            Ok(sequences) => {
                let sequence = sequences.last().copied().unwrap_or_default();
                let outcome = advance(
                    repository,
                    &mut loaded,
                    (context.command_id, &context.digest),
                    events,
                    sequence,
                    payload,
                );
                *entry = Some(loaded);
                return Ok(outcome);
            }
            // What was taken for new may be there, and sound.
            Err(AppendError::Held(held @ Held::Gaps { .. })) if loaded.sequence == 0 => {
                let read = context.deadline.wait(async {
                    loaded = repository.load(&context.id).await?;
                    repository.catch_up(&mut loaded).await
                });
                read.await.ok_or(LATE)??;
                if loaded.version == 0 {
                    return Err(StoreError::from(AppendError::Held(held)).into());
                }
                *entry = Some(loaded);
                continue;
            }
            Err(error) => overtaken(attempt, error, doubt).await?,
        }
        let read = context.deadline.wait(async {
            if loaded.sequence == 0 {
                // It was taken for new. What there is may be long, and is read in pages.
                loaded = repository.load(&context.id).await?;
            }
            // A cold load may lag behind; what we knew does not.
            if !repository.catch_up(&mut loaded).await? && attempt > 0 {
                // What we knew may be of a history that the stream has lost.
                loaded = repository.load_whole(&context.id).await?;
                repository.catch_up(&mut loaded).await?;
            }
            Ok::<_, StoreError>(())
        });
        read.await.ok_or(LATE)??;
        *entry = Some(loaded);
    }
    Err(ExecuteError::Contended)
}

/// The error where the deadline passed before anything was sent.
const LATE: StoreError = StoreError::Append(AppendError::Late);

/// Why it is not known whether a command was stored, if that is so.
#[derive(Clone, Debug, Default)]
struct Doubt(Option<AppendError>);

impl Doubt {
    fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the error to answer with: after an attempt that may have been stored, no other failure
    /// says that nothing was.
    fn qualify<R: std::error::Error>(self, error: ExecuteError<R>) -> ExecuteError<R> {
        match (self.0, &error) {
            (
                Some(unknown),
                ExecuteError::Store(_) | ExecuteError::Contended | ExecuteError::Facts(_),
            ) => ExecuteError::Store(unknown.into()),
            (Some(_) | None, _) => error,
        }
    }
}

type KnownAndDecided<D> =
    (Loaded<D>, Result<Decided<<D as Decider>::Event>, ExecuteError<<D as Decider>::Rejection>>);

/// What is known of the command's aggregate, and what is decided on it.
async fn on_what_is_known<D: Decider>(
    repository: &Repository<D>,
    source: &impl FactSource<D>,
    context: &CommandContext<D>,
    hot: Option<Loaded<D>>,
) -> Result<KnownAndDecided<D>, StoreError> {
    let mut loaded = match hot {
        Some(hot) => hot,
        None => match try_create(repository, source, context).await? {
            (nothing, Some(events)) => return Ok((nothing, Ok(Decided::Events(events)))),
            (loaded, None) => loaded,
        },
    };
    let decided = decide(repository, source, &mut loaded, context).await;
    Ok((loaded, decided))
}

impl<D: Decider> CommandContext<D> {
    fn command(&self, facts: D::Facts) -> Command<D::Request, D::Facts> {
        Command {
            id: self.id.clone(),
            principal: self.principal.clone(),
            request: self.request.clone(),
            facts,
            at: self.at,
            now: self.now,
        }
    }

    fn metadata(&self) -> CommitMetadata {
        CommitMetadata {
            command_id: self.command_id,
            command: command_name::<D>(&self.request),
            digest: self.digest.clone(),
            actor: self.principal.clone(),
            cause: self.cause,
            traceparent: self.traceparent.clone(),
            provenance: self.provenance.clone(),
            occurred_at: self.at,
            recorded_at: self.now,
        }
    }

    fn check_version<R: std::error::Error>(
        &self,
        loaded: &Loaded<D>,
    ) -> Result<(), ExecuteError<R>> {
        match self.expected_version {
            Some(expected) if expected != loaded.version => {
                Err(ExecuteError::Stale { expected, current: loaded.version })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Returns the record of this command, if it was carried out before.
    fn find_duplicate<'a, R: std::error::Error>(
        &self,
        loaded: &'a Loaded<D>,
    ) -> Result<Option<&'a IdempotencyRecord>, ExecuteError<R>> {
        match loaded.find(self.command_id) {
            Some(known) if known.digest != self.digest => Err(ExecuteError::KeyReused),
            known => Ok(known),
        }
    }
}

/// What a command is first decided on, where nothing is known of its aggregate.
///
/// A command that begins an aggregate is tried without reading anything: its commit expects that
/// there is no history, so the server says if there is. Every other command reads first.
async fn try_create<D: Decider>(
    repository: &Repository<D>,
    source: &impl FactSource<D>,
    context: &CommandContext<D>,
) -> Result<(Loaded<D>, Option<Vec<D::Event>>), StoreError> {
    let nothing = Loaded::empty(context.id.clone());
    match decide_on(&nothing, source, context).await {
        Ok(events) if !events.is_empty() => Ok((nothing, Some(events))),
        Ok(_) | Err(_) => Ok((repository.load(&context.id).await?, None)),
    }
}

enum Decided<E> {
    Events(Vec<E>),
    Outcome(CommandOutcome<E>),
}

/// Decides on what is known; before a refusal, or a finding that nothing changes, is returned, the
/// leader is asked whether there is more to know.
async fn decide<D: Decider>(
    repository: &Repository<D>,
    source: &impl FactSource<D>,
    loaded: &mut Loaded<D>,
    context: &CommandContext<D>,
) -> Result<Decided<D::Event>, ExecuteError<D::Rejection>> {
    loop {
        if let Some(known) = context.find_duplicate(loaded)? {
            return Ok(Decided::Outcome(repeated(repository, known)));
        }
        let refusal = match decide_on(loaded, source, context).await {
            Ok(events) if !events.is_empty() => return Ok(Decided::Events(events)),
            Ok(_) => None,
            Err(error) => Some(error),
        };
        if repository.catch_up(loaded).await? {
            continue;
        }
        if loaded.version == 0 {
            // That nothing is found says nothing where something may be unreadable.
            repository.log().creations().await.map_err(StoreError::from)?;
        }
        return match refusal {
            Some(error) => Err(error),
            None => Ok(Decided::Outcome(unchanged(repository, loaded))),
        };
    }
}

async fn decide_on<D: Decider>(
    loaded: &Loaded<D>,
    source: &impl FactSource<D>,
    context: &CommandContext<D>,
) -> Result<Vec<D::Event>, ExecuteError<D::Rejection>> {
    context.check_version(loaded)?;
    let facts = source.facts(&loaded.state, context).await.map_err(ExecuteError::Facts)?;
    let command = context.command(facts);
    loaded.state.authorise(&command).map_err(ExecuteError::Rejected)?;
    loaded.state.decide(&command).map_err(ExecuteError::Rejected)
}

/// Waits before the next attempt, or gives up where another attempt cannot help.
async fn overtaken(attempt: u32, error: AppendError, doubt: &mut Doubt) -> Result<(), StoreError> {
    match error {
        AppendError::Conflict { in_flight } => {
            metrics::counter!("samvirke_commit_conflicts").increment(1);
            if in_flight || attempt > 1 {
                back_off(attempt).await;
            }
            Ok(())
        }
        // It may have been stored: the next attempt finds it, or stores it.
        AppendError::Unknown { .. } if attempt + 1 < ATTEMPTS_MAX => {
            metrics::counter!("samvirke_commit_unknown").increment(1);
            *doubt = Doubt(Some(error));
            back_off(attempt).await;
            Ok(())
        }
        AppendError::Busy { .. } if attempt + 1 < ATTEMPTS_MAX => {
            metrics::counter!("samvirke_commit_busy").increment(1);
            back_off(attempt).await;
            Ok(())
        }
        AppendError::Held(Held::Unread { .. }) if attempt + 1 < ATTEMPTS_MAX => Ok(()),
        AppendError::Unknown { .. }
        | AppendError::Held(_)
        | AppendError::Busy { .. }
        | AppendError::NoRoom { .. }
        | AppendError::Late
        | AppendError::Overloaded
        | AppendError::TooLarge { .. }
        | AppendError::Refused { .. } => Err(error.into()),
    }
}

async fn back_off(attempt: u32) {
    tokio::time::sleep(backoff::pause(attempt, BACKOFF_MIN, BACKOFF_MAX)).await;
}

fn advance<D: Decider>(
    repository: &Repository<D>,
    loaded: &mut Loaded<D>,
    (command_id, digest): (Uuid, &str),
    events: Vec<D::Event>,
    sequence: u64,
    payload: Bytes,
) -> CommandOutcome<D::Event> {
    let from = loaded.version;
    loaded.advance(&events, sequence, command_id, digest.to_owned(), payload);
    repository.keep(from, loaded);
    CommandOutcome {
        version: loaded.version,
        position: repository.log().position(sequence),
        warnings: D::warnings(&events),
        events,
        repeated: false,
    }
}

fn unchanged<D: Decider>(
    repository: &Repository<D>,
    loaded: &Loaded<D>,
) -> CommandOutcome<D::Event> {
    CommandOutcome {
        version: loaded.version,
        position: repository.log().position(loaded.sequence),
        warnings: Vec::new(),
        events: Vec::new(),
        repeated: false,
    }
}

fn repeated<D: Decider>(
    repository: &Repository<D>,
    known: &IdempotencyRecord,
) -> CommandOutcome<D::Event> {
    CommandOutcome {
        version: known.version,
        position: repository.log().position(known.sequence),
        events: Vec::new(),
        warnings: Vec::new(),
        repeated: true,
    }
}
