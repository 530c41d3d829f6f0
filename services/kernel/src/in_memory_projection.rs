//! A projection of another context that a service keeps in memory from that context's stream.
//!
//! It is what the inbox takes facts from. It starts empty and reads the whole stream; until it has
//! caught up once, it does not answer.

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use samvirke_schemas::reply::Refused;
use tokio::sync::{Mutex, RwLock, RwLockReadGuard, watch};
use tracing::warn;

use crate::{
    checkpoint::Stands,
    envelope::{Envelope, EnvelopeError},
    error_chain::chain,
    log::{Log, Stored},
    position::{BeyondTheEnd, Position},
    store_error::not_to_be_used,
    stream::guard::Held,
    supervision::{Stop, Supervisor, Task, TaskFailure},
};

/// How long a command waits for the projection to reach a position.
pub const WAIT_MAX: Duration = Duration::from_secs(5);
/// How often a projection with nothing to take makes sure that the stream has what it took.
const CHECKED_EVERY: Duration = Duration::from_secs(5);

/// A projection that is kept in memory and made of commits alone.
pub trait InMemoryProjection: Default + Send + Sync + 'static {
    /// Takes a commit. A commit is never given twice.
    ///
    /// # Errors
    ///
    /// When the commit cannot be read; the projection then stays as it is until the program can.
    fn take(&mut self, commit: &Stored, envelope: &Envelope) -> Result<(), EnvelopeError>;
}

/// Why a projection cannot be used as of a position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Behind {
    /// It has not come far enough in time.
    #[error("what is known of {stream} has not come to {wanted} yet, only to {reached}")]
    NotYet { stream: String, wanted: u64, reached: u64 },
    /// Nothing was ever stored there, or it was lost.
    #[error(transparent)]
    Beyond(#[from] BeyondTheEnd),
    /// The stream is known to be damaged, or has not been looked at: what it holds is not all that has happened.
    #[error(transparent)]
    Held(#[from] Held),
}

impl From<Behind> for Refused {
    fn from(behind: Behind) -> Self {
        match &behind {
            Behind::NotYet { stream, wanted, reached } => {
                let detail_nb = format!(
                    "det som er kjent av {stream}, er kommet til {reached}, ikke til {wanted} ennå"
                );
                Self::unavailable(behind.to_string(), detail_nb)
            }
            Behind::Beyond(beyond) => beyond.clone().into(),
            Behind::Held(held) => not_to_be_used(held),
        }
    }
}

/// A handle on a projection, on how far it has come and on the task that keeps it current.
#[derive(Debug)]
pub struct ProjectionRunner<P> {
    projection: Arc<RwLock<P>>,
    reached: watch::Receiver<u64>,
    log: Log,
}

impl<P> Clone for ProjectionRunner<P> {
    fn clone(&self) -> Self {
        Self {
            projection: self.projection.clone(),
            reached: self.reached.clone(),
            log: self.log.clone(),
        }
    }
}

impl<P: InMemoryProjection> ProjectionRunner<P> {
    /// Starts to follow `log`, as a task of `supervisor`; `name` says what the projection holds.
    pub fn start(name: &str, log: Log, supervisor: &Supervisor) -> Self {
        let projection = Arc::new(RwLock::new(P::default()));
        let (moved, reached) = watch::channel(0);
        let runner = Self { projection: projection.clone(), reached, log: log.clone() };
        let moved = Arc::new(moved);
        let last = Arc::new(Mutex::new(None));
        let name = format!("projection {name} of {}", log.identity().name);
        supervisor.supervise(name, Stop::Drop, move |task| {
            let (projection, moved, log) = (projection.clone(), moved.clone(), log.clone());
            let last = last.clone();
            async move {
                let mut last = last.lock().await;
                let ended = follow(&projection, &moved, &log, &mut last, &task).await;
                Err(TaskFailure::passing(ended))
            }
        });
        runner
    }

    /// Returns a receiver of the sequence of the commit that the projection took last.
    pub fn reached(&self) -> watch::Receiver<u64> {
        self.reached.clone()
    }

    /// The projection as it is, however far it has come.
    pub async fn now(&self) -> RwLockReadGuard<'_, P> {
        self.projection.read().await
    }

    /// The projection as it was at `after` or later. Positions in other streams are not waited for;
    /// without a position it is as of the stream's end now, so that nothing acknowledged is missed.
    ///
    /// # Errors
    ///
    /// [`Behind`] when it does not come that far within [`WAIT_MAX`], and while the stream is damaged: one that
    /// has lost its tail would say that who left is still there.
    pub async fn at(&self, after: &[Position]) -> Result<RwLockReadGuard<'_, P>, Behind> {
        self.log.guard().appends().await?;
        let stream = &self.log.identity().name;
        let wanted =
            after.iter().filter(|p| p.stream == *stream).map(|p| p.sequence).max().unwrap_or(0);
        let last = self.log.end(WAIT_MAX).await.unwrap_or(u64::MAX);
        if wanted > last {
            return Err(BeyondTheEnd { stream: stream.clone(), wanted, last }.into());
        }
        let mut moved = self.reached.clone();
        let there = matches!(
            tokio::time::timeout(WAIT_MAX, moved.wait_for(|at| *at >= last)).await,
            Ok(Ok(_))
        );
        if there {
            Ok(self.projection.read().await)
        } else {
            let reached = *self.reached.borrow();
            Err(Behind::NotYet { stream: stream.clone(), wanted: last, reached })
        }
    }
}

/// Follows from where the projection is: after `last`, the commit that was taken last. Where the stream does
/// not have it, the projection begins anew: what was folded is of another history.
async fn follow<P: InMemoryProjection>(
    projection: &RwLock<P>,
    moved: &watch::Sender<u64>,
    log: &Log,
    last: &mut Option<Stored>,
    task: &Task,
) -> String {
    match stands(log, last.as_ref()).await {
        Ok(true) => (),
        Ok(false) => {
            warn!(
                stream = log.identity().name,
                "a projection begins anew: its stream is another one"
            );
            let mut projection = projection.write().await;
            *projection = P::default();
            *last = None;
            moved.send_replace(0);
        }
        Err(reason) => return reason,
    }
    let from = *moved.borrow();
    task.has_taken(&log.identity().name, from);
    log.reports_lag_of(task);
    let mut commits = match log.follow(from).await {
        Ok(commits) => commits,
        Err(err) => return chain(&err),
    };
    loop {
        let commit = match tokio::time::timeout(CHECKED_EVERY, commits.next()).await {
            Ok(Some(Ok(commit))) => commit,
            Ok(Some(Err(err))) => return chain(&err),
            Ok(None) => return "the stream's messages ended".into(),
            Err(_idle) => match stands(log, last.as_ref()).await {
                Ok(true) => continue,
                Ok(false) => {
                    return "the stream does not have the commit that was taken last".into();
                }
                Err(reason) => return reason,
            },
        };
        let taken = Envelope::read(commit.sequence, &commit.payload);
        let taken = match taken {
            Ok(envelope) => projection.write().await.take(&commit, &envelope),
            Err(err) => Err(err),
        };
        if let Err(err) = taken {
            return chain(&err);
        }
        moved.send_replace(commit.sequence);
        task.has_taken(&log.identity().name, commit.sequence);
        *last = Some(commit);
        task.progress();
    }
}

/// Whether the stream has the commit that was taken last.
async fn stands(log: &Log, last: Option<&Stored>) -> Result<bool, String> {
    let Some(last) = last else { return Ok(true) };
    match log.stands(&last.checkpoint(log.identity())).await {
        // What cannot be read any more was taken when it could.
        Ok(Stands::Here | Stands::Unreadable) => Ok(true),
        Ok(Stands::Beyond { .. } | Stands::Elsewhere) => Ok(false),
        Err(err) => Err(chain(&err)),
    }
}
