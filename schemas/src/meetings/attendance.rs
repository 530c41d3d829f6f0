//! Who is at a meeting: seats, those who stand in for them, and others with their rights.
//!
//! People are told by seat and office. Why somebody is absent is not recorded.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::LocalId,
    networks::rules::{Office, PersonId, Right},
    organisation::OrganisationNumber,
};

/// The most seats and others that one command can register, and the most others at one meeting.
pub const ATTENDEES_MAX: usize = 1024;

/// Whoever sits in a seat in its holder's stead: "X for Y" (R27).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandIn {
    /// The place in the seat's list of deputies; absent for someone who is not on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<Office>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}

/// A seat that is taken: by its holder, or by somebody in the holder's stead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeatPresent {
    pub seat: LocalId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stand_in: Option<StandIn>,
    /// Taking part from elsewhere counts as being there (R20, kommuneloven § 11-7).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remote: bool,
}

/// Somebody at the meeting who has no seat in the body (R8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherPresent {
    /// Unique within the meeting: `asker-director`.
    pub attendee: LocalId,
    pub office: Office,
    /// The member whose office it is; absent for the secretariat's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<OrganisationNumber>,
}

/// In what capacity somebody leads a meeting (R14, R17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChairAs {
    Chair,
    DeputyChair,
    /// Chosen for this meeting, where neither chair nor deputy chair can lead it.
    Substitute,
}

/// The rights of somebody without a seat. Never holds [`Right::Vote`] (R9).
pub type OtherRights = BTreeSet<Right>;

/// Whether enough members took part, worked out from the body's rule and who sat there then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum QuorumFound {
    /// Enough: `present` of `needed`, in seats, or in members where the rule counts those (R20).
    Met { present: u16, needed: u16 },
    /// Too few.
    Missed { present: u16, needed: u16 },
    /// The source does not tell who was there, so nothing is claimed.
    Unknown {},
}

/// What is known of who was at a meeting that is only reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AttendanceKnown {
    /// Nothing is recorded of who was there.
    Unknown,
    /// The source names some of them; who else was there is not known.
    Partial,
}

/// Those whom a source names of a meeting that is only reported. Others may have been there.
///
/// They are told as the source has them, by office and member: which seats there were is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedAttendance {
    /// In the source's order; at most [`ATTENDEES_MAX`] with those absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub present: Vec<NamedPresent>,
    /// Those whose absence the source tells (R28).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<Represented>,
}

/// An office of a member, as far as the source tells which.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Represented {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<Office>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<OrganisationNumber>,
}

/// Somebody who was there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedPresent {
    /// Whose place was taken.
    #[serde(default)]
    pub of: Represented,
    /// Whether somebody came in the holder's stead (R27).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stood_in: bool,
    /// Whether they led the meeting (R17, R29).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub chaired: bool,
}
