//! A stream that keeps only the newest messages of each subject: what one looks at, not what one
//! relies on.
//!
//! Writing is not waited for, so that what is written about is not held up by it. A crash may lose the
//! last few messages.

use std::time::Duration;

use async_nats::{
    Client,
    jetstream::{
        self,
        stream::{Compression, Config, DiscardPolicy, PersistenceMode, StorageType},
    },
};
use bytes::Bytes;
use tracing::warn;

use super::{Publication, Published};
use crate::{
    log::ReadError,
    stream::{self, StreamError},
};

/// How much the stream keeps.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// The most messages of one subject.
    pub per_subject_max: i64,
    pub age_max: Duration,
}

/// The newest messages of each subject.
#[derive(Clone, Debug)]
pub struct Recent(Publication);

impl Recent {
    /// Opens the stream `name` for `subjects`, creating it if there is none.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached, or holds a stream with other settings.
    pub async fn open(
        client: Client,
        name: &str,
        subjects: &str,
        retention: Retention,
        replicas: usize,
    ) -> Result<Self, StreamError> {
        let js = jetstream::new(client);
        let wanted = Config {
            name: name.to_owned(),
            subjects: vec![subjects.to_owned()],
            storage: StorageType::File,
            discard: DiscardPolicy::Old,
            num_replicas: replicas,
            max_bytes: -1,
            max_messages: -1,
            max_messages_per_subject: retention.per_subject_max,
            max_age: retention.age_max,
            max_message_size: -1,
            allow_direct: true,
            compression: Some(Compression::S2),
            // A cluster has it on other servers; one server need not sync what may be lost.
            persist_mode: (replicas == 1).then_some(PersistenceMode::Async),
            ..Config::default()
        };
        let identity = stream::open_or_make(&js, &wanted).await?;
        Ok(Self(Publication::with(js, identity)))
    }

    /// Writes a message, some time soon.
    pub async fn put(&self, subject: String, payload: Bytes) {
        if let Err(error) = self.0.js.client().publish(subject, payload).await {
            warn!(%error, stream = self.0.identity.name, "a message could not be written");
        }
    }

    /// The newest message of each of these subjects, by sequence; subjects may hold wildcards.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn newest(&self, subjects: &[String]) -> Result<Vec<Published>, ReadError> {
        self.0.direct(serde_json::json!({"multi_last": subjects})).await
    }

    /// All messages that match `filter`, oldest first, up to `limit`.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn all(&self, filter: &str, limit: usize) -> Result<Vec<Published>, ReadError> {
        self.0.page(filter, 0, limit).await
    }
}
