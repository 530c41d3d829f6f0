//! How receivers try again.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior};

/// How long a receiver waits before it tries again.
pub(super) const AGAIN: Duration = Duration::from_millis(50);

/// Ticks for whoever tries again.
pub(super) fn every_so_often() -> Interval {
    let mut again = tokio::time::interval(AGAIN);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    again
}

/// Whether an answer is what was asked for. A server may be away or too busy, but may not refuse a
/// position that it gave out.
pub(super) fn is_well(status: u16, after: &str) -> Result<bool, String> {
    match status {
        200 => Ok(true),
        429 | 500.. => Ok(false),
        _ => Err(format!("reading after {after} is answered with {status}")),
    }
}
