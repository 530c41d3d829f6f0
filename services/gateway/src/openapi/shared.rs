//! The parts of the document that all commands, or all queries, have in common.

use samvirke_schemas::id::AggregateId;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use crate::{
    headers::{self, IDEMPOTENCY_KEY_CHARS_MAX, POSITIONS_MAX},
    parameter::DEFINITIONS,
    problem, unsubscribe,
};

/// What a reader must know before the first request.
pub(super) const DESCRIPTION: &str = "\
The backend of an inter-municipal cooperation: networks, cases and meetings as event streams.

Commands are `POST /v1/{collection}/{id}/{command}` and queries are `GET`. An id is \
`<cooperation>:<id>`, such as `vestregionen:sg`; a cooperation itself is `vestregionen` for short.

Send an `Idempotency-Key` with every command: the same key from the same caller is the same \
command, so it may be repeated until an answer comes. A command answers with the version (`ETag`) \
and the position (`Samvirke-Position`) of its commit. A query that is given the position waits \
until it has seen it.

Every answer that is not a success is a problem (RFC 9457) with a stable `type`.";

/// The parameters that every command takes.
pub(super) const COMMAND_PARAMETERS: &[&str] = &[
    "Id",
    "IdempotencyKey",
    "IfMatch",
    "SamvirkePosition",
    "SamvirkeOccurredAt",
    "SamvirkeSource",
    "SamvirkeIllustrative",
    "AcceptLanguage",
    "RequestId",
    "Traceparent",
];
/// The parameters that every query takes beside its own.
pub(super) const QUERY_PARAMETERS: &[&str] =
    &["SamvirkePosition", "IfNoneMatch", "AcceptLanguage", "RequestId", "Traceparent"];

/// References to components, by name.
pub(super) fn references(kind: &str, names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| reference(kind, name)).collect()
}

pub(super) fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

pub(super) fn header(name: &str, description: &str, schema: Value) -> Value {
    json!({
        "name": name,
        "in": "header",
        "required": false,
        "description": description,
        "schema": schema,
    })
}

/// The path and header parameters that commands and queries share.
pub(super) fn header_parameters() -> Value {
    let text = json!({"type": "string"});
    let key = json!({
        "type": "string", "pattern": "^[!-~]+$", "maxLength": IDEMPOTENCY_KEY_CHARS_MAX,
    });
    let tag = json!({
        "type": "string", "pattern": "^\"[0-9]{1,20}(-[0-9a-f]+)?\"$", "examples": ["\"7\""],
    });
    json!({
        "Id": {
            "name": "id",
            "in": "path",
            "required": true,
            "description": "The aggregate, `<cooperation>:<id>`. A cooperation itself is \
                            `<cooperation>`.",
            "schema": AggregateId::json_schema(&mut schemars::SchemaGenerator::default()),
        },
        "IdempotencyKey": header(
            headers::IDEMPOTENCY_KEY,
            "The same key from the same caller is the same command, which is carried out once. \
             With another body it is refused.",
            key,
        ),
        "IfMatch": header(
            headers::IF_MATCH,
            "The version that the caller decided on, as `ETag` gave it. Another one is refused \
             with 412.",
            tag,
        ),
        "IfNoneMatch": header(
            "If-None-Match",
            "Entity tags that the caller has; 304 if the answer is one of them.",
            text.clone(),
        ),
        "SamvirkePosition": header(
            headers::POSITION,
            &format!(
                "Positions, separated by commas and at most {POSITIONS_MAX}, that must have been \
                 seen before the answer is given."
            ),
            json!({
                "type": "string",
                "pattern": format!(
                    "^[A-Z0-9_-]{{1,32}}:[0-9]{{1,20}}([ \\t]*,[ \\t]*[A-Z0-9_-]{{1,32}}:[0-9]{{1,20}}){{0,{}}}$",
                    POSITIONS_MAX - 1
                ),
                "examples": ["NETWORKS:17, CASES:4"],
            }),
        ),
        "SamvirkeOccurredAt": header(
            headers::OCCURRED_AT,
            "When it happened, where it is registered afterwards: RFC 3339, or a wall-clock time \
             in Norway. Never in the future.",
            json!({
                "type": "string",
                "pattern": "^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}\
                            (:[0-9]{2}([.][0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?$",
                "examples": ["2017-06-01T09:00", "2017-06-01T07:00:00Z"],
            }),
        ),
        "SamvirkeSource": header(
            headers::SOURCE,
            "Where a fact that is registered afterwards was found: percent-encoded UTF-8.",
            json!({
                "type": "string",
                "pattern": "^([ !-$&-~]|%[0-9A-Fa-f]{2})+$",
                "examples": ["M%C3%B8teprotokoll%2001.06.2017"],
            }),
        ),
        "SamvirkeIllustrative": header(
            headers::ILLUSTRATIVE,
            "`true` where the source does not tell it and it is filled in to make an example \
             complete.",
            json!({"type": "boolean", "default": false}),
        ),
        "AcceptLanguage": header(
            "Accept-Language",
            "Problems are told in bokmål to whoever prefers Norwegian (nb, nn, no), otherwise in \
             English.",
            text.clone(),
        ),
        "RequestId": header(
            "X-Request-Id",
            "The caller's name for this request, 1 to 64 letters, digits, `-`, `_` and `.`; \
             another is replaced.",
            text.clone(),
        ),
        "Traceparent": header("traceparent", "W3C Trace Context.", text),
    })
}

pub(super) fn response_headers() -> Value {
    let text = json!({"type": "string"});
    json!({
        "ETag": {
            "description": "The aggregate's version, for `If-Match`: `\"7\"`; of a query, with a \
                            digest of the answer.",
            "schema": text,
        },
        "SamvirkePosition": {
            "description": "The commit, `STREAM:sequence`. Give it to a query to read your own \
                            write.",
            "schema": text,
        },
        "RequestId": {"description": "The request's id, in every answer.", "schema": text},
        "RetryAfter": {
            "description": "Seconds to wait before the request is repeated.",
            "schema": {"type": "integer"},
        },
        "WwwAuthenticate": {
            "description": "What is wrong with the token (RFC 6750).",
            "schema": text,
        },
    })
}

pub(super) fn responses() -> Value {
    let problem = |description: &str, headers: Value| {
        let mut all = json!({"X-Request-Id": reference("headers", "RequestId")});
        for (name, header) in headers.as_object().into_iter().flatten() {
            all[name] = header.clone();
        }
        let schema = json!({"$ref": format!("{DEFINITIONS}Problem")});
        json!({
            "description": description,
            "headers": all,
            "content": {problem::MEDIA_TYPE: {"schema": schema}},
        })
    };
    let none = json!({});
    json!({
        "Malformed": problem("A header, a parameter or the body makes no sense.", none.clone()),
        "Unauthorized": problem(
            "The token cannot be accepted.",
            json!({"WWW-Authenticate": reference("headers", "WwwAuthenticate")}),
        ),
        "Gone": problem(
            "The feed has no such position; `last_position` says where it ends.",
            none.clone(),
        ),
        "Forbidden": problem("The caller may not do this.", none.clone()),
        "Missing": problem("What the request is about does not exist.", none.clone()),
        "Slow": problem("The body did not arrive in time.", none.clone()),
        "Conflict": problem("The state does not allow it.", none.clone()),
        "Stale": problem("The version in `If-Match` is not the current one.", none.clone()),
        "TooLarge": problem("The body is too large.", none.clone()),
        "NotJson": problem("The body is not `application/json`.", none.clone()),
        "Refused": problem(
            "A value in the request breaks a rule; `field` and `rule` say which.",
            none.clone(),
        ),
        "Broken": problem("The program failed.", none),
        "TooMany": problem(
            "The caller has as much under way as one caller may. Nothing was done.",
            json!({"Retry-After": reference("headers", "RetryAfter")}),
        ),
        "NoRoom": problem("There is no room for what was to be stored. Nothing was done.", json!({})),
        "Unavailable": problem(
            "Try again. With the same `Idempotency-Key` a command is carried out once.",
            json!({"Retry-After": reference("headers", "RetryAfter")}),
        ),
    })
}

/// The answers to any command.
pub(super) fn command_responses() -> Value {
    let response = |name: &str| reference("responses", name);
    json!({
        "200": {
            "description": "The command was carried out, or had been before.",
            "headers": {
                "ETag": reference("headers", "ETag"),
                "Samvirke-Position": reference("headers", "SamvirkePosition"),
                "X-Request-Id": reference("headers", "RequestId"),
            },
            "content": {"application/json": {"schema": {"$ref": format!("{DEFINITIONS}Accepted")}}},
        },
        "400": response("Malformed"),
        "401": response("Unauthorized"),
        "403": response("Forbidden"),
        "404": response("Missing"),
        "408": response("Slow"),
        "409": response("Conflict"),
        "412": response("Stale"),
        "413": response("TooLarge"),
        "415": response("NotJson"),
        "422": response("Refused"),
        "429": response("TooMany"),
        "500": response("Broken"),
        "503": response("Unavailable"),
        "507": response("NoRoom"),
    })
}

/// The answers to a query whose answer has `schema`.
pub(super) fn query_responses(schema: &Value) -> Value {
    let response = |name: &str| reference("responses", name);
    json!({
        "200": {
            "description": "The answer.",
            "headers": {
                "ETag": reference("headers", "ETag"),
                "X-Request-Id": reference("headers", "RequestId"),
            },
            "content": {"application/json": {"schema": schema}},
        },
        "304": {"description": "The caller has this answer already."},
        "400": response("Malformed"),
        "401": response("Unauthorized"),
        "403": response("Forbidden"),
        "404": response("Missing"),
        "422": response("Refused"),
        "429": response("TooMany"),
        "500": response("Broken"),
        "503": response("Unavailable"),
    })
}

pub(super) fn security_schemes() -> Value {
    json!({"bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Signed with RS256, ES256 or EdDSA by an issuer that the operator trusts, \
                        with iss, aud, exp and nbf. Machines bring Maskinporten's `consumer`, \
                        people `samvirke_roles` (`vestregionen:secretariat`, `*:operator`) and \
                        `samvirke_member`, or `samvirke_person`, the id under which they hold \
                        seats. Without a token the caller is the public.",
    }})
}

/// The links in mail that decline what it was about.
fn unsubscribe_path() -> Value {
    let token = json!({
        "name": "token",
        "in": "path",
        "required": true,
        "description": "What the link in a mail ends with. It is its own authority.",
        "schema": {"type": "string"},
    });
    let page = json!({"description": "A page.", "content": {"text/html": {
        "schema": {"type": "string"},
    }}});
    let response = |name: &str| reference("responses", name);
    let operation = |id: &str, summary: &str, responses: Value| {
        let security: [Value; 0] = [];
        json!({
            "operationId": id, "tags": ["operation"], "summary": summary, "security": security,
            "parameters": [token], "responses": responses,
        })
    };
    json!({
        "get": operation("unsubscribe_page", "A page with the button", json!({"200": page})),
        "post": operation(
            "unsubscribe",
            "Declines what a mail was about (RFC 8058)",
            json!({
                "200": page, "404": response("Missing"), "500": response("Broken"),
                "503": response("Unavailable"),
            }),
        ),
    })
}

/// The paths that are not in the catalogue.
pub(super) fn add_own_paths(paths: &mut Map<String, Value>) {
    let own = |id: &str, summary: &str, media: &str, answers: Value| {
        let mut responses = json!({
            "200": {"description": "OK", "content": {media: {"schema": &answers}}},
        });
        if id == "readyz" {
            let content = json!({media: {"schema": answers}});
            responses["503"] = json!({"description": "Something is not there", "content": content});
        }
        let security: [Value; 0] = [];
        json!({"get": {
            "operationId": id,
            "tags": ["operation"],
            "summary": summary,
            "security": security,
            "responses": responses,
        }})
    };
    let object = json!({"type": "object"});
    let texts = json!({"type": "string"});
    let number = json!({"type": "integer"});
    let check = json!({"type": "object", "required": ["what", "state"], "properties":
        {"what": texts, "state": texts, "at": number, "behind": number, "reason": texts,
            "since": {"type": "string", "format": "date-time"}}});
    let checks = json!({"type": "object", "required": ["status", "checks"], "properties":
        {"status": texts, "checks": {"type": "array", "items": check}}});
    let json = "application/json";
    paths.insert("/livez".into(), own("livez", "Whether the process lives", json, object.clone()));
    paths.insert(
        "/readyz".into(),
        own("readyz", "Whether it can serve, and what is missing", json, checks),
    );
    paths.insert("/openapi.json".into(), own("openapi", "This document", json, object));
    let text = json!({"type": "string"});
    paths.insert(unsubscribe::PATH.into(), unsubscribe_path());
    paths.insert("/metrics".into(), own("metrics", "Numbers for Prometheus", "text/plain", text));
}
