//! Taking commits up to a sequence and no further, for whoever compares two states at the same place.

use futures::StreamExt;

use super::{BATCH_COMMITS_MAX, Checkpoint, Projection, TakeError, take};
use crate::log::{Log, ReadError, Stored};

/// Why a projection did not come to where it should.
#[derive(Debug, thiserror::Error)]
pub enum BoundedError {
    #[error("the stream cannot be read")]
    Read(#[from] ReadError),
    #[error("the commits cannot be taken")]
    Take(#[from] TakeError),
    #[error("the stream ended at {at}, before {wanted}")]
    Short { at: u64, wanted: u64 },
}

/// Brings `projection` from `from` to the sequence `until` of the stream; a commit at fault is parked as it is when
/// the projection runs. `tell` is told the sequence it has come to.
///
/// # Errors
///
/// [`BoundedError`]; the projection has then come to some commit before.
pub async fn take_until<P: Projection>(
    projection: &P,
    log: &Log,
    from: Checkpoint,
    until: u64,
    mut tell: impl FnMut(u64),
) -> Result<Checkpoint, BoundedError> {
    let mut at = from;
    if at.sequence >= until {
        return Ok(at);
    }
    let last = log.info().await?.state.last_sequence;
    if last < until {
        return Err(BoundedError::Short { at: last, wanted: until });
    }
    let mut commits = log.follow_alone(at.sequence).await?.ready_chunks(BATCH_COMMITS_MAX);
    while let Some(chunk) = commits.next().await {
        let chunk = chunk.into_iter().collect::<Result<Vec<Stored>, _>>()?;
        let beyond = chunk.last().is_some_and(|stored| stored.sequence >= until);
        let within: Vec<Stored> =
            chunk.into_iter().filter(|stored| stored.sequence <= until).collect();
        at = take(projection, &within, at).await?;
        tell(at.sequence);
        if beyond {
            return Ok(at);
        }
    }
    Err(BoundedError::Short { at: at.sequence, wanted: until })
}
