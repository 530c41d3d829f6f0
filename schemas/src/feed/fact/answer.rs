//! What a member answers to a joint case: receipts, file reference, its council's decision (R45).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::brief;
use crate::{
    cases::case::joint::{FileReference, MemberOutcome, RegisteredBy},
    date::Date,
    text::{Line, Prose},
};

/// The case has arrived at a member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Received {
    pub case: brief::Case,
    pub member: brief::Member,
    pub on: Date,
    pub registered_by: RegisteredBy,
}

/// The case is in a member's own case system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Processed {
    pub case: brief::Case,
    pub member: brief::Member,
    pub on: Date,
    pub registered_by: RegisteredBy,
}

/// Where a member keeps the case (R36).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceRegistered {
    pub case: brief::Case,
    pub member: brief::Member,
    pub reference: FileReference,
    pub registered_by: RegisteredBy,
}

/// A member's council has decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionRegistered {
    pub case: brief::Case,
    pub member: brief::Member,
    pub outcome: MemberOutcome,
    /// The council's wording, where it is its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
    /// The member's body that decided: `Kommunestyret`.
    pub body: Line,
    /// The day it decided.
    pub on: Date,
    pub registered_by: RegisteredBy,
}

/// A member's decision was registered wrongly, or its council has decided anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionCorrected {
    pub case: brief::Case,
    pub member: brief::Member,
    pub outcome: MemberOutcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
    pub body: Line,
    pub on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
    pub registered_by: RegisteredBy,
}
