//! Comparing a read model with what the streams say: row by row, with one that is built beside it.
//!
//! The live one is read as of one moment and goes on meanwhile; the one beside is built to the same place in
//! every stream and dropped afterwards.

use std::collections::BTreeMap;

use futures::{Stream, StreamExt};
use samvirke_kernel::{
    bigint::from_bigint,
    log::Log,
    projection::{Checkpoint, bounded},
};
use serde::Serialize;
use sqlx::{Connection, PgConnection, PgPool};

use super::{OperateError, Operator, named, rebuild::only_one};
use crate::{database, model::Table, projected::Projected};

/// The most differences told of one read model; more are counted.
pub const DIFFERENCES_MAX: usize = 100;

/// How far a comparison has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyProgress {
    /// Commits taken into the one beside.
    pub done: u64,
    pub total: u64,
}

/// What is wrong with a row of the live read model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrong {
    /// It should be there.
    Missing,
    /// It should not be there.
    Unfounded,
    /// It is another one.
    Different,
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Unfounded => "unfounded",
            Self::Different => "different",
        })
    }
}

/// One row that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub table: String,
    /// The values of the primary key.
    pub row: String,
    pub wrong: Wrong,
}

/// What a comparison came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    pub name: &'static str,
    /// The place in each stream at which both were compared.
    pub at: BTreeMap<String, u64>,
    /// How many rows the live one has.
    pub rows: u64,
    /// The first [`DIFFERENCES_MAX`].
    pub differences: Vec<Difference>,
    pub more_differences: u64,
}

impl Verified {
    pub fn is_right(&self) -> bool {
        self.differences.is_empty()
    }

    fn add(&mut self, difference: Difference) {
        if self.differences.len() < DIFFERENCES_MAX {
            self.differences.push(difference);
        } else {
            self.more_differences += 1;
        }
    }
}

impl Operator {
    /// Compares a read model with one that is built beside it, and tells how far the building has come.
    ///
    /// # Errors
    ///
    /// When the one beside cannot be built to where the live one is, as where a stream has lost its tail.
    pub async fn verify(
        &self,
        name: &str,
        mut tell: impl FnMut(VerifyProgress),
    ) -> Result<Verified, OperateError> {
        let table = named(name)?;
        let layout = table.layout();
        let mut guard = self.pool.acquire().await?.detach();
        let result = if only_one(&mut guard, layout).await? {
            self.verify_alone(table, &mut tell).await
        } else {
            Err(OperateError::Rebuilding { name: layout.name })
        };
        // Its lock goes with the connection.
        guard.close().await?;
        result
    }

    async fn verify_alone(
        &self,
        table: &'static dyn Table,
        tell: &mut impl FnMut(VerifyProgress),
    ) -> Result<Verified, OperateError> {
        let layout = table.layout();
        let (live, beside) = (layout.schema(), format!("{}_verify", layout.schema()));
        database::prepare(&self.pool, &live, layout).await?;
        database::drop_schema(&self.pool, &beside).await?;
        database::prepare(&self.pool, &beside, layout).await?;
        let result = self.build_and_compare(table, &live, &beside, tell).await;
        database::drop_schema(&self.pool, &beside).await?;
        result
    }

    async fn build_and_compare(
        &self,
        table: &'static dyn Table,
        live: &str,
        beside: &str,
        tell: &mut impl FnMut(VerifyProgress),
    ) -> Result<Verified, OperateError> {
        // Everything read of the live one from here on is of one moment, however long it takes.
        let mut tx = self.pool.begin().await?;
        sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            .execute(&mut *tx)
            .await?;
        let at = places(&mut tx, live).await?;
        let total = at.values().sum();
        let mut before = 0;
        for log in self.logs_of(table) {
            let until = at.get(&log.identity().name).copied().unwrap_or(0);
            let projected = Projected::new(table, self.pool.clone(), beside.to_owned());
            build(&projected, log, until, |done| {
                tell(VerifyProgress { done: before + done, total });
            })
            .await?;
            before += until;
        }
        let mut verified = Verified {
            name: table.layout().name,
            at,
            rows: 0,
            differences: Vec::new(),
            more_differences: 0,
        };
        for (name, key) in tables(&mut tx, live).await? {
            compare(&mut verified, (&mut tx, live), (&self.pool, beside), (&name, &key)).await?;
        }
        Ok(verified)
    }
}

async fn build(
    projected: &Projected,
    log: &Log,
    until: u64,
    tell: impl FnMut(u64),
) -> Result<(), OperateError> {
    let from = Checkpoint { stream: log.identity().clone(), sequence: 0, digest: None };
    bounded::take_until(projected, log, from, until, tell).await?;
    Ok(())
}

/// How far the live one has come in each stream.
async fn places(tx: &mut PgConnection, schema: &str) -> sqlx::Result<BTreeMap<String, u64>> {
    let found: Vec<(String, i64)> =
        sqlx::query_as(&format!("SELECT stream, sequence FROM \"{schema}\".checkpoint"))
            .fetch_all(tx)
            .await?;
    Ok(found.into_iter().map(|(stream, sequence)| (stream, from_bigint(sequence))).collect())
}

/// The tables of a schema, each with what makes a row's key. Checkpoints name when things were done here, and are
/// compared by where both are built to.
async fn tables(tx: &mut PgConnection, schema: &str) -> sqlx::Result<Vec<(String, String)>> {
    sqlx::query_as(
        "SELECT c.relname::text, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
         FROM pg_class c
         JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
         WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relname <> 'checkpoint'
         GROUP BY c.relname ORDER BY c.relname",
    )
    .bind(schema)
    .fetch_all(tx)
    .await
}

/// Every row's key and a digest of the row, in the order of the keys as bytes.
fn rows(schema: &str, table: &str, key: &str) -> String {
    format!(
        "SELECT key, digest FROM (
             SELECT jsonb_build_array({key})::text AS key,
                    md5((to_jsonb(t) - 'parked_at')::text) AS digest
             FROM \"{schema}\".\"{table}\" t) r
         ORDER BY key COLLATE \"C\""
    )
}

type Row = (String, String);

async fn compare(
    verified: &mut Verified,
    (live, live_schema): (&mut PgConnection, &str),
    (beside, beside_schema): (&PgPool, &str),
    (table, key): (&str, &str),
) -> Result<(), OperateError> {
    let (of_live, of_beside) = (rows(live_schema, table, key), rows(beside_schema, table, key));
    let mut live = sqlx::query_as::<_, Row>(&of_live).fetch(live);
    let mut beside = sqlx::query_as::<_, Row>(&of_beside).fetch(beside);
    let (mut is, mut should) = (next(&mut live).await?, next(&mut beside).await?);
    loop {
        let (row, wrong) = match (&is, &should) {
            (None, None) => return Ok(()),
            (Some(is), Some(should)) if is.0 == should.0 => {
                (is.0.clone(), (is.1 != should.1).then_some(Wrong::Different))
            }
            (Some(is), Some(should)) if is.0 < should.0 => (is.0.clone(), Some(Wrong::Unfounded)),
            (Some(is), None) => (is.0.clone(), Some(Wrong::Unfounded)),
            (_, Some(should)) => (should.0.clone(), Some(Wrong::Missing)),
        };
        if wrong != Some(Wrong::Missing) {
            verified.rows += 1;
            is = next(&mut live).await?;
        }
        if wrong != Some(Wrong::Unfounded) {
            should = next(&mut beside).await?;
        }
        if let Some(wrong) = wrong {
            verified.add(Difference { table: table.to_owned(), row, wrong });
        }
    }
}

async fn next(
    rows: &mut (impl Stream<Item = sqlx::Result<Row>> + Unpin),
) -> sqlx::Result<Option<Row>> {
    rows.next().await.transpose()
}
