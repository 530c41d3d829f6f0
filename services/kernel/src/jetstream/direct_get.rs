//! Several messages of a stream in one request, from any replica: it may know too little, never something
//! else.

use std::time::Duration;

use async_nats::{Client, Message, StatusCode, Subscriber, jetstream::message::StreamMessage};
use futures::StreamExt;
use serde_json::Value;

use crate::log::stored::ReadError;

/// How a replica says that a page has ended.
const END_OF_PAGE: u16 = 204;

/// The messages that a replica sends, as they come.
pub(crate) struct DirectGet {
    stream: String,
    answers: Subscriber,
    patience: Duration,
    /// Whether there is more beyond the page; known at its end.
    has_more: bool,
}

impl DirectGet {
    /// Asks for what `question` describes; each message may take as long as `patience`.
    ///
    /// # Errors
    ///
    /// [`ReadError::Unreachable`].
    pub(crate) async fn ask(
        client: &Client,
        stream: &str,
        question: &Value,
        patience: Duration,
    ) -> Result<Self, ReadError> {
        let inbox = client.new_inbox();
        let unreachable = |source: Box<dyn std::error::Error + Send + Sync>| {
            ReadError::Unreachable { stream: stream.to_owned(), source }
        };
        let answers =
            client.subscribe(inbox.clone()).await.map_err(|err| unreachable(Box::new(err)))?;
        client
            .publish_with_reply(
                format!("$JS.API.DIRECT.GET.{stream}"),
                inbox,
                question.to_string().into(),
            )
            .await
            .map_err(|err| unreachable(Box::new(err)))?;
        Ok(Self { stream: stream.to_owned(), answers, patience, has_more: false })
    }

    /// The next message; none at the page's end.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub(crate) async fn next(&mut self) -> Result<Option<StreamMessage>, ReadError> {
        let timed_out = || ReadError::TimedOut { stream: self.stream.clone() };
        let answer = tokio::time::timeout(self.patience, self.answers.next()).await;
        let answer = answer.map_err(|_| timed_out())?.ok_or_else(timed_out)?;
        match answer.status {
            None => StreamMessage::try_from(answer)
                .map(Some)
                .map_err(|source| ReadError::Incomplete { stream: self.stream.clone(), source }),
            Some(StatusCode::NOT_FOUND) => Ok(None),
            Some(status) if status.as_u16() == END_OF_PAGE => {
                self.has_more = is_more_pending(&answer);
                Ok(None)
            }
            Some(status) => Err(ReadError::Refused {
                stream: self.stream.clone(),
                status: status.as_u16(),
                description: answer.description.unwrap_or_default(),
            }),
        }
    }

    /// Whether more than what was sent matches; to be asked when [`DirectGet::next`] has returned none.
    pub(crate) fn has_more(&self) -> bool {
        self.has_more
    }
}

fn is_more_pending(end: &Message) -> bool {
    let pending = end.headers.as_ref().and_then(|headers| headers.get("Nats-Num-Pending"));
    pending.is_some_and(|pending| pending.as_str() != "0")
}
