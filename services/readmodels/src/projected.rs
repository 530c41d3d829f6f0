//! A table with its checkpoint: what the kernel's projection runner runs.
//!
//! Rows and checkpoint move in one transaction, in one schema. The schema is named here and nowhere in
//! the tables' own statements, so that the same code fills the live schema and the one beside it.

use chrono::{DateTime, Utc};
use samvirke_kernel::{
    bigint::{from_bigint, to_bigint},
    log::Stored,
    projection::{Checkpoint, Projection, TakeError},
    stream::StreamIdentity,
};
use samvirke_schemas::id::AggregateId;
use sqlx::{Executor, PgConnection, PgPool};

use crate::{
    fact::Fact,
    model::{Table, poison, world},
};

/// The columns of a checkpoint, and a row of them.
pub(crate) const CHECKPOINT_COLUMNS: &str = "stream, created, sequence, digest";
pub(crate) type CheckpointRow = (String, DateTime<Utc>, i64, Option<String>);

pub(crate) fn checkpoint_of((name, created, sequence, digest): CheckpointRow) -> Checkpoint {
    Checkpoint { stream: StreamIdentity { name, created }, sequence: from_bigint(sequence), digest }
}

/// A table in one schema.
pub struct Projected {
    name: &'static str,
    table: &'static dyn Table,
    pool: PgPool,
    schema: String,
}

impl Projected {
    pub fn new(table: &'static dyn Table, pool: PgPool, schema: String) -> Self {
        Self { name: table.layout().name, table, pool, schema }
    }

    /// Moves the checkpoint if it stands where the caller thinks.
    async fn advance(
        &self,
        connection: &mut PgConnection,
        from: &Checkpoint,
        to: &Checkpoint,
    ) -> Result<(), TakeError> {
        let schema = &self.schema;
        enter(connection, schema).await.map_err(world)?;
        // Where nothing was taken yet there must be no row; otherwise the row must be as we left it.
        let statement = if from.sequence == 0 {
            format!(
                "INSERT INTO \"{schema}\".checkpoint (stream, created, sequence, digest)
                 SELECT $1, $2, $3, $5 WHERE $4 = 0 AND $6::text IS NULL ON CONFLICT DO NOTHING"
            )
        } else {
            format!(
                "UPDATE \"{schema}\".checkpoint SET created = $2, sequence = $3, digest = $5
                 WHERE stream = $1 AND sequence = $4 AND digest IS NOT DISTINCT FROM $6"
            )
        };
        let moved = sqlx::query(&statement)
            .bind(&to.stream.name)
            .bind(to.stream.created)
            .bind(to_bigint(to.sequence))
            .bind(to_bigint(from.sequence))
            .bind(&to.digest)
            .bind(&from.digest)
            .execute(connection)
            .await
            .map_err(world)?;
        if moved.rows_affected() == 1 { Ok(()) } else { Err(TakeError::Fenced) }
    }
}

/// Puts a schema in sight for the rest of the transaction.
pub(crate) async fn enter(connection: &mut PgConnection, schema: &str) -> sqlx::Result<()> {
    // A read model that loses its last commits to a crash takes them again from the stream.
    let statements = format!(
        "SET LOCAL synchronous_commit = off; SET LOCAL search_path TO \"{schema}\", public"
    );
    connection.execute(statements.as_str()).await.map(|_| ())
}

/// Notes on the row of a subject's aggregate that a commit of it is parked.
pub(crate) async fn mark_late(
    table: &dyn Table,
    connection: &mut PgConnection,
    subject: &str,
) -> sqlx::Result<()> {
    // `es.<context>.<cooperation>.<kind>.<local id>`, as the log writes it.
    let mut tokens = subject.splitn(5, '.').skip(2);
    let (Some(cooperation), Some(kind), Some(local)) =
        (tokens.next(), tokens.next(), tokens.next())
    else {
        return Ok(());
    };
    let Ok(cooperation) = cooperation.parse() else { return Ok(()) };
    let Ok(local) = local.parse() else { return Ok(()) };
    let id = AggregateId { cooperation, local };
    table.mark_late(connection, kind, &id.to_string()).await
}

impl Projection for Projected {
    fn name(&self) -> &str {
        self.name
    }

    async fn checkpoint(&self, stream: &str) -> Result<Option<Checkpoint>, TakeError> {
        let found: Option<CheckpointRow> = sqlx::query_as(&format!(
            "SELECT {CHECKPOINT_COLUMNS} FROM \"{}\".checkpoint WHERE stream = $1",
            self.schema
        ))
        .bind(stream)
        .fetch_optional(&self.pool)
        .await
        .map_err(world)?;
        Ok(found.map(checkpoint_of))
    }

    async fn take(
        &self,
        commits: &[Stored],
        from: &Checkpoint,
        to: &Checkpoint,
    ) -> Result<(), TakeError> {
        let facts =
            commits.iter().map(Fact::read).collect::<Result<Vec<_>, _>>().map_err(poison)?;
        let mut tx = self.pool.begin().await.map_err(world)?;
        self.advance(&mut tx, from, to).await?;
        self.table.write(&mut tx, &facts).await?;
        tx.commit().await.map_err(world)
    }

    async fn park(
        &self,
        commit: &Stored,
        reason: &str,
        from: &Checkpoint,
        to: &Checkpoint,
    ) -> Result<(), TakeError> {
        let mut tx = self.pool.begin().await.map_err(world)?;
        self.advance(&mut tx, from, to).await?;
        sqlx::query(
            "INSERT INTO parked (stream, sequence, subject, reason, payload, stored_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&to.stream.name)
        .bind(to_bigint(commit.sequence))
        .bind(&commit.subject)
        .bind(reason)
        .bind(commit.payload.as_ref())
        .bind(commit.stored_at)
        .execute(&mut *tx)
        .await
        .map_err(world)?;
        mark_late(self.table, &mut tx, &commit.subject).await.map_err(world)?;
        tx.commit().await.map_err(world)
    }
}
