//! The rest of a long history of one subject, delivered to a consumer that lasts as long as the reading.
//!
//! The server delivers thousands of messages to a consumer faster than it answers direct gets of as many. For a
//! few a consumer costs more than it saves.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy, pull};
use futures::StreamExt;

use super::{
    Log,
    stored::{READ_TIMEOUT, ReadError, Stored, delivered},
};

/// After how many commits of a subject the rest is delivered to a consumer. Snapshots are kept at every 200 events,
/// so what is read after one never is.
pub(super) const LONG_COMMITS: usize = 256;
/// The most messages that are under way.
const UNDER_WAY_MAX: usize = 2_000;
/// When the server forgets a consumer that nobody has removed.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(30);

impl Log {
    /// Reads what the subject holds after a sequence now. It ends early where nothing comes or something was
    /// missed, and then returns the last sequence that was taken: the rest can be read in pages.
    ///
    /// # Errors
    ///
    /// [`ReadError`], or that of `take`, which ends the reading.
    pub(super) async fn read_long<E: From<ReadError>>(
        &self,
        subject: &str,
        after: u64,
        take: &mut impl FnMut(Stored) -> Result<(), E>,
    ) -> Result<Option<u64>, E> {
        let stream = &self.identity.name;
        let config = pull::Config {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: after + 1 },
            ack_policy: AckPolicy::None,
            filter_subject: subject.to_owned(),
            inactive_threshold: FORGOTTEN_AFTER,
            num_replicas: 1,
            memory_storage: true,
            ..pull::Config::default()
        };
        let consumer: Consumer<pull::Config> = self
            .js
            .create_consumer_on_stream(config, stream)
            .await
            .map_err(|err| self.unreachable(err))?;
        let read = self.take_delivered(&consumer, after, take).await;
        let name = &consumer.cached_info().name;
        // The server forgets it by itself as well.
        let _ = self.js.delete_consumer_from_stream(name, stream).await;
        read
    }

    async fn take_delivered<E: From<ReadError>>(
        &self,
        consumer: &Consumer<pull::Config>,
        after: u64,
        take: &mut impl FnMut(Stored) -> Result<(), E>,
    ) -> Result<Option<u64>, E> {
        let (mut last, mut delivery) = (after, 0);
        let mut left = consumer.cached_info().num_pending;
        while left > 0 {
            let batch = consumer.batch().max_messages(UNDER_WAY_MAX).expires(READ_TIMEOUT);
            let mut messages = batch.messages().await.map_err(|err| self.unreachable(err))?;
            let before = left;
            while let Some(message) = messages.next().await {
                let message = message.map_err(|err| ReadError::Unreachable {
                    stream: self.identity.name.clone(),
                    source: err,
                })?;
                let number = message.info().map_err(|err| self.unreachable(err.to_string()))?;
                let number = number.consumer_sequence;
                let commit = delivered(&self.identity.name, &message)?;
                if number != delivery + 1 {
                    return Ok(Some(last));
                }
                delivery = number;
                last = commit.sequence;
                left = commit.pending.unwrap_or(0);
                take(commit)?;
                if left == 0 {
                    return Ok(None);
                }
            }
            if left == before {
                return Ok(Some(last));
            }
        }
        Ok(None)
    }
}
