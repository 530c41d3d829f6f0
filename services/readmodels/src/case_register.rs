//! The case register: the cases of a cooperation by number, narrowed by what is known of them.

use samvirke_schemas::queries::{
    case_register::{Answer, CaseEntry, Parameters},
    page::Page,
};
use sqlx::QueryBuilder;

use crate::{
    access_columns::{push_search, push_unwithheld},
    case_file::{self, Row, entry, seen},
    page::{self, Order, Wanted},
    query::{Asked, QueryError},
};

/// Answers `case-register`.
pub(crate) async fn answer(
    asked: &Asked<'_>,
    parameters: Parameters,
) -> Result<Answer, QueryError> {
    asked.seen(&[&case_file::TABLE], &parameters.cooperation).await?;
    let Parameters { cooperation, body, year, kind, state, member, text, number, after, limit } =
        parameters;
    let viewer = asked.viewer(&cooperation).await?;
    let mut sql = QueryBuilder::new("SELECT sort, document FROM cases WHERE cooperation = ");
    sql.push_bind(cooperation.to_string());
    if let Some(body) = body {
        sql.push(" AND bodies ? ").push_bind(body.to_string());
    }
    if let Some(year) = year {
        sql.push(" AND year = ").push_bind(i32::from(year));
    }
    if let Some(kind) = kind {
        sql.push(" AND kind = ").push_bind(kind.to_string());
    }
    if let Some(state) = state {
        sql.push(" AND state = ").push_bind(state.to_string());
    }
    if let Some(member) = member {
        // Whom a restricted case was sent to is for those taking part.
        sql.push(" AND members ? ").push_bind(member.to_string()).push(" AND ");
        push_unwithheld(&mut sql, &viewer);
    }
    // Each case holds its numbers with their letter and without it.
    if let Some(number) = number {
        sql.push(" AND numbers ? ").push_bind(number.to_string());
    }
    if let Some(words) = text {
        push_search(&mut sql, &viewer, words.as_str());
    }
    let wanted =
        Wanted { query: "case-register", after: after.as_ref(), limit, order: Order::Ascending };
    let found: Page<Row> = page::fetch(asked.pool, sql, wanted).await?;
    Ok(page::map(found, |row| -> CaseEntry { entry(&seen(&row, &viewer)) }))
}
