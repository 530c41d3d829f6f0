//! Sending one command through the public API, again and again while the server says "try again".
//!
//! The key is the same each time, so an answer that was lost on its way costs nothing.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use reqwest::{Client, RequestBuilder, Response, StatusCode, header};
use samvirke_schemas::reply::Accepted;

use super::{line::Line, pace::Pace, wallet::Wallet};
use crate::http::{self, Problem};

/// How long a line is tried while the server is away or says "try again".
pub(crate) const RETRY_FOR_MAX: Duration = Duration::from_secs(300);
/// The first wait before a retry; each is twice the one before.
const WAIT_MIN: Duration = Duration::from_millis(100);
/// The longest wait before a retry.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// What the server said to a line.
#[derive(Debug)]
pub(crate) enum Answer {
    Accepted(Accepted),
    Refused(Problem),
}

/// Why a line has to be sent again.
struct Again {
    reason: String,
    /// What the server asked us to wait.
    after: Option<Duration>,
}

/// Sends lines to one server.
pub(crate) struct Sender {
    client: Client,
    url: String,
    wallet: Mutex<Wallet>,
    /// How far each stream was when our commands were accepted. The next command goes after these, so
    /// that a service sees what an earlier line changed in another one.
    positions: Mutex<BTreeMap<String, u64>>,
    pace: Pace,
}

impl Sender {
    /// Sends at most `parallel` lines at once.
    pub(crate) fn new(url: String, wallet: Wallet, parallel: usize) -> anyhow::Result<Self> {
        let (wallet, positions) = (Mutex::new(wallet), Mutex::default());
        Ok(Self { client: http::client()?, url, wallet, positions, pace: Pace::new(parallel) })
    }

    /// Sends a line until it is accepted or refused; `waiting` is told why that takes long.
    pub(crate) async fn send(
        &self,
        line: &Line,
        key: &str,
        waiting: impl Fn(&str),
    ) -> anyhow::Result<Answer> {
        let begun = Instant::now();
        let mut wait = WAIT_MIN;
        loop {
            let again = match self.attempt(line, key).await? {
                Ok(answer) => return Ok(answer),
                Err(again) => again,
            };
            if begun.elapsed() >= RETRY_FOR_MAX {
                bail!("{} for {} s: {}", self.url, RETRY_FOR_MAX.as_secs(), again.reason);
            }
            waiting(&again.reason);
            tokio::time::sleep(again.after.unwrap_or(wait).min(WAIT_MAX)).await;
            wait = (wait * 2).min(WAIT_MAX);
        }
    }

    /// How far each stream was at the last answer: `CASES:12,NETWORKS:3`.
    pub(crate) fn positions(&self) -> String {
        let positions = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
        let positions: Vec<String> =
            positions.iter().map(|(stream, at)| format!("{stream}:{at}")).collect();
        positions.join(",")
    }

    /// Sends a line once, when it is its turn.
    async fn attempt(&self, line: &Line, key: &str) -> anyhow::Result<Result<Answer, Again>> {
        let turn = self.pace.turn().await;
        let response = match self.request(line, key)?.send().await {
            Ok(response) => response,
            Err(error) if error.is_builder() => return Err(error).context("it cannot be sent"),
            Err(error) => return Ok(Err(Again { reason: told(&error), after: None })),
        };
        match response.status() {
            StatusCode::TOO_MANY_REQUESTS => turn.was_too_much(),
            _ => turn.was_answered(),
        }
        self.read(response).await
    }

    fn request(&self, line: &Line, key: &str) -> anyhow::Result<RequestBuilder> {
        let token = self.wallet.lock().unwrap_or_else(PoisonError::into_inner).token(line)?;
        let mut request = self
            .client
            .post(format!("{}/v1/{}", self.url, line.to))
            .bearer_auth(token.expose())
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", key)
            .body(line.body.get().to_owned());
        if let Some(at) = &line.at {
            request = request.header("Samvirke-Occurred-At", at);
        }
        if let Some(source) = &line.source {
            request = request.header("Samvirke-Source", percent_encoded(source));
        }
        if line.illustrative {
            request = request.header("Samvirke-Illustrative", "true");
        }
        let positions = self.positions();
        if !positions.is_empty() {
            request = request.header("Samvirke-Position", positions);
        }
        Ok(request)
    }

    async fn read(&self, response: Response) -> anyhow::Result<Result<Answer, Again>> {
        let status = response.status();
        let after = response.headers().get(header::RETRY_AFTER);
        let after = after.and_then(|value| value.to_str().ok()?.parse().ok());
        let body = match response.bytes().await {
            Ok(body) => body,
            // It may have been carried out; the key tells when it is sent again.
            Err(error) => return Ok(Err(Again { reason: told(&error), after: None })),
        };
        if status.is_success() {
            let accepted: Accepted =
                serde_json::from_slice(&body).context("the server's answer is not understood")?;
            if let Some((stream, sequence)) = accepted.position.split_once(':')
                && let Ok(sequence) = sequence.parse::<u64>()
            {
                let mut positions = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
                let at = positions.entry(stream.to_owned()).or_insert(0);
                *at = sequence.max(*at);
            }
            return Ok(Ok(Answer::Accepted(accepted)));
        }
        let problem = Problem::read(status.as_u16(), &body);
        if is_passing(status) {
            let after = after.map(Duration::from_secs);
            return Ok(Err(Again { reason: problem.reason(), after }));
        }
        if status == StatusCode::UNAUTHORIZED {
            bail!("the token is not accepted ({}): {}", problem.code(), problem.reason());
        }
        Ok(Ok(Answer::Refused(problem)))
    }
}

/// Whether the same request may succeed later.
fn is_passing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::BAD_GATEWAY
            | StatusCode::GATEWAY_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::INSUFFICIENT_STORAGE
    )
}

/// An error with its causes, in one line.
fn told(error: &reqwest::Error) -> String {
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let _infallible = write!(told, ": {error}");
        cause = error.source();
    }
    told
}

/// UTF-8 with everything but letters, digits and `-._~` as `%XX`, since headers are ASCII.
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _infallible = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
