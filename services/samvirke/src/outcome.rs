//! How a command ended, as an exit code that scripts rely on.

use std::process::ExitCode;

/// The three ways a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// 0: all of it was done.
    Done,
    /// 1: it ran to its end, but some lines were refused or some checks failed.
    NotAll,
    /// 2: it could not go on; something is missing or away.
    CannotGoOn,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::SUCCESS,
            Outcome::NotAll => Self::from(1),
            Outcome::CannotGoOn => Self::from(2),
        }
    }
}
