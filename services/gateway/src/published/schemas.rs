//! `GET /v1/schemas/…`: the JSON Schemas that the feed's events name in `dataschema`, and the AsyncAPI
//! document that refers to them.
//!
//! They are made from the types, as the files in `schemas/` are; a test there compares the two. They
//! stand beside each other as the files do, so that references between them hold.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{
    http::HeaderMap,
    response::{Redirect, Response},
};
use samvirke_schemas::{
    Tagged,
    feed::{
        self, Fact, fact,
        schema::{of_data, of_envelope},
    },
};

use super::{document, missing};
use crate::problem::Problem;

/// Where a schema is: the last part is the file's name.
pub(crate) const PATH: &str = "/v1/schemas/feed/{file}";
/// Where the AsyncAPI document is.
pub(crate) const ASYNCAPI: &str = "/v1/schemas/asyncapi.json";
/// Where it is looked for.
pub(crate) const ASYNCAPI_ALIAS: &str = "/v1/asyncapi.json";
/// The media type of a JSON Schema.
pub(crate) const MEDIA_TYPE: &str = "application/schema+json";
/// The schema of every event, whatever its type.
const ENVELOPE: &str = "cloudevent.json";

/// The text of each file, by its name.
static FILES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let data = Fact::TAGS.iter().filter_map(|tag| {
        let schema = of_data(tag)?;
        Some((format!("{tag}.v{}.json", fact::version(tag)), schema))
    });
    let all = data.chain([(ENVELOPE.to_owned(), of_envelope())]);
    let current = all.map(|(name, schema)| (name, schema.to_string()));
    let earlier = fact::EARLIER_SCHEMAS
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), (*schema).to_owned()));
    current.chain(earlier).collect()
});

static DOCUMENT: LazyLock<String> = LazyLock::new(|| feed::asyncapi::document().to_string());

/// Answers with the AsyncAPI document.
pub(crate) async fn asyncapi(headers: HeaderMap) -> Response {
    document(DOCUMENT.clone(), "application/json", &headers)
}

/// Sends on to where the document's references hold.
pub(crate) async fn asyncapi_alias() -> Redirect {
    Redirect::permanent(ASYNCAPI)
}

/// Answers with the schema in a file.
pub(crate) fn schema(file: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    match FILES.get(file) {
        Some(text) => Ok(document(text.clone(), MEDIA_TYPE, headers)),
        None => Err(missing("schema", "skjemaet")),
    }
}
