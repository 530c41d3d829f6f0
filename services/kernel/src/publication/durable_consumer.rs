//! Durable consumers of a published stream: how far each reader is, kept by the server.
//!
//! Invariant: of one consumer at most one message is in flight at a time, whoever reads from it, so that
//! what comes next waits until this one is acknowledged. Nothing that was not acknowledged is passed over.

use std::{future::Future, time::Duration};

use async_nats::jetstream::{
    self, AckKind,
    consumer::{AckPolicy, Consumer, DeliverPolicy, Info, pull},
};
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};

use super::{ANSWER_TIMEOUT, Publication, Published};
use crate::{jetstream::absent, log::ReadError, policy::keep_alive};

/// How long the server waits for a keep-alive of a message before it delivers it again. After a
/// crash nothing is delivered for so long.
pub const ACK_WAIT: Duration = Duration::from_secs(5);

/// A durable consumer one can read from.
#[derive(Debug)]
pub struct DurableConsumer {
    consumer: Consumer<pull::Config>,
    publication: Publication,
}

/// How far a durable consumer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerStatus {
    /// Everything up to here is acknowledged.
    pub acknowledged: u64,
    /// When something was acknowledged last.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// How many messages wait to be delivered.
    pub waiting: u64,
    /// Whether one was delivered and is not acknowledged: somebody is at it, or it is delivered again later.
    pub in_flight: bool,
}

/// A message that was delivered by a durable consumer and has to be acknowledged.
#[derive(Debug)]
pub struct Delivery {
    pub published: Published,
    /// How often it has been delivered, this time included.
    pub attempt: u32,
    /// How many messages are waiting behind it.
    pub waiting: u64,
    message: jetstream::Message,
    publication: Publication,
}

impl Publication {
    /// Returns a consumer that is there, for what matches one of `filters` from the next message on; nothing where
    /// there is none of that name.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn find_consumer(
        &self,
        name: &str,
        filters: &[String],
    ) -> Result<Option<DurableConsumer>, ReadError> {
        let Some(consumer) = self.consumer(name).await? else { return Ok(None) };
        let consumer = self.with_filters(consumer, filters).await?;
        Ok(Some(DurableConsumer { consumer, publication: self.clone() }))
    }

    /// Creates a consumer of what matches one of `filters` after `after`.
    ///
    /// # Errors
    ///
    /// [`ReadError`], also where there is a consumer of that name which began elsewhere.
    pub async fn create_consumer(
        &self,
        name: &str,
        filters: &[String],
        after: u64,
    ) -> Result<DurableConsumer, ReadError> {
        let settings = self.settings(name, filters, after);
        let consumer = self.js.create_consumer_on_stream(settings, self.name()).await;
        let consumer = consumer.map_err(|err| self.unreachable(err))?;
        Ok(DurableConsumer { consumer, publication: self.clone() })
    }

    async fn with_filters(
        &self,
        consumer: Consumer<pull::Config>,
        filters: &[String],
    ) -> Result<Consumer<pull::Config>, ReadError> {
        let config = &consumer.cached_info().config;
        let has: Vec<String> = match config.filter_subjects.as_slice() {
            [] => vec![config.filter_subject.clone()],
            several => several.to_vec(),
        };
        if has.len() == filters.len() && filters.iter().all(|filter| has.contains(filter)) {
            return Ok(consumer);
        }
        // How far the consumer is, as the server has it, is not touched by other filters.
        let DeliverPolicy::ByStartSequence { start_sequence } = config.deliver_policy else {
            return Err(self.unreachable("a place begins at a sequence"));
        };
        let changed =
            self.settings(&config.name.clone().unwrap_or_default(), filters, start_sequence - 1);
        let changed = self.js.update_consumer_on_stream(changed, self.name()).await;
        changed.map_err(|err| self.unreachable(err))
    }

    fn settings(&self, name: &str, filters: &[String], after: u64) -> pull::Config {
        pull::Config {
            durable_name: Some(name.to_owned()),
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: after + 1 },
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACK_WAIT,
            max_ack_pending: 1,
            filter_subjects: filters.to_vec(),
            ..pull::Config::default()
        }
    }

    /// Returns how far a consumer is; nothing where there is none of that name.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn consumer_status(&self, name: &str) -> Result<Option<ConsumerStatus>, ReadError> {
        Ok(self.consumer(name).await?.map(|consumer| status(consumer.cached_info())))
    }

    async fn consumer(&self, name: &str) -> Result<Option<Consumer<pull::Config>>, ReadError> {
        let found = self.js.get_consumer_from_stream(name, self.name()).await;
        absent::consumer(found).map_err(|err| self.unreachable(err))
    }

    /// Deletes a consumer; it is no error where there is none.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn delete_consumer(&self, name: &str) -> Result<(), ReadError> {
        let deleted = self.js.delete_consumer_from_stream(name, self.name()).await;
        absent::consumer(deleted).map(drop).map_err(|err| self.unreachable(err))
    }

    /// Returns the names of all consumers whose names begin with `prefix`.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn consumer_names(&self, prefix: &str) -> Result<Vec<String>, ReadError> {
        let stream = self.js.get_stream(self.name()).await.map_err(|err| self.unreachable(err))?;
        let names: Vec<String> =
            stream.consumer_names().try_collect().await.map_err(|err| self.unreachable(err))?;
        Ok(names.into_iter().filter(|name| name.starts_with(prefix)).collect())
    }

    fn name(&self) -> &str {
        &self.identity.name
    }
}

impl DurableConsumer {
    /// Takes the next message if there is one now.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn now(&self) -> Result<Option<Delivery>, ReadError> {
        let asked = self.consumer.fetch().max_messages(1).messages().await;
        let mut messages = asked.map_err(|err| self.publication.unreachable(err))?;
        // The server keeps no such request, so one that is lost with it is never answered.
        let answer = tokio::time::timeout(ANSWER_TIMEOUT, messages.next()).await;
        let name = || self.publication.name().to_owned();
        self.delivery(answer.map_err(|_| ReadError::TimedOut { stream: name() })?)
    }

    /// Takes the next message, and waits for it at most so long.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn within(&self, wait: Duration) -> Result<Option<Delivery>, ReadError> {
        let asked = self.consumer.batch().max_messages(1).expires(wait).messages().await;
        let mut messages = asked.map_err(|err| self.publication.unreachable(err))?;
        self.delivery(messages.next().await)
    }

    /// Returns how far it is now.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn status(&self) -> Result<ConsumerStatus, ReadError> {
        let info = self.consumer.get_info().await;
        info.map(|info| status(&info)).map_err(|err| self.publication.unreachable(err))
    }

    fn delivery(
        &self,
        message: Option<Result<jetstream::Message, async_nats::Error>>,
    ) -> Result<Option<Delivery>, ReadError> {
        let Some(message) = message else { return Ok(None) };
        let unreachable = |err: async_nats::Error| self.publication.unreachable(err.to_string());
        let message = message.map_err(unreachable)?;
        let info = message.info().map_err(unreachable)?;
        Ok(Some(Delivery {
            attempt: u32::try_from(info.delivered).unwrap_or(u32::MAX),
            waiting: info.pending,
            published: self.publication.delivered(&message)?,
            message,
            publication: self.publication.clone(),
        }))
    }
}

impl Delivery {
    /// Acknowledges it, and waits until the server knows.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; then it may be delivered again.
    pub async fn ack(&self) -> Result<(), ReadError> {
        self.message.double_ack().await.map_err(|err| self.publication.unreachable(err.to_string()))
    }

    /// Gives it back, to be delivered again after some time and before anything else.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; then it is delivered again sooner.
    pub async fn nak_with_delay(&self, delay: Duration) -> Result<(), ReadError> {
        let nacked = self.message.ack_with(AckKind::Nak(Some(delay))).await;
        nacked.map_err(|err| self.publication.unreachable(err.to_string()))
    }

    /// Works on it, and keeps it alive meanwhile, so that it is not delivered again.
    pub async fn work<T>(&self, work: impl Future<Output = T>) -> T {
        keep_alive(&self.message, work).await
    }
}

fn status(info: &Info) -> ConsumerStatus {
    ConsumerStatus {
        acknowledged: info.ack_floor.stream_sequence,
        acknowledged_at: info.ack_floor.last_active,
        waiting: info.num_pending,
        in_flight: info.num_ack_pending > 0,
    }
}

#[cfg(test)]
mod tests;
