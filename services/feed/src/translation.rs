//! From a service's events to what the feed says: pure, and the same whenever it is done again.
//!
//! What an event does not tell by itself (a case's title, a meeting's body) is remembered from the
//! events before it.

mod heard;
mod telling;
mod withholding;

mod body;
mod case;
mod cooperation;
mod meeting;
mod network;
mod subscription;

#[cfg(test)]
mod tests;

use samvirke_kernel::{
    envelope::{Envelope, EnvelopeError},
    log::Stored,
};
use samvirke_schemas::feed::Said;

use heard::Heard;
use telling::Telling;
pub use withholding::{Affected, Withholding};

/// Tells what is heard.
#[derive(Debug, Default)]
pub struct Translation {
    heard: Heard,
}

impl Translation {
    /// Hears a commit and returns what is said about it, in order: what is said to members comes
    /// before what the public is told of the same.
    ///
    /// # Errors
    ///
    /// When an event cannot be read by this program.
    pub fn take(
        &mut self,
        stored: &Stored,
        envelope: &Envelope,
    ) -> Result<Vec<Said>, EnvelopeError> {
        let sequence = stored.sequence;
        let heard = &mut self.heard;
        match envelope.aggregate.kind.as_str() {
            "cooperation" => {
                Telling::each(envelope, sequence, "cooperations", |event, _, telling| {
                    cooperation::hear(heard, event, telling);
                })
            }
            "body" => Telling::each(envelope, sequence, "bodies", |event, _, telling| {
                body::hear(heard, event, telling);
            }),
            "network" => Telling::each(envelope, sequence, "networks", |event, _, telling| {
                network::hear(heard, event, telling);
            }),
            "case" => Telling::each(envelope, sequence, "cases", |event, following, telling| {
                case::hear(heard, event, following, telling);
            }),
            "meeting" => Telling::each(envelope, sequence, "meetings", |event, _, telling| {
                meeting::hear(heard, event, telling);
            }),
            "subscription" => {
                Telling::each(envelope, sequence, "subscriptions", |event, _, telling| {
                    subscription::hear(heard, event, telling);
                })
            }
            // Registers only give numbers; the case says which it got.
            _ => Ok(Vec::new()),
        }
    }
}
