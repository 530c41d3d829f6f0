//! `./tests/faults damage`: the files under a stream are damaged, and nothing goes on as if all were well.
//!
//! Invariant: what was acknowledged is known from before the damage, and read from the streams themselves.

mod harm;
mod round;

use clap::Args;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{rounds::play_all, say};
use harm::{Harm, Target};

/// What is asked for.
#[derive(Debug, Args)]
pub(crate) struct Damage {
    /// How often each kind of damage is done, each time to another stream
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// Where streams and moments come from; the same number, the same ones
    #[arg(long)]
    seed: Option<u64>,
    /// Which kinds, where not each of them
    #[arg(long, value_enum)]
    only: Vec<Harm>,
}

/// Plays all rounds.
pub(crate) async fn run(damage: &Damage) -> anyhow::Result<()> {
    let seed = damage.seed.unwrap_or_else(rand::random);
    let targets = drawn(seed, damage.rounds, &damage.only);
    say(&format!("seed {seed}: {} rounds", targets.len()));
    play_all(round::HEADING, &targets, async |number, target| {
        Ok(round::play(target).await?.row(number, target))
    })
    .await
}

/// Each kind of damage as often as `rounds`, to one stream after the other from a drawn one on.
fn drawn(seed: u64, rounds: u32, only: &[Harm]) -> Vec<Target> {
    let harms = if only.is_empty() { Harm::all() } else { only };
    let mut random = StdRng::seed_from_u64(seed);
    let mut targets = Vec::new();
    for harm in harms {
        let first: usize = random.random_range(0..harm::STREAMS.len());
        for round in 0..rounds as usize {
            let stream = harm::STREAMS[(first + round) % harm::STREAMS.len()];
            targets.push(Target { harm: *harm, stream, index_is_lost: random.random() });
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_damages_the_same_and_four_rounds_reach_every_stream() {
        assert_eq!(drawn(7, 4, &[]), drawn(7, 4, &[]));
        for harm in Harm::all() {
            let drawn = drawn(7, 4, &[*harm]);
            let mut streams: Vec<_> = drawn.iter().map(|target| target.stream).collect();
            streams.sort_unstable();
            assert_eq!(streams, ["CASES", "FEED", "MEETINGS", "NETWORKS"]);
        }
    }
}
