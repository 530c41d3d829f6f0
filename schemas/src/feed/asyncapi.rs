//! The AsyncAPI 3.0 document: where the feed is heard, and what is said there.
//!
//! It is made from the types, so it cannot lag behind the program. The copy in `schemas/asyncapi.json`
//! is compared by a test; it refers to the schemas beside it under `schemas/feed/`.

use serde_json::{Map, Value, json};

use super::{Fact, cloud_event, fact, schema};
use crate::Tagged;

const DESCRIPTION: &str = "\
What Samvirke tells the members of a cooperation and the public: one CloudEvent 1.0 for each fact and \
audience, in one order. The same event has the same `id` wherever it is heard, so a repetition is \
recognised by it. `position` is its place in the feed; go on after the last one that was taken in. \
Times of meetings and deadlines are Norwegian, with their offset. A field or a code that is not known \
is to be let be: both may come without a new version.

What is restricted is said to the members taking part on their own channel; the public is told the \
public title. A member that hears both channels leaves out what is `restated` to it: the message for the \
public then has the header `Samvirke-Restated` with its organisation number.";

const WEBHOOK: &str = "\
The endpoint that a subscriber named, by `POST`, in order, until it answers 2xx. Signed as Standard \
Webhooks says: the headers `webhook-id` (the event's id), `webhook-timestamp` and `webhook-signature` \
(HMAC-SHA256; while a secret is rotated, one signature for each).";

/// Only the owner is told of its subscriptions.
const NEVER_PUBLIC: &str = "subscription.";

/// The document.
pub fn document() -> Value {
    json!({
        "asyncapi": "3.0.0",
        "id": "urn:samvirke:feed",
        "info": {
            "title": "Samvirke: the change feed",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "EUPL-1.2", "url": "https://eupl.eu/1.2/en/"},
            "description": DESCRIPTION,
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": servers(),
        "channels": channels(),
        "operations": operations(),
        "components": {"messages": messages(), "securitySchemes": security_schemes()},
    })
}

fn servers() -> Value {
    let host = |default: &str| json!({"host": {"default": default}});
    json!({
        "nats": {
            "host": "{host}", "protocol": "nats", "variables": host("localhost:4222"),
            "description": "An account for each member, which hears the public and its own channel.",
            "security": [{"$ref": "#/components/securitySchemes/account"}],
        },
        "gateway": {
            "host": "{host}", "protocol": "https", "variables": host("localhost"),
            "description": "The gateway. Without a token one hears what is public.",
            "security": [{"$ref": "#/components/securitySchemes/bearer"}],
        },
        "subscriber": {
            "host": "{host}", "protocol": "https", "variables": host("sak.example.no"),
            "description": "A subscriber's own system, which is called.",
            "security": [{"$ref": "#/components/securitySchemes/signature"}],
        },
    })
}

fn channels() -> Value {
    let cooperation = json!({"description": "The cooperation: `vestregionen`."});
    let kind = json!({"description": "The type without prefix and version: `case.decided`."});
    json!({
        "public": {
            "address": "feed.{cooperation}.public.{type}",
            "summary": "What everyone may know, on NATS.",
            "servers": [{"$ref": "#/servers/nats"}],
            "parameters": {"cooperation": cooperation, "type": kind},
            "messages": heard(public()),
        },
        "member": {
            "address": "feed.{cooperation}.member.{member}.{type}",
            "summary": "What one member is told by itself, on NATS.",
            "servers": [{"$ref": "#/servers/nats"}],
            "parameters": {
                "cooperation": cooperation, "type": kind,
                "member": {"description": "The member's organisation number: `935478715`."},
            },
            "messages": heard(all()),
        },
        "stream": {
            "address": "/v1/feed/stream",
            "summary": "What the caller may know, as server-sent events.",
            "description": "The event's `id:` is its position; `Last-Event-ID` says where to go on.",
            "servers": [{"$ref": "#/servers/gateway"}],
            "messages": heard(all()),
        },
        "webhook": {
            "address": null,
            "summary": "What a subscription asks for, delivered to its endpoint.",
            "description": WEBHOOK,
            "servers": [{"$ref": "#/servers/subscriber"}],
            "messages": heard(all()),
        },
    })
}

fn all() -> impl Iterator<Item = &'static str> {
    Fact::TAGS.iter().copied()
}

fn public() -> impl Iterator<Item = &'static str> {
    all().filter(|tag| !tag.starts_with(NEVER_PUBLIC))
}

fn heard(tags: impl Iterator<Item = &'static str>) -> Map<String, Value> {
    let reference = |tag| json!({"$ref": format!("#/components/messages/{tag}")});
    tags.map(|tag| (tag.to_owned(), reference(tag))).collect()
}

fn operations() -> Value {
    let send = |channel: &str, summary: &str| {
        json!({
            "action": "send", "channel": {"$ref": format!("#/channels/{channel}")},
            "summary": summary,
        })
    };
    let mut stream = send("stream", "Tells the caller, for as long as it listens.");
    stream["bindings"] = json!({"http": {"method": "GET", "bindingVersion": "0.3.0"}});
    let mut deliver = send("webhook", "Delivers to a subscriber's endpoint.");
    deliver["bindings"] = json!({"http": {"method": "POST", "bindingVersion": "0.3.0"}});
    json!({
        "tell-public": send("public", "Tells everyone."),
        "tell-member": send("member", "Tells one member."),
        "stream": stream,
        "deliver": deliver,
    })
}

fn messages() -> Map<String, Value> {
    let message = |tag: &str| {
        let data = schema::of_data(tag).expect("every tag has its schema");
        let kind = cloud_event::type_name(tag);
        let file = format!("./feed/{tag}.v{}.json", fact::version(tag));
        let subject = tag.split('.').next().unwrap_or(tag);
        json!({
            "name": kind,
            "title": tag,
            "summary": data["description"],
            "tags": [{"name": subject}],
            "payload": {"allOf": [
                {"$ref": "./feed/cloudevent.json"},
                {
                    "type": "object",
                    "properties": {"type": {"const": kind}, "data": {"$ref": file}},
                    "required": ["type", "data"],
                },
            ]},
        })
    };
    all().map(|tag| (tag.to_owned(), message(tag))).collect()
}

fn security_schemes() -> Value {
    json!({
        "account": {
            "type": "asymmetricEncryption",
            "description": "The credentials of the member's NATS account (NKey).",
        },
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "signature": {
            "type": "symmetricEncryption",
            "description": "Standard Webhooks: HMAC-SHA256 with the subscription's secret.",
        },
    })
}
