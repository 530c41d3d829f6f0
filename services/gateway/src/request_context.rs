//! What is known of a request before anyone looks inside it: its id, its trace, its time.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use axum::{extract::Request, http::HeaderMap};
use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::{
    address::{Peer, TrustedProxies},
    clock,
    language::Language,
    settings::Limits,
    trace_context::TraceContext,
};

/// The header with a request's id, in both directions.
pub(crate) const REQUEST_ID: &str = "x-request-id";
/// The most characters in a request id that is taken from the caller.
const REQUEST_ID_CHARS_MAX: usize = 64;

/// What is left of a request's time for a service's answer to come back.
const ANSWER_UNDERWAY_MAX: Duration = Duration::from_millis(250);

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct RequestContext {
    /// The caller's `X-Request-Id` if it is sane, otherwise a new one; the problem's `instance`.
    pub(crate) id: String,
    pub(crate) trace: TraceContext,
    pub(crate) language: Language,
    /// The address that the caller calls from.
    pub(crate) address: IpAddr,
    pub(crate) arrived: DateTime<Utc>,
    /// When the caller stops waiting, on the clock that only runs forward.
    pub(crate) until: Instant,
    /// When a service stops, a little earlier and on another clock: its answer has to reach the caller.
    pub(crate) deadline: DateTime<Utc>,
}

impl RequestContext {
    pub(crate) fn of(request: &Request, limits: &Limits, proxies: &TrustedProxies) -> Self {
        let headers = request.headers();
        let peer = request.extensions().get::<Peer>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Peer(address)| address.ip());
        let arrived = clock::now();
        let timeout = limits.request_timeout();
        Self {
            id: sane_id(headers).unwrap_or_else(|| clock::new_id().to_string()),
            trace: TraceContext::continue_from(text(headers, "traceparent")),
            language: Language::preferred(text(headers, "accept-language")),
            address: proxies.caller(peer, headers),
            arrived,
            until: clock::instant() + timeout,
            deadline: arrived + (timeout - (timeout / 10).min(ANSWER_UNDERWAY_MAX)),
        }
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The caller's id, if it can stand in a log line and in a URI reference as it is.
fn sane_id(headers: &HeaderMap) -> Option<String> {
    let id = text(headers, REQUEST_ID)?;
    let sane = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=REQUEST_ID_CHARS_MAX)
        .contains(&id.len())
        .then(|| id.chars().all(sane).then(|| id.to_owned()))
        .flatten()
}
