//! The contacts as a table, folded from their stream: who is told of what, and how often.
//!
//! Rows and checkpoint move in one transaction. The address book follows: a place that an event has
//! left is emptied in the same transaction.

use chrono::{DateTime, Utc};
use samvirke_kernel::{
    Decider,
    checkpoint::Stands,
    envelope::{Envelope, EnvelopeError},
    error_chain::chain,
    log::{Log, ReadError, Stored},
    projection::{Checkpoint, Projection, TakeError},
};
use samvirke_schemas::{contacts::contact::Event, id::AggregateId};
use sqlx::{PgConnection, PgPool, types::Json};
use tracing::warn;
use uuid::Uuid;

use crate::{address_book, checkpoint, contact::Contact};

/// The projection of the contacts.
pub(crate) struct Contacts(pub(crate) PgPool);

impl Contacts {
    /// Lets the contacts be folded anew where an operator has accepted that commits are lost: what was folded of
    /// them is of a history that the stream no longer has, and nobody could ask for it to be forgotten. The
    /// address book is swept of those whom no contact names then.
    ///
    /// # Errors
    ///
    /// When the stream or the database does not answer.
    pub(crate) async fn forget_what_was_lost(&self, log: &Log) -> Result<(), TakeError> {
        let stream = &log.identity().name;
        let Some(kept) = self.checkpoint(stream).await? else { return Ok(()) };
        let went_back = log.accepted_before(&kept).await.map_err(away)?.is_some()
            && !matches!(log.stands(&kept).await.map_err(away)?, Stands::Here);
        if !went_back && !log.has_lost_commits().await.map_err(away)? {
            return Ok(());
        }
        warn!(stream, "the contacts are folded anew: commits of them are lost");
        let mut tx = self.0.begin().await.map_err(world)?;
        sqlx::query("DELETE FROM contact").execute(&mut *tx).await.map_err(world)?;
        sqlx::query("DELETE FROM checkpoint WHERE stream = $1")
            .bind(stream)
            .execute(&mut *tx)
            .await
            .map_err(world)?;
        tx.commit().await.map_err(world)
    }
}

impl Projection for Contacts {
    fn name(&self) -> &str {
        "notify_contacts"
    }

    async fn checkpoint(&self, stream: &str) -> Result<Option<Checkpoint>, TakeError> {
        checkpoint::read(&self.0, stream).await.map_err(world)
    }

    async fn take(
        &self,
        commits: &[Stored],
        from: &Checkpoint,
        to: &Checkpoint,
    ) -> Result<(), TakeError> {
        let mut tx = self.0.begin().await.map_err(world)?;
        if !checkpoint::advance(&mut tx, from, to).await.map_err(world)? {
            return Err(TakeError::Fenced);
        }
        for commit in commits {
            let envelope = Envelope::read(commit.sequence, &commit.payload).map_err(poison)?;
            if envelope.aggregate.kind != Contact::KIND {
                continue;
            }
            let events = envelope.events::<Event>(commit.sequence).map_err(poison)?;
            for event in events {
                write(&mut tx, &envelope.aggregate.id, &event, envelope.recorded_at)
                    .await
                    .map_err(world)?;
            }
        }
        tx.commit().await.map_err(world)
    }

    async fn park(
        &self,
        commit: &Stored,
        reason: &str,
        from: &Checkpoint,
        to: &Checkpoint,
    ) -> Result<(), TakeError> {
        let mut tx = self.0.begin().await.map_err(world)?;
        if !checkpoint::advance(&mut tx, from, to).await.map_err(world)? {
            return Err(TakeError::Fenced);
        }
        let place = (to.stream.name.as_str(), commit.sequence);
        checkpoint::park(&mut tx, place, &commit.subject, reason, &commit.payload)
            .await
            .map_err(world)?;
        tx.commit().await.map_err(world)
    }
}

async fn write(
    connection: &mut PgConnection,
    id: &AggregateId,
    event: &Event,
    recorded_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let name = id.to_string();
    match event {
        Event::Registered { belongs_to, person, preferences } => sqlx::query(
            // One whose first commit was lost, and that is registered again, is there already.
            "INSERT INTO contact (id, cooperation, belongs_to, person, preferences, since)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (id) DO UPDATE SET belongs_to = EXCLUDED.belongs_to,
                 person = EXCLUDED.person, preferences = EXCLUDED.preferences,
                 since = EXCLUDED.since, forgotten = false",
        )
        .bind(&name)
        .bind(id.cooperation.as_str())
        .bind(Json(belongs_to))
        .bind(person)
        .bind(Json(preferences))
        .bind(recorded_at)
        .execute(connection)
        .await
        .map(drop),
        Event::PersonChanged { person } => {
            let left: Option<Uuid> = sqlx::query_scalar("SELECT person FROM contact WHERE id = $1")
                .bind(&name)
                .fetch_optional(&mut *connection)
                .await?
                .flatten();
            if let Some(left) = left {
                address_book::empty(&mut *connection, id, left).await?;
            }
            sqlx::query("UPDATE contact SET person = $2 WHERE id = $1")
                .bind(&name)
                .bind(person)
                .execute(connection)
                .await
                .map(drop)
        }
        Event::Preferred { preferences } => {
            sqlx::query("UPDATE contact SET preferences = preferences || $2 WHERE id = $1")
                .bind(&name)
                .bind(Json(preferences))
                .execute(connection)
                .await
                .map(drop)
        }
        Event::Forgotten {} => {
            sqlx::query("UPDATE contact SET person = NULL, forgotten = true WHERE id = $1")
                .bind(&name)
                .execute(&mut *connection)
                .await?;
            address_book::forget(connection, id).await
        }
    }
}

fn poison(error: EnvelopeError) -> TakeError {
    TakeError::Poison { reason: chain(&error) }
}

fn world(error: sqlx::Error) -> TakeError {
    TakeError::World(Box::new(error))
}

fn away(error: ReadError) -> TakeError {
    TakeError::World(Box::new(error))
}
