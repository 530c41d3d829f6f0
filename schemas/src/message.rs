//! What the gateway sends to the services over NATS: a command or a query with its verified principal.
//!
//! Commands go to `cmd.<context>.<cooperation>.<kind>.<id>`, queries to `qry.<service>.<name>`; both carry the
//! gateway's signature over the payload's bytes in the header [`SIGNATURE`]. The answer is the JSON of
//! `Result<Accepted, Refused>` or `Result<serde_json::Value, Refused>`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    id::{AggregateId, CooperationId},
    networks::rules::PersonId,
    principal::Principal,
    text::Line,
};

/// The header with the gateway's Ed25519 signature of the payload, in base64.
pub const SIGNATURE: &str = "Samvirke-Signature";

/// Where a fact that is registered afterwards was found, and whether it is made up to illustrate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Line>,
    /// True where the source does not tell it and it is filled in to make an example complete.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub illustrative: bool,
}

/// A command on its way to the service that decides it.
#[derive(Debug, Serialize, Deserialize)]
pub struct CommandMessage {
    pub kind: String,
    pub id: AggregateId,
    /// The command's tag: `found`.
    pub command: String,
    /// The body as it came, decoded by the service that owns the command.
    pub body: Box<RawValue>,
    /// The same id means the same command, however often it comes.
    pub command_id: Uuid,
    pub principal: Principal,
    /// The version the caller decided on (`If-Match`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_version: Option<u64>,
    /// When it happened, where that is earlier than now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
    /// Positions (`STREAM:sequence`) that the service must have seen before it decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// When the caller stops waiting.
    pub deadline: DateTime<Utc>,
}

/// A query on its way to the read models.
#[derive(Debug, Serialize, Deserialize)]
pub struct QueryMessage {
    pub name: String,
    /// Absent for a query across cooperations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooperation: Option<CooperationId>,
    /// The parameters, by name: the path's and the query string's.
    pub parameters: serde_json::Map<String, serde_json::Value>,
    pub principal: Principal,
    /// Who asks, by the id that NETWORKS knows, where the issuer vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Positions the read models must have seen before they answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    pub deadline: DateTime<Utc>,
}
