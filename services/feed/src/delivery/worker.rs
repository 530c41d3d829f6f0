//! The delivery worker of one subscription: what it does in each phase of its subscription.
//!
//! Invariant: an event is left behind only when it was delivered or is not wanted. Whatever interrupts a
//! worker, it goes on from where its durable consumer is.

use std::{sync::Arc, time::Duration};

use samvirke_kernel::{
    backoff, clock,
    error_chain::chain,
    in_memory_projection::Behind,
    log::ReadError,
    publication::durable_consumer::{Delivery, DurableConsumer},
    supervision::{Task, TaskFailure},
};
use samvirke_schemas::{
    id::AggregateId,
    queries::subscription_attempts::{Attempt, Tried},
    subscriptions::subscription::Request,
    text::Line,
};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tracing::warn;

use super::{DeliveryContext, RETRY, consumer_name, subjects};
use crate::{
    inbox::{NotNoted, note},
    subscription::{Phase, SubscriptionState},
    webhook::Handshake,
};

/// The longest that a worker waits which is interrupted again and again.
const RETRY_MAX: Duration = Duration::from_secs(60);
/// How long an event is waited for that somebody else is at, or that comes again soon.
const WAIT: Duration = Duration::from_secs(30);
/// The longest a worker leaves its consumer alone while an event is to come again.
const REST_MAX: Duration = Duration::from_secs(5 * 60);

pub(super) struct DeliveryWorker {
    pub(super) id: AggregateId,
    pub(super) context: Arc<DeliveryContext>,
    state: watch::Receiver<Arc<SubscriptionState>>,
    wake: Arc<Notify>,
    task: Task,
    interruptions: Interruptions,
    /// Before this no further event is sent, by the rate that the endpoint allows.
    pub(super) not_before: Instant,
}

/// What interrupts a worker.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the feed cannot be read")]
    Read(#[from] ReadError),
    #[error(transparent)]
    NotNoted(#[from] NotNoted),
    #[error(transparent)]
    MembersUnknown(#[from] Behind),
    #[error("an event of the feed cannot be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What to do next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Turn {
    /// Look whether there is something.
    Look,
    /// There is nothing; wait to be woken.
    Idle,
    /// Something comes again then.
    Rest(Instant),
    /// Something is to come, it is not known when.
    Wait,
}

impl DeliveryWorker {
    pub(super) fn new(
        id: AggregateId,
        context: Arc<DeliveryContext>,
        state: watch::Receiver<Arc<SubscriptionState>>,
        wake: Arc<Notify>,
        task: Task,
    ) -> Self {
        let interruptions = Interruptions::default();
        Self { id, context, state, wake, task, interruptions, not_before: Instant::now() }
    }

    pub(super) async fn run(mut self) {
        loop {
            let state = self.state.borrow_and_update().clone();
            let done = match &state.phase {
                Phase::Asking => Box::pin(self.ask(&state)).await,
                Phase::Active { rate_per_minute } => self.deliver(&state, *rate_per_minute).await,
                Phase::Ended { .. } => self.delete_consumers(&state).await,
                Phase::Refused { .. } | Phase::Suspended { .. } | Phase::Stopped { .. } => {
                    self.changed().await;
                    Ok(())
                }
            };
            let ended = state.has_ended();
            match done {
                Ok(()) if ended => return,
                Ok(()) => self.progress(),
                Err(trouble) => {
                    self.task.is_hindered(&TaskFailure::of(&trouble));
                    warn!(subscription.id = %self.id, error = %chain(&trouble), "a lane is interrupted");
                    let pause = self.interruptions.next_pause();
                    tokio::select! {
                        () = tokio::time::sleep(pause) => (),
                        () = self.changed() => (),
                    }
                }
            }
            if self.is_over() {
                return;
            }
        }
    }

    /// An event was dealt with, or there is none: what comes next does not fail for the same reason.
    fn progress(&mut self) {
        self.interruptions = Interruptions::default();
        self.task.progress();
    }

    /// Nothing changes it any more, unless its end is still to be seen.
    fn is_over(&self) -> bool {
        let unacknowledged = self.state.has_changed();
        self.context.shutdown.is_cancelled()
            || (unacknowledged.is_err() && !self.state.borrow().has_ended())
    }

    /// Waits until the subscription has changed.
    pub(super) async fn changed(&mut self) {
        tokio::select! {
            _ = self.state.changed() => self.state.mark_changed(),
            () = self.context.shutdown.cancelled() => (),
        }
    }

    fn has_changed(&self) -> bool {
        self.context.shutdown.is_cancelled() || self.state.has_changed().unwrap_or(true)
    }

    /// Asks the endpoint until it answers yes or no, or has been silent too often.
    async fn ask(&mut self, state: &SubscriptionState) -> Result<(), Trouble> {
        let (settings, handshake) = (self.context.settings.clone(), state.handshake);
        for attempt in 1..=settings.handshakes_max {
            let begun = Instant::now();
            let asked = {
                let _permit = self.context.requests.acquire().await;
                self.context.sender.ask(state.channel.endpoint()).await
            };
            let last = attempt == settings.handshakes_max;
            let delay = self.delay(attempt, None);
            let (succeeded, answer, silent) = match &asked {
                Handshake::Agreed { answer, .. } => (true, answer, false),
                Handshake::Refused { answer, .. } => (false, answer, false),
                Handshake::Silent { answer, .. } => (false, answer, true),
            };
            let again = silent && !last;
            let noted = Attempt {
                at: clock::now(),
                what: Tried::Handshake,
                event: None,
                tag: None,
                position: None,
                attempt,
                succeeded,
                answer: answer.clone(),
                took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
                failing_since: None,
                next: again.then(|| clock::now() + delay),
            };
            self.context.history.note(&self.id, &noted).await;
            let request = match asked {
                Handshake::Agreed { rate_per_minute, .. } => {
                    Request::AgreeEndpoint { handshake, rate_per_minute }
                }
                Handshake::Silent { .. } if again => {
                    tokio::select! {
                        () = tokio::time::sleep(delay) => continue,
                        () = self.changed() => return Ok(()),
                    }
                }
                Handshake::Refused { reason, .. } | Handshake::Silent { reason, .. } => {
                    Request::RefuseEndpoint { handshake, reason: line(&reason) }
                }
            };
            note(&self.context.subscriptions, &self.id, request, handshake).await?;
            break;
        }
        self.changed().await;
        Ok(())
    }

    /// Delivers until the subscription changes.
    async fn deliver(
        &mut self,
        state: &SubscriptionState,
        rate: Option<u32>,
    ) -> Result<(), Trouble> {
        // Boxed, so that a worker with nothing to do is small.
        let consumer = Box::pin(self.consumer(state)).await?;
        if let Some(test) = state.pending_test {
            Box::pin(self.test(state, test)).await?;
            self.changed().await;
            return Ok(());
        }
        let mut turn = Turn::Look;
        while !self.has_changed() {
            let delivered = match turn {
                Turn::Look => consumer.now().await?,
                Turn::Idle => {
                    let wake = self.wake.clone();
                    tokio::select! {
                        () = wake.notified() => turn = Turn::Look,
                        () = self.changed() => (),
                    }
                    continue;
                }
                Turn::Rest(until) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(until) => turn = Turn::Wait,
                        () = self.changed() => (),
                    }
                    continue;
                }
                Turn::Wait => {
                    let consumer = &consumer;
                    tokio::select! {
                        delivered = consumer.within(WAIT) => delivered?,
                        () = self.changed() => continue,
                    }
                }
            };
            turn = match delivered {
                Some(delivery) => Box::pin(self.handle(state, &delivery, rate)).await?,
                None => self.nothing(&consumer).await?,
            };
            self.progress();
        }
        Ok(())
    }

    /// What to do where nothing was delivered.
    async fn nothing(&self, consumer: &DurableConsumer) -> Result<Turn, Trouble> {
        let status = consumer.status().await?;
        if !status.in_flight {
            return Ok(if status.waiting > 0 { Turn::Wait } else { Turn::Idle });
        }
        let latest = self.context.history.latest(&[&self.id]).await?;
        let failed = latest.get(&self.id).and_then(|latest| latest.failure.as_ref());
        let next = failed
            .filter(|failed| failed.position.is_some_and(|at| at.0 > status.acknowledged))
            .and_then(|failed| failed.next);
        let left = next.and_then(|next| (next - clock::now()).to_std().ok()).unwrap_or_default();
        // Who has it may have been killed, so it is looked for sooner than that.
        Ok(if left > WAIT { Turn::Rest(Instant::now() + left.min(REST_MAX)) } else { Turn::Wait })
    }

    /// After an event that is done.
    pub(super) fn next(&self, delivery: &Delivery) -> Turn {
        // What was said since then has left a wake behind.
        if delivery.waiting > 0 { Turn::Look } else { Turn::Idle }
    }

    /// Returns the subscription's durable consumer for this run.
    async fn consumer(&self, state: &SubscriptionState) -> Result<DurableConsumer, Trouble> {
        let _turn = self.context.openings.acquire().await;
        let (publication, run) = (&self.context.publication, state.run);
        let name = consumer_name(&self.id, run.number);
        let filters = subjects(&self.id.cooperation, state);
        if let Some(consumer) = publication.find_consumer(&name, &filters).await? {
            return Ok(consumer);
        }
        let mut after = run.after.0;
        for number in (run.placed..run.number).rev() {
            if let Some(earlier) =
                publication.consumer_status(&consumer_name(&self.id, number)).await?
            {
                after = earlier.acknowledged;
                break;
            }
        }
        let consumer = publication.create_consumer(&name, &filters, after).await?;
        self.delete_consumers_before(run.number).await?;
        Ok(consumer)
    }

    /// Deletes the consumers of earlier runs; there is one at most.
    async fn delete_consumers_before(&self, run: u32) -> Result<(), ReadError> {
        for number in (1..run).rev() {
            let name = consumer_name(&self.id, number);
            if self.context.publication.consumer_status(&name).await?.is_some() {
                return self.context.publication.delete_consumer(&name).await;
            }
        }
        Ok(())
    }

    async fn delete_consumers(&self, state: &SubscriptionState) -> Result<(), Trouble> {
        self.delete_consumers_before(state.run.number.saturating_add(1)).await?;
        Ok(())
    }
}

/// How often a worker was interrupted since it last made progress. How long it ran is no progress: one that
/// waits for a minute before it fails again has done nothing.
#[derive(Debug, Default)]
struct Interruptions(u32);

impl Interruptions {
    /// How long to wait after one more.
    fn next_pause(&mut self) -> Duration {
        self.0 = self.0.saturating_add(1);
        backoff::pause(self.0, RETRY, RETRY_MAX)
    }
}

/// A text as a line; what is too long for one is cut.
pub(super) fn line(text: &str) -> Line {
    let text: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(samvirke_schemas::text::LINE_CHARS_MAX)
        .collect();
    text.parse().unwrap_or_else(|_| "-".parse().expect("a hyphen is a line"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_is_interrupted_again_and_again_waits_longer_and_longer_up_to_a_limit() {
        let mut interruptions = Interruptions::default();
        for (shortest, longest) in
            [(1.0, 2.0), (2.0, 4.0), (4.0, 8.0), (8.0, 16.0), (16.0, 32.0), (30.0, 60.0)]
        {
            let pause = interruptions.next_pause().as_secs_f64();
            assert!((shortest..=longest).contains(&pause), "{interruptions:?}: {pause} s");
        }
        let mut many = Interruptions(u32::MAX);
        assert!((30.0..=60.0).contains(&many.next_pause().as_secs_f64()));
    }
}
