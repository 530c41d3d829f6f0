//! The outermost layer: gives every request its context, every answer its id, every problem its
//! body, and tells logs and metrics.
//!
//! Neither holds personal data: routes are named by their template, never by what was filled in.

use std::any::Any;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method},
    middleware::Next,
    response::{IntoResponse, Response},
};
use samvirke_kernel::supervision::panic_message;
use tracing::Instrument;

use crate::{
    Gateway, clock,
    fault::Fault,
    headers,
    problem::Problem,
    request_context::{REQUEST_ID, RequestContext},
};

/// The paths whose requests go on to the services, and so need one of the permits.
const SERVICE_PATHS: &str = "/v1/";
/// The paths below them whose requests may stay long, and have permits of their own.
const FEED_PATHS: &str = "/v1/feed";

/// Wraps the whole router.
pub(crate) async fn observe(
    State(gateway): State<Gateway>,
    mut request: Request,
    next: Next,
) -> Response {
    let context = RequestContext::of(&request, &gateway.0.limits, &gateway.0.proxies);
    let method = method_label(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    request.extensions_mut().insert(context.clone());
    let span = tracing::info_span!(
        "request",
        request.id = context.id,
        trace.id = context.trace.trace_id(),
        http.route = route,
    );
    let started = clock::instant();
    let answered = async {
        let response = match headers::one_host(request.version(), request.headers()) {
            Ok(()) => admitted(&gateway, request, next).await,
            Err(fault) => Problem::from(fault).into_response(),
        };
        finish(response, &context)
    };
    let (response, code) = answered.instrument(span.clone()).await;
    let status = response.status().as_u16();
    let seconds = started.elapsed().as_secs_f64();
    span.in_scope(|| {
        tracing::info!(
            target: "samvirke::access",
            {
                http.method = method,
                http.status = status,
                problem = code,
                latency_ms = seconds * 1000.0,
            },
            "{method} {route} {status}"
        );
    });
    let labels = [("method", method.to_owned()), ("route", route), ("status", status.to_string())];
    metrics::counter!("samvirke_http_requests_total", &labels).increment(1);
    metrics::histogram!("samvirke_http_request_seconds", &labels).record(seconds);
    response
}

/// Passes a request on, where there is room for one more.
async fn admitted(gateway: &Gateway, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let needs_permit = path.starts_with(SERVICE_PATHS) && !path.starts_with(FEED_PATHS);
    let permit = needs_permit.then(|| gateway.0.in_flight.try_acquire());
    match &permit {
        Some(Err(_)) => Problem::from(Fault::TooBusy).into_response(),
        Some(Ok(_)) | None => next.run(request).await,
    }
}

/// Writes the problem that a response carries, if it does, and marks the response with the
/// request's id.
fn finish(mut response: Response, context: &RequestContext) -> (Response, Option<String>) {
    let problem = response.extensions_mut().remove::<Problem>();
    let code = problem.as_ref().map(|problem| problem.code().to_owned());
    if let Some(problem) = problem {
        response = problem.response(context);
    }
    let headers = response.headers_mut();
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    for (name, value) in
        [(REQUEST_ID, context.id.clone()), ("traceparent", context.trace.to_string())]
    {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    (response, code)
}

/// Answers for a handler that panicked.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    has_panicked(&panic_message(panic.as_ref()));
    Problem::from(Fault::Broken).into_response()
}

/// Logs and counts that a request, or what is still being sent of its answer, panicked.
pub(crate) fn has_panicked(reason: &str) {
    tracing::error!(reason, "a request made the program panic");
    metrics::counter!("samvirke_requests_panicked", "service" => "gateway").increment(1);
}

/// A method as a label: whatever a caller invents becomes one word.
fn method_label(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

#[cfg(test)]
mod tests;
