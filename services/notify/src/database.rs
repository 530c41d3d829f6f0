//! The database: one schema, made when it is first needed.
//!
//! Unlike a read model it cannot be dropped and built anew: it remembers what was sent, and it is
//! the only place that knows names and addresses.

use std::time::Duration;

use samvirke_database as connections;
use sqlx::{Executor, PgPool, postgres::PgPoolOptions};

use crate::parked;

/// The most connections one process holds: the senders' and some for all else.
pub const CONNECTIONS_MAX: u32 = 12;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// The schema, with its version.
pub(crate) const SCHEMA: &str = "notify_v1";

const TABLES: &str = "
-- How far a stream is taken. What stood in the feed up to told_after when the service first began is
-- known, but told to nobody.
CREATE TABLE checkpoint (
    stream text PRIMARY KEY,
    created timestamptz NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 0),
    digest text,
    told_after bigint NOT NULL DEFAULT 0,
    began_at timestamptz
);
CREATE TABLE parked (
    stream text NOT NULL,
    sequence bigint NOT NULL,
    subject text NOT NULL,
    reason text NOT NULL,
    payload bytea NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stream, sequence)
);

-- The contacts as their stream tells.
CREATE TABLE contact (
    id text PRIMARY KEY,
    cooperation text NOT NULL,
    belongs_to jsonb NOT NULL,
    member text GENERATED ALWAYS AS (belongs_to->'member'->>'member') STORED,
    body text GENERATED ALWAYS AS (belongs_to->'seat'->>'body') STORED,
    seat text GENERATED ALWAYS AS (belongs_to->'seat'->>'seat') STORED,
    person uuid,
    preferences jsonb NOT NULL,
    since timestamptz NOT NULL,
    forgotten boolean NOT NULL DEFAULT false
);
CREATE INDEX ON contact (cooperation, member);
CREATE INDEX ON contact (body);

-- The address book: the one place that can forget.
CREATE TABLE person (
    contact text NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    language text NOT NULL,
    written_at timestamptz NOT NULL,
    bounced_at timestamptz,
    bounce text,
    PRIMARY KEY (contact, id)
);

-- What the feed has told, as far as it decides whom to tell of what comes.
CREATE TABLE seat (
    body text NOT NULL,
    seat text NOT NULL,
    member text NOT NULL,
    -- The last day it is held, where it is known.
    until date,
    PRIMARY KEY (body, seat)
);
CREATE TABLE plan (
    meeting text PRIMARY KEY,
    changes integer NOT NULL
);
CREATE TABLE awaited (
    what text NOT NULL,
    about text NOT NULL,
    member text NOT NULL,
    names jsonb,
    since date NOT NULL,
    received boolean NOT NULL DEFAULT false,
    PRIMARY KEY (what, about, member)
);

-- What is to be told when a moment comes, unless something makes it needless before.
CREATE TABLE due (
    what text NOT NULL,
    about text NOT NULL,
    whom text NOT NULL,
    at timestamptz NOT NULL,
    reminder jsonb NOT NULL,
    PRIMARY KEY (what, about, whom)
);
CREATE INDEX ON due (at);

-- A row a notice and contact: each is sent once.
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    sort bigserial NOT NULL UNIQUE,
    cooperation text NOT NULL,
    contact text NOT NULL,
    topic text NOT NULL,
    kind text NOT NULL,
    notice jsonb NOT NULL,
    position text,
    state text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    last_answer text,
    created_at timestamptz NOT NULL,
    next_attempt timestamptz NOT NULL,
    settled_at timestamptz,
    digest uuid,
    -- The place of the person that it was sent to.
    person uuid
);
CREATE INDEX ON outbox (next_attempt) WHERE state IN ('waiting', 'daily');
CREATE INDEX ON outbox (cooperation, sort);
CREATE INDEX ON outbox (contact);
";

/// What came later than the schema, made where it is not there.
const LATER_TABLES: &str = "
-- What the public may call a case (part is empty) or an item of a meeting's agenda.
CREATE TABLE IF NOT EXISTS public_title (
    about text NOT NULL,
    part text NOT NULL,
    title text,
    withheld boolean NOT NULL,
    PRIMARY KEY (about, part)
);
";

/// Whether the schema has all that this version needs, by what came last to each table.
const IS_PREPARED: &str = "
SELECT count(*) = 6 FROM (
    SELECT 1 FROM information_schema.columns
    WHERE table_schema = $1 AND (table_name, column_name) IN (
        ('checkpoint', 'digest'), ('public_title', 'withheld'), ('parked', 'decided_why'),
        ('skipped', 'why'))
    UNION ALL
    SELECT 1 FROM information_schema.columns
    WHERE table_schema = $1 AND table_name = 'parked' AND column_name = 'reason'
        AND is_nullable = 'YES'
    UNION ALL
    SELECT 1 FROM pg_indexes WHERE schemaname = $1 AND indexname = 'parked_cooperation'
) AS found
";

/// Connects, with the schema in sight.
///
/// # Errors
///
/// When the URL is not one; connecting itself waits until it is needed.
pub fn connect(url: &str) -> sqlx::Result<PgPool> {
    let options = connections::options(url, "samvirke-notify", SCHEMA)?;
    Ok(PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options))
}

/// Makes the schema if it is not there.
///
/// # Errors
///
/// When the database does not answer.
pub async fn prepare(pool: &PgPool) -> sqlx::Result<()> {
    // What is there is looked at without a lock: whoever only asks waits for nobody, and nobody for it.
    if sqlx::query_scalar(IS_PREPARED).bind(SCHEMA).fetch_one(pool).await? {
        return Ok(());
    }
    let mut tx = connections::alone(pool, "samvirke.notify").await?;
    let there: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)")
            .bind(SCHEMA)
            .fetch_one(&mut *tx)
            .await?;
    if !there {
        tx.execute(format!("CREATE SCHEMA {SCHEMA}").as_str()).await?;
        tx.execute(TABLES).await?;
    } else {
        // It may have been made before checkpoints kept digests, and takes them with the next message.
        let add = "ALTER TABLE checkpoint ADD COLUMN IF NOT EXISTS digest text";
        tx.execute(add).await?;
    }
    tx.execute(LATER_TABLES).await?;
    tx.execute(format!("SET LOCAL search_path TO {SCHEMA}").as_str()).await?;
    parked::prepare(&mut tx).await?;
    tx.commit().await
}

/// Reads a row into a struct, column by column, by the names of its fields.
macro_rules! from_row {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl sqlx::FromRow<'_, sqlx::postgres::PgRow> for $name {
            fn from_row(row: &sqlx::postgres::PgRow) -> sqlx::Result<Self> {
                use sqlx::Row as _;
                Ok(Self { $($field: row.try_get(stringify!($field))?),+ })
            }
        }
    };
}
pub(crate) use from_row;
