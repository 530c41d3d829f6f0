//! The case register: the cases of a cooperation by number, narrowed by what is known of them.
//!
//! The line of each case is kept beside it, so that no page reads whole cases.

use samvirke_access::WithheldFromCase;
use samvirke_schemas::{
    queries::{
        case_register::{CaseEntry, Parameters},
        page::Page,
    },
    text::Line as Title,
};
use serde_json::value::RawValue;

use crate::{
    access_columns::{push_search, push_unwithheld},
    case_file::row,
    case_listing::{self, Redact},
    page::{Order, Wanted},
    query::{QueryContext, QueryError},
};

impl Redact for CaseEntry {
    /// Numbers, days, bodies and how far it has come are public; its title may not be.
    fn redacted(&self, public_title: &Title, withheld: &WithheldFromCase) -> Self {
        Self {
            id: self.id.clone(),
            number: self.number,
            other_numbers: self.other_numbers.clone(),
            kind: self.kind,
            state: self.state,
            title: if withheld.title() { public_title } else { &self.title }.clone(),
            owner: self.owner.clone(),
            opened_on: self.opened_on,
            collides_with: self.collides_with.clone(),
            withheld: *withheld != WithheldFromCase::Nothing,
        }
    }
}

/// Answers `case-register`.
pub(crate) async fn answer(
    context: &QueryContext<'_>,
    parameters: Parameters,
) -> Result<Page<Box<RawValue>>, QueryError> {
    context.seen(&[row::KEY], &parameters.cooperation).await?;
    let Parameters { cooperation, body, year, kind, state, member, text, number, after, limit } =
        parameters;
    let viewer = context.viewer(&cooperation).await?;
    let mut sql = case_listing::select("cases");
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
        // Which councils treat a case is public; who is heard in a restricted one is for those taking part.
        sql.push(" AND (asked ? ").push_bind(member.to_string());
        sql.push(" OR (members ? ").push_bind(member.to_string()).push(" AND ");
        push_unwithheld(&mut sql, &viewer);
        sql.push("))");
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
    case_listing::fetch::<CaseEntry>(context.pool, sql, wanted, &viewer).await
}
