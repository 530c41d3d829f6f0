//! A closed loop of writers: each does one thing, waits for its own acknowledgement, does the next.
//!
//! Only what is answered inside the window counts, so neither warming up nor the last stragglers
//! colour a number.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

/// When to begin counting and how long to count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub warm_up: Duration,
    pub length: Duration,
    /// How long a writer rests before each act.
    pub pause: Duration,
}

/// What was measured in one window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub per_second: f64,
    /// How long one writer waited for one acknowledgement, in milliseconds.
    pub median_ms: f64,
    /// The wait that one in a hundred exceeds.
    pub p99_ms: f64,
}

/// Lets `writers` tasks act, each one thing at a time.
///
/// `act` is given the writer and its turn, and returns how many commits were acknowledged.
pub(crate) async fn drive<F, A>(writers: usize, window: Window, act: F) -> anyhow::Result<Measured>
where
    F: Fn(usize, u64) -> A + Clone + Send + 'static,
    A: Future<Output = anyhow::Result<u64>> + Send + 'static,
{
    let from = Instant::now() + window.warm_up;
    let to = from + window.length;
    let mut tasks = JoinSet::new();
    for writer in 0..writers {
        let act = act.clone();
        tasks.spawn(async move {
            let (mut commits, mut waits) = (0, Vec::new());
            for turn in 0.. {
                if !window.pause.is_zero() {
                    tokio::time::sleep(window.pause).await;
                }
                let asked = Instant::now();
                if asked >= to {
                    break;
                }
                let acknowledged = act(writer, turn).await?;
                let answered = Instant::now();
                if answered >= from && answered < to {
                    commits += acknowledged;
                    waits.push(answered - asked);
                }
            }
            anyhow::Ok((commits, waits))
        });
    }
    let (mut commits, mut waits) = (0, Vec::new());
    while let Some(ended) = tasks.join_next().await {
        let (own_commits, own_waits) = ended??;
        commits += own_commits;
        waits.extend(own_waits.iter().map(|wait| wait.as_secs_f64() * 1_000.0));
    }
    anyhow::ensure!(
        commits > 0,
        "{writers} writers were acknowledged nothing in {:?}; give more --seconds",
        window.length
    );
    Ok(Measured {
        per_second: commits as f64 / window.length.as_secs_f64(),
        p99_ms: percentile(&mut waits, 99),
        median_ms: median(waits),
    })
}

/// The number that so many in a hundred do not exceed. Not a number of none.
pub(crate) fn percentile(numbers: &mut [f64], percent: usize) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let index = (numbers.len() * percent).div_ceil(100).saturating_sub(1);
    numbers.get(index).copied().unwrap_or(f64::NAN)
}

/// The middle one; of an even number, the mean of the two in the middle. Not a number of none.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match (numbers.get(middle.wrapping_sub(1)), numbers.get(middle)) {
        (Some(low), Some(high)) if numbers.len().is_multiple_of(2) => f64::midpoint(*low, *high),
        (_, Some(high)) => *high,
        (_, None) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 9.0]), 3.0);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn the_percentile_is_what_one_in_a_hundred_exceeds() {
        let mut numbers: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut numbers, 99), 198.0);
        assert_eq!(percentile(&mut [7.0], 99), 7.0);
        assert!(percentile(&mut [], 99).is_nan());
    }

    #[tokio::test]
    async fn what_is_answered_outside_the_window_does_not_count() {
        let window = Window {
            warm_up: Duration::from_millis(60),
            length: Duration::from_millis(100),
            pause: Duration::ZERO,
        };
        // The first answer comes while warming up, the second inside, the third after the end.
        let measured = drive(1, window, |_, turn| async move {
            let wait = [20, 80, 600][turn as usize];
            tokio::time::sleep(Duration::from_millis(wait)).await;
            Ok(1)
        })
        .await
        .unwrap();
        assert_eq!(measured.per_second.round(), 10.0);
    }
}
