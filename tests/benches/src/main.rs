//! Samvirke's speed beside its peers, each in one run, on one machine, with the same payload.
//!
//! Invariant: a write counts when it was acknowledged, and whatever is acknowledged here is on disk,
//! on both sides. What is compared takes turns, and medians over the rounds are told.

mod commit;
mod drive;
mod feed;
mod growth;
mod history;
mod http;
mod load;
mod machine;
mod projection;
mod replay;
mod rig;
mod sample;
mod table;

use std::{num::NonZeroUsize, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand};

use crate::{drive::Window, table::complain};

/// The allocator that the executable has too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures Samvirke beside its peers; tests/benches/README.md tells how to read it.
#[derive(Debug, Parser)]
#[command(name = "bench", version)]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// Commands a second: the kernel, postgres-es, raw JetStream.
    Commit {
        #[command(flatten)]
        effort: EffortArguments,
        /// Vary how the committer gathers, to find where batches beat plain publishes.
        #[arg(long)]
        sweep: bool,
        #[command(flatten)]
        only: commit::Only,
    },
    /// The change feed: messages a second through the relay, how soon subscribers hear, and what those
    /// cost who hear nothing.
    Feed {
        #[command(flatten)]
        effort: EffortArguments,
        /// Measure only these.
        #[arg(long, value_enum, value_delimiter = ',')]
        parts: Vec<feed::Part>,
    },
    /// What grows with the history: commands, memory, starting again, what is read.
    Growth {
        #[command(flatten)]
        effort: EffortArguments,
        #[command(flatten)]
        sizes: growth::Arguments,
    },
    /// Commands and queries over HTTP, beside the kernel alone and an axum service on postgres-es.
    Http {
        #[command(flatten)]
        effort: EffortArguments,
        /// Measure only these.
        #[arg(long, value_enum, value_delimiter = ',')]
        parts: Vec<http::Part>,
        #[command(flatten)]
        imported: http::import::Arguments,
    },
    /// The axum service that `http` is measured beside; it is started by the bench.
    #[command(hide = true)]
    Peer,
    /// Milliseconds to load an aggregate: cold, from a snapshot, hot.
    Load {
        #[command(flatten)]
        effort: EffortArguments,
    },
    /// Events a second into a read model, beside cqrs-es `GenericQuery`.
    Projection {
        #[command(flatten)]
        effort: EffortArguments,
    },
    /// Events a second through `evolve`, beside a consumer that only counts.
    Replay {
        #[command(flatten)]
        effort: EffortArguments,
    },
}

#[derive(Clone, Copy, Debug, Args)]
struct EffortArguments {
    /// Only see that everything works; the numbers mean little.
    #[arg(long)]
    quick: bool,
    /// How often each thing is measured; medians are told [default: 3, with --quick 1].
    #[arg(long)]
    rounds: Option<NonZeroUsize>,
    /// How long one measurement of `commit` takes [default: 3, with --quick 1].
    #[arg(long, value_parser = seconds)]
    seconds: Option<f64>,
}

/// How much work a bench puts into its numbers.
#[derive(Clone, Copy, Debug)]
struct Effort {
    quick: bool,
    rounds: usize,
    window: Window,
}

impl From<EffortArguments> for Effort {
    fn from(arguments: EffortArguments) -> Self {
        let EffortArguments { quick, rounds, seconds } = arguments;
        let (rounds_usual, seconds_usual) = if quick { (1, 1.0) } else { (3, 3.0) };
        let length = Duration::from_secs_f64(seconds.unwrap_or(seconds_usual));
        Self {
            quick,
            rounds: rounds.map_or(rounds_usual, NonZeroUsize::get),
            // A fifth more to warm up: connections, caches, prepared statements.
            window: Window { warm_up: length / 5, length, pause: Duration::ZERO },
        }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.1..=600.0).contains(&seconds) => Ok(seconds),
        Ok(_) | Err(_) => Err("seconds are a number from 0.1 to 600".into()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse().bench).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(bench: Bench) -> anyhow::Result<()> {
    if let Bench::Peer = bench {
        return http::peer::serve().await;
    }
    machine::describe().await?;
    match bench {
        Bench::Commit { effort, sweep: false, only } => commit::run(effort.into(), &only).await,
        Bench::Commit { effort, sweep: true, .. } => commit::sweep::run(effort.into()).await,
        Bench::Feed { effort, parts } => feed::run(effort.into(), &parts).await,
        Bench::Growth { effort, sizes } => growth::run(effort.into(), &sizes).await,
        Bench::Http { effort, parts, imported } => {
            http::run(effort.into(), &parts, &imported).await
        }
        Bench::Peer => Ok(()),
        Bench::Load { effort } => load::run(effort.into()).await,
        Bench::Projection { effort } => projection::run(effort.into()).await,
        Bench::Replay { effort } => replay::run(effort.into()).await,
    }
}
