//! The gateway over real HTTP and a real NATS server, with a small responder standing in for the services.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

mod world;

mod bad_input;
mod commands;
mod document;
mod operation;
mod queries;
mod tokens;
mod unavailable;
