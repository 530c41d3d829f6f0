//! Messages of the feed that could not be taken, set aside for their cooperation, and those that wait
//! behind them.
//!
//! Invariant: a message is taken, or has a row here, in the transaction that moves the checkpoint past
//! it. Of a cooperation the first row alone may be worked: when an operator has decided about it, or when
//! it merely waited. What a message holds is read from the feed again, never kept here.

use chrono::{DateTime, Utc};
use samvirke_kernel::{
    bigint::{from_bigint, to_bigint},
    parking::Decision,
};
use samvirke_schemas::{feed::STREAM, id::CooperationId, standing::ParkedEvent};
use sqlx::{Executor, PgConnection, PgPool, Row};

/// What the records of messages that could not be taken are kept under.
pub const TASK: &str = "notify";

/// What makes a table of an earlier version hold what is needed now.
pub(crate) const COLUMNS: &str = "
ALTER TABLE parked ALTER COLUMN reason DROP NOT NULL;
ALTER TABLE parked
    -- Absent where nothing waits behind it: what was set aside before cooperations were told apart.
    ADD COLUMN IF NOT EXISTS cooperation text,
    ADD COLUMN IF NOT EXISTS attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS decision text CHECK (decision IN ('retry', 'skip')),
    ADD COLUMN IF NOT EXISTS decided_by text,
    ADD COLUMN IF NOT EXISTS decided_at timestamptz,
    ADD COLUMN IF NOT EXISTS decided_why text;
CREATE INDEX IF NOT EXISTS parked_cooperation ON parked (cooperation, sequence);
CREATE TABLE IF NOT EXISTS skipped (
    stream text NOT NULL,
    sequence bigint NOT NULL,
    cooperation text NOT NULL,
    reason text NOT NULL,
    skipped_by text NOT NULL,
    skipped_at timestamptz NOT NULL,
    why text NOT NULL,
    PRIMARY KEY (stream, sequence)
);
";

/// The first row of a cooperation.
pub(crate) struct First {
    pub(crate) sequence: u64,
    pub(crate) skip: bool,
}

/// The cooperations of which something is set aside.
pub(crate) async fn cooperations(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT DISTINCT cooperation FROM parked WHERE stream = $1 AND cooperation IS NOT NULL",
    )
    .bind(STREAM)
    .fetch_all(connection)
    .await
}

/// Sets a message aside: with the reason, or because it waits behind another.
pub(crate) async fn put(
    connection: &mut PgConnection,
    cooperation: &str,
    sequence: u64,
    subject: &str,
    reason: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO parked (stream, sequence, subject, cooperation, reason, payload, attempts)
         VALUES ($1, $2, $3, $4, $5, '', $6)
         ON CONFLICT (stream, sequence) DO UPDATE
         SET reason = EXCLUDED.reason, attempts = parked.attempts + 1, decision = NULL",
    )
    .bind(STREAM)
    .bind(to_bigint(sequence))
    .bind(subject)
    .bind(cooperation)
    .bind(reason)
    .bind(i32::from(reason.is_some()))
    .execute(connection)
    .await
    .map(drop)
}

/// The cooperations whose first row may be worked now.
pub(crate) async fn workable(pool: &PgPool) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT cooperation FROM (
             SELECT DISTINCT ON (cooperation) cooperation, reason, decision FROM parked
             WHERE stream = $1 AND cooperation IS NOT NULL ORDER BY cooperation, sequence
         ) AS first WHERE reason IS NULL OR decision IS NOT NULL",
    )
    .bind(STREAM)
    .fetch_all(pool)
    .await
}

/// Holds the first row of a cooperation, if it may be worked.
pub(crate) async fn hold_first(
    connection: &mut PgConnection,
    cooperation: &str,
) -> sqlx::Result<Option<First>> {
    let row = sqlx::query(
        "SELECT sequence, reason, decision FROM parked WHERE stream = $1 AND cooperation = $2
         ORDER BY sequence LIMIT 1 FOR UPDATE",
    )
    .bind(STREAM)
    .bind(cooperation)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (sequence, reason): (i64, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
    let decision: Option<String> = row.try_get(2)?;
    if reason.is_some() && decision.is_none() {
        return Ok(None);
    }
    let skip = decision.as_deref() == Some("skip");
    Ok(Some(First { sequence: from_bigint(sequence), skip }))
}

/// Takes a row off; one that is skipped is kept among the skipped.
pub(crate) async fn take_off(connection: &mut PgConnection, first: &First) -> sqlx::Result<()> {
    if first.skip {
        sqlx::query(
            "INSERT INTO skipped (stream, sequence, cooperation, reason, skipped_by, skipped_at, why)
             SELECT stream, sequence, cooperation, coalesce(reason, ''), coalesce(decided_by, ''),
                    coalesce(decided_at, now()), coalesce(decided_why, '')
             FROM parked WHERE stream = $1 AND sequence = $2 ON CONFLICT DO NOTHING",
        )
        .bind(STREAM)
        .bind(to_bigint(first.sequence))
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query("DELETE FROM parked WHERE stream = $1 AND sequence = $2")
        .bind(STREAM)
        .bind(to_bigint(first.sequence))
        .execute(connection)
        .await
        .map(drop)
}

/// What is parked: the first row of each cooperation.
///
/// # Errors
///
/// When the database does not answer.
pub async fn parked(pool: &PgPool) -> sqlx::Result<Vec<ParkedEvent>> {
    let rows: Vec<(String, i64, Option<String>, DateTime<Utc>)> = sqlx::query_as(
        "SELECT DISTINCT ON (cooperation) cooperation, sequence, reason, parked_at FROM parked
         WHERE stream = $1 AND cooperation IS NOT NULL ORDER BY cooperation, sequence",
    )
    .bind(STREAM)
    .fetch_all(pool)
    .await?;
    let read = |(cooperation, sequence, reason, since): (String, i64, Option<String>, _)| {
        Some(ParkedEvent {
            task: TASK.to_owned(),
            cooperation: cooperation.parse().ok()?,
            event: format!("{STREAM}:{sequence}"),
            reason: reason?,
            since,
        })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Takes down what an operator decides; says whether something is parked.
///
/// # Errors
///
/// When the database does not answer.
pub async fn decide(
    pool: &PgPool,
    cooperation: &CooperationId,
    decision: &Decision,
) -> sqlx::Result<bool> {
    let (word, by, at, why) = match decision {
        Decision::Retry { by, at } => ("retry", by, at, None),
        Decision::Skip { by, at, why } => ("skip", by, at, Some(why)),
    };
    let decided = sqlx::query(
        "UPDATE parked SET decision = $3, decided_by = $4, decided_at = $5, decided_why = $6
         WHERE stream = $1 AND cooperation = $2 AND reason IS NOT NULL",
    )
    .bind(STREAM)
    .bind(cooperation.to_string())
    .bind(word)
    .bind(by)
    .bind(at)
    .bind(why)
    .execute(pool)
    .await?;
    Ok(decided.rows_affected() > 0)
}

/// Gives a table of an earlier version the columns that are needed now.
pub(crate) async fn prepare(connection: &mut PgConnection) -> sqlx::Result<()> {
    connection.execute(COLUMNS).await.map(drop)
}
