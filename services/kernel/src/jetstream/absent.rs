//! What the server says is not there, told apart from what it does not say.

use async_nats::jetstream::{
    ErrorCode,
    context::{GetStreamError, GetStreamErrorKind},
    message::StreamMessage,
    stream::{ConsumerError, ConsumerErrorKind, RawMessageError, RawMessageErrorKind, Stream},
};

/// The message that was asked for; none where the stream has none.
///
/// # Errors
///
/// That of the question, also where there is no such stream.
pub(crate) fn message(
    found: Result<StreamMessage, RawMessageError>,
) -> Result<Option<StreamMessage>, RawMessageError> {
    unless(found, |error| matches!(error.kind(), RawMessageErrorKind::NoMessageFound))
}

/// The stream that was asked for; none where there is no such stream.
///
/// # Errors
///
/// That of the question.
pub(crate) fn stream(
    found: Result<Stream, GetStreamError>,
) -> Result<Option<Stream>, GetStreamError> {
    unless(found, |error| match error.kind() {
        GetStreamErrorKind::JetStream(said) => said.error_code() == ErrorCode::STREAM_NOT_FOUND,
        GetStreamErrorKind::EmptyName
        | GetStreamErrorKind::InvalidStreamName
        | GetStreamErrorKind::Request => false,
    })
}

/// What was asked of a consumer; none where there is no such consumer, or no such stream.
///
/// # Errors
///
/// That of the question.
pub(crate) fn consumer<T>(found: Result<T, ConsumerError>) -> Result<Option<T>, ConsumerError> {
    unless(found, |error| {
        let ConsumerErrorKind::JetStream(said) = error.kind() else { return false };
        [ErrorCode::CONSUMER_NOT_FOUND, ErrorCode::STREAM_NOT_FOUND].contains(&said.error_code())
    })
}

fn unless<T, E>(found: Result<T, E>, is_absent: impl FnOnce(&E) -> bool) -> Result<Option<T>, E> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}
