//! What happens to a meeting. Times are Norwegian, with their offset.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use uuid::Uuid;

use super::{WITHHELD_EVENTS_MAX, brief};
use crate::{
    case_number::CaseNumber,
    date::Date,
    id::{AggregateId, LocalId},
    legal_basis::LegalBasis,
    local_time::LocalTime,
    meetings::{
        agenda::{ITEMS_MAX, ItemKind, Outcome},
        schedule::{SITTINGS_MAX, Venue},
    },
    text::{Line, Prose},
};

/// A day of a meeting, with the hours where they are known (R24).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Day {
    pub day: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<LocalTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<LocalTime>,
}

/// An item of the agenda.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// Unique within the meeting: `24-2017`.
    pub item: LocalId,
    pub kind: ItemKind,
    /// The public title where `withheld`; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Line>,
    /// The case that the item is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<AggregateId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<CaseNumber>,
    /// Whether the title or the outcome's wording is kept from whoever it is said to.
    pub withheld: bool,
}

/// What came of an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TreatedItem {
    pub item: Item,
    /// Absent where it came to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// A meeting was planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Planned {
    pub meeting: brief::Meeting,
    #[schemars(extend("maxItems" = SITTINGS_MAX))]
    pub days: Vec<Day>,
    pub venue: Venue,
}

/// A meeting has another time or place: "Ny tid" (R23).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Moved {
    pub meeting: brief::Meeting,
    #[schemars(extend("maxItems" = SITTINGS_MAX))]
    pub earlier_days: Vec<Day>,
    #[schemars(extend("maxItems" = SITTINGS_MAX))]
    pub days: Vec<Day>,
    pub venue: Venue,
    pub reason: Prose,
    /// Why the body's notice period is not kept (R18).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgent: Option<Prose>,
}

/// A meeting was cancelled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cancelled {
    pub meeting: brief::Meeting,
    /// The days it was planned for.
    #[schemars(extend("maxItems" = SITTINGS_MAX))]
    pub days: Vec<Day>,
    pub reason: Prose,
}

/// The body was called (R18, R19).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NoticeIssued {
    pub meeting: brief::Meeting,
    #[schemars(extend("maxItems" = SITTINGS_MAX))]
    pub days: Vec<Day>,
    /// Absent where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<Venue>,
    pub on: Date,
    /// Calendar days from the notice to the first day.
    pub days_before: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgent: Option<Prose>,
    /// The agenda as called.
    #[schemars(extend("maxItems" = ITEMS_MAX))]
    pub agenda: Vec<Item>,
}

/// A meeting was held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Held {
    pub meeting: brief::Meeting,
    #[schemars(extend("maxItems" = SITTINGS_MAX))]
    pub days: Vec<Day>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<Venue>,
    /// Whether it is told afterwards from a source, and the record is incomplete.
    pub reported: bool,
}

/// The minutes were published, or published anew (R29).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MinutesPublished {
    pub meeting: brief::Meeting,
    #[schemars(extend("maxItems" = SITTINGS_MAX))]
    pub days: Vec<Day>,
    pub on: Date,
    /// In the order of the agenda. The wording of decisions comes with their cases.
    #[schemars(extend("maxItems" = ITEMS_MAX))]
    pub items: Vec<TreatedItem>,
    /// How many addenda there are to the minutes.
    pub addenda: u32,
}

/// An item of a called agenda is called otherwise. What it was called before is withheld.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ItemCorrected {
    pub meeting: brief::Meeting,
    #[schemars(extend("maxItems" = SITTINGS_MAX))]
    pub days: Vec<Day>,
    /// As it is called now.
    pub item: Item,
}

/// An item of a called agenda was restricted (offentleglova).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ItemRestricted {
    pub meeting: brief::Meeting,
    #[schemars(extend("maxItems" = SITTINGS_MAX))]
    pub days: Vec<Day>,
    /// As the public sees it now.
    pub item: Item,
    pub legal_basis: LegalBasis,
    /// The last day it holds; absent where it holds until it is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// Events told something of an item that is withheld now: forget what they said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ItemWithheld {
    pub meeting: AggregateId,
    pub item: LocalId,
    /// The ids of the events. What may still be known of them follows, under the same ids.
    #[schemars(extend("maxItems" = WITHHELD_EVENTS_MAX))]
    pub events: Vec<Uuid>,
}

/// Something was added to approved minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AddendumAdded {
    pub meeting: brief::Meeting,
    #[schemars(extend("maxItems" = SITTINGS_MAX))]
    pub days: Vec<Day>,
    /// 1 for the first.
    pub number: u32,
    /// The item it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<LocalId>,
    /// Absent where it is withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
    pub on: Date,
}
