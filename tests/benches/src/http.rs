//! What a user feels: commands and queries over HTTP, on the executable with all that runs beside it.
//!
//! Commands are measured beside the kernel alone, and beside a service on postgres-es that does equal work.

pub(crate) mod clients;
mod commands;
mod connection;
pub(crate) mod import;
mod kernel;
pub(crate) mod peer;
mod queries;
mod site;
mod spent;

use crate::Effort;

/// What can be measured alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Networks are started, beside the kernel alone and the peer.
    Networks,
    /// Arrivals at a meeting are registered: facts of another stream.
    Arrivals,
    /// Cases are opened, in one register and in many.
    Cases,
    /// What is read.
    Queries,
    /// A file is imported, line by line and several lines at once.
    Import,
}

/// Runs the bench.
///
/// # Errors
///
/// When a server cannot be started, or something is refused.
pub(crate) async fn run(
    effort: Effort,
    parts: &[Part],
    imported: &import::Arguments,
) -> anyhow::Result<()> {
    let has = |part| parts.is_empty() || parts.contains(&part);
    if has(Part::Networks) {
        commands::networks(effort).await?;
    }
    if has(Part::Arrivals) {
        commands::arrivals(effort).await?;
    }
    if has(Part::Cases) {
        commands::cases(effort).await?;
    }
    if has(Part::Queries) {
        queries::measure(effort).await?;
    }
    if has(Part::Import) {
        import::measure(imported)?;
    }
    Ok(())
}
