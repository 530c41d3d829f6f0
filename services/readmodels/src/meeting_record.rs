//! The record of each meeting: agenda, attendance, votes, minutes.

use chrono::{DateTime, Utc};
use samvirke_access::{MeetingAccess, Viewer, WithheldFromCase, meeting_for};
use samvirke_schemas::{
    id::CooperationId,
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
    listing::{date_column, row_table},
    model::{ReadModel, Rows, TableKey},
    query::{QueryContext, QueryError, document},
};

/// The table `meetings`.
pub static TABLE: Rows<MeetingRecord> = Rows::new();
/// The table as questions name it.
pub(crate) const KEY: TableKey = Rows::<MeetingRecord>::KEY;

/// The read model.
#[derive(Debug)]
pub struct MeetingRecord;

/// A meeting as it is kept: the answer, and what it is found by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub cooperation: CooperationId,
    /// The beginning in UTC, where the hour is known, and the id.
    pub sort: String,
    pub(crate) access: MeetingAccess,
    /// Whether a commit of it is parked: then not everything that has happened to it is known.
    #[serde(default)]
    pub(crate) late: bool,
    /// When something about it was last registered.
    pub(crate) changed_at: DateTime<Utc>,
    pub meeting: Meeting,
}

impl ReadModel for MeetingRecord {
    const NAME: &'static str = "meeting_record";
    const VERSION: u32 = 4;
    const CONTEXT: &'static str = "meetings";
    const KIND: &'static str = "meeting";
    const TABLE: &'static str = "meetings";
    const TABLES: &'static [&'static str] = &[concat!(
        row_table!(
            "meetings",
            "    cooperation text GENERATED ALWAYS AS (document->>'cooperation') STORED,
    sort text COLLATE \"C\" GENERATED ALWAYS AS (document->>'sort') STORED,
    body text GENERATED ALWAYS AS (document->'meeting'->>'body') STORED,
    state text GENERATED ALWAYS AS (document->'meeting'->>'state') STORED",
            date_column!("first_day", "document->'meeting'->'days'->0->>'day'"),
            date_column!("last_day", "document->'meeting'->'days'->-1->>'day'")
        ),
        "CREATE INDEX ON meetings (cooperation, sort);"
    )];

    type Event = Event;
    type Row = Row;

    fn begin(event: Event, fact: &Fact) -> Option<Row> {
        fold::begin(event, fact)
    }

    fn fold(row: &mut Row, event: Event, _fact: &Fact) {
        row.access.take(&event);
        fold::fold(row, event);
    }

    fn finish(row: &mut Row, fact: &Fact) {
        let meeting = &mut row.meeting;
        meeting.version = fact.version();
        for item in &mut meeting.agenda {
            item.behind_doors = row.access.behind_doors(&item.item);
        }
        row.late = false;
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
    context: &QueryContext<'_>,
    parameters: Parameters,
) -> Result<Meeting, QueryError> {
    context.seen(&[KEY], &parameters.id.cooperation).await?;
    // Of cases that are behind, their items withhold everything.
    context.seen_what_was_given(&[case_file::row::KEY]).await?;
    let row = document::<MeetingRecord>(context.pool, &parameters.id.to_string()).await?;
    let viewer = context.viewer(&row.cooperation).await?;
    if viewer.sees_all() {
        return Ok(row.meeting);
    }
    // Without all that has happened to it, nobody can tell what of it is closed.
    if row.late {
        return Err(QueryError::Late { what: "meeting", id: parameters.id.to_string() });
    }
    let treated = row.meeting.agenda.iter().filter_map(|item| item.subject.case());
    let cases = case_file::withheld(context, &row.cooperation, &viewer, treated).await?;
    Ok(meeting_for(&row.meeting, &row.access, &viewer, |item| {
        let case = item.subject.case().and_then(|case| cases.get(case).cloned());
        case.map_or((WithheldFromCase::Everything, None), |(withheld, public_title)| {
            (withheld, Some(public_title))
        })
    }))
}

impl Row {
    /// How many items of the agenda a viewer may know of.
    pub(crate) fn items_listed(&self, viewer: &Viewer) -> usize {
        if self.late && !viewer.sees_all() {
            return 0;
        }
        let listed = self.meeting.agenda.iter().filter(|item| {
            self.access.item_for(&item.item, viewer, &WithheldFromCase::Everything).listed
        });
        listed.count()
    }
}
