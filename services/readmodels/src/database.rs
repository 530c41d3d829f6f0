//! The database: a schema for each version of each read model, made when it is first needed.
//!
//! A read model whose version rises gets a new schema beside the old one, which is dropped when the
//! new one has caught up. Nothing is migrated in place: the streams have it all.

use std::time::Duration;

use samvirke_database as connections;
use sqlx::{Connection, Executor, PgConnection, PgExecutor, PgPool, postgres::PgPoolOptions};

/// The most connections one process holds.
pub const CONNECTIONS_MAX: u32 = 16;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// After how long without use a connection is tried before it is used again: trying each would double the
/// questions that a busy database is asked.
const TRIED_AFTER: Duration = Duration::from_secs(1);

/// What each schema has besides the model's own table.
const BOOKKEEPING: &str = "
CREATE TABLE checkpoint (
    stream text PRIMARY KEY,
    created timestamptz NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 0),
    digest text
);
CREATE TABLE parked (
    stream text NOT NULL,
    sequence bigint NOT NULL,
    subject text NOT NULL,
    reason text NOT NULL,
    payload bytea NOT NULL,
    stored_at timestamptz NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stream, sequence)
);
";

/// The tables of one read model in one version.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub name: &'static str,
    pub version: u32,
    /// What creates the tables, statement by statement.
    pub tables: &'static [&'static str],
}

impl Layout {
    /// The schema that holds the read model.
    pub fn schema(&self) -> String {
        format!("{}_v{}", self.name, self.version)
    }

    /// The schema in which it is built anew.
    pub fn schema_next(&self) -> String {
        format!("{}_next", self.schema())
    }

    /// The schema that was live until the last swap.
    pub fn schema_before(&self) -> String {
        format!("{}_before", self.schema())
    }
}

/// Connects, with the read models' schemas in sight.
///
/// # Errors
///
/// When the URL is not one; connecting itself waits until it is needed.
pub fn connect(url: &str, schemas: &[String]) -> sqlx::Result<PgPool> {
    let path = schemas
        .iter()
        .map(|schema| format!("\"{schema}\""))
        .chain(["public".to_owned()])
        .collect::<Vec<_>>()
        // No space: the server would end the option there.
        .join(",");
    let options = connections::options(url, "samvirke-readmodels", &path)?;
    Ok(PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRIED_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options))
}

/// Makes the schema of a read model if it is not there.
///
/// # Errors
///
/// When the database does not answer.
pub async fn prepare(pool: &PgPool, schema: &str, layout: Layout) -> sqlx::Result<()> {
    // Made whole or not at all, and what is there is looked at without a lock: whoever only asks waits for nobody.
    if has_digests(pool, schema).await? {
        return Ok(());
    }
    let mut tx = connections::alone(pool, "samvirke.readmodels").await?;
    let there: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)")
            .bind(schema)
            .fetch_one(&mut *tx)
            .await?;
    if !there {
        tx.execute(
            format!("CREATE SCHEMA \"{schema}\"; SET LOCAL search_path TO \"{schema}\", public")
                .as_str(),
        )
        .await?;
        tx.execute(BOOKKEEPING).await?;
        for statements in layout.tables {
            tx.execute(*statements).await?;
        }
    } else if !has_digests(&mut *tx, schema).await? {
        // It was made before checkpoints kept digests, and takes them with the next commit.
        tx.execute(format!("ALTER TABLE \"{schema}\".checkpoint ADD COLUMN digest text").as_str())
            .await?;
    }
    tx.commit().await
}

async fn has_digests(database: impl PgExecutor<'_>, schema: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM information_schema.columns
         WHERE table_schema = $1 AND table_name = 'checkpoint' AND column_name = 'digest')",
    )
    .bind(schema)
    .fetch_one(database)
    .await
}

/// Drops the schemas of earlier versions of a read model.
///
/// # Errors
///
/// When the database does not answer.
pub async fn drop_earlier(pool: &PgPool, layout: Layout) -> sqlx::Result<Vec<String>> {
    let earlier: Vec<String> = sqlx::query_scalar(
        "SELECT nspname::text FROM pg_namespace
         WHERE nspname ~ ('^' || $1 || '_v[0-9]+$')
           AND substring(nspname FROM '[0-9]+$')::bigint < $2",
    )
    .bind(layout.name)
    .bind(i64::from(layout.version))
    .fetch_all(pool)
    .await?;
    for schema in &earlier {
        drop_schema(pool, schema).await?;
    }
    Ok(earlier)
}

/// Drops a schema if it is there.
///
/// # Errors
///
/// When the database does not answer.
pub async fn drop_schema(pool: &PgPool, schema: &str) -> sqlx::Result<()> {
    pool.execute(format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE").as_str()).await.map(|_| ())
}

/// Puts the rebuilt schema in the place of the live one, when the transaction commits.
///
/// Both only change their names, so that no reader is waited for.
///
/// # Errors
///
/// When the database does not answer; then nothing has changed.
pub async fn swap(tx: &mut PgConnection, layout: Layout) -> sqlx::Result<()> {
    let (live, next, before) = (layout.schema(), layout.schema_next(), layout.schema_before());
    let statements = format!(
        "ALTER SCHEMA \"{live}\" RENAME TO \"{before}\";
         ALTER SCHEMA \"{next}\" RENAME TO \"{live}\""
    );
    tx.execute(statements.as_str()).await.map(|_| ())
}
