//! How the committer gathers, varied: where batches beat pipelined single publishes.

use std::collections::{BTreeMap, BTreeSet};

use samvirke_kernel::committer::Tuning;

use super::sides::{self, Aggregates};
use crate::{
    Effort,
    drive::median,
    rig::Nats,
    table::{Table, say, whole},
};

const WRITERS: &[usize] = &[8, 16, 32, 64, 128, 256, 1_024];
/// Up to how many waiting commits go as single publishes; 0 makes everything a batch.
const SINGLE_MAX: &[usize] = &[0, 8, 16, 32, 64];
const BATCHES_IN_FLIGHT: &[usize] = &[1, 2, 4, 8];
/// What is varied where only the working is tried.
const PLAIN_MAX_QUICK: &[usize] = &[0, 32];
const BATCHES_IN_FLIGHT_QUICK: &[usize] = &[4];

type Rates = BTreeMap<(usize, usize, usize), Vec<f64>>;

/// Runs the sweep.
///
/// # Errors
///
/// When a server cannot be started, or something is not acknowledged.
pub(crate) async fn run(effort: Effort) -> anyhow::Result<()> {
    let nats = Nats::start().await?;
    let (single_maxima, in_flight) = if effort.quick {
        (PLAIN_MAX_QUICK, BATCHES_IN_FLIGHT_QUICK)
    } else {
        (SINGLE_MAX, BATCHES_IN_FLIGHT)
    };
    let mut rates = Rates::new();
    for round in 1..=effort.rounds {
        say(&format!("round {round} of {}", effort.rounds));
        for &writers in WRITERS {
            for &single_max in single_maxima {
                for &batches in in_flight {
                    let tuning = Tuning {
                        single_max,
                        // As many may be on their way as may be sent at once.
                        single_in_flight_max: single_max.max(1),
                        batches_in_flight_max: batches,
                        ..Tuning::default()
                    };
                    let measured =
                        sides::kernel(&nats, tuning, Aggregates::New, writers, effort.window)
                            .await?;
                    rates
                        .entry((single_max, batches, writers))
                        .or_default()
                        .push(measured.per_second);
                }
            }
        }
    }
    let rates: BTreeMap<_, f64> =
        rates.into_iter().map(|(key, rounds)| (key, median(rounds))).collect();
    table(&rates).print();
    for &writers in WRITERS {
        tell_best(&rates, writers);
    }
    Ok(())
}

fn table(rates: &BTreeMap<(usize, usize, usize), f64>) -> Table {
    let head = WRITERS.iter().map(|writers| writers.to_string());
    let mut table = Table::new(
        "Commands a second through the kernel, by the committer's tuning",
        std::iter::once("writers".to_owned()).chain(head),
    );
    let tunings: BTreeSet<_> =
        rates.keys().map(|(single, batches, _)| (*single, *batches)).collect();
    for (single_max, batches) in tunings {
        let cells = WRITERS
            .iter()
            .map(|writers| rates.get(&(single_max, batches, *writers)).copied().map(whole));
        table.row(format!("plain up to {single_max}, {batches} in flight"), cells);
    }
    table
}

fn tell_best(rates: &BTreeMap<(usize, usize, usize), f64>, writers: usize) {
    let best = |only_batches: bool| {
        rates
            .iter()
            .filter(|((single_max, _, of), _)| *of == writers && (*single_max == 0) == only_batches)
            .max_by(|one, other| one.1.total_cmp(other.1))
    };
    if let (Some(((single_max, in_flight, _), single)), Some(((_, batches, _), batched))) =
        (best(false), best(true))
    {
        say(&format!(
            "{writers} writers: at best {} with plain publishes up to {single_max} \
             ({in_flight} batches in flight), {} with batches only ({batches} in flight)",
            whole(*single),
            whole(*batched),
        ));
    }
}
