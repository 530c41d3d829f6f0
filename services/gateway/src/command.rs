//! Commands: `POST /v1/<plural>/{id}/<command>` becomes a signed [`CommandMessage`] to the service
//! that decides.

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use samvirke_schemas::{
    catalogue::Collection, id::AggregateId, message::CommandMessage, reply::Refused,
};
use serde::Deserialize;

use crate::{
    Gateway, body, fault::Fault, headers, problem::Problem, request_context::RequestContext,
};

/// The part of an answer that also goes into headers; the rest is passed on as it came.
#[derive(Deserialize)]
struct Receipt {
    version: u64,
    position: String,
}

/// Carries out one command of `collection` on the aggregate `id`.
pub(crate) async fn carry_out(
    gateway: &Gateway,
    collection: &'static Collection,
    command: &'static str,
    id: &str,
    context: &RequestContext,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let (caller, _share) = gateway.caller(&parts.headers, context).await?;
    let id: AggregateId = id.parse().map_err(|error: samvirke_schemas::id::InvalidId| {
        Fault::InvalidId { reason: error.to_string() }
    })?;
    let command_id = headers::command_id(&parts.headers, &caller.principal.subject)?;
    let expected_version = headers::expected_version(&parts.headers)?;
    let at = headers::occurred_at(&parts.headers, context.arrived)?;
    let provenance = headers::provenance(&parts.headers)?;
    let after = headers::positions(&parts.headers)?;
    let bytes_max = gateway.0.limits.body_bytes_max;
    let body = body::json_object(&parts.headers, body, bytes_max, context).await?;
    let principal = gateway.principal(caller, Some(&id.cooperation), context).await?;
    let subject =
        format!("cmd.{}.{}.{}.{}", collection.context, id.cooperation, collection.kind, id.local);
    let message = CommandMessage {
        kind: collection.kind.to_owned(),
        id,
        command: command.to_owned(),
        body,
        command_id: command_id.id,
        principal,
        expected_version,
        at,
        provenance,
        after,
        traceparent: Some(context.trace.to_string()),
        deadline: context.deadline,
    };
    let late =
        if command_id.repeatable { Fault::OutcomeUnknown } else { Fault::OutcomeUnknownWithoutKey };
    let answer = gateway.ask(subject, &message, context.until, late).await?;
    accepted(answer.get())
}

fn accepted(answer: &str) -> Result<Response, Problem> {
    let unreadable = |error: String| Refused::Broken {
        detail: format!("a service's receipt cannot be read: {error}"),
    };
    let receipt: Receipt =
        serde_json::from_str(answer).map_err(|error| unreadable(error.to_string()))?;
    let position =
        HeaderValue::from_str(&receipt.position).map_err(|error| unreadable(error.to_string()))?;
    let etag = HeaderValue::from_str(&format!("\"{}\"", receipt.version))
        .map_err(|error| unreadable(error.to_string()))?;
    let mut response = answer.to_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::ETAG, etag);
    headers.insert("samvirke-position", position);
    Ok(response)
}
