//! From the feed to the outbox: each fact once, in order.
//!
//! What a fact leads to and the checkpoint move in one transaction, fenced by where the checkpoint
//! stood, so two services at once tell what one would. A message that cannot be taken is parked with
//! the reason, and the later ones of its cooperation wait behind it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, future::poll_immediate, never::Never};
use samvirke_kernel::{
    bigint::{from_bigint, to_bigint},
    checkpoint::Stands,
    clock,
    error_chain::chain,
    log::{Log, ReadError},
    projection::{Checkpoint, Progress, reached},
    publication::{Publication, Published},
    supervision::{Task, TaskFailure, caught},
};
use samvirke_schemas::{
    feed::{self, Audience, CloudEvent, Fact, RESTATED, Subject},
    local_time::day_of,
};
use sqlx::{PgConnection, PgPool};
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::{
    checkpoint, memory,
    news::{self, Heard, Step},
    outbox::{self, Telling},
    parked, public_titles,
    settings::Settings,
};

/// The most messages taken in one transaction.
const BATCH_MAX: usize = 200;
/// How often it is looked whether an operator has decided about what is parked, and whether the feed has
/// what was taken.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long the contacts may take to come as far as their stream was.
const CONTACTS_WAIT: Duration = Duration::from_secs(10);

/// Why the intake was interrupted.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted {
    #[error("the feed or the stream of contacts cannot be read")]
    Read(#[from] ReadError),
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
    #[error("another service moved the checkpoint")]
    Fenced,
    #[error("the contacts have not come as far as their stream")]
    ContactsBehind,
    #[error("the feed's messages ended")]
    Ended,
    #[error(
        "notifications were made from another feed than the one here: restore the feed, or the database"
    )]
    OtherFeed,
    #[error("the feed was taken to {taken}, but it ends at {last}: restore it")]
    Truncated { taken: u64, last: u64 },
}

impl From<Interrupted> for TaskFailure {
    fn from(interrupted: Interrupted) -> Self {
        let failure = Self::of(&interrupted);
        let halts = match interrupted {
            Interrupted::OtherFeed | Interrupted::Truncated { .. } => true,
            Interrupted::Read(_)
            | Interrupted::Database(_)
            | Interrupted::Fenced
            | Interrupted::ContactsBehind
            | Interrupted::Ended => false,
        };
        Self { halts, ..failure }
    }
}

/// What the intake stands on.
pub struct Intake {
    pub pool: PgPool,
    pub publication: Publication,
    pub settings: Settings,
    /// The stream of contacts, and how far it is taken.
    pub contacts: Log,
    pub progress: watch::Receiver<Progress>,
    /// Told that something may be there to be sent.
    pub put: watch::Sender<()>,
}

/// Where the intake stands, and up to where nobody is told.
struct Place {
    at: Checkpoint,
    told_after: u64,
    began_at: DateTime<Utc>,
}

impl Place {
    /// The checkpoint once a message is taken.
    fn after(&self, message: &Published) -> Checkpoint {
        let (sequence, digest) = (message.sequence, Some(message.digest()));
        Checkpoint { sequence, digest, ..self.at.clone() }
    }
}

impl Intake {
    /// Takes the feed until it is interrupted; nothing is lost if it is then called again.
    ///
    /// # Errors
    ///
    /// [`Interrupted`].
    pub async fn follow(&self, task: &Task) -> Result<Never, Interrupted> {
        let mut place = self.place().await?;
        info!(feed = place.at.sequence, "notifying");
        let stream = &self.publication.identity().name;
        task.has_taken(stream, place.at.sequence);
        self.publication.reports_lag_of(task);
        let filters = vec![feed::EVENT_SUBJECTS.to_owned()];
        let mut messages = self.publication.follow(filters, place.at.sequence).await?;
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            let batch = tokio::select! {
                _ = look.tick() => {
                    self.check(&place.at).await?;
                    task.has_taken(stream, self.nothing_until(place.at.sequence).await?);
                    self.work_parked(&place, clock::now()).await?;
                    task.has_parked(parked::TASK, parked::parked(&self.pool).await?);
                    continue;
                }
                batch = next_batch(&mut messages) => batch?,
            };
            self.contacts_are_current().await?;
            self.take(&mut place, &batch, clock::now()).await?;
            task.has_taken(stream, place.at.sequence);
            task.progress();
            self.put.send_replace(());
        }
    }

    /// Up to where there is no event after a sequence: the feed may end with what is no event, or was erased.
    async fn nothing_until(&self, sequence: u64) -> Result<u64, Interrupted> {
        let last = self.publication.last_sequence().await?;
        let next = self.publication.next(feed::EVENT_SUBJECTS, sequence).await?;
        Ok(if next.is_none() { last.max(sequence) } else { sequence })
    }

    /// Takes what there is now and comes back; for whoever does not wait for more.
    ///
    /// # Errors
    ///
    /// [`Interrupted`].
    pub async fn catch_up(&self, now: DateTime<Utc>) -> Result<(), Interrupted> {
        let mut place = self.place().await?;
        self.work_parked(&place, now).await?;
        loop {
            let all = feed::EVENT_SUBJECTS;
            let batch = self.publication.page(all, place.at.sequence, BATCH_MAX).await?;
            if batch.is_empty() {
                return Ok(());
            }
            self.contacts_are_current().await?;
            self.take(&mut place, &batch, now).await?;
        }
    }

    /// Waits until whoever registered before now is known: what was caused afterwards is told to
    /// them.
    async fn contacts_are_current(&self) -> Result<(), Interrupted> {
        let last = self.contacts.last_sequence().await?;
        match reached(&mut self.progress.clone(), last, CONTACTS_WAIT).await {
            true => Ok(()),
            false => Err(Interrupted::ContactsBehind),
        }
    }

    async fn place(&self) -> Result<Place, Interrupted> {
        let identity = self.publication.identity().clone();
        let last = self.publication.last_sequence().await?;
        // What was said before the service first began, nobody waits for any longer.
        sqlx::query(
            "INSERT INTO checkpoint (stream, created, sequence, told_after, began_at)
             VALUES ($1, $2, 0, $3, $4) ON CONFLICT (stream) DO NOTHING",
        )
        .bind(&identity.name)
        .bind(identity.created)
        .bind(to_bigint(last))
        .bind(clock::now())
        .execute(&self.pool)
        .await?;
        let (told_after, began_at): (i64, DateTime<Utc>) =
            sqlx::query_as("SELECT told_after, began_at FROM checkpoint WHERE stream = $1")
                .bind(&identity.name)
                .fetch_one(&self.pool)
                .await?;
        let kept = checkpoint::read(&self.pool, &identity.name).await?;
        let mut kept = kept.ok_or(Interrupted::Fenced)?;
        if let Err(elsewhere) = self.check(&kept).await {
            let Some(accepted) = self.publication.accepted_before(&kept).await? else {
                return Err(elsewhere);
            };
            warn!(from = accepted.sequence, "notifying of a feed that an operator accepted");
            let mut tx = self.pool.begin().await?;
            if !checkpoint::advance(&mut tx, &kept, &accepted).await? {
                return Err(Interrupted::Fenced);
            }
            tx.commit().await?;
            kept = accepted;
        }
        let at = Checkpoint { stream: identity, ..kept };
        Ok(Place { at, told_after: from_bigint(told_after), began_at })
    }

    /// Whether the feed still has the last message that was taken.
    async fn check(&self, kept: &Checkpoint) -> Result<(), Interrupted> {
        match self.publication.stands(kept).await? {
            // A message of the feed may have been erased.
            Stands::Here | Stands::Unreadable => Ok(()),
            Stands::Beyond { last } => Err(Interrupted::Truncated { taken: kept.sequence, last }),
            Stands::Elsewhere => Err(Interrupted::OtherFeed),
        }
    }

    /// Takes messages; if one of them is at fault, takes them one by one and parks that one.
    async fn take(
        &self,
        place: &mut Place,
        batch: &[Published],
        now: DateTime<Utc>,
    ) -> Result<(), Interrupted> {
        match self.try_take(place, batch, now).await? {
            Ok(()) => return Ok(()),
            Err(reason) if batch.len() == 1 => return self.park(place, &batch[0], &reason).await,
            Err(_) => (),
        }
        for message in batch {
            let one = std::slice::from_ref(message);
            if let Err(reason) = self.try_take(place, one, now).await? {
                self.park(place, message, &reason).await?;
            }
        }
        Ok(())
    }

    /// Takes messages, all or none; says why none, where one of them is at fault.
    async fn try_take(
        &self,
        place: &mut Place,
        batch: &[Published],
        now: DateTime<Utc>,
    ) -> Result<Result<(), String>, Interrupted> {
        let Some(last) = batch.last() else { return Ok(Ok(())) };
        let to = place.after(last);
        let mut tx = self.pool.begin().await?;
        if !checkpoint::advance(&mut tx, &place.at, &to).await? {
            return Err(Interrupted::Fenced);
        }
        let parked = parked::cooperations(&mut tx).await?;
        for message in batch {
            let cooperation = cooperation(message);
            if parked.iter().any(|one| one == cooperation) {
                let (sequence, subject) = (message.sequence, &message.subject);
                parked::put(&mut tx, cooperation, sequence, subject, None).await?;
            } else if let Err(reason) = self.work(&mut tx, place, message, now).await? {
                return Ok(Err(reason));
            }
        }
        tx.commit().await?;
        place.at = to;
        Ok(Ok(()))
    }

    /// Parks a message: the later ones of its cooperation wait behind it.
    async fn park(
        &self,
        place: &mut Place,
        message: &Published,
        reason: &str,
    ) -> Result<(), Interrupted> {
        let (sequence, subject) = (message.sequence, &message.subject);
        error!(sequence, subject, reason, "an event of the feed is parked");
        let to = place.after(message);
        let mut tx = self.pool.begin().await?;
        if !checkpoint::advance(&mut tx, &place.at, &to).await? {
            return Err(Interrupted::Fenced);
        }
        parked::put(&mut tx, cooperation(message), sequence, subject, Some(reason)).await?;
        tx.commit().await?;
        place.at = to;
        Ok(())
    }

    /// Works what an operator has decided about, and what waits behind it.
    async fn work_parked(&self, place: &Place, now: DateTime<Utc>) -> Result<(), Interrupted> {
        for cooperation in parked::workable(&self.pool).await? {
            while self.work_first(place, &cooperation, now).await? {}
        }
        Ok(())
    }

    /// Works the first message that is set aside of a cooperation; says whether another may follow.
    async fn work_first(
        &self,
        place: &Place,
        cooperation: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, Interrupted> {
        let mut tx = self.pool.begin().await?;
        let Some(first) = parked::hold_first(&mut tx, cooperation).await? else { return Ok(false) };
        let found = self.publication.next(feed::SUBJECTS, first.sequence - 1).await?;
        // What is not in the feed any more was withheld, and nobody is notified of it.
        let message = found.filter(|one| one.sequence == first.sequence && !first.skip);
        let Some(message) = message else {
            parked::take_off(&mut tx, &first).await?;
            tx.commit().await?;
            return Ok(true);
        };
        let worked = self.work(&mut tx, place, &message, now).await?;
        let failed = worked.is_err();
        match worked {
            Ok(()) => parked::take_off(&mut tx, &first).await?,
            Err(reason) => {
                // What it did before it failed is undone.
                tx.rollback().await?;
                tx = self.pool.begin().await?;
                let (sequence, subject) = (message.sequence, &message.subject);
                parked::put(&mut tx, cooperation, sequence, subject, Some(&reason)).await?;
            }
        }
        tx.commit().await?;
        self.put.send_replace(());
        Ok(!failed)
    }

    /// Takes one message; says why not, where the message is at fault.
    async fn work(
        &self,
        connection: &mut PgConnection,
        place: &Place,
        message: &Published,
        now: DateTime<Utc>,
    ) -> Result<Result<(), String>, Interrupted> {
        let (event, heard) = match hear(message) {
            Ok(read) => read,
            Err(reason) => return Ok(Err(reason)),
        };
        let told = message.sequence > place.told_after;
        let since = (!told).then_some(place.began_at);
        let taken = caught(self.take_one(connection, &event, heard, since, now)).await;
        match taken {
            Ok(Ok(())) => Ok(Ok(())),
            Ok(Err(error)) if is_of_the_data(&error) => Ok(Err(chain(&error))),
            Ok(Err(error)) => Err(error.into()),
            Err(panicked) => Ok(Err(panicked)),
        }
    }

    /// Takes one fact. With `since` it is older than this service: nobody is told of it, and
    /// reminders only from then on.
    async fn take_one(
        &self,
        connection: &mut PgConnection,
        event: &CloudEvent,
        mut heard: Heard,
        since: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> sqlx::Result<()> {
        if heard.audience == Audience::Public {
            public_titles::learn(connection, &heard.fact).await?;
        }
        // What takes the place of something that is withheld now was told before.
        if event.replacement {
            return Ok(());
        }
        heard.changes = plan_changes(connection, &heard).await?;
        for step in news::steps(&heard, &self.settings) {
            let past = match (&step, since) {
                (Step::Tell { .. }, Some(_)) => true,
                (Step::Schedule { at, .. } | Step::Reschedule { at, .. }, Some(since)) => {
                    *at <= since
                }
                _ => false,
            };
            if past {
                continue;
            }
            if let Some((whom, notice)) = memory::take(&mut *connection, step).await? {
                let telling = Telling {
                    cooperation: &heard.cooperation,
                    notice: &notice,
                    origin: &event.id.to_string(),
                    position: Some(&event.position),
                    recorded_at: heard.recorded_at,
                    day: day_of(heard.recorded_at),
                };
                let hour = self.settings.digest_hour;
                outbox::put(&mut *connection, &whom, &telling, now, hour).await?;
            }
        }
        Ok(())
    }
}

async fn plan_changes(connection: &mut PgConnection, heard: &Heard) -> sqlx::Result<u32> {
    let Some(meeting) = news::meeting(&heard.fact) else { return Ok(0) };
    let changes = news::replanned(&heard.fact).is_some();
    match heard.audience {
        Audience::Public => memory::plan_changes(connection, meeting, changes).await,
        // The public is told the same next, and then it counts.
        Audience::Member(_) => {
            let known = memory::plan_changes(connection, meeting, false).await?;
            Ok(known + u32::from(changes))
        }
    }
}

/// The cooperation that a message is about, from its subject `feed.<cooperation>.…`.
fn cooperation(message: &Published) -> &str {
    message.subject.split('.').nth(1).unwrap_or_default()
}

/// Whether the database refuses the data: class 22 is a data exception, 23 a broken constraint, 54 a
/// limit that the data goes beyond.
fn is_of_the_data(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| ["22", "23", "54"].iter().any(|class| code.starts_with(class)))
        || matches!(error, sqlx::Error::Encode(_) | sqlx::Error::ColumnDecode { .. })
}

/// Reads a message, or says why it cannot be read.
fn hear(message: &Published) -> Result<(CloudEvent, Heard), String> {
    let event: CloudEvent =
        serde_json::from_slice(&message.payload).map_err(|error| error.to_string())?;
    let subject: Subject =
        message.subject.parse().map_err(|error: feed::InvalidSubject| chain(&error))?;
    let fact: Fact = event.fact().map_err(|error| chain(&error))?;
    let restated = message.header(RESTATED).unwrap_or_default();
    let heard = Heard {
        cooperation: subject.cooperation,
        audience: subject.audience,
        restated: restated.split(',').filter_map(|member| member.parse().ok()).collect(),
        fact,
        occurred_at: event.time,
        recorded_at: event.recordedtime,
        changes: 0,
    };
    Ok((event, heard))
}

/// Waits for a message, and takes with it what has arrived already.
async fn next_batch(
    messages: &mut (impl Stream<Item = Result<Published, ReadError>> + Unpin),
) -> Result<Vec<Published>, Interrupted> {
    let first = messages.next().await.ok_or(Interrupted::Ended)?;
    let mut batch = vec![first?];
    while batch.len() < BATCH_MAX {
        match poll_immediate(messages.next()).await {
            Some(Some(next)) => batch.push(next?),
            Some(None) | None => break,
        }
    }
    Ok(batch)
}
