//! The provision that something rests on.
//!
//! Bodies live under different acts and statutes at different times, so the provision is data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::Line;

/// An act or a set of statutes and the place in it: `kommuneloven (2018)`, `§ 11-5`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalBasis {
    pub act: Line,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provision: Option<Line>,
}
