//! What happens to a body. Seats are told by member and office; who holds them is never told, and
//! neither is why somebody left.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::brief;
use crate::{
    date::Date,
    id::LocalId,
    networks::{
        body::{ElectionRule, Post, SEATS_MAX},
        rules::{BodyKind, Office, Rules},
    },
    text::Prose,
};

/// A seat, on behalf of a member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Seat {
    /// Unique within the body: `baerum-mayor`.
    pub seat: LocalId,
    /// Absent where nobody was ever put in the seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<brief::Member>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<Office>,
}

/// A body was established.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Established {
    pub body: brief::Body,
    pub kind: BodyKind,
    pub rules: Rules,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elections: Option<ElectionRule>,
    pub in_force_from: Date,
    /// The body it prepares cases for (R10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepares_for: Option<brief::Body>,
}

/// A new version of the rules was laid down. It replaces the earlier ones as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RulesChanged {
    pub body: brief::Body,
    /// 1 was established.
    pub version: u32,
    pub rules: Rules,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elections: Option<ElectionRule>,
    pub in_force_from: Date,
}

/// A seat was filled (R4–R6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeatFilled {
    pub body: brief::Body,
    pub seat: Seat,
    pub from: Date,
    /// The last day, where it was known then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

/// A seat that was vacated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VacatedSeat {
    pub seat: LocalId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<Office>,
}

/// Seats were vacated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeatVacated {
    pub body: brief::Body,
    /// Whose seats they are; absent where nobody was ever put in the seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<brief::Member>,
    /// More than one where the member leaves the cooperation.
    #[schemars(extend("maxItems" = SEATS_MAX))]
    pub seats: Vec<VacatedSeat>,
    /// The last day they are held.
    pub to: Date,
}

/// The holder of a seat was elected chair or deputy chair (R14).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChairElected {
    pub body: brief::Body,
    pub post: Post,
    pub seat: Seat,
    pub from: Date,
    /// The last day of the term; absent where no end is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

/// The term of the chair or deputy chair ended early.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChairSteppedDown {
    pub body: brief::Body,
    pub post: Post,
    pub seat: Seat,
    pub to: Date,
}

/// The body was put on ice (R13).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Paused {
    pub body: brief::Body,
    pub from: Date,
    pub reason: Prose,
    /// The body that takes its tasks over.
    pub tasks_go_to: brief::Body,
}

/// The body was taken up again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resumed {
    pub body: brief::Body,
    pub from: Date,
}

/// The body ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Disbanded {
    pub body: brief::Body,
    /// The last day.
    pub on: Date,
    pub reason: Prose,
    /// The body that takes its tasks over, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks_go_to: Option<brief::Body>,
}
