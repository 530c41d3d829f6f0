//! Hearings and how they stand, by deadline.

use samvirke_schemas::queries::{
    case::Case,
    hearings::{Answer, CaseHearing, Parameters},
    page::Page,
};
use sqlx::QueryBuilder;

use crate::{
    case_file::{self, Row},
    case_listing::{self, Entry, Kept},
    listing::{Line, Listing, listing_table},
    page::{self, Order, Wanted},
    query::{Asked, QueryError},
    visibility::{Sight, veil_columns},
};

pub(crate) const TABLES: &str = concat!(
    listing_table!(
        "hearings",
        "    state text GENERATED ALWAYS AS (document->'open'->'hearing'->>'state') STORED",
        veil_columns!()
    ),
    "\n"
);

pub(crate) const LISTING: Listing<Row> = Listing { table: "hearings", lines };

fn lines(row: &Row) -> Vec<Line> {
    case_listing::lines(row, of)
}

/// The case's hearing, if it has one.
pub(crate) fn of(case: &Case) -> Vec<Entry<CaseHearing>> {
    let hearing = case.hearing.iter();
    hearing
        .map(|hearing| Entry {
            key: "hearing".to_owned(),
            // In UTC, so that the hours around the change of clocks sort as they come.
            sort: hearing.deadline.instant().to_rfc3339(),
            words: String::new(),
            value: CaseHearing {
                case: case.id.clone(),
                number: case.number.number,
                title: case.title.clone(),
                hearing: hearing.clone(),
                withheld: case.withheld,
            },
        })
        .collect()
}

/// Answers `hearings`.
pub(crate) async fn answer(
    asked: &Asked<'_>,
    parameters: Parameters,
) -> Result<Answer, QueryError> {
    asked.seen(&[&case_file::TABLE]).await?;
    let Parameters { cooperation, state, after, limit } = parameters;
    let sight = Sight::of(asked.principal, &cooperation);
    let mut sql = QueryBuilder::new("SELECT sort, document FROM hearings WHERE cooperation = ");
    sql.push_bind(cooperation.to_string());
    if let Some(state) = state {
        sql.push(" AND state = ").push_bind(state.to_string());
    }
    let wanted =
        Wanted { query: "hearings", after: after.as_ref(), limit, order: Order::Ascending };
    let found: Page<Kept<CaseHearing>> = page::fetch(asked.pool, sql, wanted).await?;
    Ok(page::map(found, |kept| sight.pick(kept.veiled, asked.today)))
}
