//! The subscriptions of a cooperation, by id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::CooperationId,
    organisation::OrganisationNumber,
    queries::{
        page::{Cursor, PAGE_ROWS_MAX, Page},
        subscription::{Phase, Subscription},
    },
};

/// Asks for subscriptions. A member is told of its own; every filter narrows the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SubscriptionsParameters")]
pub struct Parameters {
    pub cooperation: CooperationId,
    #[serde(default)]
    pub member: Option<OrganisationNumber>,
    #[serde(default)]
    pub phase: Option<Phase>,
    #[serde(default)]
    pub after: Option<Cursor>,
    #[serde(default)]
    #[schemars(range(min = 1, max = PAGE_ROWS_MAX))]
    pub limit: Option<u32>,
}

/// The answer: by id.
pub type Answer = Page<Subscription>;
