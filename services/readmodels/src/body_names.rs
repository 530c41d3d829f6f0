//! The names of bodies, so that answers from other contexts can call them by name.

use std::collections::BTreeMap;

use samvirke_schemas::{
    id::{AggregateId, CooperationId},
    names::Names,
    networks::body::Event,
};
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, types::Json};

use crate::{
    fact::Fact,
    listing::row_table,
    model::{ReadModel, Rows},
};

/// The table `body_names`.
pub static TABLE: Rows<BodyName> = Rows::new();

/// The names of a cooperation's bodies by id.
pub(crate) type BodyNames = BTreeMap<AggregateId, Names>;

/// The read model.
#[derive(Debug)]
pub struct BodyName;

/// A body and its names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    cooperation: CooperationId,
    body: AggregateId,
    names: Names,
}

impl ReadModel for BodyName {
    const NAME: &'static str = "body_names";
    const VERSION: u32 = 1;
    const CONTEXT: &'static str = "networks";
    const KIND: &'static str = "body";
    const TABLE: &'static str = "body_names";
    const TABLES: &'static [&'static str] = &[concat!(
        row_table!(
            "body_names",
            "    cooperation text GENERATED ALWAYS AS (document->>'cooperation') STORED"
        ),
        "CREATE INDEX ON body_names (cooperation);"
    )];

    type Event = Event;
    type Row = Row;

    fn begin(event: Event, fact: &Fact) -> Option<Row> {
        let Event::Established { names, .. } = event else { return None };
        let id = fact.id();
        Some(Row { cooperation: id.cooperation.clone(), body: id.clone(), names })
    }

    fn fold(_row: &mut Row, _event: Event, _fact: &Fact) {}

    fn finish(_row: &mut Row, _fact: &Fact) {}
}

/// The names of all the bodies of a cooperation.
pub(crate) async fn of(pool: &PgPool, cooperation: &CooperationId) -> sqlx::Result<BodyNames> {
    let rows: Vec<Json<Row>> =
        sqlx::query_scalar("SELECT document FROM body_names WHERE cooperation = $1")
            .bind(cooperation.to_string())
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().map(|Json(row)| (row.body, row.names)).collect())
}
