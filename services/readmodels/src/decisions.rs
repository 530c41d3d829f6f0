//! What bodies have decided in cases: the outcomes of deciding treatments, and the final adoptions
//! after hearings.

use samvirke_schemas::{
    cases::case::treatment::{Outcome, RecordedOutcome},
    queries::{
        case::Case,
        decisions::{Decision, Parameters, Result as DecisionResult},
        page::Page,
    },
};
use serde_json::value::RawValue;

use samvirke_access::WithheldFromCase;
use samvirke_schemas::text::Line as Title;

use crate::{
    access_columns::{access_columns, push_search, search_columns},
    case_file::row::{self, Row},
    case_listing::{self, Entry, Redact, line_columns},
    listing::{Line, Listing, date_column, listing_table},
    page::{Order, Wanted},
    query::{QueryContext, QueryError},
};

pub(crate) const TABLES: &str = concat!(
    listing_table!(
        "decisions",
        "    body text GENERATED ALWAYS AS (document->'full'->>'body') STORED",
        date_column!("day", "document->'full'->>'on'"),
        access_columns!(),
        search_columns!(),
        line_columns!("document->'full'", "document->>'public_title'")
    ),
    "
CREATE INDEX ON decisions USING gin (search);
CREATE INDEX ON decisions USING gin (public_search);
"
);

pub(crate) const LISTING: Listing<Row> = Listing { table: "decisions", lines };

fn lines(row: &Row) -> Vec<Line> {
    case_listing::lines(row, of)
}

/// Every decision of a case.
pub(crate) fn of(case: &Case) -> Vec<Entry<Decision>> {
    let outcomes = case.treatments.iter().flat_map(|treatment| &treatment.outcomes);
    let made = outcomes.enumerate().filter_map(|(at, outcome)| {
        let result = match outcome.outcome {
            Outcome::Decided => DecisionResult::Adopted,
            Outcome::Rejected => DecisionResult::Rejected,
            Outcome::Recommended
            | Outcome::TookNote
            | Outcome::Forwarded
            | Outcome::Postponed
            | Outcome::SentBack => return None,
        };
        Some(entry(at.to_string(), treated(case, outcome, result)))
    });
    made.chain(adopted(case).map(|decision| entry("hearing".to_owned(), decision))).collect()
}

fn entry(key: String, value: Decision) -> Entry<Decision> {
    Entry { key, sort: value.on.to_string(), value }
}

impl Redact for Decision {
    /// That there is a decision is public, and of what kind; its words are not.
    fn redacted(&self, public_title: &Title, withheld: &WithheldFromCase) -> Self {
        Self {
            case: self.case.clone(),
            number: self.number,
            title: if withheld.title() { public_title } else { &self.title }.clone(),
            body: self.body.clone(),
            result: self.result,
            text: self.text.clone().filter(|_| !withheld.texts()),
            on: self.on,
            treatment: self.treatment.clone(),
            meeting: self.meeting.clone(),
            item: self.item.clone(),
            unanimous: self.unanimous,
            withheld: *withheld != WithheldFromCase::Nothing,
        }
    }

    fn words(&self) -> String {
        let text = self.text.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{}\n{text}", self.title)
    }
}

fn treated(case: &Case, outcome: &RecordedOutcome, result: DecisionResult) -> Decision {
    let treatment = case.treatments.iter().find(|one| one.treatment == outcome.treatment);
    let number = treatment.and_then(|one| one.number.as_ref()).unwrap_or(&case.number);
    Decision {
        case: case.id.clone(),
        number: number.number,
        title: case.title.clone(),
        body: outcome.body.clone(),
        result,
        text: outcome.text.clone(),
        on: outcome.day,
        treatment: Some(outcome.treatment.clone()),
        meeting: Some(outcome.meeting.clone()),
        item: Some(outcome.item.clone()),
        unanimous: outcome.unanimous,
        withheld: case.withheld,
    }
}

fn adopted(case: &Case) -> Option<Decision> {
    let adoption = case.hearing.as_ref()?.adoption.as_ref()?;
    Some(Decision {
        case: case.id.clone(),
        number: case.number.number,
        title: case.title.clone(),
        body: adoption.body.clone(),
        result: DecisionResult::Adopted,
        text: Some(adoption.text.clone()),
        on: adoption.on,
        treatment: None,
        meeting: None,
        item: None,
        unanimous: None,
        withheld: case.withheld,
    })
}

/// Answers `decisions`.
pub(crate) async fn answer(
    context: &QueryContext<'_>,
    parameters: Parameters,
) -> Result<Page<Box<RawValue>>, QueryError> {
    context.seen(&[row::KEY], &parameters.cooperation).await?;
    let Parameters { cooperation, body, from, to, text, after, limit } = parameters;
    let viewer = context.viewer(&cooperation).await?;
    let mut sql = case_listing::select("decisions");
    sql.push_bind(cooperation.to_string());
    if let Some(body) = body {
        sql.push(" AND body = ").push_bind(body.to_string());
    }
    if let Some(from) = from {
        sql.push(" AND day >= ").push_bind(from.naive());
    }
    if let Some(to) = to {
        sql.push(" AND day <= ").push_bind(to.naive());
    }
    if let Some(words) = text {
        push_search(&mut sql, &viewer, words.as_str());
    }
    let wanted =
        Wanted { query: "decisions", after: after.as_ref(), limit, order: Order::Descending };
    case_listing::fetch::<Decision>(context.pool, sql, wanted, &viewer).await
}
