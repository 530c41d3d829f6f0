//! `./tests/faults flood`: two addresses ask for more than their share, of readers and of connections, others
//! send what is huge, and a caller beside them must be answered as if they were not there.
//!
//! Invariant: the callers have addresses of their own on this machine, so that the gateway tells them
//! apart as it would elsewhere.

mod callers;
mod crowd;

mod round;

use clap::Args;

use crate::{rounds::play_all, say};

/// What is asked for.
#[derive(Debug, Args)]
pub(crate) struct Flood {
    /// How often
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
}

/// Plays all rounds.
pub(crate) async fn run(flood: &Flood) -> anyhow::Result<()> {
    say(&format!("{} rounds", flood.rounds));
    let crowds = vec!["a crowd"; flood.rounds as usize];
    play_all(round::HEADING, &crowds, async |number, _| Ok(round::play().await?.row(number))).await
}
