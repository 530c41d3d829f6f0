//! Commits on the wire: single publishes and atomic batches, and who is answered what.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_nats::{
    Client, HeaderMap, Subject,
    client::{Request, RequestErrorKind},
};
use futures::future;
use tracing::{debug, warn};

use super::{AppendError, AppendRequest, Health, Pending};
use crate::jetstream::{
    acknowledgement::{acknowledged, nobody},
    batch::Batch,
    direct_get::DirectGet,
    expected,
};

pub(super) struct Sender {
    pub(super) client: Client,
    pub(super) stream: String,
    pub(super) health: Health,
    pub(super) ack_timeout: Duration,
}

impl Sender {
    pub(super) async fn send_singly(&self, requests: Vec<AppendRequest>) {
        future::join_all(requests.into_iter().map(|request| async move {
            let result = match request.members.as_slice() {
                [lone] => self.publish(lone).await.map(|sequence| vec![sequence]),
                _ => self.publish_batch(&request.members.iter().collect::<Vec<_>>()).await,
            };
            // Whoever asked may have given up waiting; the stream still has the truth.
            let _ = request.answer.send(result);
        }))
        .await;
    }

    pub(super) async fn send_together(&self, requests: Vec<AppendRequest>) {
        let Some((requests, refused)) = self.send_batch(requests).await else { return };
        debug!(stream = self.stream, %refused, "a batch was refused");
        metrics::counter!("samvirke_commit_batches_refused").increment(1);
        let last = self.last_sequences(&requests).await;
        let (stale, fresh): (Vec<AppendRequest>, Vec<AppendRequest>) =
            requests.into_iter().partition(|request| request.is_stale(&last));
        let found_them = !stale.is_empty();
        for request in stale {
            let _ = request.answer.send(Err(AppendError::Conflict { in_flight: false }));
        }
        if found_them && fresh.len() > 1 {
            if let Some((requests, _)) = self.send_batch(fresh).await {
                self.send_singly(requests).await;
            }
        } else {
            self.send_singly(fresh).await;
        }
    }

    /// Sends one batch and answers its requests; gives them back if the server refused.
    async fn send_batch(
        &self,
        requests: Vec<AppendRequest>,
    ) -> Option<(Vec<AppendRequest>, AppendError)> {
        let members: Vec<&Pending> = requests.iter().flat_map(|request| &request.members).collect();
        metrics::histogram!("samvirke_commit_batch_messages").record(members.len() as f64);
        match self.publish_batch(&members).await {
            Ok(sequences) => {
                let mut sequences = sequences.into_iter();
                for request in requests {
                    let own = sequences.by_ref().take(request.members.len()).collect();
                    let _ = request.answer.send(Ok(own));
                }
                None
            }
            Err(AppendError::Unknown { reason }) => {
                warn!(
                    stream = self.stream,
                    messages = members.len(),
                    reason,
                    "a batch was not acknowledged"
                );
                for request in requests {
                    let _ =
                        request.answer.send(Err(AppendError::Unknown { reason: reason.clone() }));
                }
                None
            }
            Err(busy @ AppendError::Busy { .. }) => {
                for request in requests {
                    let _ = request.answer.send(Err(busy.clone()));
                }
                None
            }
            Err(refused) => Some((requests, refused)),
        }
    }

    /// The last sequences of the requests' subjects, as far as a replica knows them; it may know too
    /// little, never too much.
    async fn last_sequences(&self, requests: &[AppendRequest]) -> HashMap<Arc<str>, u64> {
        let subjects: Vec<&str> = requests
            .iter()
            .flat_map(|request| &request.members)
            .map(|member| &*member.subject)
            .collect();
        let mut last = HashMap::new();
        let question = serde_json::json!({ "multi_last": subjects, "batch": subjects.len() });
        let asked = DirectGet::ask(&self.client, &self.stream, &question, self.ack_timeout).await;
        let Ok(mut messages) = asked else { return last };
        while let Ok(Some(message)) = messages.next().await {
            last.insert(message.subject.as_str().into(), message.sequence);
        }
        last
    }

    async fn publish(&self, message: &Pending) -> Result<u64, AppendError> {
        self.request(message, expected::headers(message.expected)).await
    }

    /// Publishes one atomic batch; the sequences are consecutive, the last one is acknowledged.
    async fn publish_batch(&self, members: &[&Pending]) -> Result<Vec<u64>, AppendError> {
        let batch = Batch::new(members.len());
        let mut last = 0;
        for (index, message) in members.iter().enumerate() {
            let mut headers = expected::headers(message.expected);
            batch.mark(index, &mut headers);
            if index + 1 == members.len() {
                last = self.request(message, headers).await?;
            } else {
                self.client
                    .publish_with_headers(
                        Subject::from(&*message.subject),
                        headers,
                        message.payload.clone(),
                    )
                    .await
                    .map_err(|err| AppendError::Unknown { reason: err.to_string() })?;
            }
        }
        Ok(batch.sequences(last).collect())
    }

    async fn request(&self, message: &Pending, headers: HeaderMap) -> Result<u64, AppendError> {
        let outcome = self.ask(message, headers).await;
        self.health.note(&outcome);
        outcome
    }

    async fn ask(&self, message: &Pending, headers: HeaderMap) -> Result<u64, AppendError> {
        let request = Request::new()
            .headers(headers)
            .payload(message.payload.clone())
            .timeout(Some(self.ack_timeout));
        let answer = self.client.send_request(Subject::from(&*message.subject), request).await;
        match answer {
            Ok(answer) => acknowledged(&answer),
            Err(error) => Err(match error.kind() {
                RequestErrorKind::NoResponders => nobody(),
                RequestErrorKind::TimedOut
                | RequestErrorKind::InvalidSubject
                | RequestErrorKind::MaxPayloadExceeded
                | RequestErrorKind::Other => AppendError::Unknown { reason: error.to_string() },
            }),
        }
    }
}
