//! From a service's events to the feed's messages: pure, and the same whenever it is done again.
//!
//! What an event does not have by itself (a case's title, a meeting's body) is kept from the
//! events before it.

mod message_builder;
mod state;
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

use message_builder::MessageBuilder;
use state::TranslationState;
pub use state::withholding::{Affected, Withholding};

/// Makes messages of commits.
#[derive(Debug, Default)]
pub struct Translation {
    state: TranslationState,
}

impl Translation {
    /// Takes a commit and returns its messages, in order: those of members come
    /// before those of the public about the same.
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
        let state = &mut self.state;
        match envelope.aggregate.kind.as_str() {
            "cooperation" => {
                MessageBuilder::each(envelope, sequence, "cooperations", |event, _, builder| {
                    cooperation::observe(state, event, builder);
                })
            }
            "body" => MessageBuilder::each(envelope, sequence, "bodies", |event, _, builder| {
                body::observe(state, event, builder);
            }),
            "network" => {
                MessageBuilder::each(envelope, sequence, "networks", |event, _, builder| {
                    network::observe(state, event, builder);
                })
            }
            "case" => {
                MessageBuilder::each(envelope, sequence, "cases", |event, following, builder| {
                    case::observe(state, event, following, builder);
                })
            }
            "meeting" => {
                MessageBuilder::each(envelope, sequence, "meetings", |event, _, builder| {
                    meeting::observe(state, event, builder);
                })
            }
            "subscription" => {
                MessageBuilder::each(envelope, sequence, "subscriptions", |event, _, builder| {
                    subscription::observe(state, event, builder);
                })
            }
            // Registers only give numbers; the case says which it got.
            _ => Ok(Vec::new()),
        }
    }
}
