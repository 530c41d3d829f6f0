//! The case file: each case with all that belongs to it.
//!
//! The other lists of cases are derived from it, so that a title, a number and a restriction are the
//! same wherever they show.

use std::collections::{BTreeMap, BTreeSet};

use samvirke_schemas::{
    cases::case::Event,
    id::{AggregateId, CooperationId},
    queries::case::{Case, Parameters, RelatedBy, TIMELINE_ENTRIES_MAX},
};
use sqlx::types::Json;

mod fold;
mod hearing;
mod joint;
pub(crate) mod row;
mod state;
#[cfg(test)]
mod tests;
mod words;

use samvirke_access::{CaseAccess, Viewer, WithheldFromCase, case_for};
use samvirke_schemas::text::Line;

use crate::{
    access_columns::{access_columns, search_columns},
    bodies::{self, BodyNames},
    case_listing::line_columns,
    case_timeline::{self, Known},
    case_way::{self, Edge},
    decisions,
    fact::Fact,
    follow_ups, hearings, inbox,
    listing::{Listing, row_table},
    model::{ReadModel, Rows},
    query::{QueryContext, QueryError},
};
use row::Row;

/// The table `cases`.
pub static TABLE: Rows<CaseFile> = Rows::new();

/// The read model.
#[derive(Debug)]
pub struct CaseFile;

impl ReadModel for CaseFile {
    const NAME: &'static str = row::KEY.projection;
    const VERSION: u32 = 5;
    const CONTEXT: &'static str = "cases";
    const KIND: &'static str = "case";
    const TABLE: &'static str = "cases";
    const TABLES: &'static [&'static str] = &[
        concat!(
            row_table!(
                "cases",
                "    cooperation text GENERATED ALWAYS AS (document->>'cooperation') STORED,
    sort text COLLATE \"C\" GENERATED ALWAYS AS (document->>'sort') STORED,
    year integer GENERATED ALWAYS AS (substr(document->>'sort', 1, 4)::integer) STORED,
    kind text GENERATED ALWAYS AS (document->'case'->>'kind') STORED,
    state text GENERATED ALWAYS AS (document->'case'->>'state') STORED,
    bodies jsonb GENERATED ALWAYS AS (document->'bodies') STORED,
    members jsonb GENERATED ALWAYS AS (document->'members') STORED,
    asked jsonb GENERATED ALWAYS AS (document->'asked') STORED,
    numbers jsonb GENERATED ALWAYS AS (document->'numbers') STORED",
                access_columns!(),
                search_columns!(),
                line_columns!("document->'entry'", "document->'case'->>'public_title'")
            ),
            "
CREATE INDEX ON cases (cooperation, sort);
CREATE INDEX ON cases USING gin (numbers);
CREATE INDEX ON cases USING gin (search);
CREATE INDEX ON cases USING gin (public_search);
"
        ),
        case_way::TABLES,
        decisions::TABLES,
        inbox::TABLES,
        follow_ups::TABLES,
        hearings::TABLES,
    ];

    type Event = Event;
    type Row = Row;

    fn begin(event: Event, fact: &Fact) -> Option<Row> {
        let Event::Opened(opened) = event else { return None };
        Some(Row::new(opened, fact))
    }

    fn fold(row: &mut Row, event: Event, fact: &Fact) {
        row.access.access.take(&event);
        fold::fold(&mut row.case, event, fact);
    }

    fn finish(row: &mut Row, fact: &Fact) {
        row.case.version = fact.version();
        row.case.state = state::of(&row.case);
        row.index();
    }

    fn listings() -> &'static [Listing<Row>] {
        &[
            case_way::LISTING,
            decisions::LISTING,
            inbox::LISTING,
            follow_ups::LISTING,
            hearings::LISTING,
        ]
    }
}

/// What an item needs to know of its case: access, whether the row is late, id and public title.
type OfItem = (Json<CaseAccess>, bool, Json<AggregateId>, Json<Line>);

/// What is withheld of some cases from a viewer, and their public titles. A case that is not found, and every
/// case while the rows are behind the stream, is withheld whole.
pub(crate) async fn withheld(
    context: &QueryContext<'_>,
    home: &CooperationId,
    viewer: &Viewer,
    cases: impl IntoIterator<Item = &AggregateId>,
) -> Result<BTreeMap<AggregateId, (WithheldFromCase, Line)>, QueryError> {
    let ids: Vec<String> = cases.into_iter().map(ToString::to_string).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    // Before the rows are read: what is restricted after that is restricted after the question.
    let current = context.at_the_ends_of(&[row::KEY]).await.is_ok();
    let sql = format!(
        "SELECT document->'access', late, document->'case'->'id', document->'case'->'public_title'
         FROM {} WHERE id = ANY($1)",
        CaseFile::TABLE
    );
    let rows: Vec<OfItem> = sqlx::query_as(&sql).bind(ids).fetch_all(context.pool).await?;
    let public = Viewer::public(viewer.day());
    let withheld = |(Json(access), late, Json(id), Json(public_title)): OfItem| {
        let access = Some(&access).filter(|_| !late && current);
        // What somebody is in one cooperation opens nothing in another.
        let viewer = if id.cooperation == *home { viewer } else { &public };
        (id, (CaseAccess::withheld(access, viewer), public_title))
    };
    Ok(rows.into_iter().map(withheld).collect())
}

/// A case with all that its answer is made of, as [`FOUND`] reads it by one statement: of one moment, and one way to
/// the database. Its access, whether it is late, the relations to it, the bodies' names and its timeline.
type Found =
    (Json<Case>, Json<CaseAccess>, bool, Vec<Json<Edge>>, Option<Json<BodyNames>>, Vec<String>);

const FOUND: &str = "
SELECT document->'case', document->'access', late,
    ARRAY(SELECT document FROM case_relations WHERE target = $1 ORDER BY id),
    (SELECT jsonb_object_agg(id, names) FROM bodies WHERE cooperation = $2),
    ARRAY(SELECT document::text FROM case_events WHERE case_id = $1 ORDER BY version LIMIT $3)
FROM cases WHERE id = $1";

/// Answers `case`.
pub(crate) async fn answer(
    context: &QueryContext<'_>,
    parameters: Parameters,
) -> Result<Case, QueryError> {
    let Parameters { id } = parameters;
    context.seen(&[row::KEY, case_timeline::KEY, bodies::KEY], &id.cooperation).await?;
    let found: Option<Found> = sqlx::query_as(FOUND)
        .bind(id.to_string())
        .bind(id.cooperation.to_string())
        .bind(i64::from(TIMELINE_ENTRIES_MAX))
        .fetch_optional(context.pool)
        .await?;
    let missing = || QueryError::Missing { what: CaseFile::KIND, id: id.to_string() };
    let (case, access, late, relations, bodies, timeline) = found.ok_or_else(missing)?;
    let viewer = context.viewer(&id.cooperation).await?;
    let access = Some(&*access).filter(|_| !late);
    let withheld = CaseAccess::withheld(access, &viewer);
    let mut case = case_for(&case, access, &viewer);
    case.related_by = related_by(relations);
    case.timeline_left_out = case_timeline::left_out(context, &id, timeline.len()).await?;
    let bodies = bodies.map(|Json(names)| names).unwrap_or_default();
    let known = Known::new(&case, &bodies, !withheld.texts());
    case.timeline = case_timeline::told(&timeline, &known)?;
    case.bodies = mentioned(&case, bodies);
    Ok(case)
}

fn mentioned(case: &Case, mut bodies: BodyNames) -> BodyNames {
    let advised = case.recommendations.iter().flat_map(|advice| [&advice.from, &advice.to]);
    let treating = case.treatments.iter().map(|treatment| &treatment.body);
    let told: BTreeSet<&AggregateId> = treating.chain(advised).chain([&case.owner]).collect();
    bodies.retain(|body, _| told.contains(body));
    bodies
}

fn related_by(relations: Vec<Json<Edge>>) -> Vec<RelatedBy> {
    let found = relations.into_iter().map(|Json(edge)| edge.relation);
    let unique: BTreeSet<_> = found.map(|one| (one.from, one.relation)).collect();
    unique.into_iter().map(|(from, relation)| RelatedBy { relation, from }).collect()
}
