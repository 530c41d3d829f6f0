//! Generated inputs for parsers: texts and JSON near valid ones, and any others.
//!
//! The same seed gives the same inputs, and the seed is fixed, so that a test passes or fails for
//! everybody alike. `PROPTEST_CASES` asks for more of them, `PROPTEST_RNG_SEED` for others.

mod json;
mod text;

pub use json::{Changed, changed};
pub use proptest::{
    collection, prop_assert, prop_assert_eq, strategy::Strategy, test_runner::TestCaseError,
};
pub use text::near;

use std::fmt;

use proptest::test_runner::{Config, RngSeed, TestRunner};

/// The seed where the environment names none.
const SEED: u64 = 1837;
/// The cases of one property where the environment names no number.
const CASES: u32 = 256;

/// The smallest input that was found for which a property does not hold.
pub struct Counterexample(String);

impl fmt::Debug for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Holds `property`, which is about `name`, to inputs of `strategy`.
///
/// # Errors
///
/// Where it does not hold.
pub fn check<S: Strategy>(
    name: &str,
    strategy: &S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) -> Result<(), Counterexample> {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    let (cases, seed) = (config.cases, config.rng_seed);
    TestRunner::new(config)
        .run(strategy, property)
        .map_err(|error| Counterexample(format!("{name} ({cases} cases, {seed:?}): {error}")))
}
