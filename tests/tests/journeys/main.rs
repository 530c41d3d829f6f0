//! Journeys through the real executable, over HTTP, with real servers under it.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

mod api;
mod smallest;

mod away;
mod first_case;
mod roles;
