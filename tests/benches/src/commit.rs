//! Commands a second, and how long a lone writer waits.
//!
//! Each writer is a task that awaits its own acknowledgement. New aggregates are founded, one a
//! command; hot ones belong to a writer each and are changed again and again.

mod sides;
pub(crate) mod sweep;

use std::{collections::BTreeMap, sync::Arc};

use samvirke_kernel::committer::Tuning;

use self::sides::{Aggregates, BATCH_MESSAGES};
use crate::{
    Effort,
    drive::{Measured, median},
    rig::{Nats, POSTGRES_CONNECTIONS, Postgres},
    table::{Table, milliseconds, ratio, say, whole},
};

const WRITERS: &[usize] = &[1, 16, 64, 256, 1_024];
/// postgres-es is not asked for more; its best lies far below.
const POSTGRES_WRITERS_MAX: usize = 256;
/// How many raw batches are on their way at once; the best of them is the ceiling.
const CEILING_IN_FLIGHT: &[usize] = &[1, 2, 4];

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Side {
    Kernel,
    PostgresEs,
    PlainPublishes,
    Batches,
}

impl Side {
    const TAKING_TURNS: [Self; 3] = [Self::Kernel, Self::PostgresEs, Self::PlainPublishes];

    fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::PostgresEs => "postgres-es",
            Self::PlainPublishes => "raw publishes",
            Self::Batches => "raw batches of 512",
        }
    }
}

/// What is measured where not everything is: to look at one side with a profiler.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Only {
    /// Measure only these; nothing is then compared.
    #[arg(long, value_delimiter = ',')]
    sides: Vec<Side>,
    /// Measure only with so many writers.
    #[arg(long, value_delimiter = ',')]
    writers: Vec<usize>,
}

impl Only {
    fn has_side(&self, side: Side) -> bool {
        self.sides.is_empty() || self.sides.contains(&side)
    }

    fn has_writers(&self, writers: usize) -> bool {
        self.writers.is_empty() || self.writers.contains(&writers)
    }

    fn is_everything(&self) -> bool {
        self.sides.is_empty() && self.writers.is_empty()
    }
}

/// What was measured, by side, kind of aggregates, and writers.
#[derive(Debug, Default)]
struct Results(BTreeMap<(Side, Aggregates, usize), Vec<Measured>>);

impl Results {
    fn add(&mut self, side: Side, aggregates: Aggregates, writers: usize, measured: Measured) {
        self.0.entry((side, aggregates, writers)).or_default().push(measured);
    }

    fn told(
        &self,
        side: Side,
        aggregates: Aggregates,
        writers: usize,
        of: fn(&Measured) -> f64,
    ) -> Option<f64> {
        let rounds = self.0.get(&(side, aggregates, writers))?;
        Some(median(rounds.iter().map(of).collect()))
    }

    fn per_second(&self, side: Side, writers: usize) -> f64 {
        self.told(side, Aggregates::New, writers, |m| m.per_second).unwrap_or(f64::NAN)
    }

    fn lone_ms(&self, side: Side, aggregates: Aggregates) -> f64 {
        self.told(side, aggregates, 1, |m| m.median_ms).unwrap_or(f64::NAN)
    }

    /// The best of new aggregates at any number of writers.
    fn best(&self, side: Side) -> f64 {
        let all = self.0.keys().filter(|key| key.0 == side && key.1 == Aggregates::New);
        all.map(|key| self.per_second(side, key.2)).fold(f64::NAN, f64::max)
    }

    fn table(&self, aggregates: Aggregates) -> Table {
        let head = WRITERS.iter().map(|writers| writers.to_string());
        let head = std::iter::once("writers".to_owned()).chain(head).chain(["lone ms".to_owned()]);
        let mut table = Table::new(format!("Commands a second, {}", aggregates.name()), head);
        for side in Side::TAKING_TURNS {
            let cells = WRITERS
                .iter()
                .map(|writers| self.told(side, aggregates, *writers, |m| m.per_second).map(whole));
            let lone = self.told(side, aggregates, 1, |m| m.median_ms).map(milliseconds);
            table.row(side.name(), cells.chain([lone]));
        }
        table
    }

    fn ceiling(&self) -> Table {
        let head = CEILING_IN_FLIGHT.iter().map(|count| format!("{count} in flight"));
        let mut table = Table::new(
            "Messages a second, the ceiling",
            std::iter::once(String::new()).chain(head),
        );
        let cells = CEILING_IN_FLIGHT
            .iter()
            .map(|count| Some(whole(self.per_second(Side::Batches, *count))));
        table.row(Side::Batches.name(), cells);
        table
    }
}

/// Runs the bench.
///
/// # Errors
///
/// When a server cannot be started, or something is not acknowledged.
pub(crate) async fn run(effort: Effort, only: &Only) -> anyhow::Result<()> {
    let (nats, postgres) = (Nats::start().await?, Postgres::start().await?);
    let event_store = postgres.event_store().await?;
    let payloads = Arc::new(crate::history::payloads(BATCH_MESSAGES)?);
    let window = effort.window;
    let mut results = Results::default();
    for round in 1..=effort.rounds {
        say(&format!("round {round} of {}", effort.rounds));
        for aggregates in [Aggregates::New, Aggregates::Hot] {
            for &writers in WRITERS.iter().filter(|writers| only.has_writers(**writers)) {
                let mut add = |side, measured| results.add(side, aggregates, writers, measured);
                if only.has_side(Side::Kernel) {
                    let tuning = Tuning::default();
                    let kernel = sides::kernel(&nats, tuning, aggregates, writers, window).await?;
                    add(Side::Kernel, kernel);
                }
                if only.has_side(Side::PostgresEs) && writers <= POSTGRES_WRITERS_MAX {
                    let peer =
                        sides::postgres_es(&event_store, aggregates, writers, window).await?;
                    add(Side::PostgresEs, peer);
                }
                if only.has_side(Side::PlainPublishes) {
                    let plain =
                        sides::publishes(&nats, &payloads, aggregates, writers, window).await?;
                    add(Side::PlainPublishes, plain);
                }
            }
        }
        for &in_flight in CEILING_IN_FLIGHT.iter().filter(|_| only.has_side(Side::Batches)) {
            let measured = sides::batches(&nats, &payloads, in_flight, window).await?;
            results.add(Side::Batches, Aggregates::New, in_flight, measured);
        }
    }
    let (kernel_bytes, peer_bytes) = sides::sizes(&nats, &event_store).await?;
    tell(&results, kernel_bytes, peer_bytes);
    if only.is_everything() {
        compare(&results);
    }
    Ok(())
}

fn tell(results: &Results, kernel_bytes: usize, peer_bytes: i64) {
    say(&format!(
        "\nA founding stores {kernel_bytes} bytes in JetStream and {peer_bytes} in PostgreSQL. \
         postgres-es has {POSTGRES_CONNECTIONS} connections."
    ));
    results.table(Aggregates::New).print();
    results.table(Aggregates::Hot).print();
    results.ceiling().print();
}

fn compare(results: &Results) {
    let kernel = |writers| results.per_second(Side::Kernel, writers);
    let lone = |side| results.lone_ms(side, Aggregates::New);
    ratio("commit-256-vs-postgres-es", kernel(256), results.per_second(Side::PostgresEs, 256));
    ratio("commit-1024-vs-postgres-es", kernel(1_024), results.best(Side::PostgresEs));
    ratio("commit-vs-ceiling", kernel(1_024), results.best(Side::Batches));
    ratio("lone-latency-vs-raw", lone(Side::Kernel), lone(Side::PlainPublishes));
}
