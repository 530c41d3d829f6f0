//! The bodies of a cooperation: rules, seats and chair as they were on any day.
//!
//! The row is the body's whole history, read in the same way as by the contexts that rely on it.

use std::collections::BTreeMap;

use samvirke_schemas::{
    id::{AggregateId, CooperationId},
    names::Names,
    networks::body::{BodyHistory, Event},
    queries::{
        bodies::{self, BodyEntry},
        body::{self, Body, VersionInForce},
        page::Page,
    },
};
use serde::{Deserialize, Serialize};
use sqlx::QueryBuilder;

use crate::{
    fact::Fact,
    listing::{date_column, row_table},
    model::{ReadModel, Rows, TableKey},
    page::{self, Order, Wanted},
    query::{QueryContext, QueryError, document},
};

/// The table `bodies`.
pub static TABLE: Rows<Bodies> = Rows::new();
/// The table as questions name it.
pub(crate) const KEY: TableKey = Rows::<Bodies>::KEY;

/// The names of a cooperation's bodies by id.
pub(crate) type BodyNames = BTreeMap<AggregateId, Names>;

/// The read model.
#[derive(Debug)]
pub struct Bodies;

/// A body and its history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    cooperation: CooperationId,
    sort: String,
    id: AggregateId,
    version: u64,
    history: BodyHistory,
}

impl ReadModel for Bodies {
    const NAME: &'static str = "bodies";
    const VERSION: u32 = 4;
    const CONTEXT: &'static str = "networks";
    const KIND: &'static str = "body";
    const TABLE: &'static str = "bodies";
    const TABLES: &'static [&'static str] = &[concat!(
        row_table!(
            "bodies",
            "    cooperation text GENERATED ALWAYS AS (document->>'cooperation') STORED,
    sort text COLLATE \"C\" GENERATED ALWAYS AS (document->>'sort') STORED,
    names jsonb GENERATED ALWAYS AS (document->'history'->'names') STORED",
            date_column!("since", "document->'history'->'versions'->0->>'in_force_from'"),
            date_column!("until", "document->'history'->>'disbanded_on'")
        ),
        "CREATE INDEX ON bodies (cooperation, sort);"
    )];

    type Event = Event;
    type Row = Row;

    fn begin(event: Event, fact: &Fact) -> Option<Row> {
        let id = fact.id().clone();
        BodyHistory::begin(&event).map(|history| Row {
            cooperation: id.cooperation.clone(),
            sort: format!("{}/{id}", history.names.nb.as_str().to_lowercase()),
            id,
            version: fact.version(),
            history,
        })
    }

    fn fold(row: &mut Row, event: Event, _fact: &Fact) {
        row.history.take(&event);
    }

    fn finish(row: &mut Row, fact: &Fact) {
        row.version = fact.version();
    }
}

/// Answers `bodies`.
pub(crate) async fn answer_list(
    context: &QueryContext<'_>,
    parameters: bodies::Parameters,
) -> Result<bodies::Answer, QueryError> {
    context.seen(&[KEY], &parameters.cooperation).await?;
    let bodies::Parameters { cooperation, on, after, limit } = parameters;
    let mut sql = QueryBuilder::new("SELECT sort, document FROM bodies WHERE cooperation = ");
    sql.push_bind(cooperation.to_string());
    if let Some(day) = on {
        sql.push(" AND since <= ").push_bind(day.naive());
        sql.push(" AND (until IS NULL OR until >= ").push_bind(day.naive()).push(")");
    }
    let wanted = Wanted { query: "bodies", after: after.as_ref(), limit, order: Order::Ascending };
    let found: Page<Row> = page::fetch(context.pool, sql, wanted).await?;
    let day = on.unwrap_or(context.today);
    Ok(page::map(found, |row| BodyEntry {
        paused: row.history.paused_on(day),
        prepares_for: row.history.prepares_for_on(day).cloned(),
        id: row.id,
        kind: row.history.kind,
        since: row.history.versions.first().map(|first| first.in_force_from),
        disbanded_on: row.history.disbanded_on,
        names: row.history.names,
    }))
}

/// Answers `body`.
pub(crate) async fn answer(
    context: &QueryContext<'_>,
    parameters: body::Parameters,
) -> Result<Body, QueryError> {
    context.seen(&[KEY], &parameters.id.cooperation).await?;
    let row = document::<Bodies>(context.pool, &parameters.id.to_string()).await?;
    let on = parameters.on.unwrap_or(context.today);
    let versions = (1..).zip(&row.history.versions);
    Ok(Body {
        in_force: row.history.in_force(&row.id, on),
        versions: versions
            .map(|(version, rules)| VersionInForce { version, from: rules.in_force_from })
            .collect(),
        on,
        id: row.id,
        version: row.version,
        disbanded_on: row.history.disbanded_on,
        kind: row.history.kind,
        names: row.history.names,
    })
}
