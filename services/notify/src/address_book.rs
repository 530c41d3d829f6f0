//! The address book: name, address and language of a contact, where they can be forgotten.
//!
//! Invariant: a place is written before the event that names it, and whatever place no event names
//! any longer is emptied, at the latest by [`sweep`].

use chrono::{DateTime, TimeDelta, Utc};
use samvirke_schemas::{
    contacts::person::{EmailAddress, Language, Person},
    id::AggregateId,
};
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

/// How old a place that no event names must be before it is swept away: longer than any command
/// takes.
const UNNAMED_MAX: TimeDelta = TimeDelta::hours(1);

/// A person in the address book.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) person: Person,
    /// When mail to the address came back, and what was said.
    pub(crate) bounced: Option<(DateTime<Utc>, String)>,
}

/// The row as it is read.
pub(crate) type Row = (String, String, String, Option<DateTime<Utc>>, Option<String>);

impl Entry {
    /// Reads a row; `None` where it holds what this program would not have written.
    pub(crate) fn of((name, email, language, bounced_at, bounce): Row) -> Option<Self> {
        let person = Person {
            name: name.parse().ok()?,
            email: email.parse::<EmailAddress>().ok()?,
            language: language.parse::<Language>().ok()?,
        };
        let bounced = bounced_at.map(|at| (at, bounce.unwrap_or_default()));
        Some(Self { person, bounced })
    }
}

/// Writes a person to a place, unless the place is taken; says whether it then holds this person.
///
/// # Errors
///
/// When the database does not answer.
pub(crate) async fn write(
    pool: &PgPool,
    contact: &AggregateId,
    place: Uuid,
    person: &Person,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query(
        "INSERT INTO person (contact, id, name, email, language, written_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(contact.to_string())
    .bind(place)
    .bind(person.name.as_str())
    .bind(person.email.as_str())
    .bind(person.language.to_string())
    .bind(now)
    .execute(pool)
    .await?;
    Ok(read(pool, contact, place).await?.is_some_and(|kept| kept.person == *person))
}

/// The person at a place, if it is not empty.
///
/// # Errors
///
/// When the database does not answer.
pub(crate) async fn read(
    executor: impl PgExecutor<'_>,
    contact: &AggregateId,
    place: Uuid,
) -> sqlx::Result<Option<Entry>> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT name, email, language, bounced_at, bounce FROM person
         WHERE contact = $1 AND id = $2",
    )
    .bind(contact.to_string())
    .bind(place)
    .fetch_optional(executor)
    .await?;
    Ok(row.and_then(Entry::of))
}

/// Empties a place. Others of the same contact may be on their way to their event.
///
/// # Errors
///
/// When the database does not answer.
pub(crate) async fn empty(
    executor: impl PgExecutor<'_>,
    contact: &AggregateId,
    place: Uuid,
) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM person WHERE contact = $1 AND id = $2")
        .bind(contact.to_string())
        .bind(place)
        .execute(executor)
        .await
        .map(drop)
}

/// Empties all places of a contact that is forgotten.
///
/// # Errors
///
/// When the database does not answer.
pub(crate) async fn forget(
    executor: impl PgExecutor<'_>,
    contact: &AggregateId,
) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM person WHERE contact = $1")
        .bind(contact.to_string())
        .execute(executor)
        .await
        .map(drop)
}

/// Empties the places that a crash has left without an event that names them. Only for whoever has
/// taken the contacts' stream to its end: otherwise the event may be there and not be taken yet.
///
/// # Errors
///
/// When the database does not answer.
pub(crate) async fn sweep(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<u64> {
    sqlx::query(
        "DELETE FROM person WHERE written_at < $1 AND NOT EXISTS (
             SELECT FROM contact WHERE contact.id = person.contact AND contact.person = person.id)",
    )
    .bind(now - UNNAMED_MAX)
    .execute(pool)
    .await
    .map(|swept| swept.rows_affected())
}
