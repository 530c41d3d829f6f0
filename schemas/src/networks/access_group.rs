//! People who may read what is restricted, named by a case or by a body.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{id::LocalId, networks::rules::PersonId};

/// The most access groups that one restriction, or one body, names.
pub const ACCESS_GROUPS_MAX: usize = 16;
/// The most people in one access group.
pub const ACCESS_GROUP_PEOPLE_MAX: usize = 200;

/// People who may read what is restricted (Noark 5 `tilgangsgruppe`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessGroup {
    /// Unique among the groups that are named together: `personalutvalg`.
    pub group: LocalId,
    /// By their ids in NETWORKS; at most [`ACCESS_GROUP_PEOPLE_MAX`].
    pub people: BTreeSet<PersonId>,
}
