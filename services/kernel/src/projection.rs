//! Taking a stream into a read model, each commit once.
//!
//! Rows and checkpoint move in one transaction, fenced by the checkpoint they started from, so two
//! runners cannot both move it. The checkpoint keeps the digest of the last commit that was taken: where
//! the stream does not have that commit, the projection halts and says so, at the start, when the
//! connection is new and while there is nothing to take. A commit that cannot be
//! taken is parked with its error, never skipped in silence.

use std::{future::Future, time::Duration};

use futures::StreamExt;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::{
    backoff,
    checkpoint::Stands,
    error_chain::chain,
    log::{Log, Stored},
    stream::identity,
    supervision::{Task, TaskFailure, caught},
};

mod batch;
pub mod bounded;

pub use crate::checkpoint::Checkpoint;
pub use batch::{BATCH_BYTES_MAX, BATCH_COMMITS_MAX, BATCH_WAIT_MAX};

/// How often a projection with nothing to take makes sure that its store still has what it took. A
/// store that crashed may have forgotten the last commits (decision 7).
const REMEMBERED_EVERY: Duration = Duration::from_secs(2);
const RETRY_MIN: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(10);

/// Why commits were not taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// Someone else moved the checkpoint.
    #[error("another runner moved the checkpoint")]
    Fenced,
    /// The commits themselves are at fault.
    #[error("the commit cannot be taken: {reason}")]
    Poison { reason: String },
    /// The read model's store failed.
    #[error("the read model's store does not answer")]
    World(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why a projection stands still until an operator acts.
#[derive(Debug, thiserror::Error)]
pub enum Halted {
    #[error(
        "{projection} was built from another stream {stream} than the one here, which does not have the commit it took at {checkpoint}: restore the stream, or rebuild {projection}"
    )]
    OtherStream { projection: String, stream: String, checkpoint: u64 },
    #[error(
        "{projection} has come to {checkpoint} in {stream}, where nothing can be read any more: restore the stream, or rebuild {projection}"
    )]
    Unreadable { projection: String, stream: String, checkpoint: u64 },
    #[error(
        "{projection} has come to {checkpoint} in {stream}, which ends at {last}: the stream has lost its tail; restore it, then rebuild"
    )]
    Truncated { projection: String, stream: String, checkpoint: u64, last: u64 },
}

/// A read model, or anything else built from one stream.
pub trait Projection: Send + Sync + 'static {
    fn name(&self) -> &str;

    /// How far it has come in the stream of this name.
    fn checkpoint(
        &self,
        stream: &str,
    ) -> impl Future<Output = Result<Option<Checkpoint>, TakeError>> + Send;

    /// Takes commits and moves the checkpoint from `from` to `to`, in one transaction.
    fn take(
        &self,
        commits: &[Stored],
        from: &Checkpoint,
        to: &Checkpoint,
    ) -> impl Future<Output = Result<(), TakeError>> + Send;

    /// Keeps a commit aside with the reason, and moves the checkpoint past it, in one transaction.
    fn park(
        &self,
        commit: &Stored,
        reason: &str,
        from: &Checkpoint,
        to: &Checkpoint,
    ) -> impl Future<Output = Result<(), TakeError>> + Send;
}

/// How far a running projection has come; queries wait on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub sequence: u64,
    /// How many messages the stream held beyond, when last told.
    pub lag: u64,
    pub halted: bool,
}

/// Runs a projection on one stream until told to stop.
///
/// # Errors
///
/// [`Halted`], when only an operator can help.
pub async fn run<P: Projection>(
    projection: &P,
    log: &Log,
    progress: &watch::Sender<Progress>,
    shutdown: &CancellationToken,
) -> Result<(), Halted> {
    let task = Task::unsupervised(projection.name());
    run_as(projection, log, progress, shutdown, &task).await
}

/// As [`run`], as a supervised task that reports how it does.
///
/// # Errors
///
/// As [`run`].
pub async fn run_as<P: Projection>(
    projection: &P,
    log: &Log,
    progress: &watch::Sender<Progress>,
    shutdown: &CancellationToken,
    task: &Task,
) -> Result<(), Halted> {
    let mut failures = 0;
    loop {
        let before = progress.borrow().sequence;
        let ended = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            ended = follow(projection, log, progress, task) => ended,
        };
        match ended {
            Ended::Halted(halted) => {
                error!(projection = projection.name(), error = %halted, "a projection has halted");
                progress.send_modify(|progress| progress.halted = true);
                metrics::gauge!("samvirke_projection_halted", "projection" => projection.name().to_owned())
                    .set(1.0);
                return Err(halted);
            }
            Ended::Moved => failures = 0,
            Ended::Failed(reason) => {
                warn!(
                    projection = projection.name(),
                    stream = log.identity().name,
                    reason,
                    "a projection is interrupted and goes on shortly"
                );
                failures = if progress.borrow().sequence > before { 0 } else { failures + 1 };
                task.is_hindered(&TaskFailure::passing(reason));
                let delay = backoff::pause(failures, RETRY_MIN, RETRY_MAX);
                tokio::select! {
                    () = shutdown.cancelled() => return Ok(()),
                    () = tokio::time::sleep(delay) => (),
                }
            }
        }
    }
}

enum Ended {
    Halted(Halted),
    /// The stream's messages ended after some were taken; follow again.
    Moved,
    Failed(String),
}

async fn follow<P: Projection>(
    projection: &P,
    log: &Log,
    progress: &watch::Sender<Progress>,
    task: &Task,
) -> Ended {
    let mut at = match start(projection, log).await {
        Ok(at) => at,
        Err(ended) => return ended,
    };
    // Lower than before where the store has forgotten something, or was built anew.
    progress.send_modify(|progress| {
        progress.sequence = at.sequence;
        progress.halted = false;
    });
    task.has_taken(&at.stream.name, at.sequence);
    let mut commits = match log.follow(at.sequence).await {
        Ok(commits) => commits,
        Err(err) => return Ended::Failed(chain(&err)),
    };
    let start = at.sequence;
    loop {
        // Only the wait for the first is broken off: nothing that has arrived is dropped.
        let first = match tokio::time::timeout(REMEMBERED_EVERY, commits.next()).await {
            Ok(first) => first,
            Err(_idle) => match remembers(projection, &at).await {
                Ok(true) => match check(projection, log, &at).await {
                    Ok(()) => {
                        task.progress();
                        continue;
                    }
                    Err(ended) => return ended,
                },
                Ok(false) => return Ended::Failed("the store is not where it was left".into()),
                Err(err) => return Ended::Failed(chain(&err)),
            },
        };
        let ends_with = |last| async move { log.end(REMEMBERED_EVERY).await == Some(last) };
        let batch = match batch::gather(first, &mut commits, ends_with).await {
            Ok(Some(batch)) => batch,
            Ok(None) if at.sequence > start => return Ended::Moved,
            Ok(None) => return Ended::Failed("the stream's messages ended".into()),
            Err(err) => return Ended::Failed(chain(&err)),
        };
        let lag = batch.last().and_then(|last| last.pending).unwrap_or(0);
        at = match take(projection, &batch, at).await {
            Ok(at) => at,
            // Fenced too: another instance took these, or a rebuilt model was swapped in. What it
            // came to is read anew.
            Err(error) => return Ended::Failed(chain(&error)),
        };
        progress.send_modify(|progress| {
            progress.sequence = at.sequence;
            progress.lag = lag;
        });
        task.has_taken(&at.stream.name, at.sequence);
        task.progress();
        metrics::gauge!(
            "samvirke_projection_lag",
            "projection" => projection.name().to_owned(), "stream" => at.stream.name.clone(),
        )
        .set(lag as f64);
    }
}

/// Finds where to begin, and that the stream is the one the checkpoint is about.
async fn start<P: Projection>(projection: &P, log: &Log) -> Result<Checkpoint, Ended> {
    let info = log.info().await.map_err(|err| Ended::Failed(chain(&err)))?;
    let found = identity(&info);
    let kept =
        projection.checkpoint(&found.name).await.map_err(|err| Ended::Failed(chain(&err)))?;
    let Some(kept) = kept else {
        return Ok(Checkpoint { stream: found, sequence: 0, digest: None });
    };
    check(projection, log, &kept).await?;
    Ok(Checkpoint { stream: found, ..kept })
}

/// Whether the stream still has the last commit that was taken.
async fn check<P: Projection>(projection: &P, log: &Log, kept: &Checkpoint) -> Result<(), Ended> {
    let stands = log.stands(kept).await.map_err(|err| Ended::Failed(chain(&err)))?;
    let (stream, checkpoint) = (kept.stream.name.clone(), kept.sequence);
    let projection = projection.name().to_owned();
    Err(Ended::Halted(match stands {
        Stands::Here => return Ok(()),
        Stands::Beyond { last } => Halted::Truncated { projection, stream, checkpoint, last },
        Stands::Elsewhere => Halted::OtherStream { projection, stream, checkpoint },
        Stands::Unreadable => Halted::Unreadable { projection, stream, checkpoint },
    }))
}

/// Whether the store is where this runner left it.
async fn remembers<P: Projection>(projection: &P, at: &Checkpoint) -> Result<bool, TakeError> {
    let kept = projection.checkpoint(&at.stream.name).await?;
    Ok(kept.map_or(0, |kept| kept.sequence) == at.sequence)
}

/// Takes a batch; if a commit in it is at fault, takes them one by one and parks that one.
async fn take<P: Projection>(
    projection: &P,
    batch: &[Stored],
    from: Checkpoint,
) -> Result<Checkpoint, TakeError> {
    let after = |commit: &Stored| commit.checkpoint(&from.stream);
    let Some(last) = batch.last() else { return Ok(from) };
    let to = after(last);
    match take_caught(projection, batch, &from, &to).await {
        Ok(()) => return Ok(to),
        Err(TakeError::Poison { .. }) => (),
        Err(error) => return Err(error),
    }
    let mut at = from.clone();
    for commit in batch {
        let next = after(commit);
        match take_caught(projection, std::slice::from_ref(commit), &at, &next).await {
            Ok(()) => (),
            Err(TakeError::Poison { reason }) => {
                error!(
                    projection = projection.name(),
                    sequence = commit.sequence,
                    subject = commit.subject,
                    reason,
                    "a commit is parked"
                );
                projection.park(commit, &reason, &at, &next).await?;
                metrics::counter!("samvirke_projection_parked", "projection" => projection.name().to_owned())
                    .increment(1);
            }
            Err(error) => return Err(error),
        }
        at = next;
    }
    info!(projection = projection.name(), sequence = at.sequence, "went on one by one");
    Ok(at)
}

/// Takes commits; a fold that panics on one is at fault for that commit, not for those after it.
async fn take_caught<P: Projection>(
    projection: &P,
    commits: &[Stored],
    from: &Checkpoint,
    to: &Checkpoint,
) -> Result<(), TakeError> {
    let taken = caught(projection.take(commits, from, to)).await;
    taken.unwrap_or_else(|reason| Err(TakeError::Poison { reason }))
}

/// Waits until a projection has come to `sequence`; says whether it did in time.
pub async fn reached(
    progress: &mut watch::Receiver<Progress>,
    sequence: u64,
    timeout: Duration,
) -> bool {
    matches!(
        tokio::time::timeout(timeout, progress.wait_for(|progress| progress.sequence >= sequence))
            .await,
        Ok(Ok(_))
    )
}
