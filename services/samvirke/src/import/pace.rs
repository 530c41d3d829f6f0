//! How many requests are under way at once: fewer when the server says that they are too many.
//!
//! Invariant: at least one may be under way.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

/// The turns that requests take.
#[derive(Debug)]
pub(crate) struct Pace {
    turns: Semaphore,
    allowed: Mutex<Allowed>,
}

#[derive(Debug)]
struct Allowed {
    most: usize,
    now: usize,
    /// The answers since `now` was changed.
    answered: usize,
}

/// A request that may be sent.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    of: &'a Pace,
    permit: Option<SemaphorePermit<'a>>,
}

impl Pace {
    pub(crate) fn new(most: usize) -> Self {
        let allowed = Mutex::new(Allowed { most, now: most, answered: 0 });
        Self { turns: Semaphore::new(most), allowed }
    }

    /// Waits until another request may be sent.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        // The semaphore is never closed; and if it were, the server still says when it is too much.
        Turn { of: self, permit: self.turns.acquire().await.ok() }
    }
}

impl Turn<'_> {
    /// The server has answered. As many answers as may be under way allow one more.
    pub(crate) fn was_answered(self) {
        let mut allowed = self.of.allowed.lock().unwrap_or_else(PoisonError::into_inner);
        allowed.answered += 1;
        if allowed.answered >= allowed.now && allowed.now < allowed.most {
            allowed.now += 1;
            allowed.answered = 0;
            self.of.turns.add_permits(1);
        }
    }

    /// The server has said that these are too many at once: one less from now on.
    pub(crate) fn was_too_much(self) {
        let mut allowed = self.of.allowed.lock().unwrap_or_else(PoisonError::into_inner);
        allowed.answered = 0;
        if allowed.now > 1
            && let Some(permit) = self.permit
        {
            allowed.now -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    /// How many may be under way now.
    fn free(pace: &Pace) -> usize {
        let taken = std::iter::from_fn(|| pace.turn().now_or_never());
        taken.collect::<Vec<_>>().len()
    }

    fn next(pace: &Pace) -> Turn<'_> {
        pace.turn().now_or_never().unwrap()
    }

    #[test]
    fn each_answer_of_too_many_takes_one_away_but_never_the_last() {
        let pace = Pace::new(3);
        assert_eq!(free(&pace), 3);
        for left in [2, 1, 1, 1] {
            next(&pace).was_too_much();
            assert_eq!(free(&pace), left);
        }
    }

    #[test]
    fn answers_give_back_what_was_taken_away_and_no_more() {
        let pace = Pace::new(3);
        next(&pace).was_too_much();
        next(&pace).was_too_much();
        for allowed in [2, 2, 3, 3, 3, 3, 3, 3] {
            next(&pace).was_answered();
            assert_eq!(free(&pace), allowed);
        }
    }
}
