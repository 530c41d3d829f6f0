//! Access restrictions: what is kept from public view, on what legal basis, and until when.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date, id::LocalId, legal_basis::LegalBasis, networks::access_group::AccessGroup,
};

/// What of the case is restricted (Noark 5 `skjermingMetadata`, `skjermingDokument`).
///
/// The public title, the number and the body are public whatever the scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Scope {
    /// Papers, recommendations, outcomes' wording and full title.
    Everything {},
    /// The full title only.
    Title {},
    /// These papers.
    Papers { papers: BTreeSet<LocalId> },
}

/// An access restriction (skjerming, offentleglova).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restriction {
    pub legal_basis: LegalBasis,
    /// The last day it holds; absent where it holds until it is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    pub scope: Scope,
    /// Those who take part besides the bodies that treat the case, the groups that these name, and the members
    /// that it is sent to; at most `ACCESS_GROUPS_MAX`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_groups: Vec<AccessGroup>,
}
