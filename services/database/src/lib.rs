//! What all connections to PostgreSQL have in common: nothing waits for a lock for ever.
//!
//! Invariant: whoever waits for a lock that others hold fails after [`LOCK_TIMEOUT`], one that makes a schema while
//! another one does after [`ALONE_WITHIN`], and [`is_locked`] tells that failure from every other.

use std::{error::Error, str::FromStr};

use sqlx::{Executor, PgPool, Postgres, Transaction, postgres::PgConnectOptions};

/// How long a statement waits for a lock that others hold; then whoever gave it fails, says so where its task is
/// reported, and tries again.
pub const LOCK_TIMEOUT: &str = "5s";
/// How long one that makes a schema waits for another one that does.
pub const ALONE_WITHIN: &str = "30s";
/// PostgreSQL's code of a lock that was not had in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// The options of a connection under a name of its own, with schemas in sight (as in `search_path`).
///
/// # Errors
///
/// When the URL is not one.
pub fn options(url: &str, name: &str, search_path: &str) -> sqlx::Result<PgConnectOptions> {
    let options = PgConnectOptions::from_str(url)?.application_name(name);
    Ok(options.options([("search_path", search_path), ("lock_timeout", LOCK_TIMEOUT)]))
}

/// Begins a transaction that no other one of this name runs beside, for making a schema: two instances may start
/// at once. Only for the other one is waited longer than for any lock.
///
/// # Errors
///
/// When the database does not answer, or another one takes too long.
pub async fn alone(pool: &PgPool, name: &str) -> sqlx::Result<Transaction<'static, Postgres>> {
    let mut tx = pool.begin().await?;
    tx.execute(format!("SET LOCAL lock_timeout = '{ALONE_WITHIN}'").as_str()).await?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext($1))").bind(name).execute(&mut *tx).await?;
    tx.execute(format!("SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'").as_str()).await?;
    Ok(tx)
}

/// Whether an error, or what it comes from, is a lock in PostgreSQL that others hold.
pub fn is_locked(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let database = error.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
        if database.is_some_and(|err| err.code().as_deref() == Some(LOCK_NOT_AVAILABLE)) {
            return true;
        }
        next = error.source();
    }
    false
}
