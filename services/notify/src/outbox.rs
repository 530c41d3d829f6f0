//! The outbox: what is to be sent, to whom, and what came of it.
//!
//! Invariant: a row's id is derived from what is told and to whom, so telling it again adds
//! nothing.

use chrono::{DateTime, Utc};
use samvirke_schemas::{
    Tagged,
    contacts::contact::{Frequency, Preferences, Topic},
    date::Date,
    id::{AggregateId, CooperationId},
    queries::notifications::NotificationState as State,
};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{
    hours::next_morning,
    notice::{Notice, Whom},
};

/// Names the rows: the same notice to the same contact has the same id for ever.
const NAMESPACE: Uuid = Uuid::from_u128(0x4d1f_90a7_2b6e_4c53_9f08_c1e7_55d2_ab34);

/// Something to be told, and where it comes from.
pub(crate) struct Telling<'a> {
    pub(crate) cooperation: &'a CooperationId,
    pub(crate) notice: &'a Notice,
    /// What it comes from: an event of the feed, or a moment that came.
    pub(crate) origin: &'a str,
    /// The event's place in the feed.
    pub(crate) position: Option<&'a str>,
    /// Who became a contact later is not told.
    pub(crate) recorded_at: DateTime<Utc>,
    /// The day in Norway on which the seats are asked for.
    pub(crate) day: Date,
}

/// Puts a notice to everyone concerned into the outbox, as often as they want to be told.
///
/// # Errors
///
/// When the database does not answer.
pub(crate) async fn put(
    connection: &mut PgConnection,
    whom: &Whom,
    telling: &Telling<'_>,
    now: DateTime<Utc>,
    digest_hour: u32,
) -> sqlx::Result<()> {
    let topic = telling.notice.topic();
    for (contact, Json(preferences)) in contacts(connection, whom, telling).await? {
        let (state, at) = match frequency(&preferences, topic) {
            Frequency::AtOnce => (State::Waiting, now),
            Frequency::Daily => (State::Daily, next_morning(now, digest_hour)),
            Frequency::Never => continue,
        };
        let kind = telling.notice.tag();
        let id = id(&[telling.origin, &contact, kind]);
        insert(connection, &Row { id, contact, state, at }, telling, now).await?;
    }
    Ok(())
}

/// The id of a row.
pub(crate) fn id(parts: &[&str]) -> Uuid {
    Uuid::new_v5(&NAMESPACE, parts.join(" ").as_bytes())
}

/// How often a contact wants to be told of a topic: never less than it must be.
pub(crate) fn frequency(preferences: &Preferences, topic: Topic) -> Frequency {
    preferences.get(&topic).copied().unwrap_or_default().min(topic.least())
}

/// A new row.
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) contact: String,
    pub(crate) state: State,
    pub(crate) at: DateTime<Utc>,
}

/// Adds a row, unless it is there.
///
/// # Errors
///
/// When the database does not answer.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    row: &Row,
    telling: &Telling<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO outbox (id, cooperation, contact, topic, kind, notice, position, state,
             created_at, next_attempt)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING",
    )
    .bind(row.id)
    .bind(telling.cooperation.as_str())
    .bind(&row.contact)
    .bind(telling.notice.topic().to_string())
    .bind(telling.notice.tag())
    .bind(Json(telling.notice))
    .bind(telling.position)
    .bind(row.state.to_string())
    .bind(now)
    .bind(row.at)
    .execute(connection)
    .await
    .map(drop)
}

async fn contacts(
    connection: &mut PgConnection,
    whom: &Whom,
    telling: &Telling<'_>,
) -> sqlx::Result<Vec<(String, Json<Preferences>)>> {
    let cooperation = telling.cooperation.as_str();
    match whom {
        Whom::Member { member } => {
            sqlx::query_as(
                "SELECT id, preferences FROM contact
                 WHERE cooperation = $1 AND NOT forgotten AND since <= $2 AND member = $3",
            )
            .bind(cooperation)
            .bind(telling.recorded_at)
            .bind(member.as_str())
            .fetch_all(connection)
            .await
        }
        Whom::Secretariat {} => {
            sqlx::query_as(
                "SELECT id, preferences FROM contact
                 WHERE cooperation = $1 AND NOT forgotten AND since <= $2
                   AND belongs_to ? 'secretariat'",
            )
            .bind(cooperation)
            .bind(telling.recorded_at)
            .fetch_all(connection)
            .await
        }
        Whom::Seats { body, of, except } => {
            let except: Vec<&str> = except.iter().map(|member| member.as_str()).collect();
            seats(connection, body, telling, of.as_ref().map(|of| of.as_str()), &except).await
        }
    }
}

/// The contacts of the seats that are held on the day.
async fn seats(
    connection: &mut PgConnection,
    body: &AggregateId,
    telling: &Telling<'_>,
    of: Option<&str>,
    except: &[&str],
) -> sqlx::Result<Vec<(String, Json<Preferences>)>> {
    sqlx::query_as(
        "SELECT contact.id, contact.preferences FROM contact JOIN seat USING (body, seat)
         WHERE contact.cooperation = $1 AND NOT forgotten AND since <= $2 AND body = $3
           AND (seat.until IS NULL OR seat.until >= $4)
           AND ($5::text IS NULL OR seat.member = $5) AND NOT (seat.member = ANY($6))",
    )
    .bind(telling.cooperation.as_str())
    .bind(telling.recorded_at)
    .bind(body.to_string())
    .bind(telling.day.naive())
    .bind(of)
    .bind(except)
    .fetch_all(connection)
    .await
}
