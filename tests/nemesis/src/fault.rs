//! Who is killed, and when.

use std::{fmt, time::Duration};

use clap::ValueEnum;
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// The longest wait after the chosen line was acknowledged, so that the fault comes anywhere in the
/// work on the next.
const LATER_US_MAX: u64 = 15_000;

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Victim {
    Samvirke,
    Nats,
    Postgres,
}

/// One fault: a process that is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InjectedFault<V> {
    pub(crate) victim: V,
    /// How many lines have been acknowledged by then.
    pub(crate) lines: usize,
    /// How long after that.
    pub(crate) later: Duration,
}

impl<V: ValueEnum + 'static> InjectedFault<V> {
    /// As many faults as `rounds` for each victim in turn, or for each of `only` where some are named,
    /// each before the last of so many lines; the same seed gives the same.
    pub(crate) fn drawn(seed: u64, rounds: u32, only: &[V], lines: usize) -> Vec<Self> {
        let victims = if only.is_empty() { V::value_variants() } else { only };
        let mut random = StdRng::seed_from_u64(seed);
        (0..rounds)
            .flat_map(|_| victims)
            .map(|victim| Self {
                victim: victim.clone(),
                lines: random.random_range(1..lines),
                later: Duration::from_micros(random.random_range(0..LATER_US_MAX)),
            })
            .collect()
    }
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Samvirke => "samvirke",
            Self::Nats => "nats-server",
            Self::Postgres => "PostgreSQL",
        })
    }
}

impl<V: fmt::Display> fmt::Display for InjectedFault<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { victim, lines, later } = self;
        write!(f, "{victim} killed {later:?} after line {lines}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_blows() {
        let drawn = |seed| format!("{:?}", InjectedFault::<Victim>::drawn(seed, 2, &[], 1_000));
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
        assert_eq!(InjectedFault::<Victim>::drawn(7, 2, &[], 1_000).len(), 6);
        assert_eq!(InjectedFault::drawn(7, 2, &[Victim::Nats], 1_000).len(), 2);
    }
}
