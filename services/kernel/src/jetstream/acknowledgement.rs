//! What the server answers to a message that is to be stored.

use async_nats::{Message, StatusCode};
use serde::Deserialize;

use super::server_error::ServerError;
use crate::append_error::AppendError;

/// The sequence at which the message was stored, or the server's refusal.
///
/// # Errors
///
/// When the answer is neither.
pub(crate) fn read(payload: &[u8]) -> serde_json::Result<Result<u64, ServerError>> {
    #[derive(Deserialize)]
    struct Answer {
        seq: Option<u64>,
        error: Option<ServerError>,
    }
    match serde_json::from_slice(payload)? {
        Answer { error: Some(error), .. } => Ok(Err(error)),
        Answer { seq: Some(sequence), error: None } => Ok(Ok(sequence)),
        Answer { seq: None, error: None } => Err(serde::de::Error::missing_field("seq")),
    }
}

/// The sequence at which the message was stored, of a batch that of its last one.
///
/// # Errors
///
/// [`AppendError`], `Unknown` where the answer is not understood.
pub(crate) fn acknowledged(answer: &Message) -> Result<u64, AppendError> {
    if answer.status == Some(StatusCode::NO_RESPONDERS) {
        return Err(nobody());
    }
    match read(&answer.payload) {
        Ok(answer) => answer.map_err(ServerError::of_append),
        Err(error) => Err(AppendError::Unknown { reason: error.to_string() }),
    }
}

/// The server itself says that nobody was there to take the message.
pub(crate) fn nobody() -> AppendError {
    AppendError::Busy { code: 503, description: "no stream takes messages of this subject".into() }
}

#[cfg(test)]
mod tests {
    use async_nats::jetstream::ErrorCode;

    use super::*;

    #[test]
    fn an_answer_is_an_acknowledgement_a_refusal_or_not_understood() {
        let stored = br#"{"stream":"CASES","seq":17,"batch":"b","count":3}"#;
        assert_eq!(read(stored).unwrap(), Ok(17));
        let refused = br#"{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 4"},"stream":"CASES","seq":0}"#;
        let (code, err_code) = (400, ErrorCode::STREAM_WRONG_LAST_SEQUENCE);
        let description = "wrong last sequence: 4".to_owned();
        assert_eq!(read(refused).unwrap(), Err(ServerError { code, err_code, description }));
        let unnamed = read(br#"{"error":{}}"#).unwrap().unwrap_err();
        assert!(matches!(unnamed.of_append(), AppendError::Unknown { .. }));
        // Neither says that a message was stored.
        assert!(read(b"{}").is_err());
        assert!(read(b"").is_err());
    }
}
