//! The change feed: how fast the relay tells what happened, and how soon subscribers hear it.

mod relay;

use crate::Effort;

/// Runs the bench.
///
/// # Errors
///
/// When a server cannot be started, or something that was said is not heard.
pub(crate) async fn run(effort: Effort) -> anyhow::Result<()> {
    relay::run(effort).await
}
