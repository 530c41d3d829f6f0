//! A read model as a fold: one row for each aggregate of a kind, made from its events alone.
//!
//! A batch of commits costs a few statements: the rows it touches are read together, folded in memory
//! and written together, in the transaction that moves the checkpoint. A row takes an aggregate's
//! commits without a gap, each only after the one that it was decided after: where one is parked, those
//! that follow it are parked too, so that a retry can take them in order.

use std::{collections::HashMap, marker::PhantomData};

use futures::future::BoxFuture;
use samvirke_kernel::{
    bigint::{from_bigint, to_bigint},
    envelope::EnvelopeError,
    loaded::{Before, Break},
    projection::TakeError,
};
use samvirke_schemas::Tagged;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{PgConnection, types::Json};

use crate::{
    database::Layout,
    fact::Fact,
    listing::{self, Listing},
};

/// Tables that are filled from streams: what a projection runner writes to.
pub trait Table: Send + Sync + 'static {
    fn layout(&self) -> Layout;

    /// The contexts whose streams it is built from. Where there are several, they must not write the
    /// same rows: each stream has a runner of its own.
    fn contexts(&self) -> &'static [&'static str];

    /// Takes commits. `connection` has the table's schema first in sight.
    fn write<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), TakeError>>;

    /// Notes on an aggregate's row, where there is one, that a commit of it is parked: until it is taken, what
    /// the row tells of restrictions may be out of date. `connection` has the table's schema first in sight.
    fn mark_late<'a>(
        &'a self,
        _connection: &'a mut PgConnection,
        _kind: &'a str,
        _id: &'a str,
    ) -> BoxFuture<'a, sqlx::Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

/// A table as questions name it.
#[derive(Clone, Copy, Debug)]
pub struct TableKey {
    /// The name of its layout.
    pub projection: &'static str,
    /// The contexts whose streams it is built from.
    pub contexts: &'static [&'static str],
}

/// A table with a row for each aggregate of one kind.
pub trait ReadModel: Send + Sync + 'static {
    /// The name of the schema and of the file it lives in, in snake case.
    const NAME: &'static str;
    /// Rises whenever rows or tables change, and makes the model be built anew.
    const VERSION: u32;
    /// The context and the kind of the aggregate.
    const CONTEXT: &'static str;
    const KIND: &'static str;
    /// The table that holds the rows, made by `row_table!`, with generated columns for the questions
    /// asked.
    const TABLE: &'static str;
    /// What creates the tables and indexes.
    const TABLES: &'static [&'static str];

    type Event: Tagged + Send;
    type Row: Serialize + DeserializeOwned + Send + Sync + Unpin;

    /// Makes the row from the aggregate's first event; none where it is not one that begins.
    fn begin(event: Self::Event, fact: &Fact) -> Option<Self::Row>;

    /// Takes a later event. Total: an event that finds nothing to change changes nothing.
    fn fold(row: &mut Self::Row, event: Self::Event, fact: &Fact);

    /// Ends a commit: the row notes the version, and whatever is worked out from the rest of it.
    fn finish(row: &mut Self::Row, fact: &Fact);

    /// The listings that are derived from each row.
    fn listings() -> &'static [Listing<Self::Row>] {
        &[]
    }
}

/// The rows of one [`ReadModel`].
pub struct Rows<M>(PhantomData<fn() -> M>);

impl<M> Rows<M> {
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<M> Default for Rows<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: ReadModel> Rows<M> {
    pub const KEY: TableKey = TableKey { projection: M::NAME, contexts: &[M::CONTEXT] };
}

impl<M: ReadModel> Table for Rows<M> {
    fn layout(&self) -> Layout {
        Layout { name: M::NAME, version: M::VERSION, tables: M::TABLES }
    }

    fn contexts(&self) -> &'static [&'static str] {
        &[M::CONTEXT]
    }

    fn write<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), TakeError>> {
        Box::pin(async move {
            let mine: Vec<&Fact> = facts.iter().filter(|fact| fact.is(M::KIND)).collect();
            if mine.is_empty() {
                return Ok(());
            }
            let mut rows = read::<M>(connection, &mine).await.map_err(world)?;
            for fact in mine {
                let id = fact.id().to_string();
                let before = rows.remove(&id);
                rows.insert(id, take::<M>(before, fact)?);
            }
            write::<M>(connection, &rows).await.map_err(world)
        })
    }

    fn mark_late<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        kind: &'a str,
        id: &'a str,
    ) -> BoxFuture<'a, sqlx::Result<()>> {
        Box::pin(async move {
            if kind != M::KIND {
                return Ok(());
            }
            let own = [(M::TABLE, "id")].into_iter();
            let derived = M::listings().iter().map(|listing| (listing.table, "owner"));
            for (table, column) in own.chain(derived) {
                sqlx::query(&format!(
                    "UPDATE {table} SET document = document || '{{\"late\": true}}'
                     WHERE {column} = $1"
                ))
                .bind(id)
                .execute(&mut *connection)
                .await?;
            }
            Ok(())
        })
    }
}

/// A row, and the commit of its aggregate that it took last.
pub(crate) struct Versioned<R> {
    pub(crate) version: u64,
    /// SHA-256 of the commit's bytes.
    pub(crate) digest: String,
    pub(crate) row: R,
}

/// Takes one commit into a row.
///
/// # Errors
///
/// [`TakeError::Poison`] when an event cannot be read, or the commit does not follow the one that the row
/// took last.
pub(crate) fn take<M: ReadModel>(
    before: Option<Versioned<M::Row>>,
    fact: &Fact,
) -> Result<Versioned<M::Row>, TakeError> {
    let last = Before {
        version: before.as_ref().map_or(0, |held| held.version),
        digest: before.as_ref().map(|held| held.digest.as_str()),
    };
    let first = fact.envelope.aggregate.version_from;
    if let Err(broken) = last.check(first, fact.envelope.previous.as_deref()) {
        let known = last.version;
        let why = match broken {
            Break::Missing => "before the one between",
            Break::Altered => "which was decided after another commit",
        };
        let id = fact.id();
        let reason =
            format!("{} {id} is at version {known} and cannot take version {first} {why}", M::KIND);
        return Err(TakeError::Poison { reason });
    }
    let mut row = before.map(|held| held.row);
    for event in fact.events::<M::Event>().map_err(poison)? {
        match &mut row {
            Some(row) => M::fold(row, event, fact),
            None => row = M::begin(event, fact),
        }
    }
    let mut row = row.ok_or_else(|| TakeError::Poison {
        reason: format!("{} {} does not begin with its first event", M::KIND, fact.id()),
    })?;
    M::finish(&mut row, fact);
    Ok(Versioned { version: fact.version(), digest: fact.digest(), row })
}

async fn read<M: ReadModel>(
    connection: &mut PgConnection,
    facts: &[&Fact],
) -> sqlx::Result<HashMap<String, Versioned<M::Row>>> {
    let ids: Vec<String> = facts.iter().map(|fact| fact.id().to_string()).collect();
    let found: Vec<(String, i64, String, Json<M::Row>)> = sqlx::query_as(&format!(
        "SELECT id, version, digest, document FROM {} WHERE id = ANY($1)",
        M::TABLE
    ))
    .bind(&ids)
    .fetch_all(connection)
    .await?;
    Ok(found
        .into_iter()
        .map(|(id, version, digest, Json(row))| {
            (id, Versioned { version: from_bigint(version), digest, row })
        })
        .collect())
}

async fn write<M: ReadModel>(
    connection: &mut PgConnection,
    rows: &HashMap<String, Versioned<M::Row>>,
) -> sqlx::Result<()> {
    let ids: Vec<&String> = rows.keys().collect();
    let versions: Vec<i64> = rows.values().map(|held| to_bigint(held.version)).collect();
    let digests: Vec<&String> = rows.values().map(|held| &held.digest).collect();
    let documents: Vec<Json<&M::Row>> = rows.values().map(|held| Json(&held.row)).collect();
    sqlx::query(&format!(
        "INSERT INTO {} (id, version, digest, document)
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::jsonb[])
         ON CONFLICT (id) DO UPDATE SET
             version = EXCLUDED.version,
             digest = EXCLUDED.digest,
             document = EXCLUDED.document",
        M::TABLE
    ))
    .bind(&ids)
    .bind(&versions)
    .bind(&digests)
    .bind(&documents)
    .execute(&mut *connection)
    .await?;
    for listing in M::listings() {
        let lines = rows.iter().map(|(id, held)| (id.as_str(), (listing.lines)(&held.row)));
        listing::write(connection, listing.table, lines.collect()).await?;
    }
    Ok(())
}

pub(crate) fn poison(error: EnvelopeError) -> TakeError {
    TakeError::Poison { reason: samvirke_kernel::error_chain::chain(&error) }
}

/// A failure of the database: of the data where it says so, otherwise of the world.
pub(crate) fn world(error: sqlx::Error) -> TakeError {
    // Class 22 is a data exception, 23 a broken constraint, 54 a limit of the server that the data
    // goes beyond: waiting does not mend any of them.
    let data_is_at_fault = error
        .as_database_error()
        .and_then(|err| err.code())
        .is_some_and(|code| ["22", "23", "54"].iter().any(|class| code.starts_with(class)));
    if data_is_at_fault
        || matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_))
    {
        TakeError::Poison { reason: error.to_string() }
    } else {
        TakeError::World(Box::new(error))
    }
}
