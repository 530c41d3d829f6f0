//! The violation of an invariant, with which a round fails.

/// The invariant that does not hold and what was found instead.
#[derive(Debug)]
pub(crate) struct Violation(pub(crate) String);

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "violated: {}", self.0)
    }
}

impl std::error::Error for Violation {}

/// Returns a [`Violation`] unless the condition holds.
macro_rules! ensure_invariant {
    ($holds:expr, $($told:tt)+) => {
        if !$holds {
            return Err($crate::violation::Violation(format!($($told)+)).into());
        }
    };
}

pub(crate) use ensure_invariant;
