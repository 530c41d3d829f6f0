//! What happens in a hearing (R46), and statements to third parties (R47).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::brief;
use crate::{
    cases::case::{
        hearing::INVITED_MAX,
        statement::{SIGNATORIES_MAX, Signatory},
    },
    date::Date,
    id::LocalId,
    local_time::LocalTime,
    names::Names,
    organisation::OrganisationNumber,
    text::{Line, Prose},
};

/// Whose view a statement is: always an organisation's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StatementFrom {
    Invited(InvitedParty),
    /// One that was not asked.
    Uninvited {
        organisation: Line,
    },
}

/// Somebody who is asked for a view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InvitedParty {
    /// Unique within the hearing: `baerum`.
    pub party: LocalId,
    pub names: Names,
    /// The member it is, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<OrganisationNumber>,
}

/// A party that is a member, without its names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InvitedMember {
    /// Unique within the hearing: `baerum`.
    pub party: LocalId,
    pub member: OrganisationNumber,
}

/// The most parties of one member that are named to it.
pub const OWN_PARTIES_MAX: usize = 16;

/// A case was sent on hearing. The parties stand by name in the case's file, at `/v1/<subject>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Opened {
    pub case: brief::Case,
    /// How many parties are invited.
    pub invited_count: u32,
    /// Those of them that are members.
    #[schemars(extend("maxItems" = INVITED_MAX))]
    pub members: Vec<InvitedMember>,
    /// The parties of the member that it is said to, the first ones where they are many; absent in what
    /// everyone is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = OWN_PARTIES_MAX))]
    pub own: Vec<InvitedParty>,
    /// The last moment for a statement, in Norwegian time with its offset.
    pub deadline: LocalTime,
    pub sent_on: Date,
}

/// The deadline was moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Extended {
    pub case: brief::Case,
    pub earlier_deadline: LocalTime,
    pub deadline: LocalTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
}

/// The hearing was closed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Closed {
    pub case: brief::Case,
    pub on: Date,
    /// How many parties had not answered.
    pub silent_count: u32,
    /// Which these are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = INVITED_MAX))]
    pub silent: Vec<LocalId>,
}

/// The hearing was summed up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SummedUp {
    pub case: brief::Case,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
}

/// The final text was adopted after the hearing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Adopted {
    pub case: brief::Case,
    pub body: brief::Body,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
    pub on: Date,
}

/// A statement was received.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementReceived {
    pub case: brief::Case,
    /// Unique within the hearing.
    pub statement: LocalId,
    pub from: StatementFrom,
    /// Its gist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Prose>,
    pub received_at: LocalTime,
    /// Whether the deadline had passed, or the hearing was closed. It is kept all the same.
    pub late: bool,
}

/// A statement or appeal was sent to a third party (R47).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementSent {
    pub case: brief::Case,
    /// Unique within the case.
    pub statement: LocalId,
    pub receiver: Line,
    /// By office, never by name.
    #[schemars(extend("maxItems" = SIGNATORIES_MAX))]
    pub signed_by: Vec<Signatory>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
    pub on: Date,
}
