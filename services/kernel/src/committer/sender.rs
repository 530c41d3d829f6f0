//! Commits on the wire: single publishes and atomic batches (ADR-50), and what the server says to them.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_nats::{
    Client, HeaderMap, Subject,
    client::{Request, RequestErrorKind},
    header::{
        NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL, NATS_BATCH_ID, NATS_BATCH_SEQUENCE,
        NATS_EXPECTED_LAST_SUBJECT_SEQUENCE,
    },
    jetstream::ErrorCode,
};
use futures::{StreamExt, future};
use serde::Deserialize;
use tracing::{debug, warn};

use super::{AppendError, AppendRequest, Health, Pending};

/// Another writer was first.
const CODE_WRONG_LAST_SEQUENCE: u64 = 10071;
/// Another writer's message for the subject is in flight.
const CODE_SUBJECT_IN_FLIGHT: u64 = 10164;
/// The stream's store refused or failed; the description says which.
const CODE_STORE_FAILED: u64 = 10077;
/// What the server cannot do now and may do later. It says so before it stores anything.
const CODES_BUSY: [ErrorCode; 11] = [
    // Also where the disk has no room for the part that was sent before.
    ErrorCode::ATOMIC_PUBLISH_INCOMPLETE_BATCH,
    ErrorCode::CLUSTER_NO_PEERS,
    ErrorCode::CLUSTER_NOT_ACTIVE,
    ErrorCode::CLUSTER_NOT_AVAILABLE,
    ErrorCode::CLUSTER_NOT_LEADER,
    ErrorCode::INSUFFICIENT_RESOURCES,
    ErrorCode::STREAM_OFFLINE,
    ErrorCode::STREAM_OFFLINE_REASON,
    ErrorCode::STREAM_TOO_MANY_REQUESTS,
    ErrorCode::ATOMIC_PUBLISH_TOO_MANY_INFLIGHT,
    ErrorCode::BATCH_PUBLISH_TOO_MANY_INFLIGHT,
];
/// Limits of storage. The server compares with them before it stores anything.
const CODES_NO_ROOM: [ErrorCode; 4] = [
    ErrorCode::ACCOUNT_RESOURCES_EXCEEDED,
    ErrorCode::MEMORY_RESOURCES_EXCEEDED,
    ErrorCode::STORAGE_RESOURCES_EXCEEDED,
    ErrorCode::STREAM_MAX_STREAM_BYTES_EXCEEDED,
];
/// How a store says that one of its own limits would be passed, before it stores anything.
const STORE_LIMITS: [&str; 2] = ["maximum bytes exceeded", "maximum messages exceeded"];

/// What the server answers to a publish.
#[derive(Debug, Deserialize)]
struct PubAck {
    #[serde(default)]
    seq: u64,
    error: Option<PubError>,
}

#[derive(Debug, Deserialize)]
struct PubError {
    #[serde(default)]
    err_code: u64,
    #[serde(default)]
    description: String,
}

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
        let inbox = self.client.new_inbox();
        let Ok(mut answers) = self.client.subscribe(inbox.clone()).await else { return last };
        let subject = format!("$JS.API.DIRECT.GET.{}", self.stream);
        if self
            .client
            .publish_with_reply(subject, inbox, question.to_string().into())
            .await
            .is_err()
        {
            return last;
        }
        while let Ok(Some(answer)) = tokio::time::timeout(self.ack_timeout, answers.next()).await {
            if answer.status.is_some() {
                break;
            }
            let header = |name| answer.headers.as_ref()?.get(name).map(|value| value.as_str());
            if let (Some(subject), Some(Ok(sequence))) =
                (header("Nats-Subject"), header("Nats-Sequence").map(str::parse))
            {
                last.insert(subject.into(), sequence);
            }
        }
        last
    }

    async fn publish(&self, message: &Pending) -> Result<u64, AppendError> {
        self.request(message, headers(message)).await
    }

    /// Publishes one atomic batch; the sequences are consecutive, the last one is acknowledged.
    async fn publish_batch(&self, members: &[&Pending]) -> Result<Vec<u64>, AppendError> {
        let batch = format!("{:032x}", rand::random::<u128>());
        let mut last = 0;
        for (index, message) in members.iter().enumerate() {
            let mut headers = headers(message);
            headers.insert(NATS_BATCH_ID, batch.as_str());
            headers.insert(NATS_BATCH_SEQUENCE, (index + 1).to_string());
            if index + 1 == members.len() {
                headers.insert(NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL);
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
        let count = members.len() as u64;
        Ok((last + 1 - count..=last).collect())
    }

    async fn request(&self, message: &Pending, headers: HeaderMap) -> Result<u64, AppendError> {
        let outcome = self.ask(message, headers).await;
        self.health.note(&outcome);
        outcome
    }

    async fn ask(&self, message: &Pending, headers: HeaderMap) -> Result<u64, AppendError> {
        let unknown = |reason: String| AppendError::Unknown { reason };
        let request = Request::new()
            .headers(headers)
            .payload(message.payload.clone())
            .timeout(Some(self.ack_timeout));
        let answer =
            self.client.send_request(Subject::from(&*message.subject), request).await.map_err(
                |err| match err.kind() {
                    // The server itself says that nobody was there to take it.
                    RequestErrorKind::NoResponders => {
                        AppendError::Busy { code: 503, description: err.to_string() }
                    }
                    RequestErrorKind::TimedOut
                    | RequestErrorKind::InvalidSubject
                    | RequestErrorKind::MaxPayloadExceeded
                    | RequestErrorKind::Other => unknown(err.to_string()),
                },
            )?;
        let ack: PubAck =
            serde_json::from_slice(&answer.payload).map_err(|err| unknown(err.to_string()))?;
        match ack.error {
            None => Ok(ack.seq),
            Some(error) => Err(refusal(error)),
        }
    }
}

/// What a refusal says of the commit: only where nothing was stored for certain is it anything but
/// unknown.
fn refusal(PubError { err_code: code, description }: PubError) -> AppendError {
    let is_one = |codes: &[ErrorCode]| codes.iter().any(|known| known.0 == code);
    match code {
        CODE_WRONG_LAST_SEQUENCE => AppendError::Conflict { in_flight: false },
        CODE_SUBJECT_IN_FLIGHT => AppendError::Conflict { in_flight: true },
        CODE_STORE_FAILED if STORE_LIMITS.contains(&description.as_str()) => {
            AppendError::NoRoom { code, description }
        }
        // A write that failed in the middle.
        CODE_STORE_FAILED => AppendError::Unknown { reason: description },
        _ if is_one(&CODES_BUSY) => AppendError::Busy { code, description },
        _ if is_one(&CODES_NO_ROOM) => AppendError::NoRoom { code, description },
        _ => AppendError::Refused { code, description },
    }
}

fn headers(message: &Pending) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, message.expected.to_string());
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_that_comes_before_storing_says_that_nothing_was_stored() {
        let told = |err_code, description: &str| {
            refusal(PubError { err_code, description: description.to_owned() })
        };
        for code in [10_008, 10_009, 10_023, 10_118, 10_167, 10_176, 10_210] {
            assert!(matches!(told(code, ""), AppendError::Busy { .. }), "{code}");
        }
        for code in [10_002, 10_028, 10_047] {
            assert!(matches!(told(code, ""), AppendError::NoRoom { .. }), "{code}");
        }
        let full = told(10_077, "maximum bytes exceeded");
        assert!(matches!(full, AppendError::NoRoom { .. }));
        let torn = told(10_077, "write 1.blk: no space left on device");
        assert!(matches!(torn, AppendError::Unknown { .. }));
        assert!(matches!(told(10_054, ""), AppendError::Refused { .. }));
        assert_eq!(told(10_071, ""), AppendError::Conflict { in_flight: false });
        assert_eq!(told(10_164, ""), AppendError::Conflict { in_flight: true });
    }
}
