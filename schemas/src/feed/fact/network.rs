//! What happens to a network (R52).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::brief;
use crate::{
    id::AggregateId,
    names::Names,
    networks::network::Party,
    partial_date::PartialDate,
    text::{Line, Prose},
};

/// A network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Network {
    pub id: AggregateId,
    pub names: Names,
    pub theme: Line,
}

/// Somebody who takes part in a network, or initiated it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Participant {
    pub party: Party,
    /// The names of the member it is, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Names>,
}

/// A network was started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Started {
    pub network: Network,
    pub purpose: Prose,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<brief::Member>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiated_by: Option<Participant>,
    /// As much of the date as is known.
    pub established: PartialDate,
}

/// Somebody takes part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ParticipantAdded {
    pub network: Network,
    pub participant: Participant,
    pub from: PartialDate,
}

/// Somebody takes part no longer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ParticipantRemoved {
    pub network: Network,
    pub participant: Participant,
    pub to: PartialDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
}

/// The network has another leader, or none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeaderChanged {
    pub network: Network,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<brief::Member>,
    pub from: PartialDate,
}

/// The network ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Closed {
    pub network: Network,
    /// The last day.
    pub on: PartialDate,
    pub reason: Prose,
}
