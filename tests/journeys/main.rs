//! Journeys through the real executable, over HTTP, with real servers under it.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

mod smallest;

mod access;
mod away;
mod damage;
mod feed;
mod first_case;
mod import;
mod large;
mod lost_end;
mod missing;
mod offices;
mod policies;
mod roles;

use std::path::Path;

use samvirke_tests::Up;

/// The executable, built by Cargo together with these journeys, on a port of its own.
fn samvirke() -> anyhow::Result<Up> {
    Up::start(Path::new(env!("CARGO_BIN_EXE_samvirke")), "127.0.0.1:0")
}

/// As [`samvirke`], with variables of the environment that configure it.
fn samvirke_with(environment: &[(&str, String)]) -> anyhow::Result<Up> {
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Up::start_with(Path::new(env!("CARGO_BIN_EXE_samvirke")), "127.0.0.1:0", &environment)
}
