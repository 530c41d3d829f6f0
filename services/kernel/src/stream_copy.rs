//! Whole streams, with their consumers, out of a running server and into another one.
//!
//! The server itself makes the copy (`$JS.API.STREAM.SNAPSHOT`): a moment of one stream, messages and
//! consumers together, as no copy of its files is while it writes them. It verifies every message's checksum
//! before, so that a damaged stream is refused and never becomes the backup.

use std::time::Duration;

use async_nats::{Client, Message, StatusCode, Subscriber};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing::warn;

use crate::{
    backoff::Attempts,
    envelope::digest,
    error_chain::chain,
    jetstream::server_error::{self, ServerError},
};

/// How long the server may take to answer, or to send or take the next piece.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// The bytes of one piece; far below what a message may have.
pub const PIECE_BYTES: usize = 128 * 1024;
/// How often a stream is copied or put back before it is given up.
pub const ATTEMPTS: Attempts =
    Attempts { max: 4, shortest: Duration::from_secs(2), longest: Duration::from_secs(10) };
/// The most streams that are listed; more than any installation has.
pub const STREAMS_MAX: usize = 256;

/// Why a stream was not copied or put back.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("nats-server did not answer about {stream} within {ANSWER_TIMEOUT:?}")]
    TimedOut { stream: String },
    #[error("nats-server cannot be asked about {stream}")]
    Unreachable {
        stream: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("nats-server refuses for {stream}: {description} ({code})")]
    Refused {
        stream: String,
        /// The class of the refusal, as a status of HTTP; 0 where the server names none.
        code: u16,
        description: String,
    },
    #[error("the answer about {stream} is not understood")]
    NotUnderstood {
        stream: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("there are more than {STREAMS_MAX} streams")]
    TooMany,
    #[error("the copy of {stream} cannot be written or read")]
    File {
        stream: String,
        #[source]
        source: std::io::Error,
    },
}

impl CopyError {
    /// Whether it may be otherwise when it is tried again.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::TimedOut { .. } | Self::Unreachable { .. } => true,
            Self::Refused { code, .. } => server_error::may_pass(*code),
            Self::NotUnderstood { .. } | Self::TooMany | Self::File { .. } => false,
        }
    }

    /// Whether the server says that what was asked for is not there.
    fn is_absence(&self) -> bool {
        matches!(self, Self::Refused { code: 404, .. })
    }
}

/// What a stream holds at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    pub name: String,
    /// When the server made the stream; a restore keeps it or makes it anew.
    pub created: DateTime<Utc>,
    pub messages: u64,
    pub first_sequence: u64,
    pub last_sequence: u64,
    pub bytes: u64,
    pub consumers: u64,
}

/// What the server needs to make a stream out of a copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    config: Value,
    state: Value,
}

impl Description {
    /// The last sequence in the copy.
    pub fn last_sequence(&self) -> u64 {
        self.state["last_seq"].as_u64().unwrap_or(0)
    }

    /// How many messages are in the copy.
    pub fn messages(&self) -> u64 {
        self.state["messages"].as_u64().unwrap_or(0)
    }
}

/// Every stream that the connection's account has, in the order of their names.
///
/// # Errors
///
/// When the server does not answer, or has more than [`STREAMS_MAX`].
pub async fn holdings(client: &Client) -> Result<Vec<Holding>, CopyError> {
    let mut found = Vec::new();
    loop {
        let asked = json!({"offset": found.len()});
        let answer = ask(client, "streams", "$JS.API.STREAM.LIST".into(), asked).await?;
        let total = answer["total"].as_u64().unwrap_or(0);
        let page = answer["streams"].as_array().cloned().unwrap_or_default();
        let ended = page.is_empty();
        for stream in page {
            found.push(holding(&stream)?);
        }
        if found.len() > STREAMS_MAX {
            return Err(CopyError::TooMany);
        }
        if ended || found.len() as u64 >= total {
            found.sort_by(|a: &Holding, b| a.name.cmp(&b.name));
            return Ok(found);
        }
    }
}

fn holding(stream: &Value) -> Result<Holding, CopyError> {
    let name = stream["config"]["name"].as_str().unwrap_or_default().to_owned();
    let not_understood = |source| CopyError::NotUnderstood { stream: name.clone(), source };
    let created = serde_json::from_value(stream["created"].clone()).map_err(not_understood)?;
    let state = |field: &str| stream["state"][field].as_u64().unwrap_or(0);
    Ok(Holding {
        created,
        messages: state("messages"),
        first_sequence: state("first_seq"),
        last_sequence: state("last_seq"),
        bytes: state("bytes"),
        consumers: state("consumer_count"),
        name,
    })
}

/// The digest of a stream's message 1, which tells it from another one of its name; `None` where there is
/// none yet.
///
/// # Errors
///
/// When the server does not answer.
pub async fn first_digest(client: &Client, stream: &str) -> Result<Option<String>, CopyError> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let subject = format!("$JS.API.STREAM.MSG.GET.{stream}");
    let answer = match ask(client, stream, subject, json!({"seq": 1})).await {
        Ok(answer) => answer,
        Err(error) if error.is_absence() => return Ok(None),
        Err(error) => return Err(error),
    };
    let text = answer["message"]["data"].as_str().unwrap_or_default();
    let payload = STANDARD.decode(text).map_err(|source| CopyError::Unreachable {
        stream: stream.to_owned(),
        source: Box::new(source),
    })?;
    Ok(Some(digest(&payload)))
}

/// Copies a stream with its consumers; gives each piece to `take`, in order.
///
/// # Errors
///
/// [`CopyError::Refused`] also where the server finds a message whose checksum is wrong; or when a piece
/// cannot be taken.
pub async fn take(
    client: &Client,
    stream: &str,
    mut take: impl AsyncFnMut(Bytes) -> std::io::Result<()>,
) -> Result<Description, CopyError> {
    let inbox = client.new_inbox();
    let mut pieces =
        client.subscribe(inbox.clone()).await.map_err(|source| unreachable(stream, source))?;
    let asked = json!({
        "deliver_subject": inbox, "no_consumers": false, "jsck": true, "chunk_size": PIECE_BYTES,
    });
    let answer = ask(client, stream, format!("$JS.API.STREAM.SNAPSHOT.{stream}"), asked).await?;
    loop {
        let piece = next(&mut pieces, stream).await?;
        if piece.payload.is_empty() {
            ended_well(&piece, stream)?;
            break;
        }
        take(piece.payload)
            .await
            .map_err(|source| CopyError::File { stream: stream.to_owned(), source })?;
        // The server sends on only as long as what it sent is acknowledged.
        if let Some(reply) = piece.reply {
            client
                .publish(reply, Bytes::new())
                .await
                .map_err(|source| unreachable(stream, source))?;
        }
    }
    Ok(Description { config: answer["config"].clone(), state: answer["state"].clone() })
}

fn ended_well(last: &Message, stream: &str) -> Result<(), CopyError> {
    match last.status {
        None | Some(StatusCode::OK | StatusCode::NO_RESPONDERS) => Ok(()),
        Some(status) if status.as_u16() == 204 => Ok(()),
        Some(status) => Err(CopyError::Refused {
            stream: stream.to_owned(),
            code: status.as_u16(),
            description: last.description.clone().unwrap_or_default(),
        }),
    }
}

/// Makes a stream out of a copy that is not there; tried [`ATTEMPTS`] times. `open` begins the copy anew; what
/// it returns gives the next piece, an empty one at the end.
///
/// The server breaks a restore off that does not go on for some seconds, as on a machine with much else to
/// do. The next piece is then refused (`io: read/write on closed pipe`), or nobody answers it.
///
/// # Errors
///
/// When there is such a stream already, or the copy is not one; nothing of it is then kept.
pub async fn put<P>(
    client: &Client,
    stream: &str,
    description: &Description,
    mut open: impl FnMut() -> std::io::Result<P>,
) -> Result<Holding, CopyError>
where
    P: AsyncFnMut() -> std::io::Result<Bytes>,
{
    if holdings(client).await?.iter().any(|one| one.name == stream) {
        let description = "there is such a stream already".to_owned();
        return Err(CopyError::Refused { stream: stream.to_owned(), code: 400, description });
    }
    let attempt = async |failures| {
        if failures > 0 {
            discard(client, stream).await?;
        }
        let pieces =
            open().map_err(|source| CopyError::File { stream: stream.to_owned(), source })?;
        put_once(client, stream, description, pieces).await
    };
    let again = |error: &CopyError| {
        warn!(stream, error = chain(error), "a stream is not put back");
        error.may_pass()
    };
    ATTEMPTS.run(attempt, again).await
}

/// Removes what a restore that was broken off may have left: there was no such stream before it.
async fn discard(client: &Client, stream: &str) -> Result<(), CopyError> {
    match ask(client, stream, format!("$JS.API.STREAM.DELETE.{stream}"), json!({})).await {
        Err(error) if error.is_absence() => Ok(()),
        deleted => deleted.map(drop),
    }
}

async fn put_once(
    client: &Client,
    stream: &str,
    description: &Description,
    mut piece: impl AsyncFnMut() -> std::io::Result<Bytes>,
) -> Result<Holding, CopyError> {
    let asked = json!({"config": description.config, "state": description.state});
    let answer = ask(client, stream, format!("$JS.API.STREAM.RESTORE.{stream}"), asked).await?;
    let to = answer["deliver_subject"].as_str().unwrap_or_default().to_owned();
    loop {
        let piece = piece()
            .await
            .map_err(|source| CopyError::File { stream: stream.to_owned(), source })?;
        let ended = piece.is_empty();
        let answer = request(client, stream, to.clone(), piece).await?;
        if ended {
            return holding(&understood(stream, &answer)?);
        }
        // A piece is acknowledged with nothing, unless it was refused.
        if !answer.payload.is_empty() {
            understood(stream, &answer)?;
        }
    }
}

async fn ask(
    client: &Client,
    stream: &str,
    subject: String,
    asked: Value,
) -> Result<Value, CopyError> {
    let answer = request(client, stream, subject, asked.to_string().into()).await?;
    understood(stream, &answer)
}

async fn request(
    client: &Client,
    stream: &str,
    subject: String,
    payload: Bytes,
) -> Result<Message, CopyError> {
    let request = async_nats::client::Request::new().payload(payload).timeout(Some(ANSWER_TIMEOUT));
    client.send_request(subject, request).await.map_err(|source| unreachable(stream, source))
}

fn understood(stream: &str, answer: &Message) -> Result<Value, CopyError> {
    let not_understood = |source| CopyError::NotUnderstood { stream: stream.to_owned(), source };
    let mut answer: Value = serde_json::from_slice(&answer.payload).map_err(not_understood)?;
    let Some(error) = answer.get_mut("error").map(Value::take) else { return Ok(answer) };
    let ServerError { code, description, .. } =
        serde_json::from_value(error).map_err(not_understood)?;
    Err(CopyError::Refused { stream: stream.to_owned(), code, description })
}

async fn next(pieces: &mut Subscriber, stream: &str) -> Result<Message, CopyError> {
    match tokio::time::timeout(ANSWER_TIMEOUT, pieces.next()).await {
        Ok(Some(piece)) => Ok(piece),
        Ok(None) | Err(_) => Err(CopyError::TimedOut { stream: stream.to_owned() }),
    }
}

fn unreachable(stream: &str, source: impl std::error::Error + Send + Sync + 'static) -> CopyError {
    CopyError::Unreachable { stream: stream.to_owned(), source: Box::new(source) }
}
