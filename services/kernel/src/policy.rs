//! Acting on another service's events.
//!
//! A policy issues an ordinary command whose id is derived from the event that caused it, so it may
//! run twice and acts once. Its place in the other stream is a durable consumer: what was not
//! finished is delivered again.

use std::{future::Future, sync::Arc, time::Duration};

use async_nats::jetstream::{
    self, AckKind,
    consumer::{AckPolicy, DeliverPolicy, pull},
};
use futures::StreamExt;
use tokio::time::Instant;
use tracing::{info, warn};
use uuid::Uuid;

use samvirke_schemas::{Tagged, id::AggregateId, principal::Principal};

use crate::{
    clock,
    decider::Decider,
    envelope::{self, Envelope},
    execute::{ExecuteError, Order, execute},
    follower::Behind,
    inbox::chain,
    log::{Log, Stored, delivered},
    rejection::Rejection,
    repository::Repository,
    supervision::{Stop, Supervisor, Task, TaskFailure},
};

/// How long the server waits for a sign of work on an event before it delivers it again. After a
/// crash nothing is done for so long.
pub const ACK_WAIT: Duration = Duration::from_secs(4);
/// How often a sign is given while an event is worked on.
const SIGN_EVERY: Duration = Duration::from_secs(1);
const RETRY: Duration = Duration::from_secs(1);

/// The world failed; the event is delivered again.
#[derive(Debug, thiserror::Error)]
#[error("the policy could not act: {reason}")]
pub struct TryAgain {
    pub reason: String,
}

impl From<Behind> for TryAgain {
    fn from(behind: Behind) -> Self {
        Self { reason: behind.to_string() }
    }
}

/// The events of a commit with their ids; none where it is of another kind.
///
/// # Errors
///
/// [`TryAgain`] when an event cannot be read.
pub fn events<E: Tagged>(
    commit: &Stored,
    envelope: &Envelope,
    kind: &str,
) -> Result<Vec<(E, Uuid)>, TryAgain> {
    if envelope.aggregate.kind != kind {
        return Ok(Vec::new());
    }
    let events = envelope
        .events::<E>(commit.sequence)
        .map_err(|err| TryAgain { reason: err.to_string() })?;
    Ok(events.into_iter().zip(envelope.events.iter().map(|event| event.id)).collect())
}

/// The order that `policy` gives to `id` because of one event of a commit.
///
/// Its id follows from the event and the aggregate, so giving it again is the same command. It
/// happens when the event happened.
pub fn order<D: Decider>(
    policy: &str,
    cause: (&Envelope, Uuid),
    id: AggregateId,
    request: D::Request,
    facts: D::Facts,
) -> Order<D> {
    let (envelope, event) = cause;
    let digest = serde_json::to_vec(&request).unwrap_or_default();
    Order {
        command_id: Uuid::new_v5(&event, format!("{policy}/{id}").as_bytes()),
        id,
        digest: envelope::digest(&digest),
        request,
        facts,
        principal: Principal::system(policy),
        at: envelope.occurred_at,
        now: clock::now(),
        expected_version: None,
        provenance: envelope.provenance.clone(),
        cause: Some(event),
        traceparent: envelope.traceparent.clone(),
    }
}

/// Gives a policy's order. A rule that says no ends the matter and is told to the operator; only a
/// failure of the world makes the event come again.
///
/// # Errors
///
/// [`TryAgain`].
pub async fn give<D: Decider>(
    repository: &Repository<D>,
    order: &Order<D>,
) -> Result<(), TryAgain> {
    match execute(repository, order).await {
        Ok(done) => {
            info!(aggregate.id = %order.id, cause = ?order.cause, changed = !done.events.is_empty(),
                "a policy acted");
            Ok(())
        }
        Err(ExecuteError::Rejected(rejection)) => {
            warn!(aggregate.id = %order.id, cause = ?order.cause, rule = rejection.rule(),
                %rejection, "a policy's command was refused");
            metrics::counter!("samvirke_policy_refused", "code" => rejection.code()).increment(1);
            Ok(())
        }
        Err(
            error @ (ExecuteError::Stale { .. }
            | ExecuteError::KeyReused
            | ExecuteError::Contended
            | ExecuteError::Store(_)),
        ) => Err(TryAgain { reason: chain(&error) }),
    }
}

/// Hands every commit of `log` to `act`, in order, as a task of `supervisor`.
pub fn supervise<F>(
    supervisor: &Supervisor,
    name: &'static str,
    log: Log,
    act: impl Fn(Stored, Envelope) -> F + Send + Sync + 'static,
) where
    F: Future<Output = Result<(), TryAgain>> + Send + 'static,
{
    let act = Arc::new(act);
    supervisor.supervise(format!("policy {name}"), Stop::Drop, move |task| {
        let (log, act) = (log.clone(), act.clone());
        async move { follow(name, &log, &*act, &task).await.map_err(TaskFailure::passing) }
    });
}

async fn follow<F>(
    name: &'static str,
    log: &Log,
    act: &(impl Fn(Stored, Envelope) -> F + Send + Sync),
    task: &Task,
) -> Result<(), String>
where
    F: Future<Output = Result<(), TryAgain>> + Send,
{
    let stream = &log.identity().name;
    let consumer = log
        .jetstream()
        .get_stream(stream)
        .await
        .map_err(|err| chain(&err))?
        .get_or_create_consumer(
            name,
            pull::Config {
                durable_name: Some(name.to_owned()),
                deliver_policy: DeliverPolicy::All,
                ack_policy: AckPolicy::Explicit,
                ack_wait: ACK_WAIT,
                // One at a time: a case must hear of its meeting's items in their order.
                max_ack_pending: 1,
                ..pull::Config::default()
            },
        )
        .await
        .map_err(|err| chain(&err))?;
    let mut messages = consumer.messages().await.map_err(|err| chain(&err))?;
    info!(policy = name, stream, "following");
    while let Some(message) = messages.next().await {
        let message = message.map_err(|err| chain(&err))?;
        let stored = delivered(stream, &message).map_err(|err| chain(&err))?;
        let sequence = stored.sequence;
        let outcome = match Envelope::read(sequence, &stored.payload) {
            Ok(envelope) => signing(&message, act(stored, envelope)).await,
            Err(err) => Err(TryAgain { reason: chain(&err) }),
        };
        let answered = match outcome {
            Ok(()) => {
                task.progress();
                message.double_ack().await
            }
            Err(err) => {
                task.is_hindered(&TaskFailure::of(&err));
                warn!(policy = name, sequence, error = %err, "a policy will try again");
                metrics::counter!("samvirke_policy_retries", "policy" => name).increment(1);
                message.ack_with(AckKind::Nak(Some(RETRY))).await
            }
        };
        answered.map_err(|err| err.to_string())?;
    }
    Err("the stream's messages ended".into())
}

/// Lets the server know that an event is being worked on until it is done.
pub(crate) async fn signing<T>(message: &jetstream::Message, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    let mut signs = tokio::time::interval_at(Instant::now() + SIGN_EVERY, SIGN_EVERY);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = signs.tick() => {
                // Without it the event is delivered again, which changes nothing.
                let _unheard = message.ack_with(AckKind::Progress).await;
            }
        }
    }
}
