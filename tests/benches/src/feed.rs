//! The change feed: how fast the relay tells what happened, how soon subscribers hear it, and what
//! those cost who hear nothing.

mod fanout;
mod idle;
mod relay;
mod site;
mod subscribers;

use crate::{Effort, feed::site::Site};

/// Runs the bench.
///
/// # Errors
///
/// When a server cannot be started, or something that was said is not heard.
pub(crate) async fn run(effort: Effort) -> anyhow::Result<()> {
    relay::run(effort).await?;
    let mut site = Site::start(fanout::members(effort)).await?;
    fanout::run(effort, &mut site).await?;
    idle::run(effort, &mut site).await
}
