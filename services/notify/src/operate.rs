//! What an operator can see and do by hand: how the outbox stands, sending again, mail that came
//! back.

use chrono::{DateTime, Utc};
use samvirke_kernel::{clock, parking::Decision};
use samvirke_schemas::{id::CooperationId, standing::ParkedEvent};
use serde::Serialize;
use sqlx::PgPool;

use crate::{
    bounce::{self, Bounce},
    database, parked,
};

/// The outbox at a glance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// How many notifications there are in each state.
    pub states: Vec<(String, i64)>,
    /// How many reminders are to come.
    pub reminders: i64,
    /// Addresses from which mail came back.
    pub bounced_addresses: i64,
    /// The oldest that should have gone already.
    pub overdue_since: Option<DateTime<Utc>>,
    /// What the mail server said to that one.
    pub last_answer: Option<String>,
    /// Events of the feed, and of contacts, that could not be read.
    pub parked: i64,
}

/// An operator's way to the outbox.
#[derive(Debug)]
pub struct Operator {
    pool: PgPool,
}

impl Operator {
    /// Connects.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub async fn connect(url: &str) -> sqlx::Result<Self> {
        let pool = database::connect(url)?;
        database::prepare(&pool).await?;
        Ok(Self { pool })
    }

    /// How the outbox stands.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub async fn status(&self) -> sqlx::Result<Status> {
        let states = sqlx::query_as("SELECT state, count(*) FROM outbox GROUP BY 1 ORDER BY 1")
            .fetch_all(&self.pool)
            .await?;
        let (reminders, bounced_addresses, parked) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM due),
                    (SELECT count(*) FROM person WHERE bounced_at IS NOT NULL),
                    (SELECT count(*) FROM parked)",
        )
        .fetch_one(&self.pool)
        .await?;
        let overdue: Option<(DateTime<Utc>, Option<String>)> = sqlx::query_as(
            "SELECT created_at, last_answer FROM outbox
             WHERE state = 'waiting' AND (attempts > 0 OR next_attempt <= $1) ORDER BY sort LIMIT 1",
        )
        .bind(clock::now())
        .fetch_optional(&self.pool)
        .await?;
        let (overdue_since, last_answer) =
            overdue.map_or((None, None), |(at, said)| (Some(at), said));
        Ok(Status { states, reminders, bounced_addresses, overdue_since, last_answer, parked })
    }

    /// Lets what waits for its next attempt, was refused or came back be tried at once; returns how
    /// many.
    ///
    /// Nothing goes to an address that mail came back from, until the contact has another.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub async fn retry(&self) -> sqlx::Result<u64> {
        sqlx::query(
            "UPDATE outbox SET state = 'waiting', attempts = 0, next_attempt = $1,
                 settled_at = NULL
             FROM contact LEFT JOIN person
               ON person.contact = contact.id AND person.id = contact.person
             WHERE contact.id = outbox.contact AND person.bounced_at IS NULL
               AND outbox.state IN ('waiting', 'refused', 'bounced')",
        )
        .bind(clock::now())
        .execute(&self.pool)
        .await
        .map(|again| again.rows_affected())
    }

    /// Messages of the feed that could not be taken: the first of each cooperation.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub async fn parked(&self) -> sqlx::Result<Vec<ParkedEvent>> {
        parked::parked(&self.pool).await
    }

    /// Takes down what is to be done about the message that is parked for a cooperation; says whether
    /// one is.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub async fn decide_parked(
        &self,
        cooperation: &CooperationId,
        decision: &Decision,
    ) -> sqlx::Result<bool> {
        parked::decide(&self.pool, cooperation, decision).await
    }

    /// Notes that a mail came back; returns whether it was one of ours.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub async fn bounced(&self, bounce: &Bounce) -> sqlx::Result<bool> {
        bounce::note(&self.pool, bounce, clock::now()).await
    }
}
