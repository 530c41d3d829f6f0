//! A message as it is stored in a context's event stream, and why one cannot be read.

use std::time::Duration;

use async_nats::jetstream::{
    self,
    message::{StreamMessage, StreamMessageError},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::{
    checkpoint::Checkpoint,
    envelope,
    jetstream::batch::more_in_batch,
    stream::{StreamIdentity, record::Gap},
};

/// How long to wait for the next message of a direct get.
pub const READ_TIMEOUT: Duration = Duration::from_secs(5);

/// The world failed while the stream was read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the stream {stream} did not answer")]
    Unreachable {
        stream: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the stream {stream} did not answer within {READ_TIMEOUT:?}")]
    TimedOut { stream: String },
    #[error("the stream {stream} answered {status}: {description}")]
    Refused { stream: String, status: u16, description: String },
    #[error("a message of the stream {stream} does not say which it is")]
    Incomplete {
        stream: String,
        #[source]
        source: StreamMessageError,
    },
    #[error(
        "what is stored in {stream} at {gap} cannot be read: restore the stream, or accept it with samvirke streams adopt {stream}"
    )]
    Gap { stream: String, gap: Gap },
}

impl ReadError {
    /// Whether it stays until an operator has done something.
    pub fn stays(&self) -> bool {
        matches!(self, Self::Gap { .. })
    }

    /// Whether the server may answer when it is asked again.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => true,
            Self::Refused { status, .. } => *status >= 500,
            Self::Incomplete { .. } | Self::Gap { .. } => false,
        }
    }
}

/// A message as it is stored.
#[derive(Clone, Debug)]
pub struct Stored {
    pub subject: String,
    pub sequence: u64,
    /// When the server stored it.
    pub stored_at: DateTime<Utc>,
    pub payload: Bytes,
    /// Whether more messages of the same atomic batch follow.
    pub more_in_batch: bool,
    /// How many messages the stream held beyond this one when it was sent; `None` if not told.
    pub pending: Option<u64>,
}

impl Stored {
    /// SHA-256 of the message's payload, in hexadecimal.
    pub fn digest(&self) -> String {
        envelope::digest(&self.payload)
    }

    /// The place of whoever took this message last.
    pub(crate) fn checkpoint(&self, stream: &StreamIdentity) -> Checkpoint {
        let (sequence, digest) = (self.sequence, Some(self.digest()));
        Checkpoint { stream: stream.clone(), sequence, digest }
    }
}

impl From<StreamMessage> for Stored {
    fn from(message: StreamMessage) -> Self {
        Self {
            subject: message.subject.to_string(),
            sequence: message.sequence,
            stored_at: message.time,
            more_in_batch: more_in_batch(&message.headers),
            payload: message.payload,
            pending: None,
        }
    }
}

pub(crate) fn delivered(stream: &str, message: &jetstream::Message) -> Result<Stored, ReadError> {
    let info = message.info().map_err(|source| ReadError::Unreachable {
        stream: stream.to_owned(),
        source: source.to_string().into(),
    })?;
    Ok(Stored {
        subject: message.subject.to_string(),
        sequence: info.stream_sequence,
        stored_at: info.published,
        payload: message.payload.clone(),
        more_in_batch: message.headers.as_ref().is_some_and(more_in_batch),
        pending: Some(info.pending),
    })
}
