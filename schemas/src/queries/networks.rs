//! The networks of a cooperation, by theme.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{AggregateId, CooperationId},
    names::Names,
    networks::network::Party,
    organisation::OrganisationNumber,
    partial_date::PartialDate,
    queries::page::{Cursor, PAGE_ROWS_MAX, Page},
    text::{Line, Prose},
};

/// Asks for networks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NetworksParameters")]
pub struct Parameters {
    pub cooperation: CooperationId,
    #[serde(default)]
    pub after: Option<Cursor>,
    #[serde(default)]
    #[schemars(range(min = 1, max = PAGE_ROWS_MAX))]
    pub limit: Option<u32>,
}

/// The answer: by theme.
pub type Answer = Page<Network>;

/// A network as it stands (R52).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Network {
    pub id: AggregateId,
    /// The aggregate's version, for `If-Match`.
    pub version: u64,
    pub names: Names,
    pub theme: Line,
    pub purpose: Prose,
    pub leader: Option<OrganisationNumber>,
    pub initiated_by: Option<Party>,
    pub established: PartialDate,
    pub closed: Option<PartialDate>,
    pub participants: Vec<Participant>,
    pub activities: Vec<Activity>,
}

/// Who takes part, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Participant {
    pub participant: Party,
    pub from: PartialDate,
    pub to: Option<PartialDate>,
}

/// Something the network did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Activity {
    pub title: Line,
    pub on: PartialDate,
}
