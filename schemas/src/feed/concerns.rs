//! What an event is about, for those who want only that.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{cases::case::hearing::INVITED_MAX, id::AggregateId, organisation::OrganisationNumber};

/// The most cases that one event concerns: an agenda may have one at each item.
const CASES_MAX: usize = 256;
/// The most bodies, and the most meetings, that one event concerns.
const BODIES_MAX: usize = 16;
/// The most members that one event concerns: a hearing may invite so many.
const MEMBERS_MAX: usize = INVITED_MAX;

/// The things an event concerns. Filters look here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Concerns {
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(extend("maxItems" = CASES_MAX))]
    pub cases: BTreeSet<AggregateId>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(extend("maxItems" = BODIES_MAX))]
    pub bodies: BTreeSet<AggregateId>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(extend("maxItems" = BODIES_MAX))]
    pub meetings: BTreeSet<AggregateId>,
    /// The members it is addressed to, or that did it. Absent where it concerns all alike.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(extend("maxItems" = MEMBERS_MAX))]
    pub members: BTreeSet<OrganisationNumber>,
}
