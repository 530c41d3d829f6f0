//! The servers of one bench, each started for it alone, and an empty store for each measurement.
//!
//! A store that grew in one measurement would slow the next, so every measurement has a stream of
//! its own, and tables that were emptied.

use std::{
    str::FromStr,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use async_nats::{Client, jetstream};
use samvirke_kernel::{committer::Tuning, log::Log, snapshot};
use samvirke_private_servers::{
    NatsServer, PostgresServer,
    temporary::{self, Temporary},
};
use samvirke_readmodels::audit_copy;
use sqlx::{
    Executor, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// How many connections postgres-es is given: twice the 16 writers with which it is near its best
/// already. Beyond that, writers wait for a connection instead of for the disk.
pub(crate) const POSTGRES_CONNECTIONS: u32 = 32;
/// A writer may wait for a connection as long as it takes: waiting is part of what is measured.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(60);

/// A nats-server on which every acknowledged write is on disk.
#[derive(Debug)]
pub(crate) struct Nats {
    server: Temporary<NatsServer>,
    streams: AtomicU64,
}

impl Nats {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Ok(Self { server: temporary::nats().await?, streams: AtomicU64::new(0) })
    }

    /// A connection of its own, as another process would have.
    pub(crate) async fn client(&self) -> anyhow::Result<Client> {
        Ok(async_nats::connect(self.server.url()).await?)
    }

    /// A new event stream, opened as a service opens its own.
    pub(crate) async fn log(&self, tuning: Tuning) -> anyhow::Result<Log> {
        let number = self.streams.fetch_add(1, Ordering::Relaxed);
        // A context is a word of the program; here they are made as they are needed, few in a run.
        let context: &'static str = Box::leak(format!("bench{number}").into_boxed_str());
        Log::set_up(self.client().await?, context, 1).await?;
        let log = Log::open_tuned(self.client().await?, context, 1, tuning).await?;
        snapshot::open(log.jetstream(), 1).await?;
        Ok(log)
    }

    /// Removes a stream that is not measured any more.
    pub(crate) async fn remove(&self, log: &Log) -> anyhow::Result<()> {
        log.jetstream().delete_stream(&log.identity().name).await?;
        Ok(())
    }
}

/// JetStream without the kernel, on the stream that `log` is.
pub(crate) fn raw(log: &Log) -> jetstream::Context {
    jetstream::new(log.client())
}

/// A PostgreSQL with its usual settings, on which every acknowledged write is on disk.
#[derive(Debug)]
pub(crate) struct Postgres {
    server: Temporary<PostgresServer>,
}

impl Postgres {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Ok(Self { server: temporary::postgres(true).await? })
    }

    /// A new database, and connections to it with `options` set on each.
    pub(crate) async fn database(
        &self,
        name: &str,
        options: &[(&str, &str)],
    ) -> anyhow::Result<PgPool> {
        let url = self.server.database(name).await?;
        let options = PgConnectOptions::from_str(url.expose())?.options(options.iter().copied());
        Ok(PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await?)
    }

    /// A new database with a connection to it, and its address for another process.
    pub(crate) async fn named(&self, name: &str) -> anyhow::Result<(PgPool, String)> {
        let url = self.server.database(name).await?;
        Ok((PgPool::connect(url.expose()).await?, url.expose().to_owned()))
    }

    /// A database with the tables of postgres-es.
    pub(crate) async fn event_store(&self) -> anyhow::Result<PgPool> {
        let pool = self.database("event_store", &[]).await?;
        for statements in audit_copy::LAYOUT.tables {
            pool.execute(*statements).await?;
        }
        Ok(pool)
    }
}

/// Empties the tables of postgres-es.
pub(crate) async fn empty(event_store: &PgPool) -> anyhow::Result<()> {
    event_store.execute("TRUNCATE events, snapshots").await?;
    Ok(())
}
