//! The one clock, and the one place where ids come from nothing.
//!
//! Both are read where a request becomes a command, and nowhere in the rules.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "this is the one place where the clock is read")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// An id for a command whose caller gave none.
#[expect(clippy::disallowed_methods, reason = "this is the one place where ids come from nothing")]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}
