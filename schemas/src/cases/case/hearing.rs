//! A hearing: views asked for before a deadline, summed up, and adopted by the body afterwards
//! (R46).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    id::{AggregateId, LocalId},
    local_time::LocalTime,
    names::Names,
    organisation::OrganisationNumber,
    text::{Line, Prose},
};

/// The most parties that a hearing asks.
pub const INVITED_MAX: usize = 1_000;

/// Someone who is asked for a view: a member or another organisation, never a person by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitedParty {
    /// Unique within the hearing: `baerum`.
    pub party: LocalId,
    pub names: Names,
    /// The member it is, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<OrganisationNumber>,
}

/// A hearing as it was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HearingOpened {
    pub invited: Vec<InvitedParty>,
    /// The last moment for a statement.
    pub deadline: LocalTime,
    pub sent_on: Date,
}

/// Whose view it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum StatementFrom {
    Invited {
        party: LocalId,
    },
    /// An organisation that was not asked. Never a person's name.
    Uninvited {
        organisation: Line,
    },
}

/// A statement as it is handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HearingStatement {
    /// Unique within the hearing.
    pub statement: LocalId,
    pub from: StatementFrom,
    /// Its gist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Prose>,
    /// The statement itself among the case's papers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<LocalId>,
}

/// A statement as received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceivedStatement {
    pub statement: HearingStatement,
    pub received_at: LocalTime,
    /// Whether the deadline had passed, or the hearing was closed. It is kept all the same.
    pub late: bool,
}

/// What the hearing showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    pub text: Prose,
    /// The summary as a paper of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<LocalId>,
}

/// The final adoption after the hearing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Adoption {
    pub body: AggregateId,
    pub text: Prose,
    pub on: Date,
}
