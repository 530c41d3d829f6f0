//! Sending one event of the feed, and what follows from the answer.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rand::RngExt;
use samvirke_kernel::{clock, publication::durable_consumer::Delivery};
use samvirke_schemas::{
    feed::{CloudEvent, FeedPosition, RESTATED, Reader, Subject},
    local_time::day_of,
    organisation::OrganisationNumber,
    queries::subscription_attempts::{Attempt, Tried},
    subscriptions::subscription::{
        Request,
        answer::{Failure, StopReason},
        terms::Owner,
    },
};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use super::worker::{DeliveryWorker, Trouble, Turn, line};
use crate::{
    delivery::test_event,
    inbox::note,
    subscription::SubscriptionState,
    webhook::{Outcome, Verdict, WebhookRequest, schedule},
};

impl DeliveryWorker {
    /// Delivers an event, or leaves it behind where it is not wanted.
    pub(super) async fn handle(
        &mut self,
        state: &SubscriptionState,
        delivery: &Delivery,
        rate: Option<u32>,
    ) -> Result<Turn, Trouble> {
        let event: CloudEvent = serde_json::from_slice(&delivery.published.payload)
            .map_err(|err| Trouble::Unreadable(err.into()))?;
        if !self.is_given(state, delivery, &event).await? {
            delivery.ack().await?;
            return Ok(self.next(delivery));
        }
        let sent = delivery.work(self.send_in_turn(state, delivery, &event, rate)).await?;
        let Some((at, outcome)) = sent else {
            delivery.ack().await?;
            return Ok(self.next(delivery));
        };
        metrics::counter!("samvirke_deliveries", "delivered" => delivered(&outcome)).increment(1);
        let mut attempt = Attempt {
            at,
            what: Tried::Event,
            event: Some(event.id),
            tag: Some(event.tag().to_owned()),
            position: Some(FeedPosition(delivery.published.sequence)),
            attempt: delivery.attempt,
            succeeded: outcome.verdict == Verdict::Delivered,
            answer: outcome.answer,
            took_ms: outcome.took_ms,
            failing_since: None,
            next: None,
        };
        let retry_after = match outcome.verdict {
            Verdict::Delivered => {
                delivery.ack().await?;
                self.context.history.note(&self.id, &attempt).await;
                return Ok(self.next(delivery));
            }
            Verdict::Gone => None,
            Verdict::Failed { retry_after } => retry_after,
        };
        let since = self.failing_since(&attempt).await?;
        attempt.failing_since = Some(since);
        let reason = match outcome.verdict {
            Verdict::Gone => Some(StopReason::Gone),
            Verdict::Delivered | Verdict::Failed { .. } => {
                let tried = delivery.attempt >= self.context.settings.attempts_max;
                tried.then_some(StopReason::TriedTooOften)
            }
        };
        if let Some(reason) = reason {
            self.context.history.note(&self.id, &attempt).await;
            return self.stop(state, reason, &attempt, since).await;
        }
        let delay = self.delay(delivery.attempt, retry_after);
        attempt.next = Some(clock::now() + delay);
        self.context.history.note(&self.id, &attempt).await;
        delivery.nak_with_delay(delay).await?;
        Ok(Turn::Rest(Instant::now() + delay))
    }

    /// Sends a test event once.
    pub(super) async fn test(
        &mut self,
        state: &SubscriptionState,
        test: u32,
    ) -> Result<(), Trouble> {
        let (id, now) = (&self.id, clock::now());
        let last = FeedPosition(self.context.publication.last_sequence().await?);
        let event = test_event::of(id, &state.owner, test, last, now);
        let body = serde_json::to_vec(&event).map_err(|err| Trouble::Unreadable(err.into()))?;
        let request = WebhookRequest {
            id: event.id,
            body: body.into(),
            secrets: self.secrets(state),
            at: now,
        };
        let _turn = self.turn(None).await;
        let outcome = self.context.sender.send(state.channel.endpoint(), &request).await;
        let delivered = outcome.verdict == Verdict::Delivered;
        let attempt = Attempt {
            at: now,
            what: Tried::Test,
            event: Some(event.id),
            tag: Some(event.tag().to_owned()),
            position: None,
            attempt: 1,
            succeeded: delivered,
            answer: outcome.answer.clone(),
            took_ms: outcome.took_ms,
            failing_since: None,
            next: None,
        };
        self.context.history.note(&self.id, &attempt).await;
        let words = [
            outcome.answer.status.map(|it| it.to_string()),
            outcome.answer.excerpt.map(String::from),
        ];
        let answer = line(&words.into_iter().flatten().collect::<Vec<_>>().join(" "));
        let request = Request::ConcludeTest { test, delivered, answer };
        Ok(note(&self.context.subscriptions, &self.id, request, test).await?)
    }

    /// Sends an event as soon as the endpoint's rate and our own limit allow it; returns when, and what came of
    /// it. Nothing is sent that was withheld while it waited for its turn, or that the owner may read no more.
    async fn send_in_turn(
        &mut self,
        state: &SubscriptionState,
        delivery: &Delivery,
        event: &CloudEvent,
        rate: Option<u32>,
    ) -> Result<Option<(DateTime<Utc>, Outcome)>, Trouble> {
        let _turn = self.turn(rate).await;
        if !self.is_given(state, delivery, event).await? {
            return Ok(None);
        }
        let at = clock::now();
        let request = WebhookRequest {
            id: event.id,
            body: delivery.published.payload.clone(),
            secrets: self.secrets(state),
            at,
        };
        let outcome = self.context.sender.send(state.channel.endpoint(), &request).await;
        Ok(Some((at, outcome)))
    }

    /// Waits for the endpoint's rate and our own limit; what is given back is held while something is sent.
    async fn turn(&mut self, rate: Option<u32>) -> Option<OwnedSemaphorePermit> {
        tokio::time::sleep_until(self.not_before).await;
        if let Some(rate) = rate.filter(|rate| *rate > 0) {
            self.not_before = Instant::now() + Duration::from_secs(60) / rate;
        }
        // It is never closed.
        self.context.requests.clone().acquire_owned().await.ok()
    }

    fn secrets(&self, state: &SubscriptionState) -> Vec<crate::webhook::secret::Secret> {
        self.context.master.in_force(&self.id, state.secret, clock::now())
    }

    pub(super) fn delay(&self, attempt: u32, asked: Option<Duration>) -> Duration {
        let chance = rand::rng().random_range(0.0..=1.0);
        schedule::delay(&self.context.settings, attempt, asked, chance)
    }

    /// When the first attempt to deliver this event failed.
    async fn failing_since(&self, attempt: &Attempt) -> Result<DateTime<Utc>, Trouble> {
        if attempt.attempt <= 1 {
            return Ok(attempt.at);
        }
        let latest = self.context.history.latest(&[&self.id]).await?;
        let before = latest.get(&self.id).and_then(|latest| latest.failure.as_ref());
        let same = before.filter(|before| before.position == attempt.position);
        Ok(same.and_then(|before| before.failing_since).unwrap_or(attempt.at))
    }

    /// Stops deliveries. The event stays where it is, for the day they are resumed.
    async fn stop(
        &mut self,
        state: &SubscriptionState,
        reason: StopReason,
        attempt: &Attempt,
        since: DateTime<Utc>,
    ) -> Result<Turn, Trouble> {
        let run = state.run.number;
        let failure = Failure {
            position: attempt.position.unwrap_or_default(),
            attempts: attempt.attempt,
            since,
            answer: attempt.answer.clone(),
        };
        let request = Request::Stop { run, reason, failure };
        note(&self.context.subscriptions, &self.id, request, run).await?;
        self.changed().await;
        Ok(Turn::Idle)
    }
}

impl DeliveryWorker {
    /// Whether an event is given to the owner now.
    async fn is_given(
        &self,
        state: &SubscriptionState,
        delivery: &Delivery,
        event: &CloudEvent,
    ) -> Result<bool, Trouble> {
        let withheld = self.context.withheld.holds(event.id, delivery.published.sequence);
        Ok(!withheld && self.is_wanted(state, delivery, event).await?)
    }

    /// Whether the owner may read an event today and wants it.
    async fn is_wanted(
        &self,
        state: &SubscriptionState,
        delivery: &Delivery,
        event: &CloudEvent,
    ) -> Result<bool, Trouble> {
        let subject: Subject = delivery.published.subject.parse().map_err(
            |err: samvirke_schemas::feed::InvalidSubject| Trouble::Unreadable(err.into()),
        )?;
        let restated = delivery.published.header(RESTATED);
        let reader = match &state.owner {
            Owner::Secretariat {} => Reader::All,
            Owner::Member { member } => {
                let own = Reader::Member(member.clone());
                // Where the public is given the same, it need not be looked up who is a member.
                let differs = own.reads(&subject.audience, restated)
                    != Reader::Public.reads(&subject.audience, restated);
                match differs && !self.is_member_today(member).await? {
                    true => Reader::Public,
                    false => own,
                }
            }
        };
        if !reader.reads(&subject.audience, restated) {
            return Ok(false);
        }
        let concerns = event.concerns().map_err(|err| Trouble::Unreadable(err.into()))?;
        let member = state.owner.member();
        Ok(state.filters.pass(&subject.tag, &subject.audience, &concerns, member))
    }

    async fn is_member_today(&self, member: &OrganisationNumber) -> Result<bool, Trouble> {
        let members = self.context.members.at(&[]).await?;
        Ok(members.is_member(member, &self.id.cooperation, day_of(clock::now())))
    }
}

fn delivered(outcome: &Outcome) -> &'static str {
    match outcome.verdict {
        Verdict::Delivered => "yes",
        Verdict::Gone | Verdict::Failed { .. } => "no",
    }
}
