//! A contact: somebody at a member, in a seat of a body or in the secretariat who is told by
//! e-mail.
//!
//! Its id is random, and no event holds a name or an address, so that erasing a person breaks no
//! history.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::person::Person;
use crate::{
    event,
    id::{AggregateId, LocalId},
    organisation::OrganisationNumber,
    tagged,
};

/// Whom a contact is a contact of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum BelongsTo {
    /// A member of the cooperation.
    Member { member: OrganisationNumber, desk: Desk },
    /// Whoever holds a seat of a body.
    Seat { body: AggregateId, seat: LocalId },
    /// The cooperation's secretariat.
    Secretariat {},
}

/// Where in a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Desk {
    /// Postmottak.
    Registry,
    /// Saksbehandler.
    CaseWorker,
}

/// What one can be told of.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Topic {
    /// A body is called to a meeting; the meeting is moved or cancelled.
    Meetings,
    /// Minutes are published.
    Minutes,
    /// A joint case is sent to the member's council.
    JointCases,
    /// A hearing is opened or extended; its deadline approaches.
    Hearings,
    /// A task is soon due.
    FollowUps,
    /// Nothing has been heard in a joint case for a while.
    Reminders,
    /// Deliveries to a subscription have stopped.
    Deliveries,
}

/// How often one is told. In order: the first is the most often.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Frequency {
    #[default]
    AtOnce,
    /// Once a day, with all else of that day.
    Daily,
    Never,
}

/// How often for each topic; at once for those that are not named.
pub type Preferences = BTreeMap<Topic, Frequency>;

impl Topic {
    /// The least often that one may be told of it.
    ///
    /// A meeting may be moved at short notice, and the law has the members of a body called
    /// (kommuneloven § 11-3); a council must learn of the case that waits for it (R45), and a
    /// member and the secretariat of deliveries that have stopped. All else may be declined.
    pub fn least(self) -> Frequency {
        match self {
            Self::Meetings => Frequency::AtOnce,
            Self::JointCases | Self::Deliveries => Frequency::Daily,
            Self::Minutes | Self::Hearings | Self::FollowUps | Self::Reminders => Frequency::Never,
        }
    }
}

/// What may be asked of a contact.
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
#[schemars(rename = "ContactRequest")]
pub enum Request {
    /// Registers a contact. The id is a UUID, which says nothing of anybody.
    Register {
        belongs_to: BelongsTo,
        person: Person,
        #[serde(default)]
        preferences: Preferences,
    },
    /// Gives another name, address or language.
    Change { person: Person },
    /// Says how often to be told of what. Topics that are not named stay as they are.
    Prefer { preferences: Preferences },
    /// Forgets name and address for good.
    Forget {},
}

tagged!(Request);

/// What has happened to a contact. `person` is a place in the table that can forget, and says
/// nothing once it is empty.
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
#[schemars(rename = "ContactEvent")]
pub enum Event {
    Registered {
        belongs_to: BelongsTo,
        person: Uuid,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        preferences: Preferences,
    },
    PersonChanged {
        person: Uuid,
    },
    Preferred {
        preferences: Preferences,
    },
    Forgotten {},
}

event!(Event);
