//! Whether a command waits, is in flight or was given up: its caller and its group decide that between
//! them, whoever comes first.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{committer::AppendError, execute::Doubt};

/// What the caller of a command and its group both know of it.
#[derive(Debug, Default)]
pub(super) struct Ticket(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    doubt: Doubt,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Waiting,
    InFlight,
    GivenUp,
}

impl Ticket {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the command as in flight; false where its caller has given it up.
    pub(super) fn send(&self) -> bool {
        let mut state = self.state();
        let is_wanted = state.phase != Phase::GivenUp;
        if is_wanted {
            state.phase = Phase::InFlight;
        }
        is_wanted
    }

    /// The command is not in flight any longer.
    pub(super) fn take_back(&self) {
        let mut state = self.state();
        if state.phase == Phase::InFlight {
            state.phase = Phase::Waiting;
        }
    }

    /// Gives the command up, and returns whether it may have been stored; none where it is in flight.
    pub(super) fn give_up(&self) -> Option<Doubt> {
        let mut state = self.state();
        if state.phase == Phase::InFlight {
            return None;
        }
        state.phase = Phase::GivenUp;
        Some(state.doubt.clone())
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.state().phase == Phase::GivenUp
    }

    /// The command may have been stored.
    pub(super) fn doubts(&self, unknown: &AppendError) {
        self.state().doubt = Doubt(Some(unknown.clone()));
    }

    pub(super) fn doubt(&self) -> Doubt {
        self.state().doubt.clone()
    }
}

/// Gives a command up when its caller goes away.
pub(super) struct GivenUpOnDrop<'a>(pub(super) &'a Ticket);

impl Drop for GivenUpOnDrop<'_> {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_given_up_or_in_flight_and_never_both() {
        let ticket = Ticket::default();
        assert!(ticket.send());
        assert!(ticket.give_up().is_none(), "it is in flight");
        ticket.take_back();
        assert!(ticket.give_up().is_some());
        assert!(!ticket.send(), "nobody wants it any longer");
    }

    #[test]
    fn giving_up_a_command_that_may_be_stored_returns_the_doubt() {
        let ticket = Ticket::default();
        ticket.send();
        ticket.doubts(&AppendError::Unknown { reason: "silence".into() });
        ticket.take_back();
        assert!(ticket.give_up().is_some_and(|doubt| !doubt.is_none()));
    }

    #[test]
    fn a_caller_that_goes_away_gives_its_command_up() {
        let ticket = Ticket::default();
        drop(GivenUpOnDrop(&ticket));
        assert!(!ticket.send());
    }
}
