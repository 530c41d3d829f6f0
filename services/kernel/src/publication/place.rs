//! A reader's place in a published stream, kept by the server: a durable consumer.
//!
//! Invariant: of one place at most one message is on its way at a time, whoever reads from it, so that
//! what comes next waits until this one is done. Nothing that was not done is passed over.

use std::{future::Future, time::Duration};

use async_nats::jetstream::{
    self, AckKind, ErrorCode,
    consumer::{AckPolicy, Consumer, DeliverPolicy, Info, pull},
    stream::{ConsumerError, ConsumerErrorKind},
};
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};

use super::{ANSWER_TIMEOUT, Publication, Published};
use crate::{log::ReadError, policy::signing};

/// How long the server waits for a sign of work on a message before it delivers it again. After a
/// crash nothing is delivered for so long.
pub const ACK_WAIT: Duration = Duration::from_secs(5);

/// A place one can read from.
#[derive(Debug)]
pub struct Place {
    consumer: Consumer<pull::Config>,
    publication: Publication,
}

/// How a place stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Everything up to here is done.
    pub done: u64,
    /// When something was done last.
    pub done_at: Option<DateTime<Utc>>,
    /// How many messages wait to be taken.
    pub waiting: u64,
    /// Whether one was taken and is not done: somebody is at it, or it is to be delivered again later.
    pub taken: bool,
}

/// A message that was taken from a place and has to be done.
#[derive(Debug)]
pub struct Taken {
    pub published: Published,
    /// How often it has been taken, this time included.
    pub attempt: u32,
    /// How many messages are waiting behind it.
    pub waiting: u64,
    message: jetstream::Message,
    publication: Publication,
}

impl Publication {
    /// A place that is there, for what matches one of `filters` from the next message on; nothing where
    /// there is none of that name.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn place(&self, name: &str, filters: &[String]) -> Result<Option<Place>, ReadError> {
        match self.js.get_consumer_from_stream(name, self.name()).await {
            Ok(consumer) => {
                let consumer = self.with_filters(consumer, filters).await?;
                Ok(Some(Place { consumer, publication: self.clone() }))
            }
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.unreachable(error)),
        }
    }

    /// Opens a new place for what matches one of `filters` after `after`.
    ///
    /// # Errors
    ///
    /// [`ReadError`], also where there is a place of that name which began elsewhere.
    pub async fn open_place(
        &self,
        name: &str,
        filters: &[String],
        after: u64,
    ) -> Result<Place, ReadError> {
        let settings = self.settings(name, filters, after);
        let consumer = self.js.create_consumer_on_stream(settings, self.name()).await;
        let consumer = consumer.map_err(|err| self.unreachable(err))?;
        Ok(Place { consumer, publication: self.clone() })
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
        // The place itself, as the server has it, is not touched by other filters.
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

    /// How a place stands; nothing where there is none of that name.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn standing(&self, name: &str) -> Result<Option<Standing>, ReadError> {
        let found: Result<Consumer<pull::Config>, _> =
            self.js.get_consumer_from_stream(name, self.name()).await;
        match found {
            Ok(consumer) => Ok(Some(standing(consumer.cached_info()))),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.unreachable(error)),
        }
    }

    /// Gives a place up; it is no error where there is none.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn leave(&self, name: &str) -> Result<(), ReadError> {
        match self.js.delete_consumer_from_stream(name, self.name()).await {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(self.unreachable(error)),
        }
    }

    /// The names of all places whose names begin with `prefix`.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn places(&self, prefix: &str) -> Result<Vec<String>, ReadError> {
        let stream = self.js.get_stream(self.name()).await.map_err(|err| self.unreachable(err))?;
        let names: Vec<String> =
            stream.consumer_names().try_collect().await.map_err(|err| self.unreachable(err))?;
        Ok(names.into_iter().filter(|name| name.starts_with(prefix)).collect())
    }

    fn name(&self) -> &str {
        &self.identity.name
    }
}

impl Place {
    /// Takes the next message if there is one now.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn now(&self) -> Result<Option<Taken>, ReadError> {
        let asked = self.consumer.fetch().max_messages(1).messages().await;
        let mut messages = asked.map_err(|err| self.publication.unreachable(err))?;
        // The server keeps no such request, so one that is lost with it is never answered.
        let answer = tokio::time::timeout(ANSWER_TIMEOUT, messages.next()).await;
        let name = || self.publication.name().to_owned();
        self.taken(answer.map_err(|_| ReadError::TimedOut { stream: name() })?)
    }

    /// Takes the next message, and waits for it at most so long.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn within(&self, wait: Duration) -> Result<Option<Taken>, ReadError> {
        let asked = self.consumer.batch().max_messages(1).expires(wait).messages().await;
        let mut messages = asked.map_err(|err| self.publication.unreachable(err))?;
        self.taken(messages.next().await)
    }

    /// How it stands now.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn standing(&self) -> Result<Standing, ReadError> {
        let info = self.consumer.get_info().await;
        info.map(|info| standing(&info)).map_err(|err| self.publication.unreachable(err))
    }

    fn taken(
        &self,
        message: Option<Result<jetstream::Message, async_nats::Error>>,
    ) -> Result<Option<Taken>, ReadError> {
        let Some(message) = message else { return Ok(None) };
        let unreachable = |err: async_nats::Error| self.publication.unreachable(err.to_string());
        let message = message.map_err(unreachable)?;
        let info = message.info().map_err(unreachable)?;
        Ok(Some(Taken {
            attempt: u32::try_from(info.delivered).unwrap_or(u32::MAX),
            waiting: info.pending,
            published: self.publication.delivered(&message)?,
            message,
            publication: self.publication.clone(),
        }))
    }
}

impl Taken {
    /// Says that it is done, and waits until the server knows.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; then it may be delivered again.
    pub async fn done(&self) -> Result<(), ReadError> {
        self.message.double_ack().await.map_err(|err| self.publication.unreachable(err.to_string()))
    }

    /// Gives it back, to be delivered again after some time and before anything else.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; then it is delivered again sooner.
    pub async fn again_after(&self, delay: Duration) -> Result<(), ReadError> {
        let given_back = self.message.ack_with(AckKind::Nak(Some(delay))).await;
        given_back.map_err(|err| self.publication.unreachable(err.to_string()))
    }

    /// Works on it, and lets the server know meanwhile that it does.
    pub async fn work<T>(&self, work: impl Future<Output = T>) -> T {
        signing(&self.message, work).await
    }
}

fn standing(info: &Info) -> Standing {
    Standing {
        done: info.ack_floor.stream_sequence,
        done_at: info.ack_floor.last_active,
        waiting: info.num_pending,
        taken: info.num_ack_pending > 0,
    }
}

fn is_missing(error: &ConsumerError) -> bool {
    let ConsumerErrorKind::JetStream(error) = error.kind() else { return false };
    [ErrorCode::CONSUMER_NOT_FOUND, ErrorCode::STREAM_NOT_FOUND].contains(&error.error_code())
}

#[cfg(test)]
mod tests;
