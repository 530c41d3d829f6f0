//! The case register: the cases of a cooperation by number, narrowed by what is known of them.

use samvirke_schemas::queries::{
    case_register::{Answer, CaseEntry, Parameters},
    page::Page,
};
use sqlx::QueryBuilder;

use crate::{
    case_file::{self, Row, entry, seen},
    page::{self, Order, Wanted},
    query::{Asked, QueryError},
    visibility::Sight,
};

/// Answers `case-register`.
pub(crate) async fn answer(
    asked: &Asked<'_>,
    parameters: Parameters,
) -> Result<Answer, QueryError> {
    asked.seen(&[&case_file::TABLE]).await?;
    let Parameters { cooperation, body, year, kind, state, member, text, number, after, limit } =
        parameters;
    let sight = Sight::of(asked.principal, &cooperation);
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
        sql.push(" AND members ? ").push_bind(member.to_string());
    }
    // Each case holds its numbers with their letter and without it.
    if let Some(number) = number {
        sql.push(" AND numbers ? ").push_bind(number.to_string());
    }
    if let Some(words) = text {
        sight.push_search(&mut sql, words.as_str(), asked.today);
    }
    let wanted =
        Wanted { query: "case-register", after: after.as_ref(), limit, order: Order::Ascending };
    let found: Page<Row> = page::fetch(asked.pool, sql, wanted).await?;
    Ok(page::map(found, |row| -> CaseEntry { entry(&seen(row, asked)) }))
}
