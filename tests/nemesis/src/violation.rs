//! A promise that was broken.

/// What was promised and what was found instead.
#[derive(Debug)]
pub(crate) struct Violated(pub(crate) String);

impl std::fmt::Display for Violated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "violated: {}", self.0)
    }
}

impl std::error::Error for Violated {}

/// Returns that a promise is broken unless the condition holds.
macro_rules! promised {
    ($holds:expr, $($told:tt)+) => {
        if !$holds {
            return Err($crate::told::Violated(format!($($told)+)).into());
        }
    };
}

pub(crate) use promised;
