//! Follow-ups: tasks flowing from a decision, and how they stand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    id::{AggregateId, LocalId},
    networks::rules::Office,
    organisation::OrganisationNumber,
    text::Prose,
};

/// Who is to do it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Owner {
    Member {
        member: OrganisationNumber,
    },
    Body {
        body: AggregateId,
    },
    Office {
        office: Office,
        /// The member whose office it is; absent for the cooperation's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member: Option<OrganisationNumber>,
    },
}

impl Owner {
    /// The member that answers for it, where one does.
    pub fn member(&self) -> Option<&OrganisationNumber> {
        match self {
            Self::Member { member } => Some(member),
            Self::Office { member, .. } => member.as_ref(),
            Self::Body { .. } => None,
        }
    }
}

/// A task and its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Unique within the case.
    pub follow_up: LocalId,
    pub task: Prose,
    pub owner: Owner,
    /// May be unknown (R65).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
    /// The treatment whose decision it flows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub treatment: Option<LocalId>,
}
