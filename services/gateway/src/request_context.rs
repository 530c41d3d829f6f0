//! What is known of a request before anyone looks inside it: its id, its trace, its time.

use axum::{extract::Request, http::HeaderMap};
use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::{clock, language::Language, settings::Limits, trace_context::TraceContext};

/// The header with a request's id, in both directions.
pub(crate) const REQUEST_ID: &str = "x-request-id";
/// The most characters in a request id that is taken from the caller.
const REQUEST_ID_CHARS_MAX: usize = 64;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct RequestContext {
    /// The caller's `X-Request-Id` if it is sane, otherwise a new one; the problem's `instance`.
    pub(crate) id: String,
    pub(crate) trace: TraceContext,
    pub(crate) language: Language,
    pub(crate) arrived: DateTime<Utc>,
    /// When the caller stops waiting, on the clock that only runs forward.
    pub(crate) until: Instant,
    /// The same, for those who have another clock.
    pub(crate) deadline: DateTime<Utc>,
}

impl RequestContext {
    pub(crate) fn of(request: &Request, limits: &Limits) -> Self {
        let headers = request.headers();
        let arrived = clock::now();
        let timeout = limits.request_timeout();
        Self {
            id: sane_id(headers).unwrap_or_else(|| clock::new_id().to_string()),
            trace: TraceContext::continue_from(text(headers, "traceparent")),
            language: Language::preferred(text(headers, "accept-language")),
            arrived,
            until: clock::instant() + timeout,
            deadline: arrived + timeout,
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
