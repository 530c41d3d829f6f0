//! A name in the languages people read: bokmål, nynorsk and English.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::Line;

/// A name with its official Norwegian form and, where they are known, the others.
///
/// Bokmål stands in for a language that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Names {
    pub nb: Line,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nn: Option<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<Line>,
}
