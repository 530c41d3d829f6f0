//! What an event is about, for those who want only that.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{id::AggregateId, organisation::OrganisationNumber};

/// The things an event concerns. Filters look here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Concerns {
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub cases: BTreeSet<AggregateId>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub bodies: BTreeSet<AggregateId>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub meetings: BTreeSet<AggregateId>,
    /// The members it is addressed to, or that did it. Absent where it concerns all alike.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub members: BTreeSet<OrganisationNumber>,
}
