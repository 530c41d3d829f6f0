//! What a service answers to a command or a query.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::excerpt::{DETAIL_CHARS_MAX, FIELD_CHARS_MAX, shortened};

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
    /// The world failed, and nothing was done; the same request may succeed later.
    Unavailable {
        /// Stable, in kebab case: `unavailable`, `deadline-passed`, `store-busy`.
        #[serde(default = "unavailable")]
        code: String,
        /// English.
        detail: String,
        /// Bokmål.
        detail_nb: String,
    },
    /// There is no room for what was to be stored, and nothing was done.
    NoRoom {
        /// English.
        detail: String,
        /// Bokmål.
        detail_nb: String,
    },
    /// It was perhaps done: only a repetition under the same idempotency key tells.
    OutcomeUnknown {},
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
        Self::unavailable_as("unavailable", detail, detail_nb)
    }

    /// A failure of the world with a code of its own, in English and bokmål.
    pub fn unavailable_as(
        code: &str,
        detail: impl Into<String>,
        detail_nb: impl Into<String>,
    ) -> Self {
        let (detail, detail_nb) = (detail.into(), detail_nb.into());
        Self::Unavailable { code: code.to_owned(), detail, detail_nb }
    }

    /// The same refusal, with no text longer than an error may be: what it repeats of a request may be as
    /// long as the request.
    #[must_use]
    pub fn shortened(mut self) -> Self {
        let (details, field): ([Option<&mut String>; 2], Option<&mut String>) = match &mut self {
            Self::Rejected { detail, detail_nb, field, .. } => {
                ([Some(detail), Some(detail_nb)], field.as_mut())
            }
            Self::Invalid { field, detail, detail_nb } => {
                ([Some(detail), Some(detail_nb)], Some(field))
            }
            Self::Unavailable { detail, detail_nb, .. }
            | Self::NoRoom { detail, detail_nb }
            | Self::Damaged { detail, detail_nb, .. } => ([Some(detail), Some(detail_nb)], None),
            Self::OutcomeUnknown {} => ([None, None], None),
            Self::Broken { detail } => ([Some(detail), None], None),
        };
        for detail in details.into_iter().flatten() {
            shorten(detail, DETAIL_CHARS_MAX);
        }
        if let Some(field) = field {
            shorten(field, FIELD_CHARS_MAX);
        }
        self
    }
}

fn unavailable() -> String {
    "unavailable".to_owned()
}

fn shorten(text: &mut String, chars_max: usize) {
    if let std::borrow::Cow::Owned(short) = shortened(text, chars_max) {
        *text = short;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_a_refusal_is_longer_than_an_error_may_be() {
        let long = || "x".repeat(530_000);
        let rejected = Refused::Rejected {
            code: "too-long".into(),
            kind: RejectionKind::Value,
            rule: "limit".into(),
            detail: long(),
            detail_nb: long(),
            field: Some(long()),
        };
        let damaged =
            Refused::Damaged { code: "damaged".into(), detail: long(), detail_nb: long() };
        for refused in [
            rejected,
            damaged,
            Refused::invalid(long(), long(), long()),
            Refused::unavailable(long(), long()),
            Refused::NoRoom { detail: long(), detail_nb: long() },
            Refused::Broken { detail: long() },
        ] {
            let written = serde_json::to_string(&refused.shortened()).unwrap();
            assert!(written.len() < 5_000, "{} bytes", written.len());
        }
        let short = Refused::invalid("names.nb", "the text must not be empty", "teksten er tom");
        assert_eq!(short.clone().shortened(), short);
    }
}
