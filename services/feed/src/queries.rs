//! What is answered about subscriptions: their terms, how deliveries stand, what was tried, secrets.
//!
//! Invariant: the owner, the secretariat and the operator are told; nobody else is, and a secret is for
//! the owner alone.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use samvirke_kernel::{
    clock,
    error_chain::chain,
    in_memory_projection::ProjectionRunner,
    inbox::positions,
    log::ReadError,
    publication::Publication,
    query::{PageRequest, parameters, rows},
};
use samvirke_schemas::{
    feed::FeedPosition,
    id::{AggregateId, CooperationId},
    message::QueryMessage,
    principal::{Principal, Role},
    queries::{
        page::Page,
        subscription::{self, Deliveries, Stop, Subscription},
        subscription_attempts, subscription_secret, subscriptions,
    },
    reply::{Refused, RejectionKind},
    subscriptions::subscription::terms::Owner,
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    delivery::{
        consumer_name,
        history::{History, Latest},
    },
    subscription::{Phase, SubscriptionState},
    subscription_index::{Entry, SubscriptionIndex},
    webhook::secret::MasterKey,
};

/// How many consumers are asked about at once.
const PLACES_AT_ONCE: usize = 16;

/// What answers.
pub(crate) struct QueryHandler {
    pub(crate) index: ProjectionRunner<SubscriptionIndex>,
    pub(crate) publication: Publication,
    pub(crate) history: History,
    pub(crate) master: MasterKey,
}

impl QueryHandler {
    pub(crate) async fn answer(self: Arc<Self>, message: QueryMessage) -> Result<Value, Refused> {
        match message.name.as_str() {
            "subscriptions" => {
                json(self.list(&message, parameters(message.parameters.clone())?).await?)
            }
            "subscription" => {
                let subscription::Parameters { id } = parameters(message.parameters.clone())?;
                json(self.one(&message, id).await?)
            }
            "subscription-attempts" => {
                json(self.attempts(&message, parameters(message.parameters.clone())?).await?)
            }
            "subscription-secret" => {
                let subscription_secret::Parameters { id } =
                    parameters(message.parameters.clone())?;
                json(self.secret(&message, &id).await?)
            }
            _ => Err(Refused::Broken { detail: format!("there is no query {:?}", message.name) }),
        }
    }

    async fn list(
        &self,
        message: &QueryMessage,
        asked: subscriptions::Parameters,
    ) -> Result<subscriptions::Answer, Refused> {
        let subscriptions::Parameters { cooperation, member, phase, after, limit } = asked;
        let request = PageRequest::try_new("subscriptions", after.as_ref(), limit)?;
        let after: Option<AggregateId> = request.after_key()?;
        let entries: Vec<(AggregateId, Entry)> = {
            let index = self.index(message).await?;
            index
                .of(&cooperation, after.as_ref())
                .filter(|(_, entry)| may_read(&message.principal, &cooperation, &entry.state))
                .filter(|(_, entry)| {
                    member.is_none() || entry.state.owner.member() == member.as_ref()
                })
                .filter(|(_, entry)| phase.is_none_or(|phase| phase_of(&entry.state) == phase))
                .take(request.to_read())
                .map(|(id, entry)| (id.clone(), entry.clone()))
                .collect()
        };
        let Page { items: shown, next } = request.page(entries, |(id, _)| id.to_string());
        let ids: Vec<&AggregateId> = shown.iter().map(|(id, _)| id).collect();
        let mut latest: Vec<Latest> = Vec::new();
        {
            let mut found = self.history.latest(&ids).await.map_err(unread)?;
            latest.extend(ids.iter().map(|id| found.remove(id).unwrap_or_default()));
        }
        let items = stream::iter(shown.into_iter().zip(latest))
            .map(|((id, entry), latest)| async move { self.shown(&id, &entry, latest).await })
            .buffered(PLACES_AT_ONCE)
            .try_collect()
            .await?;
        Ok(Page { items, next })
    }

    async fn one(&self, message: &QueryMessage, id: AggregateId) -> Result<Subscription, Refused> {
        let entry = self.entry(message, &id).await?;
        let latest = self.history.latest(&[&id]).await.map_err(unread)?;
        self.shown(&id, &entry, latest.get(&id).cloned().unwrap_or_default()).await
    }

    async fn attempts(
        &self,
        message: &QueryMessage,
        asked: subscription_attempts::Parameters,
    ) -> Result<subscription_attempts::Answer, Refused> {
        self.entry(message, &asked.id).await?;
        let mut items = self.history.of(&asked.id).await.map_err(unread)?;
        items.truncate(rows(asked.limit)?);
        Ok(subscription_attempts::Answer { items })
    }

    async fn secret(
        &self,
        message: &QueryMessage,
        id: &AggregateId,
    ) -> Result<subscription_secret::Secret, Refused> {
        let entry = self.entry(message, id).await?;
        let principal = &message.principal;
        let owns = match &entry.state.owner {
            Owner::Member { member } => principal.speaks_for(member, &id.cooperation),
            Owner::Secretariat {} => principal.is(Role::Secretariat, &id.cooperation),
        };
        if !owns {
            return Err(not_yours());
        }
        let generation = entry.state.secret;
        let mut secrets = self.master.in_force(id, generation, clock::now()).into_iter();
        let secret = secrets.next().map(|secret| secret.expose()).unwrap_or_default();
        let previous = secrets.next().zip(generation.previous_until);
        let previous = previous.map(|(secret, until)| subscription_secret::Previous {
            secret: secret.expose(),
            until,
        });
        Ok(subscription_secret::Secret { generation: generation.number, secret, previous })
    }

    async fn index(
        &self,
        message: &QueryMessage,
    ) -> Result<tokio::sync::RwLockReadGuard<'_, SubscriptionIndex>, Refused> {
        let after = positions(&message.after)?;
        self.index.at(&after).await.map_err(Refused::from)
    }

    /// A subscription that the caller may read.
    async fn entry(&self, message: &QueryMessage, id: &AggregateId) -> Result<Entry, Refused> {
        let entry = self.index(message).await?.get(id).cloned();
        let see_all = sees_all(&message.principal, &id.cooperation);
        match entry {
            Some(entry) if may_read(&message.principal, &id.cooperation, &entry.state) => Ok(entry),
            None if see_all => Err(missing(id)),
            // Others are not told whether there is one.
            Some(_) | None => Err(not_yours()),
        }
    }

    async fn shown(
        &self,
        id: &AggregateId,
        entry: &Entry,
        latest: Latest,
    ) -> Result<Subscription, Refused> {
        let state = entry.state.as_ref();
        let consumer = self.publication.consumer_status(&consumer_name(id, state.run.number)).await;
        let consumer = consumer.map_err(unread)?;
        let position = consumer.as_ref().map(|consumer| FeedPosition(consumer.acknowledged));
        let failed = latest.failure.as_ref().filter(|failed| {
            // What was delivered since has settled it.
            failed.position.zip(position).is_some_and(|(failed, done)| failed > done)
        });
        let deliveries = Deliveries {
            position,
            pending: consumer.map(|consumer| consumer.waiting + u64::from(consumer.in_flight)),
            attempts: failed.map_or(0, |failed| failed.attempt),
            next_attempt: failed.and_then(|failed| failed.next),
            last_success: latest.success,
            last_failure: latest.failure,
        };
        let (reason, stopped) = match &state.phase {
            Phase::Asking | Phase::Active { .. } => (None, None),
            Phase::Refused { reason } | Phase::Suspended { reason } => (Some(reason.clone()), None),
            Phase::Stopped { reason, failure } => {
                (None, Some(Stop { reason: *reason, failure: failure.clone() }))
            }
            Phase::Ended { reason } => (reason.clone(), None),
        };
        Ok(Subscription {
            id: id.clone(),
            version: entry.version,
            owner: state.owner.clone(),
            channel: state.channel.clone(),
            filters: state.filters.clone(),
            phase: phase_of(state),
            reason,
            stopped,
            deliveries,
        })
    }
}

fn phase_of(state: &SubscriptionState) -> subscription::Phase {
    match state.phase {
        Phase::Asking => subscription::Phase::Asking,
        Phase::Refused { .. } => subscription::Phase::Refused,
        Phase::Active { .. } => subscription::Phase::Active,
        Phase::Suspended { .. } => subscription::Phase::Suspended,
        Phase::Stopped { .. } => subscription::Phase::Stopped,
        Phase::Ended { .. } => subscription::Phase::Ended,
    }
}

fn sees_all(principal: &Principal, cooperation: &CooperationId) -> bool {
    principal.is_any(&[Role::Secretariat, Role::Operator], cooperation)
}

fn may_read(principal: &Principal, cooperation: &CooperationId, state: &SubscriptionState) -> bool {
    let own = |member| principal.speaks_for(member, cooperation);
    sees_all(principal, cooperation) || state.owner.member().is_some_and(own)
}

fn missing(id: &AggregateId) -> Refused {
    Refused::Rejected {
        code: "not-found".into(),
        kind: RejectionKind::Missing,
        rule: "RFC 9110 § 15.5.5".into(),
        detail: format!("there is no subscription {id}"),
        detail_nb: format!("abonnementet {id} finnes ikke"),
        field: None,
    }
}

fn not_yours() -> Refused {
    Refused::Rejected {
        code: "not-your-subscription".into(),
        kind: RejectionKind::Forbidden,
        rule: "subscriptions".into(),
        detail: "only its owner may read this, and others than secrets the secretariat".into(),
        detail_nb: "bare eieren kan lese dette, og annet enn hemmeligheter sekretariatet".into(),
        field: None,
    }
}

fn unread(error: ReadError) -> Refused {
    let reason = chain(&error);
    let detail_nb = format!("hendelsesstrømmen kan ikke leses: {reason}");
    Refused::unavailable(reason, detail_nb)
}

fn json(answer: impl Serialize) -> Result<Value, Refused> {
    serde_json::to_value(answer).map_err(|err| Refused::Broken { detail: err.to_string() })
}
