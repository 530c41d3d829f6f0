//! Webhooks from a real feed over a real NATS to real HTTP servers: asked first, signed, in order, tried
//! again, and nothing lost whoever is killed.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

mod world;

mod addresses;
mod asking;
mod choosing;
mod failing;
mod reading;
mod signing;
mod surviving;
mod withholding;
