//! Events that a task could not work, set aside for their cooperation until an operator decides.
//!
//! Of a cooperation with a parked event, the later events wait behind it in that task; those of other
//! cooperations go on. What is parked, how far events wait behind it, what an operator decided and what
//! was skipped is one record for each task and cooperation: the last message of its subject in the
//! stream `PARKED`.
//!
//! Invariant: a record is written only if nobody has written it since it was read (the expected
//! sequence of its subject), so that instances, restarts and operators agree. The stream forgets nothing.

use std::{str::FromStr, sync::Arc};

use async_nats::{Client, jetstream};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use samvirke_schemas::{id::CooperationId, standing::ParkedEvent};
use serde::{Deserialize, Serialize};
use tracing::error;

use crate::{
    clock,
    error_chain::chain,
    jetstream::{absent, expected},
    stream::{
        self, StreamError, StreamIdentity,
        kinds::{self, PARKED_STREAM},
        set_up::set_up_alone,
    },
};

/// How often a record is read anew because somebody else wrote it meanwhile.
const ATTEMPTS_MAX: usize = 32;
/// The most skipped events that a record keeps; the stream has the earlier ones.
pub const SKIPPED_MAX: usize = 1_000;
/// The most characters kept of the reason why an event could not be worked.
const REASON_CHARS_MAX: usize = 2_000;

/// Why the records cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ParkingError {
    #[error("the stream {PARKED_STREAM} does not answer")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the record {subject} cannot be read")]
    Record {
        subject: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("the record {subject} was written by others {ATTEMPTS_MAX} times in a row")]
    Contended { subject: String },
}

/// Where an event stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EventPlace {
    pub stream: String,
    pub sequence: u64,
    /// The subject in the stream, which names the aggregate.
    pub subject: String,
}

/// An event that could not be worked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    pub event: EventPlace,
    pub reason: String,
    pub since: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: u32,
    /// The last event of the cooperation that waits behind it, where the task records it.
    pub waits_to: u64,
    /// What an operator decided, until the task has done it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// What an operator decided about a parked event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Work it once more, and then what waits behind it.
    Retry { by: String, at: DateTime<Utc> },
    /// Pass it over, and work what waits behind it.
    Skip { by: String, at: DateTime<Utc>, why: String },
}

/// An event that an operator let be passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    pub event: EventPlace,
    /// Why it could not be worked.
    pub reason: String,
    pub by: String,
    pub at: DateTime<Utc>,
    pub why: String,
}

impl Parked {
    /// As it is reported.
    pub fn reported(&self, task: &str, cooperation: &CooperationId) -> ParkedEvent {
        ParkedEvent {
            task: task.to_owned(),
            cooperation: cooperation.clone(),
            event: format!("{}:{}", self.event.stream, self.event.sequence),
            reason: self.reason.clone(),
            since: self.since,
        }
    }
}

/// The record of one task and cooperation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
}

impl Record {
    /// Parks an event, or another one than so far in its place; a decision that was made is done with.
    pub fn park(&mut self, event: EventPlace, reason: &str, now: DateTime<Utc>) {
        let earlier = self.parked.take();
        let again = earlier.as_ref().is_some_and(|parked| parked.event == event);
        let attempts = earlier.as_ref().filter(|_| again).map_or(0, |parked| parked.attempts);
        let waits_to = earlier.as_ref().map_or(0, |parked| parked.waits_to).max(event.sequence);
        let since = earlier.filter(|_| again).map_or(now, |parked| parked.since);
        let reason = reason.chars().take(REASON_CHARS_MAX).collect();
        let attempts = attempts + 1;
        self.parked = Some(Parked { event, reason, since, attempts, waits_to, decision: None });
    }

    /// Takes a parked event off; one that was skipped is kept as such.
    pub fn release(&mut self) {
        let Some(Parked { event, reason, decision, .. }) = self.parked.take() else { return };
        if let Some(Decision::Skip { by, at, why }) = decision {
            self.skipped.push(Skipped { event, reason, by, at, why });
            let beyond = self.skipped.len().saturating_sub(SKIPPED_MAX);
            self.skipped.drain(..beyond);
        }
    }
}

/// A record with what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    pub task: String,
    pub cooperation: CooperationId,
    pub record: Record,
    /// The sequence it was written at; 0 where there is none yet.
    revision: u64,
}

/// The records of all tasks.
#[derive(Clone, Debug)]
pub struct Parking {
    js: jetstream::Context,
    identity: Arc<StreamIdentity>,
}

impl Parking {
    /// Sets up the records where they never were, and opens them: for tests and benches, whose servers
    /// begin empty.
    ///
    /// # Errors
    ///
    /// As [`stream::open`].
    pub async fn make(client: Client, replicas: usize) -> Result<Self, StreamError> {
        set_up_alone(&client, vec![kinds::parked_stream(replicas)]).await?;
        Self::open(client, replicas).await
    }

    /// Opens the records.
    ///
    /// # Errors
    ///
    /// As [`stream::open`].
    pub async fn open(client: Client, replicas: usize) -> Result<Self, StreamError> {
        let js = jetstream::new(client);
        let identity = Arc::new(stream::open_as(&js, &kinds::parked_stream(replicas)).await?);
        Ok(Self { js, identity })
    }

    /// The records of one task, or of all.
    ///
    /// # Errors
    ///
    /// [`ParkingError`].
    pub async fn all(&self, task: Option<&str>) -> Result<Vec<StoredRecord>, ParkingError> {
        let filter = format!("parked.{}.*", task.unwrap_or("*"));
        let stream = self.js.get_stream_no_info(&self.identity.name).await.map_err(unreachable)?;
        let subjects = stream.info_with_subjects(filter).await.map_err(unreachable)?;
        let subjects: Vec<(String, usize)> = subjects.try_collect().await.map_err(unreachable)?;
        let mut all = Vec::new();
        for (subject, _) in subjects {
            let mut tokens = subject.splitn(3, '.').skip(1);
            let (Some(task), Some(cooperation)) = (tokens.next(), tokens.next()) else { continue };
            let Ok(cooperation) = CooperationId::from_str(cooperation) else { continue };
            all.push(self.read(task, &cooperation).await?);
        }
        all.sort_by(|a, b| (&a.task, &a.cooperation).cmp(&(&b.task, &b.cooperation)));
        Ok(all)
    }

    /// The record of a task and cooperation, as the stream's leader has it.
    ///
    /// # Errors
    ///
    /// [`ParkingError`].
    pub async fn read(
        &self,
        task: &str,
        cooperation: &CooperationId,
    ) -> Result<StoredRecord, ParkingError> {
        let subject = subject(task, cooperation);
        let stream = self.js.get_stream_no_info(&self.identity.name).await.map_err(unreachable)?;
        let found = stream.get_last_raw_message_by_subject(&subject).await;
        let (record, revision) = match absent::message(found).map_err(unreachable)? {
            Some(message) => {
                let read = serde_json::from_slice(&message.payload);
                let record = read.map_err(|source| ParkingError::Record { subject, source })?;
                (record, message.sequence)
            }
            None => (Record::default(), 0),
        };
        let (task, cooperation) = (task.to_owned(), cooperation.clone());
        Ok(StoredRecord { task, cooperation, record, revision })
    }

    /// Changes a record and returns it as it is afterwards; what `change` leaves as it was is not
    /// written.
    ///
    /// # Errors
    ///
    /// [`ParkingError`].
    pub async fn change(
        &self,
        task: &str,
        cooperation: &CooperationId,
        change: impl Fn(&mut Record),
    ) -> Result<Record, ParkingError> {
        for _ in 0..ATTEMPTS_MAX {
            let kept = self.read(task, cooperation).await?;
            let mut record = kept.record.clone();
            change(&mut record);
            if record == kept.record || self.write(&kept, &record).await? {
                return Ok(record);
            }
        }
        Err(ParkingError::Contended { subject: subject(task, cooperation) })
    }

    /// Writes a record if nobody has since it was read; says whether it did.
    async fn write(&self, read: &StoredRecord, record: &Record) -> Result<bool, ParkingError> {
        let subject = subject(&read.task, &read.cooperation);
        let payload = serde_json::to_vec(record)
            .map_err(|source| ParkingError::Record { subject: subject.clone(), source })?;
        let sent = expected::publish(&self.js, subject, read.revision, payload.into()).await;
        sent.map_err(unreachable)
    }

    /// Parks an event for its cooperation and returns the record.
    ///
    /// # Errors
    ///
    /// [`ParkingError`].
    pub async fn park(
        &self,
        task: &str,
        cooperation: &CooperationId,
        event: &EventPlace,
        reason: &str,
    ) -> Result<Record, ParkingError> {
        let now = clock::now();
        error!(
            task, cooperation = %cooperation, event = format!("{}:{}", event.stream, event.sequence),
            event.subject, reason, "an event is parked; the later ones of its cooperation wait"
        );
        self.change(task, cooperation, |record| record.park(event.clone(), reason, now)).await
    }

    /// Takes down what an operator decides about the event that is parked now; returns it, or none where
    /// nothing is parked.
    ///
    /// # Errors
    ///
    /// [`ParkingError`].
    pub async fn decide(
        &self,
        task: &str,
        cooperation: &CooperationId,
        decision: Decision,
    ) -> Result<Option<Parked>, ParkingError> {
        let record = self.change(task, cooperation, |record| {
            if let Some(parked) = &mut record.parked {
                parked.decision = Some(decision.clone());
            }
        });
        Ok(record.await?.parked)
    }
}

/// The cooperation of an event, from its subject `es.<context>.<cooperation>.…`.
pub fn cooperation_of(subject: &str) -> Option<CooperationId> {
    subject.split('.').nth(2)?.parse().ok()
}

fn subject(task: &str, cooperation: &CooperationId) -> String {
    format!("parked.{task}.{cooperation}")
}

fn unreachable(source: impl std::error::Error + Send + Sync + 'static) -> ParkingError {
    ParkingError::Unreachable(Box::new(source))
}

impl From<ParkingError> for crate::supervision::TaskFailure {
    fn from(error: ParkingError) -> Self {
        Self::passing(chain(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(sequence: u64) -> EventPlace {
        let subject = "es.cases.vestregionen.case.a".to_owned();
        EventPlace { stream: "CASES".into(), sequence, subject }
    }

    fn at(hour: u32) -> DateTime<Utc> {
        format!("2031-01-01T{hour:02}:00:00Z").parse().unwrap()
    }

    #[test]
    fn an_event_that_fails_again_keeps_since_when_it_is_parked_and_counts_the_attempts() {
        let mut record = Record::default();
        record.park(event(7), "too large", at(1));
        record.park(event(7), "still too large", at(2));
        let parked = record.parked.clone().unwrap();
        assert_eq!((parked.attempts, parked.since, parked.waits_to), (2, at(1), 7));
        assert_eq!(parked.reason, "still too large");
        record.park(event(9), "another", at(3));
        let parked = record.parked.unwrap();
        assert_eq!((parked.attempts, parked.since, parked.waits_to), (1, at(3), 9));
    }

    #[test]
    fn who_skipped_an_event_and_why_is_kept() {
        let mut record = Record::default();
        record.park(event(7), "too large", at(1));
        let skip = Decision::Skip { by: "drift".into(), at: at(2), why: "agreed".into() };
        record.parked.as_mut().unwrap().decision = Some(skip);
        record.release();
        assert_eq!(record.parked, None);
        assert_eq!(record.skipped[0].event, event(7));
        assert_eq!(
            (record.skipped[0].by.as_str(), record.skipped[0].why.as_str()),
            ("drift", "agreed")
        );
    }

    #[test]
    fn the_cooperation_of_an_event_is_the_third_token_of_its_subject() {
        let found = cooperation_of("es.cases.vestregionen.case.a").map(|id| id.to_string());
        assert_eq!(found.as_deref(), Some("vestregionen"));
        assert_eq!(cooperation_of("es.cases"), None);
    }
}
