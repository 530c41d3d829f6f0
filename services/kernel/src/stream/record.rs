//! What the set-up knows of its streams: which there are, how each begins, and how far each had come.
//!
//! The list is a stream of its own, [`RECORDS_STREAM`], with one message for each stream. Its files lie
//! in another directory than those of the streams it lists, so that losing one stream's files does not
//! lose the list too. Losing the list's own files is noticed by the mark that every listed stream bears in
//! its settings ([`LISTED`]): where there are marked streams and no list, the list is what is damaged.
//!
//! Invariant: a record is written only over the one that it was made from. Set-ups, guards and operators
//! write the same records, and none of them undoes what another has written.

use std::{collections::HashMap, fmt};

use async_nats::jetstream::{
    self,
    stream::{Config, DiscardPolicy, StorageType, Stream},
};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};

use super::StreamError;
use crate::{
    envelope,
    jetstream::{absent, expected},
};

/// The stream that lists the streams.
pub const RECORDS_STREAM: &str = "STREAMS";
/// The key in the settings' metadata that marks a stream as listed.
pub const LISTED: &str = "samvirke.listed";
/// How many earlier records of a stream are kept, to be looked at.
const KEPT_OF_ONE: i64 = 8;
/// How often a record is written that others write too: a guard in each process writes about once a second.
const ATTEMPTS_MAX: u32 = 10;

/// A message, told by where it is and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub sequence: u64,
    /// SHA-256 of the message's payload, in hexadecimal.
    pub digest: String,
}

/// Sequences without a message, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub from: u64,
    pub to: u64,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.from == self.to {
            true => write!(f, "{}", self.from),
            false => write!(f, "{}–{}", self.from, self.to),
        }
    }
}

/// What is known of one stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub name: String,
    /// False from when the stream is listed until it is made; only then may it be missing.
    pub made: bool,
    /// SHA-256 of message 1, in hexadecimal: with the name, the stream's identity. None while it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// The last message that was seen at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Mark>,
    /// The end at which an operator accepted the stream last, sequence 0 where it was empty. What had come
    /// further goes on from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Mark>,
    /// Sequences without a readable message that an operator has accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
}

/// The list.
#[derive(Clone, Debug)]
pub struct Records {
    js: jetstream::Context,
    stream: Stream,
}

/// The settings of the list's stream.
pub fn settings(replicas: usize) -> Config {
    Config {
        name: RECORDS_STREAM.into(),
        subjects: vec!["streams.*".into()],
        storage: StorageType::File,
        discard: DiscardPolicy::Old,
        max_messages_per_subject: KEPT_OF_ONE,
        num_replicas: replicas,
        allow_direct: true,
        deny_delete: true,
        deny_purge: true,
        ..Config::default()
    }
}

impl Records {
    /// The list, if there is one.
    ///
    /// # Errors
    ///
    /// When the server does not answer.
    pub async fn open(js: &jetstream::Context) -> Result<Option<Self>, StreamError> {
        let found = existing(js, RECORDS_STREAM).await?;
        Ok(found.map(|stream| Self { js: js.clone(), stream }))
    }

    /// Makes the list where there is none.
    ///
    /// # Errors
    ///
    /// When the server refuses.
    pub(super) async fn create(
        js: &jetstream::Context,
        replicas: usize,
    ) -> Result<Self, StreamError> {
        let made = js.get_or_create_stream(settings(replicas)).await;
        let stream = made.map_err(|err| unreachable(RECORDS_STREAM, err))?;
        Ok(Self { js: js.clone(), stream })
    }

    /// What is known of a stream; none where it is not listed.
    ///
    /// # Errors
    ///
    /// When the list does not answer, or what it says cannot be read.
    pub async fn of(&self, name: &str) -> Result<Option<Record>, StreamError> {
        Ok(self.read(name).await?.0)
    }

    /// What is known of a stream, and at which sequence of the list that stands; 0 where it is not listed.
    pub(super) async fn read(&self, name: &str) -> Result<(Option<Record>, u64), StreamError> {
        let found = self.stream.get_last_raw_message_by_subject(&subject(name)).await;
        let found = absent::message(found).map_err(|err| unreachable(RECORDS_STREAM, err))?;
        let Some(message) = found else { return Ok((None, 0)) };
        let record = serde_json::from_slice(&message.payload);
        let record = record.map_err(|err| unreachable(RECORDS_STREAM, err))?;
        Ok((Some(record), message.sequence))
    }

    /// What is known of all streams, by name.
    ///
    /// # Errors
    ///
    /// As [`Records::of`].
    pub async fn all(&self) -> Result<Vec<Record>, StreamError> {
        let subjects = self.stream.info_with_subjects("streams.*").await;
        let subjects = subjects.map_err(|err| unreachable(RECORDS_STREAM, err))?;
        let subjects: HashMap<String, usize> =
            subjects.try_collect().await.map_err(|err| unreachable(RECORDS_STREAM, err))?;
        let mut names: Vec<&str> =
            subjects.keys().filter_map(|subject| subject.strip_prefix("streams.")).collect();
        names.sort_unstable();
        let mut records = Vec::with_capacity(names.len());
        for name in names {
            records.extend(self.of(name).await?);
        }
        Ok(records)
    }

    /// Keeps what `change` makes of what is known of a stream, and returns what is known then. Nothing is written
    /// over that `change` was not given: where somebody else has written meanwhile, it is asked again. Where it
    /// returns none, nothing is written.
    ///
    /// # Errors
    ///
    /// What `change` returns; when the server does not keep it, or others write again and again.
    pub(super) async fn change(
        &self,
        name: &str,
        change: impl Fn(Option<&Record>) -> Result<Option<Record>, StreamError>,
    ) -> Result<Option<Record>, StreamError> {
        for _ in 0..ATTEMPTS_MAX {
            let (known, sequence) = self.read(name).await?;
            let Some(changed) = change(known.as_ref())? else { return Ok(known) };
            if self.write(&changed, sequence).await? {
                return Ok(Some(changed));
            }
        }
        Err(StreamError::Changed { stream: name.to_owned() })
    }

    /// Writes a record if what was read at `sequence` is still the last; says whether it did.
    pub(super) async fn write(&self, record: &Record, sequence: u64) -> Result<bool, StreamError> {
        let payload = serde_json::to_vec(record).map_err(|err| unreachable(RECORDS_STREAM, err))?;
        let sent = expected::publish(&self.js, subject(&record.name), sequence, payload.into());
        sent.await.map_err(|err| unreachable(RECORDS_STREAM, err))
    }
}

/// What is known of a stream; none where it is not listed, or there is no list.
///
/// # Errors
///
/// As [`Records::of`].
pub(crate) async fn known(
    js: &jetstream::Context,
    name: &str,
) -> Result<Option<Record>, StreamError> {
    match Records::open(js).await? {
        Some(records) => records.of(name).await,
        None => Ok(None),
    }
}

fn subject(name: &str) -> String {
    format!("streams.{name}")
}

/// A stream that is there.
pub(crate) async fn existing(
    js: &jetstream::Context,
    name: &str,
) -> Result<Option<Stream>, StreamError> {
    absent::stream(js.get_stream(name).await).map_err(|err| unreachable(name, err))
}

pub(crate) fn unreachable(
    stream: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StreamError {
    StreamError::Unreachable { stream: stream.to_owned(), source: source.into() }
}

/// The digest of the message at a sequence, as the stream's leader has it; none where there is none that
/// can be read.
///
/// # Errors
///
/// When the server does not answer.
pub async fn digest_at(stream: &Stream, sequence: u64) -> Result<Option<String>, StreamError> {
    let found = absent::message(stream.get_raw_message(sequence).await);
    let found = found.map_err(|err| unreachable(&stream.cached_info().config.name, err))?;
    Ok(found.map(|message| envelope::digest(&message.payload)))
}
