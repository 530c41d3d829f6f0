//! How far a stream is taken, in the same database as what came of it.
//!
//! Invariant: whoever moves a checkpoint says where it stood, so of two at once only one gets
//! through.

use chrono::{DateTime, Utc};
use samvirke_kernel::{
    bigint::{from_bigint, to_bigint},
    projection::Checkpoint,
    stream::StreamIdentity,
};
use sqlx::{PgConnection, PgPool};

/// Where a stream is taken to.
///
/// # Errors
///
/// When the database does not answer.
pub(crate) async fn read(pool: &PgPool, stream: &str) -> sqlx::Result<Option<Checkpoint>> {
    let found: Option<(DateTime<Utc>, i64, Option<String>)> =
        sqlx::query_as("SELECT created, sequence, digest FROM checkpoint WHERE stream = $1")
            .bind(stream)
            .fetch_optional(pool)
            .await?;
    Ok(found.map(|(created, sequence, digest)| Checkpoint {
        stream: StreamIdentity { name: stream.to_owned(), created },
        sequence: from_bigint(sequence),
        digest,
    }))
}

/// Moves the checkpoint if it stands where the caller thinks; says whether it did.
///
/// # Errors
///
/// When the database does not answer.
pub(crate) async fn advance(
    connection: &mut PgConnection,
    from: &Checkpoint,
    to: &Checkpoint,
) -> sqlx::Result<bool> {
    // A stream that nothing was taken of may have no row yet.
    let moved = sqlx::query(
        "INSERT INTO checkpoint AS kept (stream, created, sequence, digest) SELECT $1, $2, $3, $5
         WHERE $4 = 0 OR EXISTS (SELECT FROM checkpoint WHERE stream = $1)
         ON CONFLICT (stream) DO UPDATE SET
             created = EXCLUDED.created, sequence = EXCLUDED.sequence, digest = EXCLUDED.digest
         WHERE kept.sequence = $4 AND kept.digest IS NOT DISTINCT FROM $6",
    )
    .bind(&to.stream.name)
    .bind(to.stream.created)
    .bind(to_bigint(to.sequence))
    .bind(to_bigint(from.sequence))
    .bind(&to.digest)
    .bind(&from.digest)
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Keeps aside a message that cannot be taken.
///
/// # Errors
///
/// When the database does not answer.
pub(crate) async fn park(
    connection: &mut PgConnection,
    (stream, sequence): (&str, u64),
    subject: &str,
    reason: &str,
    payload: &[u8],
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO parked (stream, sequence, subject, reason, payload)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(stream)
    .bind(to_bigint(sequence))
    .bind(subject)
    .bind(reason)
    .bind(payload)
    .execute(connection)
    .await
    .map(drop)
}
