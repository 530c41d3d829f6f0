//! Journeys through the real executable, over HTTP, with real servers under it.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

#[path = "journeys/api.rs"]
mod api;
#[path = "journeys/smallest.rs"]
mod smallest;

#[path = "journeys/away.rs"]
mod away;
#[path = "journeys/first_case.rs"]
mod first_case;
#[path = "journeys/roles.rs"]
mod roles;
