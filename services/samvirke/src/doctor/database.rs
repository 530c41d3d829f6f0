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
    Ok(rows)
}
