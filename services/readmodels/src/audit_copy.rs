//! The audit copy: every event in the table that postgres-es reads, so that cqrs-es can replay an
//! aggregate from PostgreSQL alone.
//!
//! It is filled in batches from the streams like any read model; nothing is ever written to it
//! elsewhere.

use futures::future::BoxFuture;
use samvirke_kernel::{bigint::to_bigint, projection::TakeError};
use sqlx::{PgConnection, types::Json};

use crate::{
    database::Layout,
    fact::Fact,
    model::{Table, world},
};

/// The contexts that are copied.
pub const CONTEXTS: &[&str] = &["networks", "cases", "meetings"];

/// The tables, as postgres-es lays them out.
pub const LAYOUT: Layout = Layout {
    name: "audit_copy",
    version: 1,
    tables: &["
CREATE TABLE events (
    aggregate_type text NOT NULL,
    aggregate_id text NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 0),
    event_type text NOT NULL,
    event_version text NOT NULL,
    payload json NOT NULL,
    metadata json NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)
);
CREATE TABLE snapshots (
    aggregate_type text NOT NULL,
    aggregate_id text NOT NULL,
    last_sequence bigint NOT NULL CHECK (last_sequence >= 0),
    current_snapshot bigint NOT NULL CHECK (current_snapshot >= 0),
    payload json NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, last_sequence)
);
"],
};

/// The table `events`.
pub static TABLE: AuditCopy = AuditCopy;

/// The table `events`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditCopy;

impl Table for AuditCopy {
    fn layout(&self) -> Layout {
        LAYOUT
    }

    fn contexts(&self) -> &'static [&'static str] {
        CONTEXTS
    }

    fn write<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), TakeError>> {
        Box::pin(async move {
            let mut columns = Columns::default();
            for fact in facts {
                columns.push(fact);
            }
            columns.insert(connection).await.map_err(world)
        })
    }
}

#[derive(Default)]
struct Columns {
    kinds: Vec<String>,
    ids: Vec<String>,
    versions: Vec<i64>,
    tags: Vec<String>,
    schemas: Vec<String>,
    payloads: Vec<Json<serde_json::Value>>,
    metadata: Vec<Json<serde_json::Value>>,
}

impl Columns {
    async fn insert(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        sqlx::query(
            "INSERT INTO events
             (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
             SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[],
                                  $6::json[], $7::json[])",
        )
        .bind(&self.kinds)
        .bind(&self.ids)
        .bind(&self.versions)
        .bind(&self.tags)
        .bind(&self.schemas)
        .bind(&self.payloads)
        .bind(&self.metadata)
        .execute(connection)
        .await
        .map(|_| ())
    }

    fn push(&mut self, fact: &Fact) {
        let envelope = &fact.envelope;
        // cqrs-es reads metadata as texts by name.
        let metadata = serde_json::json!({
            "sequence": fact.sequence.to_string(),
            "command": envelope.command,
            "command_id": envelope.command_id.to_string(),
            "actor": envelope.actor.subject,
            "occurred_at": envelope.occurred_at.to_rfc3339(),
            "recorded_at": envelope.recorded_at.to_rfc3339(),
        });
        for (event, version) in envelope.events.iter().zip(envelope.aggregate.version_from..) {
            self.kinds.push(envelope.aggregate.kind.clone());
            self.ids.push(envelope.aggregate.id.to_string());
            self.versions.push(to_bigint(version));
            self.tags.push(event.tag.clone());
            self.schemas.push(event.version.to_string());
            self.payloads.push(Json(serde_json::json!({ event.tag.clone(): event.data })));
            self.metadata.push(Json(metadata.clone()));
        }
    }
}
