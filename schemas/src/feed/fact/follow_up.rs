//! What happens to a task that flows from a decision.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::brief;
use crate::{date::Date, id::LocalId, networks::rules::Office, text::Prose};

/// Who is to do it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    Member(brief::Member),
    Body(brief::Body),
    Office {
        office: Office,
        /// The member whose office it is; absent for the cooperation's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member: Option<brief::Member>,
    },
}

/// A task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// Unique within the case.
    pub follow_up: LocalId,
    /// Absent where it is withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Prose>,
    pub owner: Owner,
    /// May be unknown (R65).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
}

/// Somebody was given a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Assigned {
    pub case: brief::Case,
    pub task: Task,
}

/// Somebody told how a task stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reported {
    pub case: brief::Case,
    pub task: Task,
    pub on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
}

/// A task has another due date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rescheduled {
    pub case: brief::Case,
    /// With the new date.
    pub task: Task,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
}

/// A task is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Done {
    pub case: brief::Case,
    pub task: Task,
    pub on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
}

/// A task was given up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dropped {
    pub case: brief::Case,
    pub task: Task,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
}
