//! How long to wait before something is tried again that failed several times in a row.

use std::time::Duration;

use rand::RngExt;

/// How often a wait is doubled; it is at its longest long before.
const DOUBLINGS_MAX: u32 = 10;

/// A wait that begins at `shortest` for the failure 0, is doubled with each and ends at `longest`. Up to
/// half of it is left out by chance, so that those who failed together do not come together.
pub fn pause(failure: u32, shortest: Duration, longest: Duration) -> Duration {
    let ceiling = shortest.saturating_mul(1 << failure.min(DOUBLINGS_MAX)).min(longest);
    ceiling.mul_f64(rand::rng().random_range(0.5..1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_doubled_up_to_the_longest_and_differ_by_chance() {
        let within = |failure, shortest, longest| {
            let pause = pause(failure, Duration::from_secs(1), Duration::from_secs(60));
            let pause = pause.as_secs_f64();
            assert!((shortest..=longest).contains(&pause), "{failure}: {pause} s");
        };
        within(0, 0.5, 1.0);
        within(1, 1.0, 2.0);
        within(5, 16.0, 32.0);
        within(6, 30.0, 60.0);
        within(u32::MAX, 30.0, 60.0);
    }
}
