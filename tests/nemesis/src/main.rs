//! What goes wrong in the world, done on purpose: `./tests/faults kill` ends a process in the middle of an
//! import, again and again, and checks that no promise was broken; `./tests/faults feed` does so in the
//! middle of deliveries, `./tests/faults damage` damages the files under the streams, and
//! `./tests/faults flood` asks for more than one caller's share in every way.
//!
//! Invariant: what is checked is read from the streams and the database themselves, never taken from
//! the word of the program under test; only what it acknowledged is.

mod fault;
mod workload;

mod import;

mod promises;
mod quiet;
mod rebuilt;
mod violation;

mod round;
mod rounds;

mod damage;
mod feed;

mod flood;

use std::{
    io::{Write, stdout},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

use crate::{
    fault::{InjectedFault, Victim},
    violation::Violation,
};

/// Does what goes wrong in the world, and checks that no promise was broken.
#[derive(Debug, Parser)]
#[command(
    name = "faults",
    version,
    after_help = "Examples:
  ./tests/faults kill --rounds 20
  ./tests/faults feed --rounds 5 --only receiver --seed 7
  ./tests/faults damage --rounds 4 --only tail
  ./tests/faults flood --rounds 1"
)]
struct Arguments {
    #[command(subcommand)]
    fault: Fault,
}

#[derive(Debug, Subcommand)]
enum Fault {
    /// Ends samvirke, nats-server and PostgreSQL as `kill -9` does, each at random moments of an import
    Kill(Kill),
    /// Ends samvirke, nats-server and receivers in the middle of deliveries to receivers that misbehave
    Feed(feed::Feed),
    /// Damages the files of a stream in every way, and puts them back
    Damage(damage::Damage),
    /// Lets one address ask for more than its share, in every way, while another gives commands
    Flood(flood::Flood),
}

#[derive(Debug, Args)]
struct Kill {
    /// How often each of the three is killed
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// Where the random moments come from; the same number, the same moments
    #[arg(long)]
    seed: Option<u64>,
    /// Who is killed, where not each of the three
    #[arg(long, value_enum)]
    only: Vec<Victim>,
}

fn main() -> ExitCode {
    let fault = Arguments::parse().fault;
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(run(&fault)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("faults: {error:#}"));
            // A broken promise is what is looked for; anything else means that nothing was learnt.
            ExitCode::from(if error.is::<Violation>() { 1 } else { 2 })
        }
    }
}

async fn run(fault: &Fault) -> anyhow::Result<()> {
    match fault {
        Fault::Kill(kill) => run_kill(kill).await,
        Fault::Feed(feed) => feed::run(feed).await,
        Fault::Damage(damage) => damage::run(damage).await,
        Fault::Flood(flood) => flood::run(flood).await,
    }
}

async fn run_kill(kill: &Kill) -> anyhow::Result<()> {
    let seed = kill.seed.unwrap_or_else(rand::random);
    let lines = workload::chapters().iter().map(Vec::len).sum();
    let faults = InjectedFault::drawn(seed, kill.rounds, &kill.only, lines);
    say(&format!("seed {seed}: {} rounds of {} lines", faults.len(), workload::lines().len()));
    rounds::play_all(round::HEADING, &faults, async |number, fault| {
        Ok(round::play(fault).await?.row(number, fault))
    })
    .await
}

fn say(text: &str) {
    // Nobody is left to tell where standard output is closed.
    let _closed = writeln!(stdout(), "{text}");
}
