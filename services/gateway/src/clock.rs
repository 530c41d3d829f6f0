//! The gateway's only clock and its only source of chance.
//!
//! A request becomes a command here, so this is where time and ids enter; from here on they are values.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The present instant.
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
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
