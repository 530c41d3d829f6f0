//! One commit as it stands on the stream: an envelope with the 1..n events of one decision.
//!
//! All of a decision or nothing of it is stored, by construction: an envelope is one message. The bytes
//! are never rewritten; what an auditor proves is these bytes.

use std::borrow::Cow;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use samvirke_schemas::{
    Tagged, event_version, id::AggregateId, message::Provenance, principal::Principal, stored,
};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, EnumAccess, IntoDeserializer, VariantAccess},
};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::upcast::{self, UpcastError};

/// The version of the envelope's own form.
pub const ENVELOPE_VERSION: u32 = 1;
/// The most events one decision may have.
pub const EVENTS_PER_COMMIT_MAX: usize = 256;
/// The most bytes an envelope may have: the server's usual `max_payload`, less room for headers.
pub const ENVELOPE_BYTES_MAX: usize = 1024 * 1024 - 8 * 1024;
/// The most bytes that a new decision may have. What follows from it (facts in the feed, their messages,
/// what is asked of it) holds what it holds and names besides, and must fit into a message too.
pub const DECISION_BYTES_MAX: usize = 512 * 1024;
/// How many bytes a new decision of a person or a member's system may have, by those of the history before it:
/// what a query answers of an aggregate is about as long as its history, is written anew with each commit, and
/// has to fit into an answer ([`ANSWER_BYTES_MAX`](crate::answer::ANSWER_BYTES_MAX)). A full one can still be
/// restricted, concluded and closed.
const DECISION_BYTES_BY_HISTORY: [(u64, usize); 3] =
    [(8 * MIB, DECISION_BYTES_MAX), (12 * MIB, 16 * 1024), (24 * MIB, 2 * 1024)];
const MIB: u64 = 1024 * 1024;
/// Room for an envelope with one event of the usual size, so that writing it seldom has to move it.
const ENVELOPE_BYTES_USUAL: usize = 1024;

/// The most bytes that a new decision may have after a history of so many bytes.
pub fn decision_bytes_max(history: u64) -> usize {
    let step = DECISION_BYTES_BY_HISTORY.iter().find(|(bytes, _)| history < *bytes);
    step.map_or(0, |(_, decision)| *decision)
}

/// Why stored bytes cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    #[error("the message at sequence {sequence} is not an envelope")]
    NotAnEnvelope {
        sequence: u64,
        #[source]
        source: serde_json::Error,
    },
    #[error(
        "the envelope at sequence {sequence} has form {form}; this program knows {ENVELOPE_VERSION}"
    )]
    UnknownForm { sequence: u64, form: u32 },
    #[error("event type {tag} at sequence {sequence} is unknown to this program")]
    UnknownType { sequence: u64, tag: String },
    #[error("event {tag} at sequence {sequence} does not have the form of its version")]
    Malformed {
        sequence: u64,
        tag: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("an event at sequence {sequence} is of another version")]
    Upcast {
        sequence: u64,
        #[source]
        source: UpcastError,
    },
}

/// Which aggregate a commit belongs to, and which of its events it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub kind: String,
    pub id: AggregateId,
    /// The number of the first event in this commit, counted from 1.
    pub version_from: u64,
    /// The number of the last.
    pub version_to: u64,
}

/// An event as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recorded {
    /// Derived from the command, the aggregate and the place in the commit.
    pub id: Uuid,
    #[serde(rename = "type")]
    pub tag: String,
    /// The schema version of `data`.
    pub version: u32,
    pub data: Box<RawValue>,
}

/// One commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Envelope {
    /// The form of the envelope itself.
    pub v: u32,
    pub aggregate: Member,
    pub command_id: Uuid,
    /// The command's kind and tag: `cooperation.found`.
    pub command: String,
    /// SHA-256 of what was asked, so that a key used twice for two things is noticed.
    pub digest: String,
    pub actor: Principal,
    /// The event that a policy acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Uuid>,
    /// W3C trace context of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
    /// When it happened in the world.
    pub occurred_at: DateTime<Utc>,
    /// When it was decided.
    pub recorded_at: DateTime<Utc>,
    /// SHA-256 of the aggregate's preceding envelope, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    pub events: Vec<Recorded>,
}

impl Envelope {
    /// Reads an envelope.
    ///
    /// # Errors
    ///
    /// When the bytes are not one, or its form is newer than this program.
    pub fn read(sequence: u64, payload: &[u8]) -> Result<Self, EnvelopeError> {
        let envelope: Self = serde_json::from_slice(payload)
            .map_err(|source| EnvelopeError::NotAnEnvelope { sequence, source })?;
        if envelope.v != ENVELOPE_VERSION {
            return Err(EnvelopeError::UnknownForm { sequence, form: envelope.v });
        }
        Ok(envelope)
    }

    /// The bytes that are stored.
    ///
    /// # Errors
    ///
    /// Only when an event cannot be written as JSON, which is our bug.
    pub fn write(&self) -> Result<Bytes, serde_json::Error> {
        let mut bytes = Vec::with_capacity(ENVELOPE_BYTES_USUAL);
        serde_json::to_writer(&mut bytes, self)?;
        Ok(bytes.into())
    }

    /// The events of the commit, lifted to today's version.
    ///
    /// # Errors
    ///
    /// When a type is unknown or an event cannot be lifted or read.
    pub fn events<E: Tagged>(&self, sequence: u64) -> Result<Vec<E>, EnvelopeError> {
        self.events
            .iter()
            .map(|event| read_event(sequence, &event.tag, event.version, &event.data))
            .collect()
    }
}

/// SHA-256 of stored bytes, in hexadecimal.
pub fn digest(payload: &[u8]) -> String {
    hex::encode(Sha256::digest(payload))
}

/// Writes one event as it is stored.
///
/// # Errors
///
/// Only when the event cannot be written as JSON, which is our bug.
pub fn record<E: Tagged>(event: &E, id: Uuid) -> Result<Recorded, serde_json::Error> {
    let tag = event.tag();
    let tagged = serde_json::to_string(event)?;
    // What is written is {"<tag>":<data>}; only the data is kept, as it was written.
    let data = tagged
        .strip_prefix("{\"")
        .and_then(|rest| rest.strip_prefix(tag))
        .and_then(|rest| rest.strip_prefix("\":"))
        .and_then(|rest| rest.strip_suffix('}'))
        .ok_or_else(|| serde::ser::Error::custom("an event is written under its tag"))?;
    Ok(Recorded {
        id,
        tag: tag.to_owned(),
        version: event_version(event),
        data: RawValue::from_string(data.to_owned())?,
    })
}

/// What folding needs of an envelope, borrowed from its bytes.
#[derive(Debug, Deserialize)]
pub struct Folded<'a> {
    pub v: u32,
    pub aggregate: Versions,
    pub command_id: Uuid,
    #[serde(borrow)]
    pub digest: Cow<'a, str>,
    #[serde(borrow, default)]
    pub previous: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub events: Vec<FoldedEvent<'a>>,
}

/// The span of versions in a commit.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Versions {
    pub version_from: u64,
    pub version_to: u64,
}

/// An event whose data is still JSON text.
#[derive(Debug, Deserialize)]
pub struct FoldedEvent<'a> {
    #[serde(borrow, rename = "type")]
    pub tag: Cow<'a, str>,
    pub version: u32,
    #[serde(borrow)]
    pub data: &'a RawValue,
}

impl<'a> Folded<'a> {
    /// # Errors
    ///
    /// As [`Envelope::read`].
    pub fn read(sequence: u64, payload: &'a [u8]) -> Result<Self, EnvelopeError> {
        let folded: Self = serde_json::from_slice(payload)
            .map_err(|source| EnvelopeError::NotAnEnvelope { sequence, source })?;
        if folded.v != ENVELOPE_VERSION {
            return Err(EnvelopeError::UnknownForm { sequence, form: folded.v });
        }
        Ok(folded)
    }

    /// Hands each event, lifted to today's version, to `take`.
    ///
    /// # Errors
    ///
    /// As [`Envelope::events`].
    pub fn each<E: Tagged>(
        &self,
        sequence: u64,
        mut take: impl FnMut(E),
    ) -> Result<(), EnvelopeError> {
        for event in &self.events {
            take(read_event(sequence, &event.tag, event.version, event.data)?);
        }
        Ok(())
    }
}

fn read_event<E: Tagged>(
    sequence: u64,
    tag: &str,
    version: u32,
    data: &RawValue,
) -> Result<E, EnvelopeError> {
    if !E::TAGS.contains(&tag) && !E::UPCASTERS.iter().any(|step| step.tag == tag) {
        return Err(EnvelopeError::UnknownType { sequence, tag: tag.to_owned() });
    }
    let malformed = |source| EnvelopeError::Malformed { sequence, tag: tag.to_owned(), source };
    if version == upcast::version_today(E::UPCASTERS, tag) {
        return from_stored_variant(tag, data).map_err(malformed);
    }
    let old = serde_json::from_str(data.get()).map_err(malformed)?;
    let lifted = upcast::lift(E::UPCASTERS, tag, version, old)
        .map_err(|source| EnvelopeError::Upcast { sequence, source })?;
    let raw = serde_json::value::to_raw_value(&lifted).map_err(malformed)?;
    from_stored_variant(tag, &raw).map_err(malformed)
}

/// Reads a variant; dates that were stored before they had a range are read as the nearest in it.
fn from_stored_variant<E: DeserializeOwned>(
    tag: &str,
    data: &RawValue,
) -> Result<E, serde_json::Error> {
    from_variant(tag, data).or_else(|error| match stored::with_dates_in_range(data.get()) {
        Some(changed) => from_variant(tag, RawValue::from_string(changed)?.as_ref()),
        None => Err(error),
    })
}

/// Reads the variant `tag` of an externally tagged enum whose content is `data`, without building
/// the JSON around it.
fn from_variant<E: DeserializeOwned>(tag: &str, data: &RawValue) -> Result<E, serde_json::Error> {
    E::deserialize(Variant { tag, data })
}

struct Variant<'a> {
    tag: &'a str,
    data: &'a RawValue,
}

impl<'de> serde::Deserializer<'de> for Variant<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: serde::de::Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_enum(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = serde_json::Error;
    type Variant = Self;

    fn variant_seed<S: serde::de::DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self), Self::Error> {
        let name: serde::de::value::StrDeserializer<'_, Self::Error> = self.tag.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = serde_json::Error;

    fn unit_variant(self) -> Result<(), Self::Error> {
        Ok(())
    }

    fn newtype_variant_seed<S: serde::de::DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, Self::Error> {
        seed.deserialize(&mut serde_json::Deserializer::from_str(self.data.get()))
    }

    fn tuple_variant<V: serde::de::Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        serde::Deserializer::deserialize_seq(
            &mut serde_json::Deserializer::from_str(self.data.get()),
            visitor,
        )
    }

    fn struct_variant<V: serde::de::Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        serde::Deserializer::deserialize_struct(
            &mut serde_json::Deserializer::from_str(self.data.get()),
            "",
            fields,
            visitor,
        )
    }
}

#[cfg(test)]
mod tests;
