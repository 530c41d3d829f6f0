//! Read models that went through it all, beside the same ones built from nothing.

use std::time::Duration;

use anyhow::Context;
use samvirke_kernel::{service::Host, signature::MessageSigner};
use samvirke_readmodels::{
    database,
    operate::{Operator, Status},
    tables::layouts,
};
use samvirke_tests::Addresses;
use sqlx::{Connection, PgConnection, PgPool, Row};
use tokio_util::sync::CancellationToken;

use crate::{
    quiet::{self, CONTEXTS},
    violation::ensure_invariant,
};

/// The second database.
const REBUILT: &str = "rebuilt";
/// How long the read models may take to come to the ends of the streams.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The status of every read model on each of its streams.
type Statuses = Vec<Status>;

/// Builds every read model anew in another database and compares all tables row by row; returns how
/// many rows there are.
pub(crate) async fn compare(addresses: &Addresses) -> anyhow::Result<u64> {
    let client = quiet::connect(&addresses.nats).await?;
    let ends = ends(&client).await?;
    let own = database::connect(&addresses.postgres.url, &[])?;
    let at_the_ends = |found: &Statuses| is_at_the_ends(found, &ends);
    let operator = Operator::connect(client.clone(), 1, &addresses.postgres.url).await?;
    let statuses = caught_up(&operator, at_the_ends, "the read models").await?;

    let rebuilt_url = another_database(&addresses.postgres.url).await?;
    let shutdown = CancellationToken::new();
    let verifier = MessageSigner::new(&[0; 32]).verifier();
    let host = Host::new(client.clone(), 1, verifier, shutdown.clone());
    let url = rebuilt_url.clone();
    let building = tokio::spawn(async move { samvirke_readmodels::service(host, &url).await });
    let rebuilt = database::connect(&rebuilt_url, &[])?;
    let as_statuses = |found: &Statuses| *found == statuses;
    let operator = Operator::connect(client, 1, &rebuilt_url).await?;
    caught_up(&operator, as_statuses, "the rebuilt read models").await?;
    shutdown.cancel();
    building.await??;

    let mut rows = 0;
    for layout in layouts() {
        for table in tables(&own, &layout.schema()).await? {
            rows += same(&own, &rebuilt, &layout.schema(), &table).await?;
        }
    }
    Ok(rows)
}

async fn ends(client: &async_nats::Client) -> anyhow::Result<Vec<(String, u64)>> {
    let mut ends = Vec::new();
    for context in CONTEXTS {
        let name = samvirke_kernel::stream::stream_name(context);
        let mut stream = quiet::jetstream(client).get_stream(&name).await?;
        let end = stream.info().await?.state.last_sequence;
        ends.push((name, end));
    }
    Ok(ends)
}

/// Whether every read model has come to the ends of its streams.
fn is_at_the_ends(found: &Statuses, ends: &[(String, u64)]) -> bool {
    found.iter().all(|one| ends.contains(&(one.stream.clone(), one.sequence)))
}

/// Waits until the read models stand as wanted, with nothing set aside.
async fn caught_up(
    operator: &Operator,
    wanted: impl Fn(&Statuses) -> bool,
    who: &str,
) -> anyhow::Result<Statuses> {
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut last = Statuses::new();
    let catching_up = async {
        loop {
            look.tick().await;
            // The schemas of a model that has just begun may not be there yet.
            let Ok(found) = operator.status().await else { continue };
            last = found;
            if wanted(&last) {
                return;
            }
        }
    };
    let in_time = tokio::time::timeout(CAUGHT_UP_WITHIN, catching_up).await.is_ok();
    let parked = last.iter().find(|one| one.parked > 0);
    ensure_invariant!(parked.is_none(), "{who} have set commits aside: {parked:?}");
    ensure_invariant!(in_time, "{who} do not come to the ends of the streams: {last:?}");
    Ok(last)
}

/// Makes an empty database beside the one at `url`; returns its address.
async fn another_database(url: &str) -> anyhow::Result<String> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query(&format!("CREATE DATABASE {REBUILT}")).execute(&mut connection).await?;
    let (server, _) = url.rsplit_once('/').context("the database's address is not one")?;
    Ok(format!("{server}/{REBUILT}"))
}

async fn tables(pool: &PgPool, schema: &str) -> anyhow::Result<Vec<String>> {
    let tables = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.tables
         WHERE table_schema = $1 AND table_type = 'BASE TABLE' ORDER BY 1",
    );
    Ok(tables.bind(schema).fetch_all(pool).await?)
}

/// Compares a table in both databases; returns how many rows it has.
async fn same(own: &PgPool, rebuilt: &PgPool, schema: &str, table: &str) -> anyhow::Result<u64> {
    let (found, fresh) = (rows(own, schema, table).await?, rows(rebuilt, schema, table).await?);
    let differs = found.iter().zip(&fresh).find(|(found, fresh)| found != fresh);
    ensure_invariant!(
        differs.is_none() && found.len() == fresh.len(),
        "{schema}.{table} has {} rows, rebuilt {}; the first that differ: {differs:?}",
        found.len(),
        fresh.len()
    );
    Ok(found.len() as u64)
}

async fn rows(pool: &PgPool, schema: &str, table: &str) -> anyhow::Result<Vec<String>> {
    let statement =
        format!("SELECT to_jsonb(t)::text AS row FROM \"{schema}\".\"{table}\" t ORDER BY 1");
    let rows = sqlx::query(&statement).fetch_all(pool).await?;
    Ok(rows.iter().map(|row| row.try_get("row")).collect::<Result<_, _>>()?)
}
