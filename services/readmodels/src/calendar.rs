//! The calendar: the meetings of a cooperation's bodies by day.

use samvirke_access::Viewer;
use samvirke_schemas::queries::{
    calendar::{Answer, Entry, Parameters},
    meeting::{Day, Meeting},
    page::Page,
};
use sqlx::QueryBuilder;

use crate::{
    bodies,
    meeting_record::{self, Row},
    page::{self, Order, Wanted},
    query::{QueryContext, QueryError},
};

/// Whether a member had a seat in the body on one of the meeting's days.
const SEATED: &str = " AND EXISTS (SELECT 1 FROM bodies,
    jsonb_array_elements(bodies.document->'history'->'stays') AS stay
    WHERE bodies.id = meetings.body
    AND (stay->'filled'->>'from')::date <= meetings.last_day
    AND COALESCE(stay->>'vacated', stay->'filled'->>'to', 'infinity')::date >= meetings.first_day
    AND stay->'seat'->>'member' = ";

/// Answers `calendar`.
pub(crate) async fn answer(
    context: &QueryContext<'_>,
    parameters: Parameters,
) -> Result<Answer, QueryError> {
    let Parameters { cooperation, body, member, from, to, state, after, limit } = parameters;
    context.seen(&[meeting_record::KEY, bodies::KEY], &cooperation).await?;
    let mut sql = QueryBuilder::new("SELECT sort, document FROM meetings WHERE cooperation = ");
    sql.push_bind(cooperation.to_string());
    if let Some(body) = body {
        sql.push(" AND body = ").push_bind(body.to_string());
    }
    if let Some(member) = member {
        sql.push(SEATED).push_bind(member.to_string()).push(")");
    }
    if let Some(from) = from {
        sql.push(" AND last_day >= ").push_bind(from.naive());
    }
    if let Some(to) = to {
        sql.push(" AND first_day <= ").push_bind(to.naive());
    }
    if let Some(state) = state {
        sql.push(" AND state = ").push_bind(state.to_string());
    }
    let wanted =
        Wanted { query: "calendar", after: after.as_ref(), limit, order: Order::Ascending };
    let found: Page<Row> = page::fetch(context.pool, sql, wanted).await?;
    let viewer = context.viewer(&cooperation).await?;
    Ok(page::map(found, |row| entry(row, &viewer)))
}

/// Holds nothing of an item but how many there are, as far as the viewer may know that.
fn entry(row: Row, viewer: &Viewer) -> Entry {
    let items = row.items_listed(viewer);
    let Row { meeting, changed_at, .. } = row;
    Entry {
        changed_at,
        moves: u32::try_from(meeting.moves.len()).unwrap_or(u32::MAX),
        dropped: dropped(&meeting),
        items: u32::try_from(items).unwrap_or(u32::MAX),
        conflicting_dates: !meeting.conflicting_dates.is_empty(),
        minutes_published: meeting.minutes.published_on.is_some(),
        id: meeting.id,
        body: meeting.body,
        title: meeting.title,
        state: meeting.state,
        days: meeting.days,
        venue: meeting.venue,
    }
}

/// The days that the longest of the earlier plans had beyond those of the present one.
fn dropped(meeting: &Meeting) -> Vec<Day> {
    let earlier = meeting.moves.iter().map(|moved| moved.earlier_days.as_slice());
    let longest = earlier.max_by_key(|days| days.len()).unwrap_or_default();
    longest.get(meeting.days.len()..).unwrap_or_default().to_vec()
}
