//! What the gateway answers itself: the feed, and documents for programs of others.

use samvirke_schemas::{catalogue::Query, feed::FeedPosition};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use super::shared::{header, reference, references};
use crate::{feed, published};

/// The parameters that such a query takes beside its own.
pub(super) fn parameters(query: &Query) -> Vec<Value> {
    let mut parameters = references("parameters", &["AcceptLanguage", "RequestId", "Traceparent"]);
    if query.name == feed::STREAM.name {
        parameters.push(header(
            "Last-Event-ID",
            "The last event that was got, as `id` gave it; it goes over `after`. With neither, the \
             stream begins with what comes next, and with `since` at the beginning.",
            FeedPosition::json_schema(&mut SchemaGenerator::default()).to_value(),
        ));
    } else if query.name != feed::PAGES.name {
        parameters.push(reference("parameters", "IfNoneMatch"));
    }
    parameters
}

/// Each such query with its answers.
pub(super) fn responses(generator: &mut SchemaGenerator) -> [(&'static Query, Value); 5] {
    let text = json!({"type": "string"});
    let page = (feed::PAGES.answer)(generator).to_value();
    let event = (feed::STREAM.answer)(generator).to_value();
    let stream = json!({
        "type": "string",
        "description": "Server-sent events: `id` is the position, `event` the type without prefix \
                        and version, `data` the CloudEvent. A line with a colon is a sign of life.",
        "contentMediaType": "application/cloudevents+json",
        "contentSchema": event,
    });
    [
        (&feed::PAGES, of_feed("application/json", &page)),
        (&feed::STREAM, of_feed("text/event-stream", &stream)),
        (&published::DECISIONS, of_document("application/atom+xml", &text)),
        (&published::OF_BODY, of_document("text/calendar", &text)),
        (&published::OF_MEMBER, of_document("text/calendar", &text)),
    ]
}

/// Where the schemas of the feed are, and the document that refers to them.
pub(super) fn schemas() -> [(&'static str, Value); 2] {
    let always = |media_type: &str| {
        let mut responses = of_document(media_type, &json!({"type": "object"}));
        if let Some(responses) = responses.as_object_mut() {
            responses.retain(|status, _| !["400", "422", "429", "503"].contains(&status.as_str()));
        }
        responses
    };
    let file = json!({
        "name": "file",
        "in": "path",
        "required": true,
        "description": "`<type>.v<version>.json`, or `cloudevent.json` for what all have in common.",
        "schema": {"type": "string", "examples": ["case.decided.v1.json"]},
    });
    let schema = json!({"get": {
        "operationId": "feed-schema",
        "tags": ["feed"],
        "summary": "The JSON Schema of the data of a type of event.",
        "parameters": [file, reference("parameters", "IfNoneMatch")],
        "responses": always(published::schemas::MEDIA_TYPE),
    }});
    let mut responses = always("application/json");
    if let Some(responses) = responses.as_object_mut() {
        responses.remove("404");
    }
    let asyncapi = json!({"get": {
        "operationId": "asyncapi",
        "tags": ["feed"],
        "summary": "The AsyncAPI document of the feed; also at /v1/asyncapi.json.",
        "parameters": [reference("parameters", "IfNoneMatch")],
        "responses": responses,
    }});
    [(published::schemas::PATH, schema), (published::schemas::ASYNCAPI, asyncapi)]
}

fn of_feed(media_type: &str, schema: &Value) -> Value {
    let mut responses = answered(media_type, schema);
    responses["401"] = reference("responses", "Unauthorized");
    responses["410"] = reference("responses", "Gone");
    responses
}

fn of_document(media_type: &str, schema: &Value) -> Value {
    let mut responses = answered(media_type, schema);
    responses["200"]["headers"]["ETag"] = json!({
        "description": "For `If-None-Match`.",
        "schema": {"type": "string"},
    });
    responses["304"] = json!({"description": "The caller has this answer already."});
    responses["404"] = reference("responses", "Missing");
    responses
}

fn answered(media_type: &str, schema: &Value) -> Value {
    let response = |name: &str| reference("responses", name);
    json!({
        "200": {
            "description": "The answer.",
            "headers": {"X-Request-Id": reference("headers", "RequestId")},
            "content": {media_type: {"schema": schema}},
        },
        "400": response("Malformed"),
        "422": response("Refused"),
        "429": response("TooMany"),
        "500": response("Broken"),
        "503": response("Unavailable"),
    })
}
