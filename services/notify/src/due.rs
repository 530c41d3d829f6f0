//! What falls due: reminders whose moment has come, and daily digests.
//!
//! The clock decides when they go, and nothing else. A reminder and the outbox rows made of it are
//! one transaction.

use chrono::{DateTime, Utc};
use samvirke_schemas::{
    contacts::contact::Topic, id::CooperationId, local_time::day_of,
    queries::notifications::NotificationState as State, stored::Stored,
};
use sqlx::{PgConnection, PgPool, types::Json};
use uuid::Uuid;

use crate::{
    memory,
    notice::{Notice, Reminder},
    outbox::{self, Row, Telling},
    settings::Settings,
};

/// The most reminders taken in one transaction.
const BATCH_MAX: i64 = 100;
/// The most notices in one digest; more go into the next one, at once.
const DIGEST_NOTICES_MAX: i64 = 200;

/// Puts into the outbox what has fallen due.
///
/// # Errors
///
/// When the database does not answer.
pub async fn fire(pool: &PgPool, settings: &Settings, now: DateTime<Utc>) -> sqlx::Result<()> {
    while fire_reminders(pool, settings, now).await? {}
    while gather_digest(pool, now).await? {}
    Ok(())
}

/// Takes a batch of reminders; says whether there may be more.
async fn fire_reminders(
    pool: &PgPool,
    settings: &Settings,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    type Due = (String, String, String, DateTime<Utc>, Json<Stored<Reminder>>);
    let mut tx = pool.begin().await?;
    let due: Vec<Due> = sqlx::query_as(
        "DELETE FROM due WHERE (what, about, whom) IN (
             SELECT what, about, whom FROM due WHERE at <= $1 ORDER BY at, what, about, whom
             LIMIT $2 FOR UPDATE SKIP LOCKED)
         RETURNING what, about, whom, at, reminder",
    )
    .bind(now)
    .bind(BATCH_MAX)
    .fetch_all(&mut *tx)
    .await?;
    let more = !due.is_empty();
    for (what, about, whom, at, Json(Stored(reminder))) in due {
        let origin = format!("{what} {about} {whom} {}", at.timestamp());
        tell(&mut tx, reminder, &origin, settings, now).await?;
    }
    tx.commit().await?;
    Ok(more)
}

async fn tell(
    connection: &mut PgConnection,
    reminder: Reminder,
    origin: &str,
    settings: &Settings,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let Reminder { cooperation, whom, mut notice } = reminder;
    if let Notice::MembersSilent { silence, members } = &mut notice {
        *members = memory::silent(connection, &silence.case.id, silence.missing).await?;
        if members.is_empty() {
            return Ok(());
        }
    }
    let telling = Telling {
        cooperation: &cooperation,
        notice: &notice,
        origin,
        position: None,
        recorded_at: now,
        day: day_of(now),
    };
    outbox::put(connection, &whom, &telling, now, settings.digest_hour).await
}

/// Makes one mail of what one contact is told of that day; says whether there may be more.
async fn gather_digest(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    let first: Option<(String, String)> = sqlx::query_as(
        "SELECT contact, cooperation FROM outbox WHERE state = 'daily' AND next_attempt <= $1
         ORDER BY next_attempt, sort LIMIT 1",
    )
    .bind(now)
    .fetch_optional(&mut *tx)
    .await?;
    let Some((contact, cooperation)) = first else { return Ok(false) };
    // Whoever else gathers for the same contact is waited for, and leaves nothing.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext($1))")
        .bind(&contact)
        .execute(&mut *tx)
        .await?;
    let rows: Vec<(Uuid, Json<Stored<Notice>>)> = sqlx::query_as(
        "SELECT id, notice FROM outbox
         WHERE contact = $1 AND state = 'daily' AND next_attempt <= $2 ORDER BY sort LIMIT $3",
    )
    .bind(&contact)
    .bind(now)
    .bind(DIGEST_NOTICES_MAX)
    .fetch_all(&mut *tx)
    .await?;
    if rows.is_empty() {
        return Ok(true);
    }
    let ids: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect();
    let notices = rows.into_iter().map(|(_, Json(Stored(notice)))| notice).collect();
    put_digest(&mut tx, contact, &cooperation, &ids, notices, now).await?;
    tx.commit().await?;
    Ok(true)
}

async fn put_digest(
    connection: &mut PgConnection,
    contact: String,
    cooperation: &str,
    ids: &[Uuid],
    notices: Vec<Notice>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let cooperation: CooperationId =
        cooperation.parse().map_err(|err| sqlx::Error::Decode(Box::new(err)))?;
    let names: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let id = outbox::id(&["digest", &contact, &names.join(" ")]);
    let notice = Notice::Digest { notices };
    let telling = Telling {
        cooperation: &cooperation,
        notice: &notice,
        origin: "digest",
        position: None,
        recorded_at: now,
        day: day_of(now),
    };
    let row = Row { id, contact, state: State::Waiting, at: now };
    outbox::insert(connection, &row, &telling, now).await?;
    sqlx::query(
        "UPDATE outbox SET state = 'gathered', digest = $2, settled_at = $3 WHERE id = ANY($1)",
    )
    .bind(ids)
    .bind(id)
    .bind(now)
    .execute(connection)
    .await
    .map(drop)
}

/// Tells when something falls due next.
///
/// # Errors
///
/// When the database does not answer.
pub(crate) async fn next(pool: &PgPool) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar(
        "SELECT least(
             (SELECT min(at) FROM due),
             (SELECT min(next_attempt) FROM outbox WHERE state IN ('waiting', 'daily')))",
    )
    .fetch_one(pool)
    .await
}

/// The topics of a digest that the contact has declined meanwhile are left out when it is sent.
pub(crate) fn without(notice: Notice, declined: impl Fn(Topic) -> bool) -> Option<Notice> {
    if let Notice::Digest { notices } = notice {
        let notices: Vec<Notice> =
            notices.into_iter().filter(|notice| !declined(notice.topic())).collect();
        (!notices.is_empty()).then_some(Notice::Digest { notices })
    } else {
        (!declined(notice.topic())).then_some(notice)
    }
}
