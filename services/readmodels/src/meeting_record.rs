//! The record of each meeting: agenda, attendance, votes, minutes.

use chrono::{DateTime, Utc};
use samvirke_schemas::{
    id::{CooperationId, LocalId},
    meetings::meeting::Event,
    queries::meeting::{Meeting, Parameters},
};
use serde::{Deserialize, Serialize};

mod attendance;
mod fold;
mod item;
#[cfg(test)]
mod tests;

use crate::{
    case_file,
    fact::Fact,
    listing::row_table,
    model::{ReadModel, Rows},
    query::{Asked, QueryError, document},
    visibility::{Sight, veil_meeting},
};

/// The table `meetings`.
pub static TABLE: Rows<MeetingRecord> = Rows::new();

/// The read model.
#[derive(Debug)]
pub struct MeetingRecord;

/// A meeting as it is kept: the answer, and what it is found by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub cooperation: CooperationId,
    /// The beginning in UTC, where the hour is known, and the id.
    pub sort: String,
    /// What is treated now: what the doors close on goes on behind them.
    pub(crate) up: Option<LocalId>,
    /// Whether the doors are closed to the public now (kommuneloven § 11-5).
    pub(crate) doors_closed: bool,
    /// When something about it was last registered.
    pub(crate) changed_at: DateTime<Utc>,
    pub meeting: Meeting,
}

impl ReadModel for MeetingRecord {
    const NAME: &'static str = "meeting_record";
    const VERSION: u32 = 2;
    const CONTEXT: &'static str = "meetings";
    const KIND: &'static str = "meeting";
    const TABLE: &'static str = "meetings";
    const TABLES: &'static [&'static str] = &[concat!(
        row_table!(
            "meetings",
            "    cooperation text GENERATED ALWAYS AS (document->>'cooperation') STORED,
    sort text COLLATE \"C\" GENERATED ALWAYS AS (document->>'sort') STORED,
    body text GENERATED ALWAYS AS (document->'meeting'->>'body') STORED,
    state text GENERATED ALWAYS AS (document->'meeting'->>'state') STORED,
    first_day text COLLATE \"C\"
        GENERATED ALWAYS AS (document->'meeting'->'days'->0->>'day') STORED,
    last_day text COLLATE \"C\"
        GENERATED ALWAYS AS (document->'meeting'->'days'->-1->>'day') STORED"
        ),
        "CREATE INDEX ON meetings (cooperation, sort);"
    )];

    type Event = Event;
    type Row = Row;

    fn begin(event: Event, fact: &Fact) -> Option<Row> {
        fold::begin(event, fact)
    }

    fn fold(row: &mut Row, event: Event, _fact: &Fact) {
        fold::fold(row, event);
    }

    fn finish(row: &mut Row, fact: &Fact) {
        let meeting = &mut row.meeting;
        meeting.version = fact.version();
        row.changed_at = fact.envelope.recorded_at;
        meeting.days.sort_by_key(|day| (day.day, day.start));
        let first = meeting.days.first();
        let begins = first.map_or_else(String::new, |first| match first.start {
            Some(start) => start.instant().to_rfc3339(),
            None => first.day.to_string(),
        });
        row.sort = format!("{begins}/{}", meeting.id);
    }
}

/// Answers `meeting`.
pub(crate) async fn answer(
    asked: &Asked<'_>,
    parameters: Parameters,
) -> Result<Meeting, QueryError> {
    asked.seen(&[&TABLE, &case_file::TABLE]).await?;
    let row = document::<MeetingRecord>(asked.pool, &parameters.id.to_string()).await?;
    let sight = Sight::of(asked.principal, &row.cooperation);
    if sight == Sight::All {
        return Ok(row.meeting);
    }
    let treated = row.meeting.agenda.iter().filter_map(|item| item.subject.case());
    let cases = case_file::covered(asked, treated).await?;
    Ok(veil_meeting(&row.meeting, &sight, &cases, asked.today))
}
