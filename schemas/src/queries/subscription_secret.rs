//! The secrets that a subscription's deliveries are signed with (Standard Webhooks 1.0).

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::AggregateId;

/// Asks for the secrets. Only the owner may: the member itself, or the secretariat for its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SubscriptionSecretParameters")]
pub struct Parameters {
    pub id: AggregateId,
}

/// The secrets in force. Not `Debug`: they must not be printed.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SubscriptionSecret")]
pub struct Secret {
    /// How many secrets there have been, this one included.
    pub generation: u32,
    /// `whsec_` and 32 bytes in base64.
    #[schemars(extend("pattern" = "^whsec_"))]
    pub secret: String,
    /// The one before, while it signs too.
    pub previous: Option<Previous>,
}

/// A secret that is on its way out.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PreviousSubscriptionSecret")]
pub struct Previous {
    #[schemars(extend("pattern" = "^whsec_"))]
    pub secret: String,
    pub until: DateTime<Utc>,
}
