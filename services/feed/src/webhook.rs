//! Webhooks: asking an endpoint whether it wants events, and sending it signed ones.
//!
//! Invariant: no request leaves for an address that is not public, whatever a name leads to today, and
//! none waits longer or reads more than its limits.

pub mod address;
mod handshake;
mod request;
pub mod schedule;
pub mod secret;

use std::{error::Error, sync::Arc};

use reqwest::{Client, Method, Response, header::RETRY_AFTER, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use samvirke_schemas::subscriptions::subscription::{
    answer::{Answer, EXCERPT_BYTES_MAX},
    endpoint::Endpoint,
};
use tokio::time::Instant;
use url::Host;

pub use handshake::Handshake;
pub use request::{Outcome, Verdict, WebhookRequest};

use crate::settings::Settings;
use address::{EgressPolicy, NotPublic};

/// The most bytes read of an answer.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// Sends requests to endpoints.
#[derive(Clone, Debug)]
pub struct Sender {
    http: Client,
    egress_policy: EgressPolicy,
    settings: Arc<Settings>,
}

/// A request that brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    #[error(transparent)]
    NotPublic(#[from] NotPublic),
    #[error("no answer within {0} ms")]
    Late(u64),
    #[error("no connection: {0}")]
    NoConnection(String),
    #[error("the answer broke off: {0}")]
    BrokeOff(String),
}

impl Sender {
    /// # Errors
    ///
    /// When no HTTP client can be made.
    pub fn new(settings: Arc<Settings>) -> Result<Self, reqwest::Error> {
        let egress_policy = EgressPolicy { loopback_allowed: settings.loopback_allowed };
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has the ciphers of TLS 1.2 and 1.3")
            .with_root_certificates(roots())
            .with_no_client_auth();
        let http = Client::builder()
            .user_agent(concat!("samvirke/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            // A delivery that may have arrived is repeated by us, with its id, or not at all.
            .retry(reqwest::retry::never())
            // A proxy would resolve names behind our back.
            .no_proxy()
            .dns_resolver(egress_policy)
            .connect_timeout(settings.connect_timeout())
            .timeout(settings.answer_timeout())
            .pool_max_idle_per_host(1)
            .build()?;
        Ok(Self { http, egress_policy, settings })
    }

    fn request(&self, method: Method, to: &Endpoint) -> Result<reqwest::RequestBuilder, NotPublic> {
        // An address that is written as numbers is resolved by nobody.
        match to.host() {
            Host::Domain(_) => (),
            Host::Ipv4(address) => self.egress_policy.check(address.into())?,
            Host::Ipv6(address) => self.egress_policy.check(address.into())?,
        }
        Ok(self.http.request(method, to.as_str()))
    }

    fn no_answer(&self, error: reqwest::Error) -> NoAnswer {
        let error = error.without_url();
        let mut cause: &dyn Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
            if let Some(refused) = cause.downcast_ref::<NotPublic>() {
                return NoAnswer::NotPublic(refused.clone());
            }
        }
        if error.is_timeout() {
            NoAnswer::Late(self.settings.answer_timeout_ms)
        } else if error.is_connect() {
            NoAnswer::NoConnection(cause.to_string())
        } else {
            NoAnswer::BrokeOff(cause.to_string())
        }
    }
}

fn roots() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "some of the system's certificates cannot be used");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    roots
}

/// What came back, as it is kept: the status and the beginning of the text.
async fn answer(response: Response) -> Answer {
    let status = Some(response.status().as_u16());
    Answer { status, excerpt: excerpt(&body(response).await) }
}

/// The beginning of a body, as far as it comes.
async fn body(mut response: Response) -> Vec<u8> {
    let mut read = Vec::new();
    while read.len() < ANSWER_BYTES_MAX {
        match response.chunk().await {
            Ok(Some(chunk)) => read.extend_from_slice(&chunk),
            // The status has said what counts.
            Ok(None) | Err(_) => break,
        }
    }
    read.truncate(ANSWER_BYTES_MAX);
    read
}

/// At most [`EXCERPT_BYTES_MAX`] bytes of a text, in one line.
fn excerpt(body: &[u8]) -> Option<samvirke_schemas::text::Line> {
    let text = String::from_utf8_lossy(body);
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    let words: Vec<String> =
        text.split_whitespace().map(|word| word.chars().map(visible).collect()).collect();
    let mut text = words.join(" ");
    text.truncate(text.floor_char_boundary(EXCERPT_BYTES_MAX));
    text.parse().ok()
}

/// An answer where there was none: why.
fn without_answer(reason: &NoAnswer) -> Answer {
    Answer { status: None, excerpt: excerpt(reason.to_string().as_bytes()) }
}

/// How long the endpoint asks to be left alone.
fn retry_after(response: &Response) -> Option<std::time::Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    schedule::retry_after(text, samvirke_kernel::clock::now())
}

fn milliseconds_since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_short_line_of_text() {
        assert_eq!(excerpt(b"").map(String::from), None);
        assert_eq!(excerpt(b" \r\n\t").map(String::from), None);
        assert_eq!(excerpt(b"a\r\n b\0c").map(String::from).as_deref(), Some("a b c"));
        let long = "å".repeat(EXCERPT_BYTES_MAX);
        assert_eq!(excerpt(long.as_bytes()).unwrap().as_str().len(), EXCERPT_BYTES_MAX);
        assert!(excerpt(&[0xff, 0xfe]).is_some());
    }
}
