//! A message that is stored only if nobody else has written to its subject.

use async_nats::{
    HeaderMap,
    header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE,
    jetstream::{
        self,
        context::{PublishError, PublishErrorKind},
    },
};
use bytes::Bytes;

use super::server_error::is_conflict;

/// The headers of a message that expects a last sequence of its subject; 0 where there must be none.
pub(crate) fn headers(expected: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, expected.to_string());
    headers
}

/// Stores a message if `expected` is the last sequence of its subject; returns whether it was.
///
/// # Errors
///
/// When the server does not say that the message was stored, nor that another was first.
pub(crate) async fn publish(
    js: &jetstream::Context,
    subject: String,
    expected: u64,
    payload: Bytes,
) -> Result<bool, PublishError> {
    let sent = js.publish_with_headers(subject, headers(expected), payload).await?;
    match sent.await {
        Ok(_) => Ok(true),
        Err(error) if was_overtaken(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

fn was_overtaken(error: &PublishError) -> bool {
    let source = std::error::Error::source(error);
    error.kind() == PublishErrorKind::WrongLastSequence
        || source.and_then(|source| source.downcast_ref()).is_some_and(is_conflict)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_write_in_flight_was_first_too() {
        let told = |code: usize, err_code: u64, kind| {
            let error = serde_json::json!({"code": code, "err_code": err_code});
            let error: jetstream::Error = serde_json::from_value(error).unwrap();
            was_overtaken(&PublishError::with_source(kind, error))
        };
        assert!(told(400, 10_071, PublishErrorKind::WrongLastSequence));
        // async-nats has no kind for it.
        assert!(told(400, 10_164, PublishErrorKind::Other));
        assert!(!told(503, 10_077, PublishErrorKind::Other));
        assert!(!was_overtaken(&PublishError::new(PublishErrorKind::TimedOut)));
    }
}
