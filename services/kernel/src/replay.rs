//! Every aggregate of a kind, folded from the whole stream.
//!
//! Reading goes ahead of folding, so that the two overlap.

use std::collections::HashMap;

use futures::StreamExt;
use samvirke_schemas::id::{AggregateId, InvalidId};
use tokio::sync::mpsc;

use crate::{
    decider::Decider,
    loaded::{FoldError, Loaded},
    log::{Log, ReadError, Stored},
};

/// How many commits are handed over at a time.
const CHUNK_COMMITS_MAX: usize = 256;
/// How many chunks may wait to be folded.
const CHUNKS_WAITING_MAX: usize = 16;

/// Why a replay did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("the stream could not be read")]
    Read(#[from] ReadError),
    #[error("a history cannot be understood")]
    History(#[from] FoldError),
    #[error("the subject {subject} is not an aggregate's")]
    Subject {
        subject: String,
        #[source]
        source: InvalidId,
    },
    #[error("the stream ended at {at}, before {wanted}")]
    Short { at: u64, wanted: u64 },
}

/// Folds every aggregate of `D`'s kind as it was when the stream had come to `until`.
///
/// # Errors
///
/// [`ReplayError`]; one aggregate that cannot be understood ends the replay.
pub async fn replay<D: Decider>(
    log: &Log,
    until: u64,
) -> Result<HashMap<AggregateId, Loaded<D>>, ReplayError> {
    let (ahead, mut chunks) = mpsc::channel(CHUNKS_WAITING_MAX);
    let reading = tokio::spawn(read_ahead(log.clone(), until, ahead));
    let mut aggregates: HashMap<String, Loaded<D>> = HashMap::new();
    while let Some(chunk) = chunks.recv().await {
        for commit in chunk {
            take(&mut aggregates, &commit)?;
        }
    }
    match reading.await {
        Ok(read) => read?,
        Err(_) => return Err(ReplayError::Short { at: 0, wanted: until }),
    }
    Ok(aggregates.into_values().map(|loaded| (loaded.id.clone(), loaded)).collect())
}

async fn read_ahead(
    log: Log,
    until: u64,
    ahead: mpsc::Sender<Vec<Stored>>,
) -> Result<(), ReplayError> {
    let mut at = 0;
    if until == 0 {
        return Ok(());
    }
    let mut chunks = log.follow_alone(0).await?.ready_chunks(CHUNK_COMMITS_MAX);
    while let Some(chunk) = chunks.next().await {
        let mut commits = Vec::with_capacity(chunk.len());
        for commit in chunk {
            let commit = commit?;
            at = commit.sequence;
            if at <= until {
                commits.push(commit);
            }
        }
        // Whoever folds has given up; it knows why.
        if ahead.send(commits).await.is_err() || at >= until {
            return Ok(());
        }
    }
    Err(ReplayError::Short { at, wanted: until })
}

fn take<D: Decider>(
    aggregates: &mut HashMap<String, Loaded<D>>,
    commit: &Stored,
) -> Result<(), ReplayError> {
    if let Some(loaded) = aggregates.get_mut(&commit.subject) {
        return Ok(loaded.fold(commit)?);
    }
    // es.<context>.<cooperation>.<kind>.<id>
    let mut tokens = commit.subject.split('.').skip(2);
    let (Some(cooperation), Some(kind), Some(local)) =
        (tokens.next(), tokens.next(), tokens.next())
    else {
        return Ok(());
    };
    if kind != D::KIND {
        return Ok(());
    }
    let invalid = |source| ReplayError::Subject { subject: commit.subject.clone(), source };
    let id =
        AggregateId::new(cooperation.parse().map_err(invalid)?, local.parse().map_err(invalid)?);
    let mut loaded = Loaded::empty(id);
    loaded.fold(commit)?;
    aggregates.insert(commit.subject.clone(), loaded);
    Ok(())
}
