//! Carrying out a command: load, decide, commit, and be sure what became of it.
//!
//! Whatever the world does in between, a command that is answered is stored, and it is stored
//! once. Every ambiguous outcome takes the same way: read the tail from the leader and look for the
//! command there.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rand::RngExt;
use samvirke_schemas::{
    id::AggregateId, message::Provenance, principal::Principal, reply::Warning,
};
use uuid::Uuid;

use crate::{
    committer::{AppendError, Pending},
    decider::{Command, Decider},
    loaded::{Loaded, Remembered},
    position::Position,
    repository::{About, Repository, StoreError, command_name},
};

/// How often a decision is taken anew when another commit was first.
pub const ATTEMPTS_MAX: u32 = 12;
const BACKOFF_MIN: Duration = Duration::from_millis(2);
const BACKOFF_MAX: Duration = Duration::from_millis(200);

/// A request on its way to a decider.
#[derive(Clone, Debug)]
pub struct Order<D: Decider> {
    pub id: AggregateId,
    pub command_id: Uuid,
    /// SHA-256 of the request as it came.
    pub digest: String,
    pub request: D::Request,
    pub facts: D::Facts,
    pub principal: Principal,
    pub at: DateTime<Utc>,
    pub now: DateTime<Utc>,
    pub expected_version: Option<u64>,
    pub provenance: Option<Provenance>,
    pub cause: Option<Uuid>,
    pub traceparent: Option<String>,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Done<E> {
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
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Carries out one command on one aggregate.
///
/// # Errors
///
/// [`ExecuteError`]. After `Store(Append(Unknown))` the same order may be given again: it acts once.
pub async fn execute<D: Decider>(
    repository: &Repository<D>,
    order: &Order<D>,
) -> Result<Done<D::Event>, ExecuteError<D::Rejection>> {
    let slot = repository.slot(&order.id);
    let mut slot = slot.lock().await;
    for attempt in 0..ATTEMPTS_MAX {
        let mut loaded = match slot.take() {
            Some(hot) => hot,
            None => repository.load(&order.id).await?,
        };
        let events = match decide(repository, &mut loaded, order).await {
            Ok(Decided::Events(events)) => events,
            Ok(Decided::Done(done)) => {
                *slot = Some(loaded);
                return Ok(done);
            }
            Err(error) => {
                *slot = Some(loaded);
                return Err(error);
            }
        };
        let about = order.about();
        let pending = repository.pending(&loaded, &events, &about)?;
        let payload = pending.payload.clone();
        match repository.log().append(vec![pending]).await {
            Ok(sequences) => {
                let sequence = sequences.last().copied().unwrap_or_default();
                let done = advance(repository, &mut loaded, order, events, sequence, &payload);
                *slot = Some(loaded);
                return Ok(done);
            }
            Err(error) => overtaken(attempt, error).await?,
        }
        // The cold load at the next attempt may lag behind; what we knew does not.
        repository.catch_up(&mut loaded).await?;
        *slot = Some(loaded);
    }
    Err(ExecuteError::Contended)
}

/// Carries out two commands on two aggregates of one stream as one commit.
///
/// The first aggregate decides first; `link` makes the second one's facts from its events. When
/// the second was carried out before, neither is carried out again.
///
/// # Errors
///
/// As [`execute`]; the first aggregate's rejection is given through `first_rejection`.
pub async fn execute_together<A: Decider, B: Decider>(
    first: (&Repository<A>, &Order<A>),
    second: (&Repository<B>, &Order<B>),
    link: impl Fn(&A, &[A::Event]) -> B::Facts,
    first_rejection: impl Fn(A::Rejection) -> B::Rejection,
) -> Result<(Done<A::Event>, Done<B::Event>), ExecuteError<B::Rejection>> {
    let ((first, first_order), (second, order)) = (first, second);
    let (first_slot, second_slot) = (first.slot(&first_order.id), second.slot(&order.id));
    let mut first_slot = first_slot.lock().await;
    let mut second_slot = second_slot.lock().await;
    for attempt in 0..ATTEMPTS_MAX {
        let mut a = match first_slot.take() {
            Some(hot) => hot,
            None => first.load(&first_order.id).await?,
        };
        let mut b = match second_slot.take() {
            Some(hot) => hot,
            None => second.load(&order.id).await?,
        };
        let decided = decide_together(
            (first, &mut a, first_order),
            (second, &mut b, order),
            &link,
            &first_rejection,
        )
        .await;
        let (a_events, b_events) = match decided {
            Ok(Together::Events(a_events, b_events)) => (a_events, b_events),
            Ok(Together::Done(a_done, b_done)) => {
                (*first_slot, *second_slot) = (Some(a), Some(b));
                return Ok((a_done, b_done));
            }
            Err(error) => {
                (*first_slot, *second_slot) = (Some(a), Some(b));
                return Err(error);
            }
        };
        let members =
            pending_together((first, &a, first_order, &a_events), (second, &b, order, &b_events))?;
        let payloads: Vec<_> = members.iter().map(|member| member.payload.clone()).collect();
        match first.log().append(members).await {
            Ok(sequences) => {
                let mut stored = sequences.into_iter().zip(&payloads);
                let a_done = match (a_events.is_empty(), stored.len()) {
                    (false, 1..) => stored.next().map(|(sequence, payload)| {
                        advance(first, &mut a, first_order, a_events, sequence, payload)
                    }),
                    _ => None,
                }
                .unwrap_or_else(|| unchanged(first, &a, Vec::new()));
                let b_done = match stored.next() {
                    Some((sequence, payload)) => {
                        advance(second, &mut b, order, b_events, sequence, payload)
                    }
                    None => unchanged(second, &b, Vec::new()),
                };
                (*first_slot, *second_slot) = (Some(a), Some(b));
                return Ok((a_done, b_done));
            }
            Err(error) => overtaken(attempt, error).await?,
        }
        first.catch_up(&mut a).await?;
        second.catch_up(&mut b).await?;
        (*first_slot, *second_slot) = (Some(a), Some(b));
    }
    Err(ExecuteError::Contended)
}

impl<D: Decider> Order<D> {
    fn command(&self) -> Command<D::Request, D::Facts> {
        Command {
            id: self.id.clone(),
            principal: self.principal.clone(),
            request: self.request.clone(),
            facts: self.facts.clone(),
            at: self.at,
            now: self.now,
        }
    }

    fn about(&self) -> About {
        About {
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

    /// What became of this order, if it was carried out before.
    fn earlier<'a>(
        &self,
        loaded: &'a Loaded<D>,
    ) -> Result<Option<&'a Remembered>, ExecuteError<D::Rejection>> {
        match loaded.find(self.command_id) {
            Some(known) if known.digest != self.digest => Err(ExecuteError::KeyReused),
            known => Ok(known),
        }
    }
}

enum Decided<E> {
    Events(Vec<E>),
    Done(Done<E>),
}

/// Decides on what is known; before a refusal, or a finding that nothing changes, is returned, the
/// leader is asked whether there is more to know.
async fn decide<D: Decider>(
    repository: &Repository<D>,
    loaded: &mut Loaded<D>,
    order: &Order<D>,
) -> Result<Decided<D::Event>, ExecuteError<D::Rejection>> {
    loop {
        if let Some(known) = order.earlier(loaded)? {
            return Ok(Decided::Done(repeated(repository, known)));
        }
        let refusal = match decide_on(loaded, order) {
            Ok(events) if !events.is_empty() => return Ok(Decided::Events(events)),
            Ok(_) => None,
            Err(error) => Some(error),
        };
        if repository.catch_up(loaded).await? {
            continue;
        }
        return match refusal {
            Some(error) => Err(error),
            None => Ok(Decided::Done(unchanged(repository, loaded, Vec::new()))),
        };
    }
}

fn decide_on<D: Decider>(
    loaded: &Loaded<D>,
    order: &Order<D>,
) -> Result<Vec<D::Event>, ExecuteError<D::Rejection>> {
    if let Some(expected) = order.expected_version
        && expected != loaded.version
    {
        return Err(ExecuteError::Stale { expected, current: loaded.version });
    }
    let command = order.command();
    loaded.state.authorise(&command).map_err(ExecuteError::Rejected)?;
    loaded.state.decide(&command).map_err(ExecuteError::Rejected)
}

enum Together<A, B> {
    Events(Vec<A>, Vec<B>),
    Done(Done<A>, Done<B>),
}

type Side<'a, D> = (&'a Repository<D>, &'a mut Loaded<D>, &'a Order<D>);

async fn decide_together<A: Decider, B: Decider>(
    (first, a, first_order): Side<'_, A>,
    (second, b, order): Side<'_, B>,
    link: &impl Fn(&A, &[A::Event]) -> B::Facts,
    first_rejection: &impl Fn(A::Rejection) -> B::Rejection,
) -> Result<Together<A::Event, B::Event>, ExecuteError<B::Rejection>> {
    loop {
        if let Some(known) = order.earlier(b)? {
            let b_done = repeated(second, known);
            return Ok(Together::Done(unchanged(first, a, Vec::new()), b_done));
        }
        let result = decide_on(a, first_order)
            .map_err(|error| error.map_rejection(first_rejection))
            .and_then(|a_events| {
                let order = Order { facts: link(&a.state, &a_events), ..order.clone() };
                decide_on(b, &order).map(|b_events| (a_events, b_events))
            });
        let refusal = match result {
            Ok((a_events, b_events)) if !b_events.is_empty() => {
                return Ok(Together::Events(a_events, b_events));
            }
            Ok(_) => None,
            Err(error) => Some(error),
        };
        let news = first.catch_up(a).await? | second.catch_up(b).await?;
        if news {
            continue;
        }
        return match refusal {
            Some(error) => Err(error),
            None => Ok(Together::Done(
                unchanged(first, a, Vec::new()),
                unchanged(second, b, Vec::new()),
            )),
        };
    }
}

type Deciding<'a, D> =
    (&'a Repository<D>, &'a Loaded<D>, &'a Order<D>, &'a [<D as Decider>::Event]);

fn pending_together<A: Decider, B: Decider>(
    (first, a, first_order, a_events): Deciding<'_, A>,
    (second, b, order, b_events): Deciding<'_, B>,
) -> Result<Vec<Pending>, StoreError> {
    let mut members = Vec::with_capacity(2);
    if !a_events.is_empty() {
        members.push(first.pending(a, a_events, &first_order.about())?);
    }
    members.push(second.pending(b, b_events, &order.about())?);
    Ok(members)
}

impl<R: std::error::Error + 'static> ExecuteError<R> {
    fn map_rejection<S: std::error::Error + 'static>(
        self,
        map: impl Fn(R) -> S,
    ) -> ExecuteError<S> {
        match self {
            Self::Rejected(rejection) => ExecuteError::Rejected(map(rejection)),
            Self::Stale { expected, current } => ExecuteError::Stale { expected, current },
            Self::KeyReused => ExecuteError::KeyReused,
            Self::Contended => ExecuteError::Contended,
            Self::Store(error) => ExecuteError::Store(error),
        }
    }
}

/// Waits before the next attempt, or gives up where another attempt cannot help.
async fn overtaken(attempt: u32, error: AppendError) -> Result<(), StoreError> {
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
            back_off(attempt).await;
            Ok(())
        }
        AppendError::Unknown { .. }
        | AppendError::Overloaded
        | AppendError::TooLarge { .. }
        | AppendError::Refused { .. } => Err(error.into()),
    }
}

async fn back_off(attempt: u32) {
    let ceiling = BACKOFF_MIN.saturating_mul(1 << attempt.min(10)).min(BACKOFF_MAX);
    let jitter = rand::rng().random_range(0.5..1.0);
    tokio::time::sleep(ceiling.mul_f64(jitter)).await;
}

fn advance<D: Decider>(
    repository: &Repository<D>,
    loaded: &mut Loaded<D>,
    order: &Order<D>,
    events: Vec<D::Event>,
    sequence: u64,
    payload: &[u8],
) -> Done<D::Event> {
    let from = loaded.version;
    loaded.advance(&events, sequence, order.command_id, order.digest.clone(), payload);
    repository.keep(&repository.subject(&order.id), from, loaded);
    Done {
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
    events: Vec<D::Event>,
) -> Done<D::Event> {
    Done {
        version: loaded.version,
        position: repository.log().position(loaded.sequence),
        warnings: Vec::new(),
        events,
        repeated: false,
    }
}

fn repeated<D: Decider>(repository: &Repository<D>, known: &Remembered) -> Done<D::Event> {
    Done {
        version: known.version,
        position: repository.log().position(known.sequence),
        events: Vec::new(),
        warnings: Vec::new(),
        repeated: true,
    }
}
