//! Answers over NATS of any size up to [`ANSWER_BYTES_MAX`], in parts where one message cannot hold them.
//!
//! Each part says in a header which of how many it is; they are sent in order on one connection, so they
//! arrive in order. An answer in one message has no such header.

use async_nats::{Client, HeaderMap, StatusCode, client::PublishErrorKind};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use samvirke_schemas::reply::{Refused, RejectionKind};
use tokio::time::{Instant, timeout_at};

/// The most bytes that an answer may have in all its parts.
pub const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// What is left of a message's size for its headers.
const HEADERS_BYTES: usize = 8 * 1024;
/// The header that says which part of how many a message is: `2/5`.
const PART: &str = "Samvirke-Part";

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    #[error("nobody answers on {subject}")]
    NoResponders { subject: String },
    #[error("the question has more bytes than the {bytes_max} that the server takes")]
    TooLarge { bytes_max: usize },
    #[error("{subject} is no subject")]
    InvalidSubject { subject: String },
    /// Not in time, or the connection broke: it may have been carried out.
    #[error("no answer came in time")]
    Late,
    #[error("part {found} of an answer came where {wanted} should")]
    OutOfOrder { found: String, wanted: usize },
}

/// Sends a question and waits for the whole answer until `until`.
///
/// # Errors
///
/// [`AskError`].
pub async fn ask(
    client: &Client,
    subject: String,
    headers: HeaderMap,
    payload: Bytes,
    until: Instant,
) -> Result<Bytes, AskError> {
    let inbox = client.new_inbox();
    let mut parts = client.subscribe(inbox.clone()).await.map_err(|_| AskError::Late)?;
    let sent = client.publish_with_reply_and_headers(subject.clone(), inbox, headers, payload);
    sent.await.map_err(|error| match error.kind() {
        PublishErrorKind::MaxPayloadExceeded => {
            AskError::TooLarge { bytes_max: client.server_info().max_payload }
        }
        PublishErrorKind::InvalidSubject => AskError::InvalidSubject { subject: subject.clone() },
        PublishErrorKind::Send => AskError::Late,
    })?;
    let mut answer = BytesMut::new();
    let mut wanted = 1;
    loop {
        let part = timeout_at(until, parts.next()).await.ok().flatten().ok_or(AskError::Late)?;
        if part.status == Some(StatusCode::NO_RESPONDERS) {
            return Err(AskError::NoResponders { subject });
        }
        let number = part.headers.as_ref().and_then(|headers| headers.get(PART));
        let Some(number) = number.map(async_nats::HeaderValue::as_str) else {
            return Ok(part.payload);
        };
        let read = number
            .split_once('/')
            .and_then(|(part, of)| Some((part.parse::<usize>().ok()?, of.parse::<usize>().ok()?)));
        let Some((_, of)) = read.filter(|(part, _)| *part == wanted) else {
            return Err(AskError::OutOfOrder { found: number.to_owned(), wanted });
        };
        answer.extend_from_slice(&part.payload);
        if wanted == of {
            return Ok(answer.freeze());
        }
        wanted += 1;
    }
}

/// Sends an answer to whoever asked, in as many parts as it needs.
///
/// # Errors
///
/// When the connection is closed.
pub(crate) async fn send(
    client: &Client,
    reply: async_nats::Subject,
    answer: Bytes,
) -> Result<(), async_nats::PublishError> {
    let part_bytes = client.server_info().max_payload.saturating_sub(HEADERS_BYTES).max(1);
    if answer.len() <= part_bytes {
        return client.publish(reply, answer).await;
    }
    let of = answer.len().div_ceil(part_bytes);
    for part in 0..of {
        let mut headers = HeaderMap::new();
        headers.insert(PART, format!("{}/{of}", part + 1));
        let from = part * part_bytes;
        let payload = answer.slice(from..answer.len().min(from + part_bytes));
        client.publish_with_headers(reply.clone(), headers, payload).await?;
    }
    Ok(())
}

/// The refusal of an answer that has too many bytes; none where it may be sent.
pub(crate) fn too_large(bytes: usize) -> Option<Refused> {
    (bytes > ANSWER_BYTES_MAX).then(|| Refused::Rejected {
        code: "answer-too-large".into(),
        kind: RejectionKind::Value,
        rule: "limit".into(),
        detail: format!(
            "the answer has {bytes} bytes; an answer has at most {ANSWER_BYTES_MAX}: ask for less, in a list with a smaller limit"
        ),
        detail_nb: format!(
            "svaret er på {bytes} byte; et svar har høyst {ANSWER_BYTES_MAX}: be om mindre, i en liste med en lavere limit"
        ),
        field: None,
    })
}
