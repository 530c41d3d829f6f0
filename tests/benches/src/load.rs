//! Milliseconds until an aggregate can decide: cold, from a snapshot, hot.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use async_nats::jetstream::consumer::{Consumer, DeliverPolicy, pull};
use cqrs_es::{EventStore, persist::PersistedEventStore};
use futures::StreamExt;
use postgres_es::{PostgresEventRepository, postgres_snapshot_cqrs};
use samvirke_kernel::{
    Decider,
    committer::Tuning,
    execute::{CommandContext, NoFacts, execute},
    log::Log,
    repository::Repository,
    snapshot::{EVENTS_BETWEEN_SNAPSHOTS, SNAPSHOT_STREAM},
};
use samvirke_networks::cooperation::Cooperation;
use sqlx::PgPool;

use crate::{
    Effort,
    drive::median,
    rig::{Nats, Postgres, raw},
    sample::{amend, command, command_context, found, id},
    table::{Table, milliseconds, say},
};

/// How many events the aggregates have.
const EVENTS: &[u64] = &[50, 5_000];
const EVENTS_QUICK: &[u64] = &[50, 400];
/// How often each is loaded in a round.
const LOADS: usize = 20;
/// How long a snapshot that is written in the background is waited for.
const SNAPSHOT_TRIES_MAX: u32 = 100;
const SNAPSHOT_TRY: Duration = Duration::from_millis(50);

type PeerStore = PersistedEventStore<PostgresEventRepository, Cooperation>;

/// The ways to load, in the order they take turns.
const WAYS: [&str; 6] = [
    "kernel, cold, every commit",
    "kernel, cold, from a snapshot",
    "kernel, hot (a repeated command answered)",
    "postgres-es, every event",
    "postgres-es, from a snapshot",
    "raw ordered consumer",
];

/// One aggregate, told alike to both sides.
struct Subject {
    events: u64,
    log: Log,
    with_snapshots: Repository<Cooperation>,
    without: Repository<Cooperation>,
    /// The last command, which the aggregate remembers.
    last: CommandContext<Cooperation>,
    peer: PeerStore,
    peer_with_snapshots: PeerStore,
}

/// Runs the bench.
///
/// # Errors
///
/// When a server cannot be started, or a load does not give what was stored.
pub(crate) async fn run(effort: Effort) -> anyhow::Result<()> {
    let (nats, postgres) = (Nats::start().await?, Postgres::start().await?);
    let event_store = postgres.event_store().await?;
    let sizes = if effort.quick { EVENTS_QUICK } else { EVENTS };
    let mut columns = Vec::new();
    for &events in sizes {
        say(&format!("writing an aggregate of {events} events"));
        let subject = Subject::write(&nats, &event_store, events).await?;
        let mut waits: [Vec<f64>; WAYS.len()] = Default::default();
        for _ in 0..effort.rounds {
            for load in 0..=LOADS {
                for (way, waits) in waits.iter_mut().enumerate() {
                    let wait = subject.load(way).await?;
                    // The first of a round warms up.
                    if load > 0 {
                        waits.push(wait);
                    }
                }
            }
        }
        columns.push(waits.map(median));
    }
    let head = sizes.iter().map(|events| format!("{events} events"));
    let title = "Milliseconds to load an aggregate, one event a commit";
    let mut table = Table::new(title, std::iter::once(String::new()).chain(head));
    for (way, name) in WAYS.iter().enumerate() {
        table.row(*name, columns.iter().map(|column| Some(milliseconds(column[way]))));
    }
    table.print();
    say(&format!(
        "A snapshot is kept at every {EVENTS_BETWEEN_SNAPSHOTS} events: an aggregate of 50 has none, \
         and pays for looking; that of {} has one of its last event.",
        sizes.last().copied().unwrap_or_default()
    ));
    Ok(())
}

impl Subject {
    async fn write(nats: &Nats, event_store: &PgPool, events: u64) -> anyhow::Result<Self> {
        let log = nats.log(Tuning::default()).await?;
        let with_snapshots = Repository::new(log.clone());
        let snapshot_size = usize::try_from(EVENTS_BETWEEN_SNAPSHOTS)?;
        let framework = postgres_snapshot_cqrs::<Cooperation>(
            event_store.clone(),
            Vec::new(),
            snapshot_size,
            (),
        );
        let mut last = command_context(id(events), found());
        for number in 0..events {
            if number > 0 {
                last = command_context(id(events), amend(number));
            }
            execute(&with_snapshots, &NoFacts, &last).await?;
            let (peer_id, command, metadata) = command(last.clone());
            framework.execute_with_metadata(&peer_id, command, metadata).await?;
        }
        let repository = || PostgresEventRepository::new(event_store.clone());
        let subject = Self {
            events,
            without: Repository::new(log.clone()).without_snapshots(),
            log,
            with_snapshots,
            last,
            peer: PeerStore::new_event_store(repository()),
            peer_with_snapshots: PeerStore::new_snapshot_store(repository(), snapshot_size),
        };
        if events >= EVENTS_BETWEEN_SNAPSHOTS {
            subject.until_snapshot().await?;
        }
        Ok(subject)
    }

    fn subject(&self) -> String {
        self.log.subject(Cooperation::KIND, &self.last.id)
    }

    /// Waits until the background has kept the snapshot of the last mark.
    async fn until_snapshot(&self) -> anyhow::Result<()> {
        let stream = self.log.jetstream().get_stream(SNAPSHOT_STREAM).await?;
        let mark = self.events - self.events % EVENTS_BETWEEN_SNAPSHOTS;
        for _ in 0..SNAPSHOT_TRIES_MAX {
            let found =
                stream.direct_get_last_for_subject(format!("snap.{}", self.subject())).await;
            let version = found.ok().and_then(|message| {
                let kept: serde_json::Value = serde_json::from_slice(&message.payload).ok()?;
                kept["loaded"]["version"].as_u64()
            });
            if version == Some(mark) {
                return Ok(());
            }
            tokio::time::sleep(SNAPSHOT_TRY).await;
        }
        anyhow::bail!("the snapshot at {mark} events was not kept")
    }

    /// Loads once in one of [`WAYS`]; returns how long it took.
    async fn load(&self, way: usize) -> anyhow::Result<f64> {
        let peer_id = self.last.id.to_string();
        let (wait, loaded) = match way {
            0 => timed(async { Ok(self.without.load(&self.last.id).await?.version) }).await?,
            1 => {
                timed(async { Ok(self.with_snapshots.load(&self.last.id).await?.version) }).await?
            }
            2 => {
                timed(async {
                    let outcome = execute(&self.with_snapshots, &NoFacts, &self.last).await?;
                    anyhow::ensure!(outcome.repeated, "the command was carried out again");
                    Ok(outcome.version)
                })
                .await?
            }
            3 => {
                timed(async {
                    Ok(self.peer.load_aggregate(&peer_id).await?.current_sequence as u64)
                })
                .await?
            }
            4 => {
                timed(async {
                    let loaded = self.peer_with_snapshots.load_aggregate(&peer_id).await?;
                    Ok(loaded.current_sequence as u64)
                })
                .await?
            }
            _ => timed(self.consume()).await?,
        };
        anyhow::ensure!(loaded == self.events, "{} gave {loaded} events", WAYS[way]);
        Ok(wait)
    }

    /// Reads the aggregate's messages as any client could; returns their number.
    async fn consume(&self) -> anyhow::Result<u64> {
        let consumer: Consumer<pull::OrderedConfig> = raw(&self.log)
            .create_consumer_on_stream(
                pull::OrderedConfig {
                    filter_subject: self.subject(),
                    deliver_policy: DeliverPolicy::All,
                    ..pull::OrderedConfig::default()
                },
                &self.log.identity().name,
            )
            .await?;
        let mut messages = consumer.messages().await?.take(usize::try_from(self.events)?);
        let mut count = 0;
        while let Some(message) = messages.next().await {
            message?;
            count += 1;
        }
        Ok(count)
    }
}

async fn timed(load: impl Future<Output = anyhow::Result<u64>>) -> anyhow::Result<(f64, u64)> {
    let begun = Instant::now();
    let loaded = load.await?;
    Ok((begun.elapsed().as_secs_f64() * 1_000.0, loaded))
}
