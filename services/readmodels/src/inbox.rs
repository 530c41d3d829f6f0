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
        "inbox",
        "    member text GENERATED ALWAYS AS (document->'open'->>'member') STORED",
        veil_columns!()
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
    since: chrono::NaiveDate,
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
        words: String::new(),
        value: For { member: member.clone(), waiting },
    }
}

/// Answers `inbox`.
pub(crate) async fn answer(
    asked: &Asked<'_>,
    parameters: Parameters,
) -> Result<Answer, QueryError> {
    let Parameters { member, cooperation, after, limit } = parameters;
    let sight = Sight::of(asked.principal, &cooperation);
    if sight != Sight::All && sight != Sight::Member(member.clone()) {
        return Err(QueryError::NotYourInbox);
    }
    asked.seen(&[&case_file::TABLE]).await?;
    let mut sql = QueryBuilder::new("SELECT sort, document FROM inbox WHERE cooperation = ");
    sql.push_bind(cooperation.to_string()).push(" AND member = ").push_bind(member.to_string());
    let wanted = Wanted { query: "inbox", after: after.as_ref(), limit, order: Order::Ascending };
    let found: Page<Kept<For>> = page::fetch(asked.pool, sql, wanted).await?;
    Ok(page::map(found, |kept| sight.pick(kept.veiled, asked.today).waiting))
}
