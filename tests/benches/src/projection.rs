//! Events a second into a read model that begins from nothing.
//!
//! The kernel's runner reads the stream and takes what has come, in one transaction. cqrs-es hands
//! each commit to its `GenericQuery`, which reads the view and writes it, as its framework does
//! after every command; here it is given the events from memory. Both must end with the same
//! documents.

mod view;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use cqrs_es::{Query, persist::GenericQuery};
use postgres_es::PostgresViewRepository;
use samvirke_kernel::{
    committer::Tuning,
    log::Log,
    projection::{self, Progress, reached},
};
use samvirke_networks::cooperation::Cooperation;
use samvirke_readmodels::{
    cooperation_overview::{self, CooperationOverview},
    database,
    model::{ReadModel, Table as _},
    projected::Projected,
};
use sqlx::{Executor, PgPool};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::view::OverviewView;
use crate::{
    Effort,
    drive::median,
    history::{self, Commit, Extent},
    rig::{Nats, Postgres},
    table::{Table, ratio, say, whole},
};

const DATABASE: &str = "readmodels";
/// The table of the peer's view, as postgres-es asks for it.
const VIEW: &str = "overview_view";
const VIEW_TABLE: &str = "
CREATE TABLE IF NOT EXISTS overview_view (
    view_id text NOT NULL,
    version bigint CHECK (version >= 0) NOT NULL,
    payload json NOT NULL,
    PRIMARY KEY (view_id)
);
TRUNCATE overview_view;
";
/// How long a catch-up may take before the bench gives up.
const CATCH_UP_MAX: Duration = Duration::from_secs(600);

type OverviewQuery =
    GenericQuery<PostgresViewRepository<OverviewView, Cooperation>, OverviewView, Cooperation>;

/// The rates of one extent, by round.
#[derive(Debug, Default)]
struct Rates {
    kernel: Vec<f64>,
    peer: Vec<f64>,
    peer_not_durable: Vec<f64>,
}

/// What there is to read: commits of one cooperation close together, and far apart.
fn extents(quick: bool) -> [Extent; 2] {
    if quick {
        [Extent { cooperations: 100, together: 20 }, Extent { cooperations: 200, together: 200 }]
    } else {
        [
            Extent { cooperations: 2_000, together: 100 },
            Extent { cooperations: 2_000, together: 1_000 },
        ]
    }
}

/// Runs the bench.
///
/// # Errors
///
/// When a server cannot be started, or the sides do not end with the same documents.
pub(crate) async fn run(effort: Effort) -> anyhow::Result<()> {
    let (nats, postgres) = (Nats::start().await?, Postgres::start().await?);
    let durable = postgres.database(DATABASE, &[]).await?;
    let not_durable = postgres.database(DATABASE, &[("synchronous_commit", "off")]).await?;
    let schema = cooperation_overview::TABLE.layout().schema();
    // The options of a connection end at a space.
    let in_sight =
        postgres.database(DATABASE, &[("search_path", &format!("{schema},public"))]).await?;
    let mut told = Vec::new();
    for extent in extents(effort.quick) {
        let log = nats.log(Tuning::default()).await?;
        say(&format!(
            "writing {} commits, {} cooperations at a time",
            extent.commits(),
            extent.together
        ));
        let commits = history::write(&log, extent).await?;
        let mut rates = Rates::default();
        for _ in 0..effort.rounds {
            rates.kernel.push(catch_up(&log, &in_sight, extent).await?);
            rates.peer.push(dispatch(&durable, &commits).await?);
            rates.peer_not_durable.push(dispatch(&not_durable, &commits).await?);
            compare(&durable, extent).await?;
        }
        nats.remove(&log).await?;
        told.push((extent, rates));
    }
    tell(told);
    Ok(())
}

fn tell(told: Vec<(Extent, Rates)>) {
    let head = told.iter().map(|(extent, _)| format!("{} at a time", extent.together));
    let title = "Events a second into the cooperation overview, one event a commit";
    let mut table = Table::new(title, std::iter::once(String::new()).chain(head));
    let rates: Vec<[f64; 3]> = told
        .into_iter()
        .map(|(_, rates)| [rates.kernel, rates.peer, rates.peer_not_durable].map(median))
        .collect();
    for (side, name) in
        ["kernel", "GenericQuery", "GenericQuery, synchronous_commit off"].iter().enumerate()
    {
        table.row(*name, rates.iter().map(|rates| Some(whole(rates[side]))));
    }
    table.print();
    // The harder of the two for the kernel.
    let worst = rates.into_iter().min_by(|a, b| (a[0] / a[1]).total_cmp(&(b[0] / b[1])));
    if let Some([kernel, peer, _]) = worst {
        ratio("projection-vs-generic-query", kernel, peer);
    }
}

/// Builds the read model anew from the stream; returns events a second.
async fn catch_up(log: &Log, pool: &PgPool, extent: Extent) -> anyhow::Result<f64> {
    let layout = cooperation_overview::TABLE.layout();
    let schema = layout.schema();
    pool.execute(format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE").as_str()).await?;
    database::prepare(pool, &schema, layout).await?;
    let projected = Projected::new(&cooperation_overview::TABLE, pool.clone(), schema);
    let (progress, mut watched) = watch::channel(Progress::default());
    let shutdown = CancellationToken::new();
    let begun = Instant::now();
    let runner = tokio::spawn({
        let (log, shutdown) = (log.clone(), shutdown.clone());
        async move { projection::run(&projected, &log, &progress, &shutdown).await }
    });
    let all = reached(&mut watched, extent.commits() as u64, CATCH_UP_MAX).await;
    let elapsed = begun.elapsed();
    shutdown.cancel();
    runner.await??;
    anyhow::ensure!(all, "the read model did not catch up within {CATCH_UP_MAX:?}");
    Ok(extent.commits() as f64 / elapsed.as_secs_f64())
}

/// Hands every commit to the peer's query; returns events a second.
async fn dispatch(pool: &PgPool, commits: &[Commit]) -> anyhow::Result<f64> {
    pool.execute(VIEW_TABLE).await?;
    let repository = Arc::new(PostgresViewRepository::new(VIEW, pool.clone()));
    let mut query = OverviewQuery::new(repository);
    let failures = Arc::new(AtomicU64::new(0));
    query.use_error_handler(Box::new({
        let failures = failures.clone();
        move |_| {
            failures.fetch_add(1, Ordering::Relaxed);
        }
    }));
    let begun = Instant::now();
    for (id, events) in commits {
        query.dispatch(id, events).await;
    }
    let elapsed = begun.elapsed();
    let failures = failures.load(Ordering::Relaxed);
    anyhow::ensure!(failures == 0, "{failures} commits did not reach the peer's view");
    Ok(commits.len() as f64 / elapsed.as_secs_f64())
}

/// Both sides must tell the same of every cooperation.
async fn compare(pool: &PgPool, extent: Extent) -> anyhow::Result<()> {
    let schema = cooperation_overview::TABLE.layout().schema();
    let table = CooperationOverview::TABLE;
    let alike: i64 = sqlx::query_scalar(&format!(
        "SELECT count(*) FROM {VIEW} theirs JOIN \"{schema}\".{table} ours
         ON ours.id = theirs.view_id AND ours.document = theirs.payload::jsonb"
    ))
    .fetch_one(pool)
    .await?;
    let expected = i64::try_from(extent.cooperations)?;
    anyhow::ensure!(
        alike == expected,
        "{alike} of {expected} documents are the same on both sides"
    );
    Ok(())
}
