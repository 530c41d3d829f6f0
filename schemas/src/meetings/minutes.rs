//! The minutes of a meeting: drafts, approval, addenda.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{AggregateId, LocalId};

/// The most who sign the minutes of one meeting.
pub const SIGNATORIES_MAX: usize = 16;
/// The most addenda to the minutes of one meeting.
pub const ADDENDA_MAX: usize = 100;

/// How minutes are approved; it differs from body to body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Approval {
    /// By those present, before the meeting closes.
    AtTheEnd {},
    /// By seats chosen to sign; at most [`SIGNATORIES_MAX`].
    BySignatories { seats: Vec<LocalId> },
    /// As an item of a later meeting (R29).
    AtNextMeeting { meeting: AggregateId, item: LocalId },
}

/// Why an item's texts are left out of the published minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Withheld {
    /// The item is restricted.
    Restricted,
    /// It was treated in a closed meeting (kommuneloven § 11-5).
    ClosedDoors,
}

/// An item whose texts the public does not see, only its public title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WithheldItem {
    pub item: LocalId,
    pub because: Withheld,
}
