//! From the outbox to the mail server: each row once, as far as SMTP can.
//!
//! A row is held by a lock of the database while its mail is on the way, so whoever dies lets go of
//! it, and two senders never have the same. Between the server's 250 and the commit there is a
//! moment in which a crash makes the mail be sent again; it then has the same `Message-ID`.

use chrono::{DateTime, TimeDelta, Utc};
use lettre::Message;
use samvirke_schemas::{
    contacts::contact::{Frequency, Preferences},
    id::AggregateId,
    queries::notifications::NotificationState as State,
    stored::Stored,
};
use sqlx::{PgConnection, PgPool, types::Json};
use tracing::error;
use uuid::Uuid;

use crate::{
    address_book::{self, Entry},
    database::from_row,
    due,
    letter::{Letter, Sender},
    mailer::{Attempt, Away, Connection, Mailer},
    notice::Notice,
    outbox::frequency,
    public_titles::PublicTitles,
};

/// How often one mail is tried: for about four days.
pub const ATTEMPTS_MAX: i32 = 24;
const DELAY_MIN: TimeDelta = TimeDelta::minutes(1);
const DELAY_MAX: TimeDelta = TimeDelta::hours(6);
/// What is said of a mail to an address from which one came back.
const CAME_BACK: &str = "mail to this address came back";

/// Why a round ended early.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Away(#[from] Away),
}

/// A row that is being sent.
struct Row {
    id: Uuid,
    contact: String,
    notice: Json<Stored<Notice>>,
    attempts: i32,
    preferences: Json<Preferences>,
    person: Option<Uuid>,
}

from_row!(Row { id, contact, notice, attempts, preferences, person });

/// What became of a row.
struct Outcome {
    state: State,
    attempts: i32,
    answer: Option<String>,
    next_attempt: DateTime<Utc>,
}

/// Sends everything that is to be sent now; returns how many mails the server took.
///
/// # Errors
///
/// [`RoundError`]; what was not sent waits.
pub async fn round(
    pool: &PgPool,
    mailer: &Mailer,
    sender: &Sender,
    now: DateTime<Utc>,
) -> Result<u64, RoundError> {
    if !is_anything_waiting(pool, now).await? {
        return Ok(0);
    }
    let first = mailer.connect().await?;
    let mut connections = vec![Some(first)];
    connections.resize_with(mailer.connections_max(), || None);
    let senders = connections.into_iter().map(|open| send_all(pool, mailer, sender, open, now));
    // All are waited for, whichever fails: a mail that the server is just taking over must be noted.
    let ended = futures::future::join_all(senders).await;
    ended.into_iter().sum()
}

async fn is_anything_waiting(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM outbox WHERE state = 'waiting' AND next_attempt <= $1)",
    )
    .bind(now)
    .fetch_one(pool)
    .await
}

/// Sends over one connection as long as there is something; another one is made where it was lost.
async fn send_all(
    pool: &PgPool,
    mailer: &Mailer,
    sender: &Sender,
    mut open: Option<Connection>,
    now: DateTime<Utc>,
) -> Result<u64, RoundError> {
    let mut sent = 0;
    loop {
        let mut tx = pool.begin().await?;
        let Some(row) = next_row(&mut tx, now).await? else { break };
        let (id, person) = (row.id, row.person);
        let outcome = match prepare(&mut tx, sender, row, now).await? {
            Ok(prepared) => {
                let connection = match open.take() {
                    Some(connection) => connection,
                    None => mailer.connect().await?,
                };
                let (attempt, good) = connection.send(&prepared.message).await;
                open = good;
                outcome(attempt, prepared.attempts + 1, now)
            }
            Err(needless) => needless,
        };
        let state = outcome.state;
        note(&mut tx, id, person, outcome, now).await?;
        tx.commit().await?;
        metrics::counter!("samvirke_notify_mails", "outcome" => state.to_string()).increment(1);
        sent += u64::from(state == State::Sent);
    }
    if let Some(connection) = open {
        connection.quit().await;
    }
    Ok(sent)
}

/// Takes the next row, which nobody else has as long as the transaction lasts.
async fn next_row(connection: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        "SELECT outbox.id, outbox.contact, outbox.notice, outbox.attempts,
                contact.preferences, contact.person
         FROM outbox JOIN contact ON contact.id = outbox.contact
         WHERE outbox.state = 'waiting' AND outbox.next_attempt <= $1
         ORDER BY outbox.next_attempt, outbox.sort LIMIT 1 FOR UPDATE OF outbox SKIP LOCKED",
    )
    .bind(now)
    .fetch_optional(connection)
    .await
}

/// A mail that is ready to be sent.
struct Prepared {
    message: Message,
    /// How often it was tried before.
    attempts: i32,
}

/// Writes the mail, or says why there is none to be sent.
async fn prepare(
    connection: &mut PgConnection,
    sender: &Sender,
    row: Row,
    now: DateTime<Utc>,
) -> sqlx::Result<Result<Prepared, Outcome>> {
    let contact: AggregateId =
        row.contact.parse().map_err(|err| sqlx::Error::Decode(Box::new(err)))?;
    let entry = match row.person {
        Some(place) => address_book::read(&mut *connection, &contact, place).await?,
        None => None,
    };
    let attempts = row.attempts;
    let needless = |state, answer: Option<&str>| {
        let answer = answer.map(str::to_owned);
        Ok(Err(Outcome { state, attempts, answer, next_attempt: now }))
    };
    let Some(Entry { person, bounced }) = entry else { return needless(State::Dropped, None) };
    let declined = |topic| frequency(&row.preferences.0, topic) == Frequency::Never;
    let Some(mut notice) = due::without(row.notice.0.0, declined) else {
        return needless(State::Dropped, None);
    };
    if bounced.is_some() {
        return needless(State::Bounced, Some(CAME_BACK));
    }
    let titles = PublicTitles::of(connection, &notice).await?;
    titles.fill(&mut notice);
    let letter = Letter { id: row.id, contact: &contact, person: &person, notice: &notice };
    match sender.write(&letter, now) {
        Ok(message) => Ok(Ok(Prepared { message, attempts })),
        Err(unwritable) => {
            let reason = samvirke_kernel::error_chain::chain(&unwritable);
            error!(notification.id = %row.id, reason, "a mail cannot be written");
            needless(State::Refused, Some(&reason))
        }
    }
}

/// What an attempt makes of a row, which was tried so often.
fn outcome(attempt: Attempt, attempts: i32, now: DateTime<Utc>) -> Outcome {
    let (state, answer) = match attempt {
        Attempt::Sent { answer } => (State::Sent, answer),
        Attempt::Refused { answer } => (State::Refused, answer),
        Attempt::Passing { answer } if attempts >= ATTEMPTS_MAX => (State::Refused, answer),
        Attempt::Passing { answer } => (State::Waiting, answer),
    };
    Outcome { state, attempts, answer: Some(answer), next_attempt: now + delay(attempts) }
}

/// How long to wait after so many attempts: twice as long each time, to a limit.
fn delay(attempts: i32) -> TimeDelta {
    let doubled = u32::try_from(attempts - 1).unwrap_or(0).min(16);
    (DELAY_MIN * 2_i32.pow(doubled)).min(DELAY_MAX)
}

async fn note(
    connection: &mut PgConnection,
    id: Uuid,
    person: Option<Uuid>,
    outcome: Outcome,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let settled = outcome.state != State::Waiting;
    sqlx::query(
        "UPDATE outbox SET state = $2, attempts = $3, last_answer = $4, next_attempt = $5,
             settled_at = $6, person = $7 WHERE id = $1",
    )
    .bind(id)
    .bind(outcome.state.to_string())
    .bind(outcome.attempts)
    .bind(outcome.answer)
    .bind(outcome.next_attempt)
    .bind(settled.then_some(now))
    .bind(person)
    .execute(connection)
    .await
    .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_tried_ever_more_seldom_for_some_days() {
        assert_eq!(delay(1), TimeDelta::minutes(1));
        assert_eq!(delay(4), TimeDelta::minutes(8));
        assert_eq!(delay(ATTEMPTS_MAX), DELAY_MAX);
        let all: TimeDelta = (1..ATTEMPTS_MAX).map(delay).sum();
        assert!((3..6).contains(&all.num_days()), "{all}");
    }
}
