//! The timeline of a case: every event as it was recorded, one row each, never changed.
//!
//! Most sentences need no name and tell everybody the same. Those entries are kept as they are answered; the others
//! are made when they are asked for.

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use samvirke_kernel::{
    bigint::{from_bigint, to_bigint},
    envelope::EnvelopeError,
    position::Position,
    projection::TakeError,
};
use samvirke_schemas::{
    Tagged,
    cases::case::Event,
    id::{AggregateId, CooperationId},
    message::Provenance,
    organisation::OrganisationNumber,
    principal::{Principal, Role},
    queries::case::{TIMELINE_ENTRIES_MAX, TimelineEntry},
};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

mod sentence;

pub(crate) use sentence::{Known, nb, nb_for_all};

use crate::{
    database::Layout,
    fact::Fact,
    model::{Table, TableKey, poison, world},
    query::{QueryContext, QueryError},
};

/// The context whose stream it is built from, and the stream's name in positions.
const CONTEXT: &str = "cases";
/// The roles, from the one that says most about why somebody may act.
const ROLES: &[Role] = &[
    Role::System,
    Role::MemberIntegration,
    Role::Delegate,
    Role::Secretariat,
    Role::Archivist,
    Role::Auditor,
    Role::Operator,
];

/// The table `case_events`.
pub static TABLE: CaseTimeline = CaseTimeline;
/// The table as questions name it.
pub(crate) const KEY: TableKey = TableKey { projection: LAYOUT.name, contexts: &[CONTEXT] };

/// The tables, in this version.
pub const LAYOUT: Layout = Layout {
    name: "case_timeline",
    // Rises also when a sentence of `nb_for_all` is put in other words.
    version: 3,
    tables: &["
CREATE TABLE case_events (
    case_id text NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    document json NOT NULL,
    PRIMARY KEY (case_id, version)
);
"],
};

/// The table `case_events`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CaseTimeline;

/// An event as its row stores it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StoredEntry {
    /// The same for all who read it.
    Entry(TimelineEntry),
    /// One whose sentence is made when it is asked for, with the names known then.
    Event(Box<Happened>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Happened {
    sequence: u64,
    version: u64,
    occurred_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    role: Role,
    member: Option<OrganisationNumber>,
    provenance: Option<Provenance>,
    event: Event,
}

impl Table for CaseTimeline {
    fn layout(&self) -> Layout {
        LAYOUT
    }

    fn contexts(&self) -> &'static [&'static str] {
        KEY.contexts
    }

    fn write<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), TakeError>> {
        Box::pin(async move {
            let (mut cases, mut versions, mut documents) = (Vec::new(), Vec::new(), Vec::new());
            for fact in facts.iter().filter(|fact| fact.is("case")) {
                let first = fact.envelope.aggregate.version_from;
                for (kept, version) in kept(fact).map_err(poison)?.into_iter().zip(first..) {
                    cases.push(fact.id().to_string());
                    versions.push(to_bigint(version));
                    documents.push(serde_json::to_string(&kept).map_err(unwritable)?);
                }
            }
            sqlx::query(
                "INSERT INTO case_events (case_id, version, document)
                 SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[]::json[])",
            )
            .bind(&cases)
            .bind(&versions)
            .bind(&documents)
            .execute(connection)
            .await
            .map(|_| ())
            .map_err(world)
        })
    }
}

fn unwritable(error: serde_json::Error) -> TakeError {
    TakeError::Poison { reason: error.to_string() }
}

fn kept(fact: &Fact) -> Result<Vec<StoredEntry>, EnvelopeError> {
    let envelope = &fact.envelope;
    let cooperation = &fact.id().cooperation;
    let role = acted_as(&envelope.actor, cooperation);
    let happened = fact.events::<Event>()?.into_iter().zip(envelope.aggregate.version_from..);
    Ok(happened
        .map(|(event, version)| Happened {
            sequence: fact.sequence,
            version,
            occurred_at: envelope.occurred_at,
            recorded_at: envelope.recorded_at,
            role,
            member: envelope.actor.member.clone(),
            provenance: envelope.provenance.clone(),
            event,
        })
        .map(|happened| match happened.for_all() {
            Some(entry) => StoredEntry::Entry(entry),
            None => StoredEntry::Event(Box::new(happened)),
        })
        .collect())
}

impl Happened {
    /// The entry, where it is the same for all who read it and whatever names are known.
    fn for_all(&self) -> Option<TimelineEntry> {
        // Where a fact was found is a text that somebody wrote.
        if self.provenance.is_some() {
            return None;
        }
        nb_for_all(&self.event).map(|nb| self.entry(None, nb))
    }

    /// The entry as it is told with the names that are known.
    fn told(&self, known: &Known<'_>) -> TimelineEntry {
        self.entry(self.provenance.clone().filter(|_| known.texts()), nb(&self.event, known))
    }

    fn entry(&self, provenance: Option<Provenance>, nb: String) -> TimelineEntry {
        TimelineEntry {
            position: position(self.sequence).to_string(),
            version: self.version,
            occurred_at: self.occurred_at,
            recorded_at: self.recorded_at,
            role: self.role,
            member: self.member.clone(),
            provenance,
            event: self.event.tag().to_owned(),
            nb,
        }
    }
}

/// The role in which somebody acted: the first of [`ROLES`] that it holds.
fn acted_as(actor: &Principal, cooperation: &CooperationId) -> Role {
    ROLES.iter().copied().find(|role| actor.is(*role, cooperation)).unwrap_or(Role::Public)
}

/// The entries of a timeline from their documents, each as it is answered.
///
/// # Errors
///
/// When one is not what was written here.
pub(crate) fn told(documents: &[String], known: &Known<'_>) -> sqlx::Result<Vec<TimelineEntry>> {
    let told = |document: &String| -> serde_json::Result<TimelineEntry> {
        let entry = match serde_json::from_str(document)? {
            StoredEntry::Entry(entry) => entry,
            StoredEntry::Event(happened) => happened.told(known),
        };
        // Whose system gave a statement is who is heard.
        let member = entry.member.filter(|_| known.texts());
        Ok(TimelineEntry { member, ..entry })
    };
    let entries: serde_json::Result<_> = documents.iter().map(told).collect();
    entries.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// How many entries of a case's timeline there are beyond those that are told.
pub(crate) async fn left_out(
    context: &QueryContext<'_>,
    case: &AggregateId,
    told: usize,
) -> Result<u64, QueryError> {
    if told < TIMELINE_ENTRIES_MAX as usize {
        return Ok(0);
    }
    let all: i64 = sqlx::query_scalar("SELECT count(*) FROM case_events WHERE case_id = $1")
        .bind(case.to_string())
        .fetch_one(context.pool)
        .await?;
    Ok(from_bigint(all).saturating_sub(told as u64))
}

fn position(sequence: u64) -> Position {
    Position { stream: samvirke_kernel::stream::stream_name(CONTEXT), sequence }
}

#[cfg(test)]
mod tests {
    use samvirke_schemas::queries::case::Case;
    use serde_json::json;

    use super::*;
    use crate::bodies::BodyNames;

    /// Whose system gave a statement is who is heard (decision 72).
    #[test]
    fn whose_system_acted_is_told_to_those_who_read_the_texts_alone() {
        let case: Case = serde_json::from_value(json!({
            "id": "vestregionen:1-2017", "version": 1, "number": {"register": "2017", "number": "1/2017"},
            "kind": "decision", "state": "under-treatment", "title": "Sak", "public_title": "Sak",
            "owner": "vestregionen:sg", "opened_on": "2017-01-01", "restriction": null,
            "withheld": true, "treatments": [], "recommendations": [], "papers": [],
            "relations": [], "related_by": [], "force": null, "joint": null, "hearing": null,
            "statements": [], "follow_ups": [], "bodies": {}, "timeline": [],
            "timeline_left_out": 0,
        }))
        .unwrap();
        let closed: Event = serde_json::from_value(json!({"closed": {}})).unwrap();
        let amended = json!({"amended": {"title": "Ny", "public_title": "Ny"}});
        let amended: Event = serde_json::from_value(amended).unwrap();
        let bodies = BodyNames::new();
        for event in [closed, amended] {
            let happened = Happened {
                sequence: 1,
                version: 1,
                occurred_at: DateTime::UNIX_EPOCH,
                recorded_at: DateTime::UNIX_EPOCH,
                role: Role::MemberIntegration,
                member: Some("920125298".parse().unwrap()),
                provenance: None,
                event,
            };
            let kept = match happened.for_all() {
                Some(entry) => StoredEntry::Entry(entry),
                None => StoredEntry::Event(Box::new(happened)),
            };
            let documents = [serde_json::to_string(&kept).unwrap()];
            for texts in [true, false] {
                let told = told(&documents, &Known::new(&case, &bodies, texts)).unwrap();
                assert_eq!(told[0].member.is_some(), texts);
            }
        }
    }
}
