//! The terms of a subscription: for whom, where to, from where on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::endpoint::Endpoint;
use crate::{feed::FeedPosition, local_time::LocalTime, organisation::OrganisationNumber};

/// Whom it is for, which decides what may be delivered.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "SubscriptionOwner")]
pub enum Owner {
    /// A member: what is public, and what is said to it.
    Member { member: OrganisationNumber },
    /// The cooperation's secretariat: everything.
    Secretariat {},
}

impl Owner {
    /// The member it is for.
    pub fn member(&self) -> Option<&OrganisationNumber> {
        match self {
            Self::Member { member } => Some(member),
            Self::Secretariat {} => None,
        }
    }
}

/// How events reach the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Channel {
    /// As HTTP requests to an address of the owner's.
    Webhook { endpoint: Endpoint },
}

impl Channel {
    pub fn endpoint(&self) -> &Endpoint {
        match self {
            Self::Webhook { endpoint } => endpoint,
        }
    }
}

/// Where in the feed to begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Start {
    /// With what happens next.
    Now {},
    /// After an event that was seen.
    Position { after: FeedPosition },
    /// With the first event that was told at this time or later.
    Time { since: LocalTime },
}

impl Default for Start {
    fn default() -> Self {
        Self::Now {}
    }
}

/// Where to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Resumption {
    /// Where it stopped, so that nothing is missed.
    Stopped {},
    /// After an event that was seen.
    Position { after: FeedPosition },
    /// With the first event that was told at this time or later.
    Time { since: LocalTime },
}

impl Default for Resumption {
    fn default() -> Self {
        Self::Stopped {}
    }
}

impl Resumption {
    /// The place it names; nothing where it goes on from where it stopped.
    pub fn start(&self) -> Option<Start> {
        match self {
            Self::Stopped {} => None,
            Self::Position { after } => Some(Start::Position { after: *after }),
            Self::Time { since } => Some(Start::Time { since: *since }),
        }
    }
}
