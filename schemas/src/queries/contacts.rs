//! The contacts of a cooperation, with what they want to be told of.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contacts::{
        contact::{BelongsTo, Frequency, Preferences, Topic},
        person::Person,
    },
    id::{AggregateId, CooperationId},
    organisation::OrganisationNumber,
    queries::page::{Cursor, PAGE_ROWS_MAX, Page},
};

/// Asks for contacts. A member is given its own; secretariat and operator are given all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContactsParameters")]
pub struct Parameters {
    pub cooperation: CooperationId,
    /// Only those of a member.
    #[serde(default)]
    pub member: Option<OrganisationNumber>,
    /// Only those of a body's seats.
    #[serde(default)]
    pub body: Option<AggregateId>,
    #[serde(default)]
    pub after: Option<Cursor>,
    #[serde(default)]
    #[schemars(range(min = 1, max = PAGE_ROWS_MAX))]
    pub limit: Option<u32>,
}

/// The answer: by id.
pub type Answer = Page<Contact>;

/// A contact as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    pub id: AggregateId,
    pub belongs_to: BelongsTo,
    /// Absent where it is forgotten.
    pub person: Option<Person>,
    /// How often it is told of each topic.
    pub preferences: std::collections::BTreeMap<Topic, Frequency>,
    pub forgotten: bool,
    /// Set where mail came back from the address; nothing is sent to it until it is changed.
    pub bounced: Option<Bounced>,
}

impl Contact {
    /// The preferences with what holds where nothing is said.
    pub fn filled_in(preferences: &Preferences) -> Preferences {
        use strum::VariantArray;
        let of = |topic: &Topic| (*topic, preferences.get(topic).copied().unwrap_or_default());
        Topic::VARIANTS.iter().map(of).collect()
    }
}

/// Mail came back from an address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bounced {
    pub at: DateTime<Utc>,
    /// What the receiving side said: `5.1.1 User unknown`.
    pub reason: String,
}
