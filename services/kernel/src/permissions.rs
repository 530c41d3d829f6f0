//! What nats-server does not let this process ask.
//!
//! It says so on the connection and not in an answer: without this, a question that is refused looks like one
//! that is not answered.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use async_nats::{Event, ServerError};

/// The most subjects that are kept.
const REFUSED_MAX: usize = 256;
/// How a refusal begins, before the subject in quotation marks.
const PUBLISH: &str = "Permissions Violation for Publish to \"";

static REFUSED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Takes what happened to a connection, as its event callback.
pub async fn note(event: Event) {
    if event == Event::Connected {
        // The server may have other settings now.
        REFUSED.lock().unwrap_or_else(PoisonError::into_inner).clear();
    } else if let Event::ServerError(ServerError::Other(said)) = event
        && let Some(subject) = refused_in(&said)
    {
        tracing::error!(subject, "nats-server does not allow this process to ask it");
        let mut refused = REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() < REFUSED_MAX {
            refused.insert(subject.to_owned());
        }
    }
}

/// The question about a stream that is refused on this connection, if one is.
pub(crate) fn refused_of(stream: &str) -> Option<String> {
    let refused = REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    refused.iter().find(|subject| is_about(subject, stream)).cloned()
}

/// Whether a subject asks JetStream for a stream, or to make it.
fn is_about(subject: &str, stream: &str) -> bool {
    let asked = subject.strip_prefix("$JS.API.STREAM.");
    asked.and_then(|asked| asked.split_once('.')).is_some_and(|(_, name)| name == stream)
}

fn refused_in(said: &str) -> Option<&str> {
    said.strip_prefix(PUBLISH)?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_read_out_of_what_the_server_says() {
        let said = "Permissions Violation for Publish to \"$JS.API.STREAM.INFO.PARKED\"";
        let subject = refused_in(said).unwrap();
        assert!(is_about(subject, "PARKED") && !is_about(subject, "CASES"), "{subject}");
        assert_eq!(refused_in("Permissions Violation for Subscription to \"a\""), None);
        assert!(!is_about("$JS.API.CONSUMER.INFO.PARKED.a", "PARKED"));
    }
}
