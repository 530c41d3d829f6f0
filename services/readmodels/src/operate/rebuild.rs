//! Building a read model anew beside the live one, and putting it in its place.

use std::time::Duration;

use samvirke_kernel::{
    checkpoint::{Checkpoint, Stands},
    log::Log,
    projection::{self, Halted, Progress},
};
use sqlx::{Connection, PgConnection};
use tokio::{sync::watch, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{OperateError, Operator, STALL_MAX, named};
use crate::{
    database::{self, Layout},
    model::Table,
    projected::{CHECKPOINT_COLUMNS, CheckpointRow, Projected, checkpoint_of},
};

/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// How far a rebuild has come, in commits of all its streams together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RebuildProgress {
    pub done: u64,
    pub total: u64,
}

/// The runners that fill the schema beside.
struct Building<'a> {
    name: &'static str,
    streams: Vec<(&'a Log, watch::Receiver<Progress>)>,
    runners: JoinSet<Result<(), Halted>>,
    stop: CancellationToken,
}

impl Operator {
    /// Builds a read model anew beside the live one, tells how far it has come, and swaps the two.
    ///
    /// # Errors
    ///
    /// When it cannot be built to the end; the live one then stays as it is.
    pub async fn rebuild(
        &self,
        name: &str,
        mut tell: impl FnMut(RebuildProgress),
    ) -> Result<(), OperateError> {
        let table = named(name)?;
        let layout = table.layout();
        let mut guard = self.pool.acquire().await?.detach();
        let result = if only_one(&mut guard, layout).await? {
            self.rebuild_alone(table, &mut tell).await
        } else {
            Err(OperateError::Rebuilding { name: layout.name })
        };
        // Its lock goes with the connection.
        guard.close().await?;
        result
    }

    async fn rebuild_alone(
        &self,
        table: &'static dyn Table,
        tell: &mut impl FnMut(RebuildProgress),
    ) -> Result<(), OperateError> {
        let layout = table.layout();
        database::drop_schema(&self.pool, &layout.schema_next()).await?;
        database::drop_schema(&self.pool, &layout.schema_before()).await?;
        database::prepare(&self.pool, &layout.schema(), layout).await?;
        database::prepare(&self.pool, &layout.schema_next(), layout).await?;
        let mut building = self.start(table);
        let mut targets = Vec::new();
        for (log, _) in &building.streams {
            targets.push(log.last_sequence().await?);
        }
        building.reach(&targets, tell).await?;
        // Nobody moves the live one while the new one comes at least as far: what a reader has seen
        // stays seen.
        let mut tx = self.pool.begin().await?;
        let live = lock_live(&mut tx, layout).await?;
        let mut targets = Vec::with_capacity(building.streams.len());
        for (log, _) in &building.streams {
            targets.push(come_to(&live, log).await?);
        }
        building.reach(&targets, tell).await?;
        building.finish().await?;
        database::swap(&mut tx, layout).await?;
        tx.commit().await?;
        database::drop_schema(&self.pool, &layout.schema_before()).await?;
        Ok(())
    }

    fn start(&self, table: &'static dyn Table) -> Building<'_> {
        let layout = table.layout();
        let (mut runners, stop) = (JoinSet::new(), CancellationToken::new());
        let logs: Vec<&Log> = self.logs_of(table).collect();
        let streams = logs
            .into_iter()
            .map(|log| {
                let (progress, watched) = watch::channel(Progress::default());
                let beside = Projected::new(table, self.pool.clone(), layout.schema_next());
                let (own, stop) = (log.clone(), stop.clone());
                runners
                    .spawn(async move { projection::run(&beside, &own, &progress, &stop).await });
                (log, watched)
            })
            .collect();
        Building { name: layout.name, streams, runners, stop }
    }
}

impl Building<'_> {
    /// Waits until every stream is taken as far as its target.
    async fn reach(
        &mut self,
        targets: &[u64],
        tell: &mut impl FnMut(RebuildProgress),
    ) -> Result<(), OperateError> {
        let total = targets.iter().sum();
        let (mut last, mut moved) = (None, Instant::now());
        loop {
            let came = self.streams.iter().map(|(_, watched)| watched.borrow().sequence);
            let done = came.zip(targets).map(|(came, target)| came.min(*target)).sum();
            tell(RebuildProgress { done, total });
            if done == total {
                return Ok(());
            }
            if last != Some(done) {
                (last, moved) = (Some(done), Instant::now());
            } else if moved.elapsed() > STALL_MAX {
                return Err(OperateError::Stalled { name: self.name });
            }
            tokio::select! {
                () = tokio::time::sleep(TELL_EVERY) => (),
                Some(ended) = self.runners.join_next() => {
                    if let Ok(Err(halted)) = ended {
                        return Err(halted.into());
                    }
                }
            }
        }
    }

    /// Stops the runners, so that none of them writes once the schema has another name.
    async fn finish(&mut self) -> Result<(), OperateError> {
        self.stop.cancel();
        while let Some(ended) = self.runners.join_next().await {
            if let Ok(Err(halted)) = ended {
                return Err(halted.into());
            }
        }
        Ok(())
    }
}

/// Whether this is the only rebuild of the read model; holds as long as the connection.
pub(super) async fn only_one(connection: &mut PgConnection, layout: Layout) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtext('samvirke.rebuild.' || $1))")
        .bind(layout.name)
        .fetch_one(connection)
        .await
}

/// Keeps the live runner from moving on, and tells how far it has come.
async fn lock_live(tx: &mut PgConnection, layout: Layout) -> sqlx::Result<Vec<Checkpoint>> {
    let schema = layout.schema();
    sqlx::query(&format!("LOCK TABLE \"{schema}\".checkpoint IN ACCESS EXCLUSIVE MODE"))
        .execute(&mut *tx)
        .await?;
    let rows: Vec<CheckpointRow> =
        sqlx::query_as(&format!("SELECT {CHECKPOINT_COLUMNS} FROM \"{schema}\".checkpoint"))
            .fetch_all(tx)
            .await?;
    Ok(rows.into_iter().map(checkpoint_of).collect())
}

/// How far the live one has come in this stream; 0 where the stream is not, or no longer, the one that
/// it was built from.
async fn come_to(live: &[Checkpoint], log: &Log) -> Result<u64, OperateError> {
    let Some(kept) = live.iter().find(|kept| kept.stream.name == log.identity().name) else {
        return Ok(0);
    };
    Ok(match log.stands(kept).await? {
        Stands::Here => kept.sequence,
        Stands::Beyond { .. } | Stands::Elsewhere | Stands::Unreadable => 0,
    })
}
