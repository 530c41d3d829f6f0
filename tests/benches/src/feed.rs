//! The change feed: how fast the relay tells what happened, how soon subscribers hear it, and what
//! those cost who hear nothing.

mod fanout;
mod idle;
mod relay;
mod site;
mod subscribers;

use crate::{Effort, feed::site::Site};

/// What of the feed is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    Relay,
    Fanout,
    Idle,
}

/// Runs the bench, or only these parts of it.
///
/// # Errors
///
/// When a server cannot be started, or something that was said is not heard.
pub(crate) async fn run(effort: Effort, only: &[Part]) -> anyhow::Result<()> {
    let is_wanted = |part| only.is_empty() || only.contains(&part);
    if is_wanted(Part::Relay) {
        relay::run(effort).await?;
    }
    // A Samvirke for each, since what was delivered before is kept.
    if is_wanted(Part::Fanout) {
        let mut site = Site::start(fanout::members(effort)).await?;
        fanout::run(effort, &mut site).await?;
    }
    if is_wanted(Part::Idle) {
        let mut site = Site::start(fanout::members(effort)).await?;
        idle::run(effort, &mut site).await?;
    }
    Ok(())
}
