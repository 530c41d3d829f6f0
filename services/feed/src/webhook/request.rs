//! One delivery: a CloudEvent in the structured mode, signed as Standard Webhooks 1.0 has it.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use samvirke_schemas::subscriptions::subscription::{answer::Answer, endpoint::Endpoint};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    NoAnswer, Sender, answer, milliseconds_since, retry_after, secret::Secret, without_answer,
};

/// What is sent.
pub struct WebhookRequest {
    /// The event's id: the same however often it is sent.
    pub id: Uuid,
    /// A CloudEvent as JSON.
    pub body: Bytes,
    /// Those that sign, the newest first.
    pub secrets: Vec<Secret>,
    pub at: DateTime<Utc>,
}

/// What came of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub verdict: Verdict,
    pub answer: Answer,
    pub took_ms: u64,
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Delivered,
    /// The endpoint is no more (410).
    Gone,
    /// It may be tried again, not before the time that the endpoint asked for.
    Failed {
        retry_after: Option<Duration>,
    },
}

impl Sender {
    /// Sends the request once.
    pub async fn send(&self, endpoint: &Endpoint, request: &WebhookRequest) -> Outcome {
        let begun = Instant::now();
        let timestamp = request.at.timestamp();
        let signatures: Vec<String> = request
            .secrets
            .iter()
            .map(|secret| secret.sign(request.id, timestamp, &request.body))
            .collect();
        let sent: Result<_, NoAnswer> = async {
            self.request(Method::POST, endpoint)?
                .header(CONTENT_TYPE, "application/cloudevents+json; charset=UTF-8")
                .header("webhook-id", request.id.to_string())
                .header("webhook-timestamp", timestamp)
                .header("webhook-signature", signatures.join(" "))
                .body(request.body.clone())
                .send()
                .await
                .map_err(|error| self.no_answer(error))
        }
        .await;
        let (verdict, answer) = match sent {
            Ok(response) => {
                let verdict = match response.status() {
                    status if status.is_success() => Verdict::Delivered,
                    StatusCode::GONE => Verdict::Gone,
                    _ => Verdict::Failed { retry_after: retry_after(&response) },
                };
                (verdict, answer(response).await)
            }
            Err(error) => (Verdict::Failed { retry_after: None }, without_answer(&error)),
        };
        Outcome { verdict, answer, took_ms: milliseconds_since(begun) }
    }
}
