//! What a service answers to a command or a query.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a refusal is about; the gateway turns it into a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum RejectionKind {
    /// The state does not allow it; another command may have to come first.
    State,
    /// A value in the request breaks a rule.
    Value,
    /// The principal may not do this.
    Forbidden,
    /// What the request is about does not exist.
    Missing,
    /// The caller's expected version is not the current one.
    Stale,
}

/// Something the caller should know though the command was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// Stable, in kebab case.
    pub code: String,
    /// The source of the rule.
    pub rule: String,
    pub detail: String,
}

/// The answer to an accepted command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Accepted {
    /// The aggregate, `<cooperation>:<id>`.
    pub id: String,
    /// The aggregate's version: how many events it has.
    pub version: u64,
    /// `STREAM:sequence` of the commit; a query given it waits until it has seen it.
    pub position: String,
    /// The events of the commit. Empty when the command changed nothing.
    pub events: Vec<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// Whether this answers a repetition of a command that was carried out before.
    #[serde(default)]
    pub repeated: bool,
}

/// The answer to a command or query that was not carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Refused {
    /// A rule said no.
    Rejected {
        code: String,
        kind: RejectionKind,
        rule: String,
        /// English.
        detail: String,
        /// Bokmål.
        detail_nb: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        field: Option<String>,
    },
    /// The request is not well formed.
    Invalid {
        /// The path of the field at fault, such as `names.nb`.
        field: String,
        /// English.
        detail: String,
        /// Bokmål.
        detail_nb: String,
    },
    /// The world failed; the same request may succeed later.
    Unavailable {
        /// English.
        detail: String,
        /// Bokmål.
        detail_nb: String,
    },
    /// What is stored is damaged, so nothing is done until an operator has restored or accepted it.
    Damaged {
        /// Stable, in kebab case: `history-broken`, `stream-damaged`, `stream-has-gaps`.
        code: String,
        /// English.
        detail: String,
        /// Bokmål.
        detail_nb: String,
    },
    /// The program failed; an operator has to look.
    Broken { detail: String },
}

impl Refused {
    /// The refusal of a field that is not well formed, in English and bokmål.
    pub fn invalid(
        field: impl Into<String>,
        detail: impl Into<String>,
        detail_nb: impl Into<String>,
    ) -> Self {
        Self::Invalid { field: field.into(), detail: detail.into(), detail_nb: detail_nb.into() }
    }

    /// A failure of the world, in English and bokmål.
    pub fn unavailable(detail: impl Into<String>, detail_nb: impl Into<String>) -> Self {
        Self::Unavailable { detail: detail.into(), detail_nb: detail_nb.into() }
    }
}
