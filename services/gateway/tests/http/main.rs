//! The gateway over real HTTP and a real NATS server, with a small responder standing in for the
//! services.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]
#![expect(clippy::disallowed_methods, reason = "tokens are held against the real clock")]

mod world;

mod bad_input;
mod commands;
mod document;
mod fair_shares;
mod feed;
mod issuer_keys;
mod operation;
mod published;
mod queries;
mod tokens;
mod unavailable;
mod unsubscribe;
