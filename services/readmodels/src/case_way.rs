//! The way of a matter through the bodies: from a number, over every case that bears it, along the
//! relations between cases in both directions.

use std::collections::BTreeMap;

use samvirke_schemas::{
    case_number::CaseNumber,
    cases::case::relation::RelationKind,
    queries::case_way::{Answer, CASES_MAX, Parameters, STEPS_MAX, Stop, WayRelation},
};
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, types::Json};

use crate::{
    case_file::row::{self, Row, entry, seen},
    listing::{Line, Listing, listing_table},
    query::{QueryContext, QueryError},
};

pub(crate) const TABLES: &str = concat!(
    listing_table!(
        "case_relations",
        "    source text GENERATED ALWAYS AS (document->>'from') STORED,
    target text GENERATED ALWAYS AS (document->>'to') STORED"
    ),
    "
CREATE INDEX ON case_relations (source);
CREATE INDEX ON case_relations (target);
"
);

pub(crate) const LISTING: Listing<Row> = Listing { table: "case_relations", lines };

/// A relation of two cases as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Edge {
    cooperation: String,
    sort: String,
    #[serde(flatten)]
    pub(crate) relation: WayRelation,
}

fn lines(row: &Row) -> Vec<Line> {
    let case = &row.case;
    let told = case.relations.iter().map(|relation| WayRelation {
        from: case.id.clone(),
        relation: relation.relation,
        to: relation.to.clone(),
    });
    // A decision that gave way to another is replaced by it, whichever of the two tells.
    let replacing = case.force.iter().filter_map(|force| force.replaced_by.as_ref());
    let replaced = replacing.map(|by| WayRelation {
        from: by.clone(),
        relation: RelationKind::Replaces,
        to: case.id.clone(),
    });
    let unique: BTreeMap<String, WayRelation> = told
        .chain(replaced)
        .map(|one| (format!("{} {} {} {}", case.id, one.from, one.relation, one.to), one))
        .collect();
    unique
        .into_iter()
        .map(|(id, relation)| {
            let cooperation = row.cooperation.to_string();
            Line::new(id.clone(), &Edge { cooperation, sort: id, relation })
        })
        .collect()
}

const WAY: &str = "
WITH RECURSIVE way (id, steps) AS (
    SELECT id, 0 FROM cases WHERE cooperation = $1 AND numbers ? $2
  UNION
    SELECT CASE WHEN relation.source = way.id THEN relation.target ELSE relation.source END,
           way.steps + 1
    FROM way JOIN case_relations relation ON way.id IN (relation.source, relation.target)
    WHERE way.steps < $3
), nearest AS (
    SELECT id, min(steps) AS steps FROM way GROUP BY id
)
SELECT nearest.steps, cases.document FROM nearest JOIN cases USING (id)
WHERE cases.cooperation = $1
ORDER BY nearest.steps, cases.sort LIMIT $4";

/// Answers `case-way`.
pub(crate) async fn answer(
    context: &QueryContext<'_>,
    parameters: Parameters,
) -> Result<Answer, QueryError> {
    context.seen(&[row::KEY], &parameters.cooperation).await?;
    let bare = CaseNumber { suffix: None, ..parameters.number };
    let mut found: Vec<(i32, Json<Row>)> = sqlx::query_as(WAY)
        .bind(parameters.cooperation.to_string())
        .bind(bare.to_string())
        .bind(i32::try_from(STEPS_MAX).unwrap_or(i32::MAX))
        .bind(i64::from(CASES_MAX) + 1)
        .fetch_all(context.pool)
        .await?;
    let more = found.len() > CASES_MAX as usize;
    found.truncate(CASES_MAX as usize);
    let ids: Vec<String> = found.iter().map(|(_, Json(row))| row.case.id.to_string()).collect();
    let relations = relations_among(context.pool, &ids).await?;
    let viewer = context.viewer(&parameters.cooperation).await?;
    let stop = |(steps, Json(row)): (i32, Json<Row>)| {
        let case = seen(&row, &viewer);
        Stop {
            steps: u32::try_from(steps).unwrap_or(0),
            case: entry(&case),
            treatments: case.treatments,
            joint: case.joint,
        }
    };
    Ok(Answer { cases: found.into_iter().map(stop).collect(), relations, more })
}

async fn relations_among(pool: &PgPool, ids: &[String]) -> sqlx::Result<Vec<WayRelation>> {
    let found: Vec<Json<Edge>> = sqlx::query_scalar(
        "SELECT document FROM case_relations
         WHERE source = ANY($1) AND target = ANY($1) ORDER BY id",
    )
    .bind(ids)
    .fetch_all(pool)
    .await?;
    let mut relations: Vec<WayRelation> = Vec::new();
    for Json(edge) in found {
        if !relations.contains(&edge.relation) {
            relations.push(edge.relation);
        }
    }
    Ok(relations)
}
