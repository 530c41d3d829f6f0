//! The checks on PostgreSQL: version, durability, clock.

use anyhow::Context;
use chrono::{DateTime, Utc};
use samvirke_kernel::clock;
use samvirke_private_servers::programs::POSTGRES_MAJOR_MIN;
use samvirke_readmodels::database;
use sqlx::Row as _;

use super::{Row, clocks};
use crate::{configuration::Configuration, connections, database as lost_database};

const CHECK: &str = "postgres";

/// What is asked, in one round trip.
const QUESTION: &str = "SELECT current_setting('server_version') AS version, \
     current_setting('server_version_num')::int / 10000 AS major, \
     current_setting('fsync') AS fsync, \
     current_setting('server_encoding') AS encoding, clock_timestamp() AS now";

/// For how long a transaction may be open until it is worth a word where others wait for it, or where it does
/// nothing.
const OPEN_MAX_S: f64 = 5.0;
/// What begins the names of Samvirke's own sessions.
const OWN: &str = "samvirke-";

/// The sessions whose transactions are open for long: who waits for their locks, and what they did last.
const SESSIONS: &str = "
WITH waits AS (
    SELECT unnest(pg_blocking_pids(pid)) AS holder FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
)
SELECT pid, coalesce(application_name, '') AS name, coalesce(state, '') AS state,
    xact_start AS since, left(coalesce(query, ''), 100) AS query,
    (SELECT count(*) FROM waits WHERE holder = pid) AS waiting
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND extract(epoch FROM clock_timestamp() - xact_start) > $1
ORDER BY xact_start
";

/// One of them.
struct Session {
    pid: i32,
    name: String,
    state: String,
    since: DateTime<Utc>,
    query: String,
    waiting: i64,
}

/// Makes all checks; where PostgreSQL is away there is one row.
pub(crate) async fn check(configuration: &Configuration) -> Vec<Row> {
    if let Ok(Some(lost)) = lost_database::lost(&configuration.data) {
        return vec![Row::fail(CHECK, lost, lost_database::REMEDY)];
    }
    match ask(configuration).await {
        Ok(rows) => rows,
        Err(error) => {
            let remedy = "start samvirke up, or PostgreSQL and set [postgres] url";
            vec![Row::fail(CHECK, format!("{error:#}"), remedy)]
        }
    }
}

async fn ask(configuration: &Configuration) -> anyhow::Result<Vec<Row>> {
    let url = connections::postgres_url(configuration)?;
    let pool = database::connect(url.expose(), &[]).context("the database's address is not one")?;
    let before = clock::now();
    let found =
        sqlx::query(QUESTION).fetch_one(&pool).await.context("PostgreSQL does not answer")?;
    let version: String = found.try_get("version")?;
    let major: i32 = found.try_get("major")?;
    let fsync: String = found.try_get("fsync")?;
    let encoding: String = found.try_get("encoding")?;
    let now: DateTime<Utc> = found.try_get("now")?;
    let mut rows = Vec::new();
    let told = format!("PostgreSQL {version}");
    rows.push(match u32::try_from(major) {
        Ok(major) if major >= POSTGRES_MAJOR_MIN => Row::ok(CHECK, told),
        Ok(_) | Err(_) => Row::fail(CHECK, told, "install PostgreSQL 14 or later"),
    });
    if fsync != "on" {
        let remedy = "set fsync = on, or rebuild the read models after every power cut";
        rows.push(Row::warn(CHECK, "fsync is off: a power cut may damage it", remedy));
    }
    if encoding != "UTF8" {
        let remedy = "make the database with ENCODING 'UTF8'";
        rows.push(Row::fail(CHECK, format!("the database's encoding is {encoding}"), remedy));
    }
    rows.push(clocks("postgres clock", (now - before).num_milliseconds()));
    let sessions = sqlx::query(SESSIONS).bind(OPEN_MAX_S).fetch_all(&pool).await?;
    for found in sessions {
        rows.extend(judge(&Session {
            pid: found.try_get("pid")?,
            name: found.try_get("name")?,
            state: found.try_get("state")?,
            since: found.try_get("since")?,
            query: found.try_get("query")?,
            waiting: found.try_get("waiting")?,
        }));
    }
    Ok(rows)
}

/// A session that others wait for, or that has done nothing for some time in an open transaction, whose locks
/// others will wait for.
fn judge(session: &Session) -> Option<Row> {
    let Session { pid, name, state, since, query, waiting } = session;
    let query = query.split_whitespace().collect::<Vec<_>>().join(" ");
    let found =
        |what: &str| format!("session {pid} ({name}, {state}) {what} since {since}: {query}");
    let remedy = format!("end what it does, or the session: SELECT pg_terminate_backend({pid})");
    match (waiting, state.starts_with("idle in transaction")) {
        (0, false) => None,
        (0, true) => Some(Row::warn(CHECK, found("has a transaction open"), &remedy)),
        (_, _) if name.starts_with(OWN) => {
            let found = found("is waited for by others");
            Some(Row::warn(CHECK, found, "wait; if it does not pass, read samvirke's log"))
        }
        (_, _) => Some(Row::fail(CHECK, found("holds locks that others wait for"), &remedy)),
    }
}
