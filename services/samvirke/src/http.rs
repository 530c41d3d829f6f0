//! Speaking to the HTTP API as any other client would.

use std::{fs, time::Duration};

use anyhow::Context;
use reqwest::Client;
use samvirke_gateway::outbound;
use samvirke_private_servers::Secret;
use samvirke_schemas::excerpt::{DETAIL_CHARS_MAX, shortened};
use serde::Deserialize;

use crate::arguments::Bearer;

/// How long one request may take.
pub(crate) const REQUEST_MAX: Duration = Duration::from_secs(30);
/// Problem types are this and a code.
const PROBLEM_PREFIX: &str = "urn:samvirke:problem:";

/// A client with our limits.
pub(crate) fn client() -> anyhow::Result<Client> {
    outbound::client().timeout(REQUEST_MAX).build().context("no HTTP client can be made")
}

/// The given token, from the argument or the file.
pub(crate) fn given_token(bearer: &Bearer) -> anyhow::Result<Option<Secret>> {
    match (&bearer.token, &bearer.token_file) {
        (Some(token), _) => Ok(Some(token.clone())),
        (None, Some(file)) => {
            let text = fs::read_to_string(file)
                .with_context(|| format!("the token in {} cannot be read", file.display()))?;
            Ok(Some(Secret::new(text.trim())))
        }
        (None, None) => Ok(None),
    }
}

/// A problem as RFC 9457 has it, as far as people are told of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    detail: String,
    field: Option<String>,
    rule: Option<String>,
}

impl Problem {
    /// Reads an answer's body; one that is no problem document tells its status at least.
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_else(|_| Self {
            title: format!("the server answered {status} without saying why"),
            ..Self::default()
        })
    }

    /// The stable code, such as `already-open`.
    pub(crate) fn code(&self) -> &str {
        match self.kind.strip_prefix(PROBLEM_PREFIX).unwrap_or(&self.kind) {
            "" => "unknown",
            code => code,
        }
    }

    /// The reason in one line: what, at which field, by which rule.
    pub(crate) fn reason(&self) -> String {
        let mut reason = match self.detail.as_str() {
            "" => self.title.clone(),
            detail => detail.to_owned(),
        };
        if let Some(field) = &self.field {
            reason = format!("{field}: {reason}");
        }
        if let Some(rule) = &self.rule {
            reason = format!("{reason} ({rule})");
        }
        shortened(&reason, DETAIL_CHARS_MAX).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_tells_its_code_field_and_rule() {
        let body = br#"{"type": "urn:samvirke:problem:too-late", "detail": "ten days before",
                        "field": "at", "rule": "R18", "status": 422}"#;
        let problem = Problem::read(422, body);
        assert_eq!(problem.code(), "too-late");
        assert_eq!(problem.reason(), "at: ten days before (R18)");
    }

    #[test]
    fn an_answer_that_is_no_problem_still_tells_something() {
        let problem = Problem::read(502, b"<html>");
        assert_eq!(problem.code(), "unknown");
        assert!(problem.reason().contains("502"));
    }
}
