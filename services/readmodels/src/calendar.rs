//! The calendar: the meetings of a cooperation's bodies by day.

use samvirke_schemas::queries::{
    calendar::{Answer, Entry, Parameters},
    meeting::Meeting,
    page::Page,
};
use sqlx::QueryBuilder;

use crate::{
    meeting_record::{self, Row},
    page::{self, Order, Wanted},
    query::{Asked, QueryError},
};

/// Answers `calendar`.
pub(crate) async fn answer(
    asked: &Asked<'_>,
    parameters: Parameters,
) -> Result<Answer, QueryError> {
    asked.seen(&[&meeting_record::TABLE]).await?;
    let Parameters { cooperation, body, from, to, state, after, limit } = parameters;
    let mut sql = QueryBuilder::new("SELECT sort, document FROM meetings WHERE cooperation = ");
    sql.push_bind(cooperation.to_string());
    if let Some(body) = body {
        sql.push(" AND body = ").push_bind(body.to_string());
    }
    if let Some(from) = from {
        sql.push(" AND last_day >= ").push_bind(from.to_string());
    }
    if let Some(to) = to {
        sql.push(" AND first_day <= ").push_bind(to.to_string());
    }
    if let Some(state) = state {
        sql.push(" AND state = ").push_bind(state.to_string());
    }
    let wanted =
        Wanted { query: "calendar", after: after.as_ref(), limit, order: Order::Ascending };
    let found: Page<Row> = page::fetch(asked.pool, sql, wanted).await?;
    Ok(page::map(found, |row| entry(row.meeting)))
}

/// Holds nothing of an item, so it is the same for everyone.
fn entry(meeting: Meeting) -> Entry {
    Entry {
        items: u32::try_from(meeting.agenda.len()).unwrap_or(u32::MAX),
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
