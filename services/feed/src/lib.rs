//! The change feed: facts in the feed's own words, in one order, for those who subscribe.
//!
//! The relay reads what the other services have committed and publishes what the world is told.

pub mod subscription;

pub mod relay;
pub mod sources;
pub mod translation;

use samvirke_kernel::{publication::Publication, service::Host, stream::StreamError};
use samvirke_schemas::feed;

/// The contexts whose events are told.
pub const CONTEXTS: [&str; 3] = ["networks", "cases", "meetings"];

/// Runs the feed until told to stop.
///
/// # Errors
///
/// When a stream cannot be used.
pub async fn service(host: Host) -> Result<(), StreamError> {
    let publication =
        Publication::open(host.client.clone(), feed::STREAM, feed::SUBJECTS, host.replicas).await?;
    let mut logs = Vec::new();
    for context in CONTEXTS {
        logs.push(host.log(context).await?);
    }
    relay::run(&publication, &logs, &host.shutdown).await;
    Ok(())
}
