//! Acting on another service's events.
//!
//! A policy issues an ordinary command whose id is derived from the event that caused it, so it may
//! run twice and acts once. How far it has come in the other stream is kept by a durable consumer: what
//! was not finished is delivered again. It is kept in the stream's own files, so that it goes where the
//! stream goes; one beyond the stream's end is told, and so is a hole that no operator has accepted. An event that it cannot act on whatever is tried is parked for
//! its cooperation ([`crate::parking`]).

mod records;

use std::{future::Future, sync::Arc, time::Duration};

use async_nats::jetstream::{
    self, AckKind,
    consumer::{AckPolicy, DeliverPolicy, pull},
};
use futures::StreamExt;
use tokio::time::Instant;
use tracing::{info, warn};
use uuid::Uuid;

use samvirke_schemas::{Tagged, id::AggregateId, principal::Principal, reply::Refused};

use crate::{
    backoff,
    checkpoint::Checkpoint,
    clock,
    committer::AppendError,
    deadline::Deadline,
    decider::Decider,
    envelope::{self, Envelope},
    error_chain::chain,
    execute::{CommandContext, ExecuteError, FactSource, execute},
    in_memory_projection::Behind,
    log::{Log, ReadError, Stored, stored::delivered},
    parking::{Decision, EventPlace, Parking},
    rejection::Rejection,
    repository::Repository,
    store_error::StoreError,
    stream::record::Gap,
    supervision::{Stop, Supervisor, Task, TaskFailure, caught},
};
use records::Records;

/// How long the server waits for a keep-alive of an event before it delivers it again. After a
/// crash nothing is done for so long.
pub const ACK_WAIT: Duration = Duration::from_secs(4);
/// How often the server gets a keep-alive while an event is worked on.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(1);
/// The wait before an event is delivered again that a policy could not act on; doubled with each attempt.
const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(30);
/// How often it is looked whether an operator has decided something.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Why a policy did not act on an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It will pass: the event is delivered again.
    #[error("the policy cannot act now: {reason}")]
    TryAgain { reason: String },
    /// It will not pass by itself: the event is parked.
    #[error("the policy cannot act on this event: {reason}")]
    Park { reason: String },
}

impl From<Behind> for PolicyError {
    fn from(behind: Behind) -> Self {
        Self::TryAgain { reason: behind.to_string() }
    }
}

impl From<StoreError> for PolicyError {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}

impl From<&StoreError> for PolicyError {
    fn from(error: &StoreError) -> Self {
        let reason = chain(error);
        match error {
            StoreError::Shared(error) => Self::from(&**error),
            // Where there is no room, an operator can make some.
            StoreError::Read(_)
            | StoreError::Append(
                AppendError::Unknown { .. }
                | AppendError::Overloaded
                | AppendError::Held(_)
                | AppendError::Late
                | AppendError::Busy { .. }
                | AppendError::NoRoom { .. }
                | AppendError::Conflict { .. }
                | AppendError::Refused { .. },
            ) => Self::TryAgain { reason },
            StoreError::Append(AppendError::TooLarge { .. })
            | StoreError::TooLarge { .. }
            | StoreError::HistoryTooLarge { .. }
            | StoreError::TooManyEvents { .. }
            | StoreError::History(_)
            | StoreError::Broken(_)
            | StoreError::Write(_) => Self::Park { reason },
        }
    }
}

/// The events of a commit with their ids; none where it is of another kind.
///
/// # Errors
///
/// [`PolicyError::Park`] when an event cannot be read.
pub fn events<E: Tagged>(
    commit: &Stored,
    envelope: &Envelope,
    kind: &str,
) -> Result<Vec<(E, Uuid)>, PolicyError> {
    if envelope.aggregate.kind != kind {
        return Ok(Vec::new());
    }
    let events = envelope
        .events::<E>(commit.sequence)
        .map_err(|err| PolicyError::Park { reason: chain(&err) })?;
    Ok(events.into_iter().zip(envelope.events.iter().map(|event| event.id)).collect())
}

/// The command that `policy` dispatches to `id` because of one event of a commit.
///
/// Its id follows from the event and the aggregate, so dispatching it again is the same command. It
/// happens when the event happened.
pub fn command_context<D: Decider>(
    policy: &str,
    cause: (&Envelope, Uuid),
    id: AggregateId,
    request: D::Request,
) -> CommandContext<D> {
    let (envelope, event) = cause;
    let digest = serde_json::to_vec(&request).unwrap_or_default();
    CommandContext {
        command_id: Uuid::new_v5(&event, format!("{policy}/{id}").as_bytes()),
        id,
        digest: envelope::digest(&digest),
        request,
        principal: Principal::system(policy),
        at: envelope.occurred_at,
        now: clock::now(),
        expected_version: None,
        provenance: envelope.provenance.clone(),
        after: Vec::new(),
        cause: Some(event),
        traceparent: envelope.traceparent.clone(),
        deadline: Deadline::NONE,
    }
}

/// Dispatches a policy's command. A refusal by a rule is final and is reported to the operator.
///
/// # Errors
///
/// [`PolicyError`].
pub async fn dispatch<D: Decider>(
    repository: &Repository<D>,
    source: &impl FactSource<D>,
    context: &CommandContext<D>,
) -> Result<(), PolicyError> {
    match execute(repository, source, context).await {
        Ok(outcome) => {
            info!(aggregate.id = %context.id, cause = ?context.cause, changed = !outcome.events.is_empty(),
                "a policy acted");
            Ok(())
        }
        Err(ExecuteError::Rejected(rejection)) => {
            warn!(aggregate.id = %context.id, cause = ?context.cause, rule = rejection.rule(),
                %rejection, "a policy's command was refused");
            metrics::counter!("samvirke_policy_refused", "code" => rejection.code()).increment(1);
            Ok(())
        }
        Err(error @ ExecuteError::Contended) => {
            Err(PolicyError::TryAgain { reason: chain(&error) })
        }
        Err(error @ (ExecuteError::Stale { .. } | ExecuteError::KeyReused)) => {
            Err(PolicyError::Park { reason: chain(&error) })
        }
        Err(ExecuteError::Facts(Refused::Unavailable { detail, .. })) => {
            Err(PolicyError::TryAgain { reason: detail })
        }
        Err(ExecuteError::Facts(refused)) => {
            Err(PolicyError::Park { reason: format!("{refused:?}") })
        }
        Err(ExecuteError::Store(error)) => Err(error.into()),
    }
}

/// Hands every commit of `log` to `act`, in order, as a task of `supervisor`.
///
/// Commits of a cooperation with a parked one wait behind it, those of others go on.
pub fn supervise<F>(
    supervisor: &Supervisor,
    parking: &Parking,
    name: &'static str,
    log: Log,
    act: impl Fn(Stored, Envelope) -> F + Send + Sync + 'static,
) where
    F: Future<Output = Result<(), PolicyError>> + Send + 'static,
{
    let (act, parking) = (Arc::new(act), parking.clone());
    supervisor.supervise(format!("policy {name}"), Stop::Drop, move |task| {
        let (log, act, parking) = (log.clone(), act.clone(), parking.clone());
        async move {
            let records = Records::read(parking, name, &task).await?;
            Policy { name, log, act: &*act, task: &task, records }.follow().await
        }
    });
}

/// The durable consumer of a policy.
type PolicyConsumer = jetstream::consumer::Consumer<pull::Config>;

/// A running policy.
struct Policy<'a, A> {
    name: &'static str,
    log: Log,
    act: &'a A,
    task: &'a Task,
    records: Records<'a>,
}

impl<A, F> Policy<'_, A>
where
    A: Fn(Stored, Envelope) -> F + Send + Sync,
    F: Future<Output = Result<(), PolicyError>> + Send,
{
    /// Acts on what comes until it is interrupted.
    async fn follow(mut self) -> Result<(), TaskFailure> {
        let stream = self.log.identity().name.clone();
        let mut consumer = self.consumer(&stream, DeliverPolicy::All).await?;
        self.is_within(&mut consumer).await?;
        let mut at = consumer.cached_info().ack_floor.stream_sequence;
        self.log.reports_lag_of(self.task);
        let mut messages = consumer.messages().await.map_err(|err| TaskFailure::of(&err))?;
        info!(policy = self.name, stream, "following");
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut last_delivery = None;
        loop {
            let message = tokio::select! {
                _ = look.tick() => {
                    self.is_within(&mut consumer).await?;
                    self.records.refresh().await?;
                    self.do_what_was_decided().await?;
                    continue;
                }
                message = messages.next() => message,
            };
            let ended = || TaskFailure::passing("the stream's messages ended");
            let message = message.ok_or_else(ended)?.map_err(|err| TaskFailure::of(&err))?;
            let info = message.info().map_err(|err| TaskFailure::passing(err.to_string()))?;
            // Where another instance had one in between, it may have parked it.
            let delivery = info.consumer_sequence;
            if last_delivery.is_some_and(|last| last + 1 != delivery) {
                self.records.refresh().await?;
            }
            last_delivery = Some(delivery);
            let attempt = u32::try_from(info.delivered).unwrap_or(u32::MAX);
            let stored = delivered(&stream, &message).map_err(|err| TaskFailure::of(&err))?;
            if stored.sequence > at + 1 {
                let gap = Gap { from: at + 1, to: stored.sequence - 1 };
                self.log.check_gap(gap).await.map_err(|err| failure_of(&err))?;
            }
            at = at.max(stored.sequence);
            self.handle(&message, stored, attempt).await?;
        }
    }

    /// Whether the position of the policy's consumer is in the stream. One beyond its end waits
    /// without a word for what has other sequences now.
    async fn is_within(&self, consumer: &mut PolicyConsumer) -> Result<(), TaskFailure> {
        let info = consumer.info().await.map_err(|err| TaskFailure::of(&err))?;
        let sequence = info.ack_floor.stream_sequence;
        // Another instance may have taken what this one has not.
        self.task.has_taken(&self.log.identity().name, sequence);
        let last = self.log.last_sequence().await.map_err(|err| failure_of(&err))?;
        if sequence <= last {
            return Ok(());
        }
        let name = self.log.identity().name.clone();
        let stream = self.log.identity().clone();
        let kept = Checkpoint { stream, sequence, digest: None };
        let accepted = self.log.accepted_before(&kept).await.map_err(|err| failure_of(&err))?;
        let Some(accepted) = accepted else {
            return Err(TaskFailure::halting(format!(
                "the policy {} is at {sequence} in {name}, which ends at {last}: restore the stream, or accept it with samvirke streams adopt {name}",
                self.name
            )));
        };
        warn!(
            policy = self.name,
            stream = name,
            from = accepted.sequence,
            "following an accepted stream"
        );
        let stream = self.log.jetstream().get_stream_no_info(&name).await;
        let stream = stream.map_err(|err| TaskFailure::of(&err))?;
        stream.delete_consumer(self.name).await.map_err(|err| TaskFailure::of(&err))?;
        let start = DeliverPolicy::ByStartSequence { start_sequence: accepted.sequence + 1 };
        self.consumer(&name, start).await?;
        Err(TaskFailure::passing("it follows an accepted stream anew"))
    }

    async fn consumer(
        &self,
        stream: &str,
        deliver_policy: DeliverPolicy,
    ) -> Result<PolicyConsumer, TaskFailure> {
        let config = pull::Config {
            durable_name: Some(self.name.to_owned()),
            deliver_policy,
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACK_WAIT,
            // One at a time: a case must hear of its meeting's items in their order.
            max_ack_pending: 1,
            ..pull::Config::default()
        };
        let stream = self.log.jetstream().get_stream(stream).await;
        let stream = stream.map_err(|err| TaskFailure::of(&err))?;
        let consumer = stream.get_or_create_consumer(self.name, config).await;
        consumer.map_err(|err| TaskFailure::of(&err))
    }

    async fn handle(
        &mut self,
        message: &jetstream::Message,
        stored: Stored,
        attempt: u32,
    ) -> Result<(), TaskFailure> {
        let place = place_of(&self.log, &stored);
        let answered = if self.records.holds(&place).await? {
            message.double_ack().await
        } else {
            match keep_alive(message, self.work(stored)).await {
                Ok(()) => {
                    self.task.progress();
                    self.task.has_taken(&place.stream, place.sequence);
                    // Whether the server has it is not waited for: acting once more changes nothing.
                    message.ack().await
                }
                Err(PolicyError::Park { reason }) => {
                    self.records.park(&place, &reason).await?;
                    message.double_ack().await
                }
                Err(error @ PolicyError::TryAgain { .. }) => {
                    self.will_try_again(place.sequence, &error);
                    let pause = backoff::pause(attempt.saturating_sub(1), RETRY_MIN, RETRY_MAX);
                    message.ack_with(AckKind::Nak(Some(pause))).await
                }
            }
        };
        answered.map_err(|err| TaskFailure::passing(err.to_string()))
    }

    fn will_try_again(&self, sequence: u64, error: &PolicyError) {
        warn!(policy = self.name, sequence, %error, "a policy will try again");
        metrics::counter!("samvirke_policy_retries", "policy" => self.name).increment(1);
        self.task.is_hindered(&TaskFailure::of(error));
    }

    /// Acts on one commit. A panic is the commit's fault, and takes nothing else with it.
    async fn work(&self, stored: Stored) -> Result<(), PolicyError> {
        let envelope = Envelope::read(stored.sequence, &stored.payload)
            .map_err(|err| PolicyError::Park { reason: chain(&err) })?;
        let acted = caught(async { (self.act)(stored, envelope).await }).await;
        acted.unwrap_or_else(|reason| Err(PolicyError::Park { reason }))
    }

    /// Works what an operator wants worked again, and what waits behind it.
    async fn do_what_was_decided(&mut self) -> Result<(), TaskFailure> {
        for (cooperation, parked) in self.records.decided() {
            let subject = self.log.subject_of(&cooperation);
            let mut next = match &parked.decision {
                Some(Decision::Skip { .. }) => parked.event.sequence + 1,
                Some(Decision::Retry { .. }) | None => parked.event.sequence,
            };
            let mut waits_to = parked.waits_to;
            loop {
                let first = self.log.first_from(&subject, next).await;
                let first = first.map_err(|err| TaskFailure::of(&err))?;
                let Some(stored) = first.filter(|stored| stored.sequence <= waits_to) else {
                    let worked = waits_to;
                    waits_to = self.records.release(&cooperation, &parked, worked).await?;
                    // What came meanwhile waits too, until nothing is left.
                    if waits_to <= worked {
                        break;
                    }
                    continue;
                };
                next = stored.sequence + 1;
                let place = place_of(&self.log, &stored);
                match self.work(stored).await {
                    Ok(()) => self.task.progress(),
                    Err(PolicyError::Park { reason }) => {
                        return self.records.park_instead(&parked, &place, &reason).await;
                    }
                    Err(error @ PolicyError::TryAgain { .. }) => {
                        // The decision stands, and is done again from the start.
                        self.will_try_again(place.sequence, &error);
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }
}

/// A failure to read, which may need an operator.
fn failure_of(error: &ReadError) -> TaskFailure {
    match error.stays() {
        true => TaskFailure::halting(chain(error)),
        false => TaskFailure::of(error),
    }
}

fn place_of(log: &Log, stored: &Stored) -> EventPlace {
    EventPlace {
        stream: log.identity().name.clone(),
        sequence: stored.sequence,
        subject: stored.subject.clone(),
    }
}

/// Sends the server keep-alives of an event until `work` on it is done.
pub(crate) async fn keep_alive<T>(
    message: &jetstream::Message,
    work: impl Future<Output = T>,
) -> T {
    let mut work = std::pin::pin!(work);
    let mut keep_alives =
        tokio::time::interval_at(Instant::now() + KEEP_ALIVE_INTERVAL, KEEP_ALIVE_INTERVAL);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = keep_alives.tick() => {
                // Without it the event is delivered again, which changes nothing.
                let _lost = message.ack_with(AckKind::Progress).await;
            }
        }
    }
}

#[cfg(test)]
mod tests;
