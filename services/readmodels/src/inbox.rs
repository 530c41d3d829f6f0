//! What waits for a member: joint cases its council has not decided, and hearings it has not answered.

use std::collections::BTreeSet;

use samvirke_schemas::{
    organisation::OrganisationNumber,
    queries::{
        case::{Case, CaseState, HearingState},
        inbox::{Answer, Parameters, Waiting, WaitsFor},
        page::Page,
    },
};
use serde::{Deserialize, Serialize};
use sqlx::QueryBuilder;

use samvirke_access::WithheldFromCase;
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
        "inbox",
        "    member text GENERATED ALWAYS AS (document->'full'->>'member') STORED",
        access_columns!()
    ),
    "
CREATE INDEX ON inbox (cooperation, member, sort);
"
);

pub(crate) const LISTING: Listing<Row> = Listing { table: "inbox", lines };

/// A line of one member's inbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct For {
    pub(crate) member: OrganisationNumber,
    pub(crate) waiting: Waiting,
}

fn lines(row: &Row) -> Vec<Line> {
    case_listing::lines(row, of)
}

/// Everyone whom the case waits for.
pub(crate) fn of(case: &Case) -> Vec<Entry<For>> {
    if case.state == CaseState::Withdrawn {
        return Vec::new();
    }
    decisions(case).into_iter().chain(statements(case)).collect()
}

fn decisions(case: &Case) -> Vec<Entry<For>> {
    let Some(joint) = case.joint.as_ref().filter(|joint| joint.settlement.is_none()) else {
        return Vec::new();
    };
    let waited_for = joint.members.iter().filter(|one| joint.missing.contains(&one.member));
    waited_for
        .map(|answer| {
            let waits_for = WaitsFor::Decision {
                answer_by: joint.answer_by,
                received_on: answer.received_on,
                processed_on: answer.processed_on,
                reference: answer.reference.clone(),
            };
            entry("decision", &answer.member, case, waits_for, answer.asked_on)
        })
        .collect()
}

fn statements(case: &Case) -> Vec<Entry<For>> {
    let hearing = case.hearing.iter().filter(|hearing| hearing.state == HearingState::Open);
    hearing
        .flat_map(|hearing| {
            let invited = hearing.invited.iter().filter(|it| hearing.missing.contains(&it.party));
            // Several parties may be of one member; the case waits for the member once.
            let members: BTreeSet<_> = invited.filter_map(|party| party.member.as_ref()).collect();
            members.into_iter().map(|member| {
                let waits_for = WaitsFor::Statement { deadline: hearing.deadline };
                entry("statement", member, case, waits_for, hearing.sent_on)
            })
        })
        .collect()
}

fn entry(
    what: &str,
    member: &OrganisationNumber,
    case: &Case,
    waits_for: WaitsFor,
    since: samvirke_schemas::date::Date,
) -> Entry<For> {
    let waiting = Waiting {
        case: case.id.clone(),
        number: case.number.number,
        title: case.title.clone(),
        waits_for,
        since,
        withheld: case.withheld,
    };
    Entry {
        key: format!("{what}/{member}"),
        sort: since.to_string(),
        value: For { member: member.clone(), waiting },
    }
}

impl Redact for For {
    fn redacted(&self, public_title: &Title, withheld: &WithheldFromCase) -> Self {
        let Waiting { case, number, title, waits_for, since, withheld: _ } = &self.waiting;
        let waits_for = match waits_for {
            WaitsFor::Decision { answer_by, received_on, processed_on, reference } => {
                WaitsFor::Decision {
                    answer_by: *answer_by,
                    received_on: *received_on,
                    processed_on: *processed_on,
                    reference: reference.clone().filter(|_| !withheld.texts()),
                }
            }
            WaitsFor::Statement { deadline } => WaitsFor::Statement { deadline: *deadline },
        };
        Self {
            member: self.member.clone(),
            waiting: Waiting {
                case: case.clone(),
                number: *number,
                title: if withheld.title() { public_title } else { title }.clone(),
                waits_for,
                since: *since,
                withheld: *withheld != WithheldFromCase::Nothing,
            },
        }
    }
}

/// Answers `inbox`.
pub(crate) async fn answer(
    context: &QueryContext<'_>,
    parameters: Parameters,
) -> Result<Answer, QueryError> {
    let Parameters { member, cooperation, after, limit } = parameters;
    let viewer = context.viewer(&cooperation).await?;
    if !viewer.sees_all() && viewer.member() != Some(&member) {
        return Err(QueryError::NotYourInbox);
    }
    context.seen(&[row::KEY], &cooperation).await?;
    let mut sql = QueryBuilder::new("SELECT sort, document FROM inbox WHERE cooperation = ");
    sql.push_bind(cooperation.to_string()).push(" AND member = ").push_bind(member.to_string());
    let wanted = Wanted { query: "inbox", after: after.as_ref(), limit, order: Order::Ascending };
    let found: Page<StoredRow<For>> = page::fetch(context.pool, sql, wanted).await?;
    Ok(page::map(found, |kept| kept.for_viewer(&viewer).waiting))
}
