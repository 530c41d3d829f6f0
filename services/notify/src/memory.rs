//! What the feed has told, as far as it decides whom to tell of what comes: seats, plans, whose
//! answer is awaited, and what is to be told later.

use chrono::{DateTime, NaiveDate, Utc};
use samvirke_schemas::{
    date::Date,
    feed::fact::brief,
    id::{AggregateId, LocalId},
    names::Names,
};
use sqlx::{PgConnection, types::Json};

use crate::{
    news::{Answer, Key, Step},
    notice::{Missing, Reminder, SilentMember},
};

/// Takes a step; what is to be told at once is given back.
///
/// # Errors
///
/// When the database does not answer.
pub(crate) async fn take(
    connection: &mut PgConnection,
    step: Step,
) -> sqlx::Result<Option<(crate::notice::Whom, crate::notice::Notice)>> {
    match step {
        Step::Tell { whom, notice } => return Ok(Some((whom, notice))),
        Step::Schedule { key, at, reminder } => {
            schedule(connection, &key, at, &reminder, false).await?;
        }
        Step::Reschedule { key, at, reminder } => {
            schedule(connection, &key, at, &reminder, true).await?;
        }
        Step::Needless { key } => {
            sqlx::query("DELETE FROM due WHERE what = $1 AND about = $2 AND whom = $3")
                .bind(key.what.to_string())
                .bind(key.about.to_string())
                .bind(whom(&key))
                .execute(connection)
                .await?;
        }
        Step::Await { what, case, member, party, since } => {
            let what = awaited(what, party.as_ref());
            await_answer(connection, &what, &case, &member, since).await?;
        }
        Step::Received { case, member } => {
            sqlx::query(
                "UPDATE awaited SET received = true
                 WHERE what = 'decision' AND about = $1 AND member = $2",
            )
            .bind(case.to_string())
            .bind(member.as_str())
            .execute(connection)
            .await?;
        }
        Step::Over { what, case, member, party } => {
            let member = member.as_ref().map(|member| member.as_str());
            over(connection, what, &case, member, party.as_ref()).await?;
        }
        Step::SeatFilled { body, seat, member, to } => {
            sqlx::query(
                "INSERT INTO seat (body, seat, member, until) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (body, seat) DO UPDATE
                 SET member = EXCLUDED.member, until = EXCLUDED.until",
            )
            .bind(body.to_string())
            .bind(seat.as_str())
            .bind(member.as_str())
            .bind(to.map(Date::naive))
            .execute(connection)
            .await?;
        }
        Step::SeatVacated { body, seat, to } => {
            sqlx::query("UPDATE seat SET until = $3 WHERE body = $1 AND seat = $2")
                .bind(body.to_string())
                .bind(seat.as_str())
                .bind(to.naive())
                .execute(connection)
                .await?;
        }
    }
    Ok(None)
}

/// How often a meeting's plan has changed; with `changed` once more from now on.
///
/// # Errors
///
/// When the database does not answer.
pub(crate) async fn plan_changes(
    connection: &mut PgConnection,
    meeting: &AggregateId,
    changed: bool,
) -> sqlx::Result<u32> {
    let changes: Option<i32> = if changed {
        sqlx::query_scalar(
            "INSERT INTO plan (meeting, changes) VALUES ($1, 1)
             ON CONFLICT (meeting) DO UPDATE SET changes = plan.changes + 1 RETURNING changes",
        )
        .bind(meeting.to_string())
        .fetch_optional(connection)
        .await?
    } else {
        sqlx::query_scalar("SELECT changes FROM plan WHERE meeting = $1")
            .bind(meeting.to_string())
            .fetch_optional(connection)
            .await?
    };
    Ok(changes.and_then(|changes| u32::try_from(changes).ok()).unwrap_or(0))
}

/// The members that are silent in a joint case.
///
/// # Errors
///
/// When the database does not answer.
pub(crate) async fn silent(
    connection: &mut PgConnection,
    case: &AggregateId,
    missing: Missing,
) -> sqlx::Result<Vec<SilentMember>> {
    type Row = (String, Option<Json<Names>>, NaiveDate, bool);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT member, names, since, received FROM awaited
         WHERE what = 'decision' AND about = $1 AND NOT (received AND $2) ORDER BY member",
    )
    .bind(case.to_string())
    .bind(missing == Missing::Receipt)
    .fetch_all(connection)
    .await?;
    let read = |(member, names, since, received): Row| {
        let names = names.map(|Json(names)| names);
        let member = brief::Member { member: member.parse().ok()?, names };
        Some(SilentMember { member, received, since: Date::nearest(since) })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

async fn schedule(
    connection: &mut PgConnection,
    key: &Key,
    at: DateTime<Utc>,
    reminder: &Reminder,
    if_awaited: bool,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO due (what, about, whom, at, reminder) SELECT $1, $2, $3, $4, $5
         WHERE NOT $6 OR EXISTS (
             SELECT FROM awaited WHERE split_part(what, '/', 1) = $1 AND about = $2 AND member = $3)
         ON CONFLICT (what, about, whom) DO UPDATE
         SET at = EXCLUDED.at, reminder = EXCLUDED.reminder",
    )
    .bind(key.what.to_string())
    .bind(key.about.to_string())
    .bind(whom(key))
    .bind(at)
    .bind(Json(reminder))
    .bind(if_awaited)
    .execute(connection)
    .await
    .map(drop)
}

async fn await_answer(
    connection: &mut PgConnection,
    what: &str,
    case: &AggregateId,
    member: &brief::Member,
    since: Date,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO awaited (what, about, member, names, since) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (what, about, member) DO NOTHING",
    )
    .bind(what)
    .bind(case.to_string())
    .bind(member.member.as_str())
    .bind(member.names.as_ref().map(Json))
    .bind(since.naive())
    .execute(connection)
    .await
    .map(drop)
}

/// What an awaited answer is kept under: `decision`, `statement/baerum`. Before parties were told apart it
/// was `statement`.
fn awaited(what: Answer, party: Option<&LocalId>) -> String {
    party.map_or_else(|| what.to_string(), |party| format!("{what}/{party}"))
}

async fn over(
    connection: &mut PgConnection,
    what: Answer,
    case: &AggregateId,
    member: Option<&str>,
    party: Option<&LocalId>,
) -> sqlx::Result<()> {
    sqlx::query(
        "DELETE FROM awaited WHERE split_part(what, '/', 1) = $1 AND about = $2
         AND ($3::text IS NULL OR member = $3) AND ($4::text IS NULL OR what IN ($1, $4))",
    )
    .bind(what.to_string())
    .bind(case.to_string())
    .bind(member)
    .bind(party.map(|party| awaited(what, Some(party))))
    .execute(&mut *connection)
    .await?;
    let reminders: &[&str] = match what {
        Answer::Decision => &["receipt", "decision"],
        Answer::Statement => &["statement"],
    };
    sqlx::query(
        "DELETE FROM due
         WHERE what = ANY($1) AND about = $2 AND ($3::text IS NULL OR whom = $3)
         AND NOT ($3::text IS NOT NULL AND EXISTS (SELECT FROM awaited
             WHERE split_part(what, '/', 1) = $4 AND about = $2 AND member = $3))",
    )
    .bind(reminders)
    .bind(case.to_string())
    .bind(member)
    .bind(what.to_string())
    .execute(connection)
    .await
    .map(drop)
}

fn whom(key: &Key) -> &str {
    key.member.as_ref().map_or("", |member| member.as_str())
}
