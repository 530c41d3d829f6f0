//! Hearings and how they stand, by deadline.

use samvirke_schemas::queries::{
    case::Case,
    hearings::{Answer, CaseHearing, Parameters},
    page::Page,
};
use sqlx::QueryBuilder;

use samvirke_access::{WithheldFromCase, redacted_hearing};
use samvirke_schemas::text::Line as Title;

use crate::{
    access_columns::access_columns,
    case_file::row::{self, Row},
    case_listing::{self, Entry, Redact, StoredRow},
    listing::{Line, Listing, listing_table},
    page::{self, Order, Wanted},
    query::{QueryContext, QueryError},
};

pub(crate) const TABLES: &str = concat!(
    listing_table!(
        "hearings",
        "    state text GENERATED ALWAYS AS (document->'full'->'hearing'->>'state') STORED",
        access_columns!()
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

impl Redact for CaseHearing {
    fn redacted(&self, public_title: &Title, withheld: &WithheldFromCase) -> Self {
        Self {
            case: self.case.clone(),
            number: self.number,
            title: if withheld.title() { public_title } else { &self.title }.clone(),
            hearing: redacted_hearing(&self.hearing, withheld),
            withheld: *withheld != WithheldFromCase::Nothing,
        }
    }
}

/// Answers `hearings`.
pub(crate) async fn answer(
    context: &QueryContext<'_>,
    parameters: Parameters,
) -> Result<Answer, QueryError> {
    context.seen(&[row::KEY], &parameters.cooperation).await?;
    let Parameters { cooperation, state, after, limit } = parameters;
    let viewer = context.viewer(&cooperation).await?;
    let mut sql = QueryBuilder::new("SELECT sort, document FROM hearings WHERE cooperation = ");
    sql.push_bind(cooperation.to_string());
    if let Some(state) = state {
        sql.push(" AND state = ").push_bind(state.to_string());
    }
    let wanted =
        Wanted { query: "hearings", after: after.as_ref(), limit, order: Order::Ascending };
    let found: Page<StoredRow<CaseHearing>> = page::fetch(context.pool, sql, wanted).await?;
    Ok(page::map(found, |kept| kept.for_viewer(&viewer)))
}
