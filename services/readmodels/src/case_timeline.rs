//! The timeline of a case: every event as it was recorded, one row each, never changed.

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use samvirke_kernel::{envelope::EnvelopeError, position::Position, projection::TakeError};
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
use sqlx::{PgConnection, types::Json};

mod sentence;

pub(crate) use sentence::{Known, nb};

use crate::{
    database::Layout,
    fact::Fact,
    model::{Table, as_i64, as_u64, poison, world},
    query::{Asked, QueryError},
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

/// The tables, in this version.
pub const LAYOUT: Layout = Layout {
    name: "case_timeline",
    version: 2,
    tables: &["
CREATE TABLE case_events (
    case_id text NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    document jsonb NOT NULL,
    PRIMARY KEY (case_id, version)
);
"],
};

/// The table `case_events`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CaseTimeline;

/// An event as it is kept. The sentence is made when it is asked for, with the names known then.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    sequence: u64,
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
        &[CONTEXT]
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
                    versions.push(as_i64(version));
                    documents.push(Json(kept));
                }
            }
            sqlx::query(
                "INSERT INTO case_events (case_id, version, document)
                 SELECT * FROM unnest($1::text[], $2::bigint[], $3::jsonb[])",
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

fn kept(fact: &Fact) -> Result<Vec<Kept>, EnvelopeError> {
    let envelope = &fact.envelope;
    let cooperation = &fact.id().cooperation;
    let role = acted_as(&envelope.actor, cooperation);
    Ok(fact
        .events::<Event>()?
        .into_iter()
        .map(|event| Kept {
            sequence: fact.sequence,
            occurred_at: envelope.occurred_at,
            recorded_at: envelope.recorded_at,
            role,
            member: envelope.actor.member.clone(),
            provenance: envelope.provenance.clone(),
            event,
        })
        .collect())
}

/// The role in which somebody acted: the first of [`ROLES`] that it holds.
fn acted_as(actor: &Principal, cooperation: &CooperationId) -> Role {
    ROLES.iter().copied().find(|role| actor.is(*role, cooperation)).unwrap_or(Role::Public)
}

/// The first entries of a case's timeline, and how many there are beyond them.
pub(crate) async fn of(
    asked: &Asked<'_>,
    case: &AggregateId,
    known: &Known<'_>,
) -> Result<(Vec<TimelineEntry>, u64), QueryError> {
    let rows: Vec<(i64, Json<Kept>)> = sqlx::query_as(
        "SELECT version, document FROM case_events WHERE case_id = $1 ORDER BY version LIMIT $2",
    )
    .bind(case.to_string())
    .bind(i64::from(TIMELINE_ENTRIES_MAX))
    .fetch_all(asked.pool)
    .await?;
    let all: i64 = sqlx::query_scalar("SELECT count(*) FROM case_events WHERE case_id = $1")
        .bind(case.to_string())
        .fetch_one(asked.pool)
        .await?;
    let left_out = as_u64(all).saturating_sub(rows.len() as u64);
    let entry = |(version, Json(kept)): (i64, Json<Kept>)| TimelineEntry {
        position: position(kept.sequence).to_string(),
        version: as_u64(version),
        occurred_at: kept.occurred_at,
        recorded_at: kept.recorded_at,
        role: kept.role,
        member: kept.member,
        // Where a fact was found is a text that somebody wrote.
        provenance: kept.provenance.filter(|_| known.texts()),
        event: kept.event.tag().to_owned(),
        nb: nb(&kept.event, known),
    };
    Ok((rows.into_iter().map(entry).collect(), left_out))
}

fn position(sequence: u64) -> Position {
    Position { stream: samvirke_kernel::stream::stream_name(CONTEXT), sequence }
}
