//! Every command and query there is, as one table.
//!
//! The gateway's routes, the OpenAPI document and the services' own decoding are made from it, so that
//! a command exists everywhere or nowhere.

use schemars::{Schema, SchemaGenerator};

use crate::{Tagged, networks};

/// The aggregate that a group of commands is for.
pub struct Collection {
    /// The context that answers: `networks`.
    pub context: &'static str,
    /// The aggregate's kind, a token of the subject: `cooperation`.
    pub kind: &'static str,
    /// The word in the URL: `cooperations`.
    pub plural: &'static str,
    /// The commands, in kebab case.
    pub commands: &'static [&'static str],
    /// The schema of the request enum.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// All collections.
pub static COLLECTIONS: &[Collection] = &[Collection {
    context: "networks",
    kind: "cooperation",
    plural: "cooperations",
    commands: networks::cooperation::Request::TAGS,
    schema: |generator| generator.subschema_for::<networks::cooperation::Request>(),
}];

/// Finds a collection by the word in its URL.
pub fn collection(plural: &str) -> Option<&'static Collection> {
    COLLECTIONS.iter().find(|collection| collection.plural == plural)
}
