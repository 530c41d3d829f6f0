//! Every command and query there is, as one table.
//!
//! The gateway's routes, the OpenAPI document and the services' own decoding are made from it, so that
//! a command exists everywhere or nowhere.

use schemars::{Schema, SchemaGenerator};

use crate::{Tagged, meetings, networks, queries};

/// The aggregate that a group of commands is for: `POST /v1/<plural>/{id}/<command>`.
pub struct Collection {
    /// The context that answers: `networks`.
    pub context: &'static str,
    /// The aggregate's kind, a token of the subject: `cooperation`.
    pub kind: &'static str,
    /// The word in the URL: `cooperations`.
    pub plural: &'static str,
    /// The commands, in kebab case.
    pub commands: &'static [&'static str],
    /// The schema of the request enum, one variant a command.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// A query: `GET <path>`, answered by the read models on `qry.<name>`.
pub struct Query {
    /// The read model and its query: `cooperation-overview`.
    pub name: &'static str,
    /// The route, with `{id}` where an id stands.
    pub path: &'static str,
    pub summary: &'static str,
    /// An object schema whose properties are the parameters, path and query string together.
    pub parameters: fn(&mut SchemaGenerator) -> Schema,
    pub answer: fn(&mut SchemaGenerator) -> Schema,
}

/// All collections.
pub static COLLECTIONS: &[Collection] = &[
    Collection {
        context: "networks",
        kind: "cooperation",
        plural: "cooperations",
        commands: networks::cooperation::Request::TAGS,
        schema: |generator| generator.subschema_for::<networks::cooperation::Request>(),
    },
    Collection {
        context: "meetings",
        kind: "meeting",
        plural: "meetings",
        commands: meetings::meeting::Request::TAGS,
        schema: |generator| generator.subschema_for::<meetings::meeting::Request>(),
    },
];

/// All queries.
pub static QUERIES: &[Query] = &[Query {
    name: "cooperation-overview",
    path: "/v1/cooperations/{id}",
    summary: "One cooperation: names, form, agreement, members and leadership.",
    parameters: |generator| generator.subschema_for::<queries::cooperation_overview::Parameters>(),
    answer: |generator| generator.subschema_for::<queries::cooperation_overview::Overview>(),
}];

/// Finds a collection by the word in its URL.
pub fn collection(plural: &str) -> Option<&'static Collection> {
    COLLECTIONS.iter().find(|collection| collection.plural == plural)
}
