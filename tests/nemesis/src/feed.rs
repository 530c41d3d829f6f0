//! `./tests/faults feed`: receivers of every kind take the feed while somebody is killed, and must have
//! all of it in the end.
//!
//! Invariant: what a receiver should have follows from the stream FEED as it is stored and from the rules
//! in [`wants`], which share no code with what delivers.

mod workload;

mod said;
mod wants;

mod retry;
mod shelf;

mod account;
mod pull;
mod sse;
mod webhook;

mod receivers;

mod promises;
mod round;

use clap::Args;

use crate::{fault::InjectedFault, rounds::play_all, say};
use round::Victim;

/// What is asked for.
#[derive(Debug, Args)]
pub(crate) struct Feed {
    /// How often each of the three is killed
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// Where the random moments and misbehaviours come from; the same number, the same ones
    #[arg(long)]
    seed: Option<u64>,
    /// Who is killed, where not each of the three
    #[arg(long, value_enum)]
    only: Vec<Victim>,
}

/// Plays all rounds.
pub(crate) async fn run(feed: &Feed) -> anyhow::Result<()> {
    let seed = feed.seed.unwrap_or_else(rand::random);
    let lines = workload::chapters().iter().map(Vec::len).sum();
    let faults = InjectedFault::drawn(seed, feed.rounds, &feed.only, lines);
    say(&format!("seed {seed}: {} rounds of {lines} lines", faults.len()));
    play_all(round::HEADING, &faults, async |number, fault| {
        let course = round::play(fault, seed.wrapping_add(number.into())).await?;
        Ok(course.row(number, fault))
    })
    .await
}
