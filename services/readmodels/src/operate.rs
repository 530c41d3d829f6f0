//! What operators do with read models: see how they stand, build one anew, and take again what was
//! parked.
//!
//! A rebuild never leaves readers without answers: it fills a schema beside the live one and takes its
//! place at once. The live runner notices because the checkpoint is not the one it left.

use std::time::Duration;

use async_nats::Client;
use chrono::{DateTime, Utc};
use samvirke_kernel::{
    bigint::{from_bigint, to_bigint},
    checkpoint::Stands,
    log::{Log, ReadError, Stored},
    projection::{Halted, Projection, TakeError, bounded::BoundedError},
    stream::{StreamError, stream_name},
};
use serde::Serialize;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

mod rebuild;
mod verify;

pub use rebuild::RebuildProgress;
pub use verify::{DIFFERENCES_MAX, Difference, Verified, VerifyProgress, Wrong};

use crate::{
    audit_copy,
    database::{self, Layout},
    fact::Fact,
    model::{Table, poison},
    projected::{Projected, enter, mark_late},
    tables,
};

/// The most parked commits that are listed or taken again at once.
pub const PARKED_MAX: u32 = 1_000;
/// How long a rebuild may stand still before it is given up.
pub const STALL_MAX: Duration = Duration::from_secs(60);

/// Why an operator's wish was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    #[error("there is no read model {name}; there are {known}")]
    NoSuchModel { name: String, known: String },
    #[error("the address of the database is not one")]
    Address(#[source] sqlx::Error),
    #[error("an event stream cannot be used")]
    Stream(#[from] StreamError),
    #[error("an event stream cannot be read")]
    Read(#[from] ReadError),
    #[error("the read models' database does not answer")]
    Database(#[from] sqlx::Error),
    #[error("{name} is being rebuilt already")]
    Rebuilding { name: &'static str },
    #[error("the rebuild of {name} has not moved for {STALL_MAX:?}")]
    Stalled { name: &'static str },
    #[error("a read model cannot be built beside to where the live one is")]
    Bounded(#[from] BoundedError),
    #[error("the rebuild cannot go on")]
    Halted(#[from] Halted),
}

/// How a read model stands to one of its streams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    pub name: &'static str,
    pub version: u32,
    pub stream: String,
    /// How far it has come; 0 where it has not begun.
    pub sequence: u64,
    /// How many commits it has yet to take.
    pub lag: u64,
    /// How many commits were parked.
    pub parked: u64,
    /// Why it stands still until an operator acts.
    pub halted: Option<String>,
}

/// A commit that could not be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parked {
    pub stream: String,
    pub sequence: u64,
    pub subject: String,
    pub reason: String,
    pub parked_at: DateTime<Utc>,
}

/// What came of taking parked commits again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Retried {
    pub taken: u64,
    pub still_parked: u64,
}

/// A connection to the streams and the database, for one operator.
#[derive(Debug)]
pub struct Operator {
    pool: PgPool,
    logs: Vec<Log>,
}

impl Operator {
    /// Opens the streams and the database.
    ///
    /// # Errors
    ///
    /// When a stream cannot be used, or the address is not one.
    pub async fn connect(
        client: Client,
        replicas: usize,
        database_url: &str,
    ) -> Result<Self, OperateError> {
        let pool = database::connect(database_url, &[]).map_err(OperateError::Address)?;
        let mut logs = Vec::new();
        for context in audit_copy::CONTEXTS {
            logs.push(Log::open(client.clone(), context, replicas).await?);
        }
        Ok(Self { pool, logs })
    }

    /// How every read model stands to every stream it is built from.
    ///
    /// # Errors
    ///
    /// When a stream or the database does not answer.
    pub async fn status(&self) -> Result<Vec<Status>, OperateError> {
        let mut told = Vec::new();
        for table in tables::ALL {
            database::prepare(&self.pool, &table.layout().schema(), table.layout()).await?;
            for log in self.logs_of(*table) {
                told.push(self.status_of(*table, log).await?);
            }
        }
        Ok(told)
    }

    async fn status_of(
        &self,
        table: &'static dyn Table,
        log: &Log,
    ) -> Result<Status, OperateError> {
        let layout = table.layout();
        let info = log.info().await?;
        let (stream, last) = (log.identity().name.clone(), info.state.last_sequence);
        let schema = layout.schema();
        let projected = Projected::new(table, self.pool.clone(), schema.clone());
        let kept = projected.checkpoint(&stream).await.map_err(asked)?;
        let parked: i64 = sqlx::query_scalar(&format!(
            "SELECT count(*) FROM \"{schema}\".parked WHERE stream = $1"
        ))
        .bind(&stream)
        .fetch_one(&self.pool)
        .await?;
        let sequence = kept.as_ref().map_or(0, |kept| kept.sequence);
        let stands = match &kept {
            Some(kept) => log.stands(kept).await?,
            None => Stands::Here,
        };
        let halted = match stands {
            Stands::Here => None,
            Stands::Beyond { last } => {
                Some(format!("the stream ends at {last}: restore it, then rebuild"))
            }
            Stands::Elsewhere => Some(format!(
                "the stream does not have the commit it took at {sequence}: restore it, or rebuild"
            )),
            Stands::Unreadable => Some(format!(
                "the commit it took at {sequence} cannot be read any more: restore the stream, or rebuild"
            )),
        };
        Ok(Status {
            name: layout.name,
            version: layout.version,
            stream,
            sequence,
            lag: last.saturating_sub(sequence),
            parked: from_bigint(parked),
            halted,
        })
    }

    /// The commits that a read model could not take, in the order of their streams.
    ///
    /// # Errors
    ///
    /// When there is no such read model, or the database does not answer.
    pub async fn parked(&self, name: &str) -> Result<Vec<Parked>, OperateError> {
        let layout = named(name)?.layout();
        database::prepare(&self.pool, &layout.schema(), layout).await?;
        let rows: Vec<(String, i64, String, String, DateTime<Utc>)> = sqlx::query_as(&format!(
            "SELECT stream, sequence, subject, reason, parked_at FROM \"{}\".parked
             ORDER BY stream, sequence LIMIT $1",
            layout.schema()
        ))
        .bind(i64::from(PARKED_MAX))
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(stream, sequence, subject, reason, parked_at)| Parked {
                stream,
                sequence: from_bigint(sequence),
                subject,
                reason,
                parked_at,
            })
            .collect())
    }

    /// Takes the parked commits of a read model again, in the order of their streams. One that is
    /// still at fault stays parked with its new reason.
    ///
    /// # Errors
    ///
    /// When there is no such read model, or the database does not answer.
    pub async fn retry(&self, name: &str) -> Result<Retried, OperateError> {
        let table = named(name)?;
        let mut retried = Retried::default();
        for parked in self.parked(name).await? {
            if self.retry_one(table, &parked).await? {
                retried.taken += 1;
            } else {
                retried.still_parked += 1;
            }
        }
        Ok(retried)
    }

    async fn retry_one(&self, table: &dyn Table, parked: &Parked) -> Result<bool, OperateError> {
        let mut tx = self.pool.begin().await?;
        enter(&mut tx, &table.layout().schema()).await?;
        // The live runner waits meanwhile: two hands on one row would lose what one of them wrote.
        sqlx::query("SELECT 1 FROM checkpoint WHERE stream = $1 FOR UPDATE")
            .bind(&parked.stream)
            .execute(&mut *tx)
            .await?;
        let kept: Option<(Vec<u8>, DateTime<Utc>)> = sqlx::query_as(
            "DELETE FROM parked WHERE stream = $1 AND sequence = $2 RETURNING payload, stored_at",
        )
        .bind(&parked.stream)
        .bind(to_bigint(parked.sequence))
        .fetch_optional(&mut *tx)
        .await?;
        // Somebody else has taken it meanwhile.
        let Some((payload, stored_at)) = kept else { return Ok(true) };
        let stored = Stored {
            subject: parked.subject.clone(),
            sequence: parked.sequence,
            stored_at,
            payload: payload.into(),
            more_in_batch: false,
            pending: None,
        };
        match take_again(table, &mut tx, &stored).await {
            Ok(()) => {
                let more: bool =
                    sqlx::query_scalar("SELECT EXISTS (SELECT FROM parked WHERE subject = $1)")
                        .bind(&parked.subject)
                        .fetch_one(&mut *tx)
                        .await?;
                if more {
                    mark_late(table, &mut tx, &parked.subject).await?;
                }
                tx.commit().await?;
                Ok(true)
            }
            Err(TakeError::Poison { reason }) => {
                tx.rollback().await?;
                self.note(table.layout(), parked, &reason).await?;
                Ok(false)
            }
            Err(TakeError::World(source)) => {
                Err(OperateError::Database(sqlx::Error::AnyDriverError(source)))
            }
            Err(TakeError::Fenced) => Ok(false),
        }
    }

    async fn note(&self, layout: Layout, parked: &Parked, reason: &str) -> sqlx::Result<()> {
        sqlx::query(&format!(
            "UPDATE \"{}\".parked SET reason = $3 WHERE stream = $1 AND sequence = $2",
            layout.schema()
        ))
        .bind(&parked.stream)
        .bind(to_bigint(parked.sequence))
        .bind(reason)
        .execute(&self.pool)
        .await
        .map(|_| ())
    }

    fn logs_of<'a>(&'a self, table: &'a dyn Table) -> impl Iterator<Item = &'a Log> {
        self.logs.iter().filter(|log| {
            table.contexts().iter().any(|context| stream_name(context) == log.identity().name)
        })
    }
}

fn asked(error: TakeError) -> OperateError {
    let source = match error {
        TakeError::World(source) => source,
        error @ (TakeError::Fenced | TakeError::Poison { .. }) => Box::new(error),
    };
    // What the database itself says, where it was the database.
    let source = source.downcast::<sqlx::Error>().map(|error| *error);
    OperateError::Database(source.unwrap_or_else(sqlx::Error::AnyDriverError))
}

async fn take_again(
    table: &dyn Table,
    tx: &mut Transaction<'_, Postgres>,
    stored: &Stored,
) -> Result<(), TakeError> {
    let fact = Fact::read(stored).map_err(poison)?;
    let connection: &mut PgConnection = tx;
    table.write(connection, std::slice::from_ref(&fact)).await
}

fn named(name: &str) -> Result<&'static dyn Table, OperateError> {
    tables::find(name).ok_or_else(|| {
        let known: Vec<&str> = tables::layouts().iter().map(|layout| layout.name).collect();
        OperateError::NoSuchModel { name: name.to_owned(), known: known.join(", ") }
    })
}
