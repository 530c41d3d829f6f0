//! A network: members, and often outsiders, who work on one theme (R52).
//!
//! Networks are loosely kept, and old papers often give only a year, so days are [`PartialDate`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event,
    names::Names,
    organisation::OrganisationNumber,
    partial_date::PartialDate,
    tagged,
    text::{Line, Prose},
};

/// Who takes part in a network, or initiated it. Always an organisation, never a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Party {
    /// The cooperation itself, by its secretariat.
    Cooperation {},
    /// A member of the cooperation.
    Member { member: OrganisationNumber },
    /// An organisation outside the cooperation, by its name: `Innovasjon Norge`.
    Outsider { name: Line },
}

/// What may be asked of a network.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[strum(serialize_all = "kebab-case")]
pub enum Request {
    /// Starts a network on a theme (R52).
    Start {
        names: Names,
        theme: Line,
        purpose: Prose,
        /// The member that leads it, where one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leader: Option<OrganisationNumber>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        initiated_by: Option<Party>,
        established: PartialDate,
    },
    /// Takes a participant in.
    AddParticipant { participant: Party, from: PartialDate },
    /// Lets a participant go; `to` is its last day.
    RemoveParticipant {
        participant: Party,
        to: PartialDate,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Prose>,
    },
    /// Gives the network another leader, or none.
    ChangeLeader {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leader: Option<OrganisationNumber>,
        from: PartialDate,
    },
    /// Notes something the network did: a conference, a study trip.
    RecordActivity { title: Line, on: PartialDate },
    /// Ends the network; `on` is its last day.
    Close { on: PartialDate, reason: Prose },
}

tagged!(Request);

/// What has happened to a network.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    Started {
        names: Names,
        theme: Line,
        purpose: Prose,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leader: Option<OrganisationNumber>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        initiated_by: Option<Party>,
        established: PartialDate,
    },
    ParticipantAdded {
        participant: Party,
        from: PartialDate,
    },
    ParticipantRemoved {
        participant: Party,
        to: PartialDate,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Prose>,
    },
    LeaderChanged {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leader: Option<OrganisationNumber>,
        from: PartialDate,
    },
    ActivityRecorded {
        title: Line,
        on: PartialDate,
    },
    Closed {
        on: PartialDate,
        reason: Prose,
    },
}

event!(Event);
