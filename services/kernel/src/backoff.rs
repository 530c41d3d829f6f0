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

/// How often something is tried, and how long is waited in between.
#[derive(Clone, Copy, Debug)]
pub struct Attempts {
    /// The first one included.
    pub max: u32,
    /// The wait before the second attempt; see [`pause`].
    pub shortest: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl Attempts {
    /// Tries something until it succeeds, cannot succeed or was tried so often. `attempt` is given how often it
    /// has failed; `again` says of a failure whether it is of use to try again, and is asked only where
    /// there is another attempt.
    ///
    /// # Errors
    ///
    /// That of the last attempt.
    pub async fn run<T, E>(
        self,
        mut attempt: impl AsyncFnMut(u32) -> Result<T, E>,
        again: impl Fn(&E) -> bool,
    ) -> Result<T, E> {
        let mut failures = 0;
        loop {
            match attempt(failures).await {
                Err(error) if failures + 1 < self.max && again(&error) => (),
                outcome => return outcome,
            }
            tokio::time::sleep(pause(failures, self.shortest, self.longest)).await;
            failures += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_may_pass_is_tried_so_often_and_what_may_not_is_not_tried_again() {
        let attempts =
            Attempts { max: 4, shortest: Duration::from_secs(2), longest: Duration::from_secs(10) };
        let run = async |succeeds_at: u32, may_pass: bool| {
            let mut tried = 0;
            let attempt = async |failures| {
                tried += 1;
                if failures == succeeds_at { Ok(failures) } else { Err(failures) }
            };
            let outcome = attempts.run(attempt, |_| may_pass).await;
            (tried, outcome)
        };
        assert_eq!(run(2, true).await, (3, Ok(2)));
        assert_eq!(run(9, true).await, (4, Err(3)), "the last failure is told");
        assert_eq!(run(9, false).await, (1, Err(0)));
        let begun = tokio::time::Instant::now();
        run(9, true).await.1.unwrap_err();
        let waited = begun.elapsed().as_secs_f64();
        assert!((7.0..=14.0).contains(&waited), "{waited} s");
    }

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
