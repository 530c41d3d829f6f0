//! Erasing a message of a published stream, with a record that explains the gap.
//!
//! Invariant: the record is stored before the message is erased, so that a gap without a record was never
//! made here. The first message, which names the stream, and the last one, which holds how far its writer
//! came, are never erased.
//!
//! Records stand in a stream of their own, `<STREAM>_ERASED`: the published stream has one writer, which
//! expects each of its messages, and is read by others, to whom the digest of a short text would give away
//! what it was.

use async_nats::jetstream;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Publication;
use crate::{
    jetstream::{absent, expected},
    log::stored::ReadError,
    stream::{self, StreamError, kinds},
};

/// Why a message is not erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("message {sequence} names the stream {stream} and is never erased")]
    First { stream: String, sequence: u64 },
    #[error(
        "message {sequence} is the last of {stream}, which holds how far its writer came; it is erased once another follows"
    )]
    Last { stream: String, sequence: u64 },
    #[error(
        "{stream} was made by an older samvirke so that nothing in it can be erased; make it anew as deploy/nats-accounts.md says"
    )]
    Lasting { stream: String },
    #[error("the erasure of message {sequence} of {stream} could not be recorded or done")]
    Server {
        stream: String,
        sequence: u64,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What is kept of a message that was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureRecord {
    /// Its sequence in the published stream.
    pub sequence: u64,
    /// SHA-256 of its subject, a line feed and its payload, in hexadecimal.
    pub digest: String,
    /// The event that named it as withheld.
    pub cause: Uuid,
}

/// The stream of records, of one published stream.
#[derive(Clone, Debug)]
pub struct Erasures {
    js: jetstream::Context,
    publication: Publication,
    name: String,
}

impl Erasures {
    /// Opens the records of a published stream.
    ///
    /// # Errors
    ///
    /// As [`stream::open`].
    pub async fn open(publication: &Publication, replicas: usize) -> Result<Self, StreamError> {
        let js = publication.js.clone();
        let wanted = kinds::erasure_stream(&publication.identity.name, replicas);
        stream::open_as(&js, &wanted).await?;
        Ok(Self { js, publication: publication.clone(), name: wanted.name })
    }

    /// The record of an erased message, if it was erased here.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn record(&self, sequence: u64) -> Result<Option<ErasureRecord>, ReadError> {
        let stream = self.js.get_stream_no_info(&self.name).await;
        let stream = stream.map_err(|err| self.unreachable(err))?;
        let subject = self.subject(sequence);
        let found = stream.get_last_raw_message_by_subject(&subject).await;
        let found = absent::message(found).map_err(|err| self.unreachable(err))?;
        let record = found.map(|message| serde_json::from_slice(&message.payload)).transpose();
        record.map_err(|err| self.unreachable(err))
    }

    /// How many messages were erased: what the gaps in the published stream must add up to.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn count(&self) -> Result<u64, ReadError> {
        let stream = self.js.get_stream(&self.name).await;
        Ok(stream.map_err(|err| self.unreachable(err))?.cached_info().state.messages)
    }

    /// Erases a message, and overwrites it on the disk; says whether it was there.
    ///
    /// # Errors
    ///
    /// [`EraseError`]; after one, erasing it again is safe.
    pub async fn erase(&self, sequence: u64, cause: Uuid) -> Result<bool, EraseError> {
        let name = &self.publication.identity.name;
        if sequence <= 1 {
            return Err(EraseError::First { stream: name.clone(), sequence });
        }
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| EraseError::Server {
            stream: name.clone(),
            sequence,
            source,
        };
        let stream = self.js.get_stream(name).await.map_err(|err| failed(Box::new(err)))?;
        if stream.cached_info().config.deny_delete {
            return Err(EraseError::Lasting { stream: name.clone() });
        }
        if sequence >= stream.cached_info().state.last_sequence {
            return Err(EraseError::Last { stream: name.clone(), sequence });
        }
        let found = absent::message(stream.get_raw_message(sequence).await);
        let Some(message) = found.map_err(|err| failed(Box::new(err)))? else { return Ok(false) };
        let digest = digest(&message.subject, &message.payload);
        self.keep(&ErasureRecord { sequence, digest, cause }).await.map_err(failed)?;
        match stream.delete_message(sequence).await {
            Ok(_) => Ok(true),
            Err(err) => Err(failed(Box::new(err))),
        }
    }

    /// Stores a record, unless there is one of that message.
    async fn keep(
        &self,
        record: &ErasureRecord,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let payload = serde_json::to_vec(record)?.into();
        // Where there is one, another has recorded it, or this one has before it was interrupted.
        expected::publish(&self.js, self.subject(record.sequence), 0, payload).await?;
        Ok(())
    }

    fn subject(&self, sequence: u64) -> String {
        kinds::erasure_subject(&self.publication.identity.name, sequence)
    }

    fn unreachable(
        &self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> ReadError {
        ReadError::Unreachable { stream: self.name.clone(), source: source.into() }
    }
}

/// What is kept of a message's bytes.
fn digest(subject: &str, payload: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(subject.as_bytes());
    hasher.update(b"\n");
    hasher.update(payload);
    hex::encode(hasher.finalize())
}
