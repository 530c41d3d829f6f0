//! How far a stream was taken: the sequence and the digest of the last message that was taken.
//!
//! A sequence alone does not show that a stream lost its tail and went on: the message that was taken is
//! gone, and another one has its sequence.

use async_nats::jetstream;

use crate::stream::{
    StreamError, StreamIdentity, identity,
    record::{Mark, digest_at, existing, known},
};

/// How far something has come in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub stream: StreamIdentity,
    pub sequence: u64,
    /// SHA-256 of the message at `sequence`, in hexadecimal. None where nothing was taken, and in
    /// checkpoints from before digests were kept: those hold as long as the stream's creation time does.
    pub digest: Option<String>,
}

/// Whether a checkpoint is one of the stream that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    Here,
    /// The stream ends before it.
    Beyond {
        last: u64,
    },
    /// The message there is another one, or the stream is.
    Elsewhere,
    /// The message there cannot be read, or was erased, and no operator has accepted that.
    Unreadable,
}

/// Compares a checkpoint with its stream, as the stream's leader has it.
///
/// # Errors
///
/// When there is no such stream, or the server does not answer.
pub(crate) async fn stands(
    js: &jetstream::Context,
    kept: &Checkpoint,
) -> Result<Stands, StreamError> {
    let name = &kept.stream.name;
    let found = existing(js, name).await?;
    let stream = found.ok_or_else(|| StreamError::Missing { stream: name.clone() })?;
    let (info, sequence) = (stream.cached_info(), kept.sequence);
    let last = info.state.last_sequence;
    if sequence > last {
        return Ok(Stands::Beyond { last });
    }
    if sequence == 0 {
        return Ok(Stands::Here);
    }
    let Some(digest) = &kept.digest else {
        // Databases keep microseconds.
        let same =
            kept.stream.created.timestamp_micros() == identity(info).created.timestamp_micros();
        return Ok(if same { Stands::Here } else { Stands::Elsewhere });
    };
    Ok(match digest_at(&stream, sequence).await? {
        Some(found) if found == *digest => Stands::Here,
        Some(_) => Stands::Elsewhere,
        // What was taken before it was lost stays taken.
        None if known(js, name).await?.is_some_and(|record| record.accepts(sequence)) => {
            Stands::Here
        }
        None => Stands::Unreadable,
    })
}

/// Where to go on from, where a checkpoint is of a history that the stream has lost: the end at which an
/// operator accepted the stream. None where nobody has.
///
/// # Errors
///
/// When the server does not answer.
pub(crate) async fn accepted_before(
    js: &jetstream::Context,
    kept: &Checkpoint,
) -> Result<Option<Checkpoint>, StreamError> {
    let accepted = known(js, &kept.stream.name).await?.and_then(|record| record.accepted);
    let accepted = accepted.filter(|mark| mark.sequence <= kept.sequence);
    Ok(accepted.map(|Mark { sequence, digest }| Checkpoint {
        stream: kept.stream.clone(),
        sequence,
        digest: (sequence > 0).then_some(digest),
    }))
}
