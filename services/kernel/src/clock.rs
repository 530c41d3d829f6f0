//! The one clock.
//!
//! It is read where a request becomes a command, and nowhere in the rules.

use chrono::{DateTime, Utc};

/// The time now.
#[expect(clippy::disallowed_methods, reason = "this is the one place where the clock is read")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}
