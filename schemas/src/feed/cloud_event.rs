//! One event of the feed on the wire: a CloudEvent 1.0 in the JSON format.

use std::fmt;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{Audience, Concerns, Fact};
use crate::{
    Tagged,
    id::{AggregateId, CooperationId},
    stored,
    upcast::{self, UpcastError},
};

/// Names the events of the feed: the same fact to the same audience has the same id for ever.
const NAMESPACE: Uuid = Uuid::from_u128(0x9a71_30c6_55e4_4d0b_8a1f_27c0_6a52_be19);
/// Every type begins so.
const TYPE_PREFIX: &str = "no.samvirke.";
const SPECIFICATION: &str = "1.0";
const CONTENT_TYPE: &str = "application/json";

/// The event's type is not one this program knows.
#[derive(Debug, thiserror::Error)]
pub enum UnknownType {
    #[error("{0} is not a type of the feed that this program knows")]
    Name(String),
    #[error("the data of a {name} is not of its form")]
    Form {
        name: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("the data of a {name} is not of the form that the version had")]
    Earlier {
        name: String,
        #[source]
        source: UpcastError,
    },
}

/// The full name of a type in the version written today: `no.samvirke.case.decided.v1`.
pub fn type_name(tag: &str) -> String {
    format!("{TYPE_PREFIX}{tag}.v{}", super::fact::version(tag))
}

/// The id of the JSON Schema of a type's data, which is the file `schemas/feed/<tag>.v<version>.json`.
pub fn data_schema(tag: &str) -> String {
    format!("urn:samvirke:feed:{tag}:{}", super::fact::version(tag))
}

/// Something to be said in the feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub audience: Audience,
    pub about: AggregateId,
    /// The word for the aggregate in URLs: `cases`.
    pub plural: &'static str,
    pub concerns: Concerns,
    pub fact: Fact,
    /// The event of the service that it comes from.
    pub origin: Uuid,
    /// Whether the public is told the same with less in it.
    pub restates: bool,
    /// Whether the same was said before under the same id, with more in it.
    pub replacement: bool,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub traceparent: Option<String>,
}

impl Said {
    /// The id: derived from what happened and who is told.
    pub fn id(&self) -> Uuid {
        event_id(self.origin, self.fact.tag(), &self.audience)
    }
}

/// The id of the event that tells `audience` the fact `tag` of a service's event.
pub fn event_id(origin: Uuid, tag: &str, audience: &Audience) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{origin} {tag} {audience}").as_bytes())
}

/// A CloudEvent 1.0. Attributes beyond the specification's own are extensions and documented here.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CloudEvent {
    pub specversion: String,
    /// The same for every delivery of the same event: recognise a repetition by it.
    pub id: Uuid,
    /// The cooperation: `/v1/cooperations/vestregionen`.
    pub source: String,
    /// `no.samvirke.<type>.v<version>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The aggregate: `cases/vestregionen:24-2017`; under `/v1/` it is its address.
    pub subject: String,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// When it was registered (CloudEvents extension).
    pub recordedtime: DateTime<Utc>,
    pub datacontenttype: String,
    pub dataschema: String,
    /// The place in the feed, `FEED:42`: what to go on after.
    pub position: String,
    /// `public`, or the organisation number of the member it is for.
    pub audience: String,
    /// The id of the event that tells the public the same with less in it; it follows this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restates: Option<Uuid>,
    /// Whether it takes the place of an event with the same id, of which something is withheld now
    /// (CloudEvents extension).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replacement: bool,
    /// W3C trace context of the request that caused it (CloudEvents extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub data: Box<RawValue>,
}

impl CloudEvent {
    /// Puts into words what is said at `sequence` of the feed.
    ///
    /// # Errors
    ///
    /// Only when a fact cannot be written as JSON, which is our bug.
    pub fn new(said: &Said, sequence: u64) -> Result<Self, serde_json::Error> {
        let tag = said.fact.tag();
        let public = said.restates.then(|| event_id(said.origin, tag, &Audience::Public));
        Ok(Self {
            specversion: SPECIFICATION.into(),
            id: said.id(),
            source: source(&said.about.cooperation),
            kind: type_name(tag),
            subject: format!("{}/{}", said.plural, said.about),
            time: said.occurred_at,
            recordedtime: said.recorded_at,
            datacontenttype: CONTENT_TYPE.into(),
            dataschema: data_schema(tag),
            position: format!("{}:{sequence}", super::STREAM),
            audience: said.audience.to_string(),
            restates: public,
            replacement: said.replacement,
            traceparent: said.traceparent.clone(),
            data: data(&said.concerns, &said.fact)?,
        })
    }

    /// The type without prefix and version: `case.decided`.
    pub fn tag(&self) -> &str {
        let name = self.kind.strip_prefix(TYPE_PREFIX).unwrap_or(&self.kind);
        name.rsplit_once(".v").map_or(name, |(tag, _)| tag)
    }

    /// What happened.
    ///
    /// # Errors
    ///
    /// When the type is unknown or the data not of its form.
    pub fn fact(&self) -> Result<Fact, UnknownType> {
        let tag = self.tag();
        let version = self.version().filter(|_| Fact::TAGS.contains(&tag));
        let Some(version) = version.filter(|version| *version <= super::fact::version(tag)) else {
            return Err(UnknownType::Name(self.kind.clone()));
        };
        if version == super::fact::version(tag) {
            return self.read(&format!("{{\"{tag}\":{}}}", self.data));
        }
        let lifted = upcast::lift(Fact::UPCASTERS, tag, version, self.read(self.data.get())?);
        let lifted =
            lifted.map_err(|source| UnknownType::Earlier { name: self.kind.clone(), source })?;
        self.read(&format!("{{\"{tag}\":{lifted}}}"))
    }

    /// The version of the type.
    fn version(&self) -> Option<u32> {
        let (prefixed, version) = self.kind.rsplit_once(".v")?;
        let canonical = !version.starts_with(['0', '+']) && prefixed.starts_with(TYPE_PREFIX);
        canonical.then(|| version.parse().ok()).flatten()
    }

    /// What it is about.
    ///
    /// # Errors
    ///
    /// When the data is not of the feed's form.
    pub fn concerns(&self) -> Result<Concerns, UnknownType> {
        #[derive(Deserialize)]
        struct Only {
            #[serde(default)]
            concerns: Concerns,
        }
        self.read::<Only>(self.data.get()).map(|only| only.concerns)
    }

    fn read<T: DeserializeOwned>(&self, json: &str) -> Result<T, UnknownType> {
        stored::read(json).map_err(|source| UnknownType::Form { name: self.kind.clone(), source })
    }
}

impl fmt::Display for CloudEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.position, self.tag(), self.subject)
    }
}

fn source(cooperation: &CooperationId) -> String {
    format!("/v1/cooperations/{cooperation}")
}

/// The data: the fact's own fields and, before them, what it concerns.
fn data(concerns: &Concerns, fact: &Fact) -> Result<Box<RawValue>, serde_json::Error> {
    let tagged = serde_json::to_string(fact)?;
    let concerns = serde_json::to_string(concerns)?;
    // What is written is {"<tag>":{<fields>}}.
    let fields = tagged
        .strip_prefix("{\"")
        .and_then(|rest| rest.strip_prefix(fact.tag()))
        .and_then(|rest| rest.strip_prefix("\":{"))
        .and_then(|rest| rest.strip_suffix("}}"))
        .ok_or_else(|| serde::ser::Error::custom("a fact is an object under its tag"))?;
    let comma = if fields.is_empty() { "" } else { "," };
    RawValue::from_string(format!("{{\"concerns\":{concerns}{comma}{fields}}}"))
}
