//! Tasks flowing from decisions, by due date.

use samvirke_schemas::{
    cases::case::follow_up::Owner,
    queries::{
        case::Case,
        follow_ups::{Answer, Parameters, Task},
        page::Page,
    },
};
use serde::{Deserialize, Serialize};
use sqlx::QueryBuilder;

use samvirke_access::{WithheldFromCase, redacted_follow_up};
use samvirke_schemas::text::Line as Title;

use crate::{
    access_columns::access_columns,
    case_file::row::{self, Row},
    case_listing::{self, Entry, Redact, StoredRow},
    listing::{Line, Listing, date_column, listing_table},
    page::{self, Order, Wanted},
    query::{QueryContext, QueryError},
};

/// Sorts a task without a due date after all others.
const NO_DUE_DATE: &str = "9999-99-99";

pub(crate) const TABLES: &str = concat!(
    listing_table!(
        "follow_ups",
        "    owners jsonb GENERATED ALWAYS AS (document->'full'->'owners') STORED,
    state text GENERATED ALWAYS AS (document->'full'->'task'->'follow_up'->>'state') STORED",
        date_column!("due", "document->'full'->'task'->'follow_up'->>'due'"),
        access_columns!()
    ),
    "\n"
);

pub(crate) const LISTING: Listing<Row> = Listing { table: "follow_ups", lines };

/// A task with the words by which its owner is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Owned {
    owners: Vec<String>,
    pub(crate) task: Task,
}

fn lines(row: &Row) -> Vec<Line> {
    case_listing::lines(row, of)
}

/// The tasks of a case.
pub(crate) fn of(case: &Case) -> Vec<Entry<Owned>> {
    case.follow_ups
        .iter()
        .map(|follow_up| Entry {
            key: follow_up.follow_up.to_string(),
            sort: follow_up.due.map_or_else(|| NO_DUE_DATE.to_owned(), |due| due.to_string()),
            value: Owned {
                owners: owners(&follow_up.owner),
                task: Task {
                    case: case.id.clone(),
                    number: case.number.number,
                    title: case.title.clone(),
                    follow_up: follow_up.clone(),
                    withheld: case.withheld,
                },
            },
        })
        .collect()
}

impl Redact for Owned {
    fn redacted(&self, public_title: &Title, withheld: &WithheldFromCase) -> Self {
        let Task { case, number, title, follow_up, withheld: _ } = &self.task;
        Self {
            owners: self.owners.clone(),
            task: Task {
                case: case.clone(),
                number: *number,
                title: if withheld.title() { public_title } else { title }.clone(),
                follow_up: redacted_follow_up(follow_up, withheld),
                withheld: *withheld != WithheldFromCase::Nothing,
            },
        }
    }
}

fn owners(owner: &Owner) -> Vec<String> {
    match owner {
        Owner::Member { member } => vec![member.to_string()],
        Owner::Body { body } => vec![body.to_string()],
        Owner::Office { office, member } => {
            let member = member.as_ref().map(ToString::to_string);
            std::iter::once(office.to_string()).chain(member).collect()
        }
    }
}

/// Answers `follow-ups`.
pub(crate) async fn answer(
    context: &QueryContext<'_>,
    parameters: Parameters,
) -> Result<Answer, QueryError> {
    context.seen(&[row::KEY], &parameters.cooperation).await?;
    let Parameters { cooperation, owner, due_before, state, after, limit } = parameters;
    let viewer = context.viewer(&cooperation).await?;
    let mut sql = QueryBuilder::new("SELECT sort, document FROM follow_ups WHERE cooperation = ");
    sql.push_bind(cooperation.to_string());
    if let Some(owner) = owner {
        sql.push(" AND owners ? ").push_bind(owner.to_string());
    }
    if let Some(day) = due_before {
        sql.push(" AND due < ").push_bind(day.naive());
    }
    if let Some(state) = state {
        sql.push(" AND state = ").push_bind(state.to_string());
    }
    let wanted =
        Wanted { query: "follow-ups", after: after.as_ref(), limit, order: Order::Ascending };
    let found: Page<StoredRow<Owned>> = page::fetch(context.pool, sql, wanted).await?;
    Ok(page::map(found, |kept| kept.for_viewer(&viewer).task))
}
