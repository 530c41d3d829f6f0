//! The gateway's only clock and its only source of chance.
//!
//! A request becomes a command here, so this is where time and ids enter; from here on they are
//! values.

#![expect(
    clippy::disallowed_methods,
    reason = "a request becomes a command here, so clock and ids enter here"
)]

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use uuid::Uuid;

/// The present instant.
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// The present instant on the clock that only runs forward, for what is measured and waited for.
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// An id that nobody has used: ordered by time, so that logs and indexes stay ordered too.
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// Bytes that nobody can guess.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes[..]);
    bytes
}
