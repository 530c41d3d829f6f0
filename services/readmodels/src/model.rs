//! A read model as a fold: rows of documents, each made from the events that touch it.
//!
//! A batch of commits costs two statements: the rows it touches are read together, folded in memory
//! and written together, in the transaction that moves the checkpoint.

use std::{collections::HashMap, future::Future, marker::PhantomData};

use samvirke_kernel::{
    envelope::EnvelopeError,
    log::Stored,
    projection::{Checkpoint, Projection, TakeError},
    stream::StreamIdentity,
};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{PgConnection, PgPool, Row as _, types::Json};

use crate::{database::Layout, fact::Fact};

/// What a read model is.
pub trait ReadModel: Send + Sync + 'static {
    /// The name of the schema and of the file it lives in, in snake case.
    const NAME: &'static str;
    /// Rises whenever rows or tables change, and makes the model be built anew.
    const VERSION: u32;
    /// The contexts whose streams it is built from.
    const CONTEXTS: &'static [&'static str];
    /// The table that holds the rows: `id text PRIMARY KEY, document jsonb NOT NULL`, and
    /// generated columns and indexes for the questions asked.
    const TABLE: &'static str;
    const TABLES: &'static str;

    type Row: Serialize + DeserializeOwned + Clone + Send + Sync + Unpin;

    /// The ids of the rows that a commit touches.
    ///
    /// # Errors
    ///
    /// When its events cannot be read.
    fn touched(fact: &Fact) -> Result<Vec<String>, EnvelopeError>;

    /// Takes a commit into a row. No row means none; the row given is the one with `id`.
    ///
    /// # Errors
    ///
    /// When its events cannot be read.
    fn take(
        id: &str,
        row: Option<Self::Row>,
        fact: &Fact,
    ) -> Result<Option<Self::Row>, EnvelopeError>;

    fn layout() -> Layout {
        Layout { name: Self::NAME, version: Self::VERSION, tables: Self::TABLES }
    }
}

/// Writes commits into a schema.
pub trait Table: Send + Sync + 'static {
    fn name(&self) -> &'static str;

    fn write(
        &self,
        connection: &mut PgConnection,
        facts: &[Fact],
    ) -> impl Future<Output = Result<(), TakeError>> + Send;
}

/// The rows of one [`ReadModel`].
#[derive(Debug)]
pub struct Rows<M>(PhantomData<M>);

impl<M> Default for Rows<M> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<M: ReadModel> Table for Rows<M> {
    fn name(&self) -> &'static str {
        M::NAME
    }

    async fn write(&self, connection: &mut PgConnection, facts: &[Fact]) -> Result<(), TakeError> {
        let touched: Vec<Vec<String>> =
            facts.iter().map(M::touched).collect::<Result<_, _>>().map_err(poison)?;
        let ids: Vec<&String> = touched.iter().flatten().collect();
        if ids.is_empty() {
            return Ok(());
        }
        let mut rows = read::<M>(connection, &ids).await.map_err(world)?;
        for (fact, ids) in facts.iter().zip(&touched) {
            for id in ids {
                let before = rows.remove(id).flatten();
                rows.insert(id.clone(), M::take(id, before, fact).map_err(poison)?);
            }
        }
        write::<M>(connection, rows).await.map_err(world)
    }
}

async fn read<M: ReadModel>(
    connection: &mut PgConnection,
    ids: &[&String],
) -> sqlx::Result<HashMap<String, Option<M::Row>>> {
    let found = sqlx::query(&format!("SELECT id, document FROM {} WHERE id = ANY($1)", M::TABLE))
        .bind(ids)
        .fetch_all(connection)
        .await?;
    found
        .into_iter()
        .map(|row| {
            let Json(document): Json<M::Row> = row.try_get("document")?;
            Ok((row.try_get("id")?, Some(document)))
        })
        .collect()
}

async fn write<M: ReadModel>(
    connection: &mut PgConnection,
    rows: HashMap<String, Option<M::Row>>,
) -> sqlx::Result<()> {
    let (mut ids, mut documents, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for (id, row) in rows {
        match row {
            Some(row) => {
                ids.push(id);
                documents.push(Json(row));
            }
            None => gone.push(id),
        }
    }
    if !gone.is_empty() {
        sqlx::query(&format!("DELETE FROM {} WHERE id = ANY($1)", M::TABLE))
            .bind(&gone)
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query(&format!(
        "INSERT INTO {} (id, document) SELECT * FROM unnest($1::text[], $2::jsonb[])
         ON CONFLICT (id) DO UPDATE SET document = EXCLUDED.document",
        M::TABLE
    ))
    .bind(&ids)
    .bind(&documents)
    .execute(connection)
    .await?;
    Ok(())
}

/// A table with its checkpoint: what the kernel runs.
#[derive(Debug)]
pub struct Projected<T> {
    table: T,
    pool: PgPool,
    schema: String,
}

impl<T: Table> Projected<T> {
    /// `pool` must have `schema` in sight.
    pub fn new(table: T, pool: PgPool, schema: String) -> Self {
        Self { table, pool, schema }
    }

    /// Moves the checkpoint if it stands where the caller thinks.
    async fn advance(
        &self,
        connection: &mut PgConnection,
        from: &Checkpoint,
        to: &Checkpoint,
    ) -> Result<(), TakeError> {
        // A read model that loses its last commits to a crash takes them again from the stream.
        sqlx::query("SET LOCAL synchronous_commit = off")
            .execute(&mut *connection)
            .await
            .map_err(world)?;
        let schema = &self.schema;
        // Where nothing was taken yet there must be no row; otherwise the row must be as we left it.
        let statement = if from.sequence == 0 {
            format!(
                "INSERT INTO \"{schema}\".checkpoint (stream, created, sequence)
                 SELECT $1, $2, $3 WHERE $4 = 0 ON CONFLICT DO NOTHING"
            )
        } else {
            format!(
                "UPDATE \"{schema}\".checkpoint SET sequence = $3
                 WHERE stream = $1 AND created = $2 AND sequence = $4"
            )
        };
        let moved = sqlx::query(&statement)
            .bind(&to.stream.name)
            .bind(to.stream.created)
            .bind(as_i64(to.sequence))
            .bind(as_i64(from.sequence))
            .execute(connection)
            .await
            .map_err(world)?;
        if moved.rows_affected() == 1 { Ok(()) } else { Err(TakeError::Fenced) }
    }
}

impl<T: Table> Projection for Projected<T> {
    fn name(&self) -> &str {
        self.table.name()
    }

    async fn checkpoint(&self, stream: &str) -> Result<Option<Checkpoint>, TakeError> {
        let found: Option<(chrono::DateTime<chrono::Utc>, i64)> = sqlx::query_as(&format!(
            "SELECT created, sequence FROM \"{}\".checkpoint WHERE stream = $1",
            self.schema
        ))
        .bind(stream)
        .fetch_optional(&self.pool)
        .await
        .map_err(world)?;
        Ok(found.map(|(created, sequence)| Checkpoint {
            stream: StreamIdentity { name: stream.to_owned(), created },
            sequence: u64::try_from(sequence).unwrap_or(0),
        }))
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
        sqlx::query(&format!(
            "INSERT INTO \"{}\".parked (stream, sequence, subject, reason, payload)
             VALUES ($1, $2, $3, $4, $5)",
            self.schema
        ))
        .bind(&to.stream.name)
        .bind(as_i64(commit.sequence))
        .bind(&commit.subject)
        .bind(reason)
        .bind(commit.payload.as_ref())
        .execute(&mut *tx)
        .await
        .map_err(world)?;
        tx.commit().await.map_err(world)
    }
}

pub(crate) fn as_i64(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

fn poison(error: EnvelopeError) -> TakeError {
    TakeError::Poison { reason: samvirke_kernel::inbox::chain(&error) }
}

/// A failure of the database: of the data where it says so, otherwise of the world.
pub(crate) fn world(error: sqlx::Error) -> TakeError {
    let data_is_at_fault = error.as_database_error().is_some_and(|err| {
        // Class 22 is a data exception, class 23 a broken constraint.
        err.code().is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
    });
    if data_is_at_fault
        || matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_))
    {
        TakeError::Poison { reason: error.to_string() }
    } else {
        TakeError::World(Box::new(error))
    }
}
