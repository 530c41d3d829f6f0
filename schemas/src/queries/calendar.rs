//! The calendar: the meetings of a cooperation's bodies, by day.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    id::{AggregateId, CooperationId},
    meetings::schedule::Venue,
    organisation::OrganisationNumber,
    queries::{
        meeting::{Day, MeetingState},
        page::{Cursor, PAGE_ROWS_MAX, Page},
    },
    text::Line,
};

/// Asks for meetings. Every filter narrows the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CalendarParameters")]
pub struct Parameters {
    pub cooperation: CooperationId,
    #[serde(default)]
    pub body: Option<AggregateId>,
    /// Meetings of bodies in which this member had a seat on one of the meeting's days.
    #[serde(default)]
    pub member: Option<OrganisationNumber>,
    /// The first day: meetings that end on it or later.
    #[serde(default)]
    pub from: Option<Date>,
    /// The last day: meetings that begin on it or earlier.
    #[serde(default)]
    pub to: Option<Date>,
    #[serde(default)]
    pub state: Option<MeetingState>,
    #[serde(default)]
    pub after: Option<Cursor>,
    #[serde(default)]
    #[schemars(range(min = 1, max = PAGE_ROWS_MAX))]
    pub limit: Option<u32>,
}

/// The answer: by first day.
pub type Answer = Page<Entry>;

/// A meeting in the calendar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CalendarEntry")]
pub struct Entry {
    pub id: AggregateId,
    pub body: AggregateId,
    pub title: Option<Line>,
    pub state: MeetingState,
    pub days: Vec<Day>,
    pub venue: Option<Venue>,
    /// How often it was moved (R23).
    pub moves: u32,
    /// The days of an earlier plan beyond the number of days there are now.
    pub dropped: Vec<Day>,
    /// When something about it was last registered.
    pub changed_at: DateTime<Utc>,
    /// How many items are on the agenda.
    pub items: u32,
    /// Whether papers give other dates for it (R30).
    pub conflicting_dates: bool,
    pub minutes_published: bool,
}
