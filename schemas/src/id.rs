//! Identities of cooperations and of the aggregates inside them.
//!
//! An id is part of a NATS subject and of a URL, so its alphabet is small: lower-case letters, digits
//! and hyphens. It never holds personal data.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most characters in one part of an id.
pub const ID_CHARS_MAX: usize = 64;

/// Names every entity that has no UUID of its own, so that archives can give it one (Noark 5 `systemID`).
const NAMESPACE: Uuid = Uuid::from_u128(0x5ba1_7a2c_0d5f_4f0e_9c55_0b6f_7d3c_1e24);

/// Why a text is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    #[error("an id must not be empty")]
    Empty,
    #[error("an id has at most {ID_CHARS_MAX} characters")]
    TooLong,
    #[error("an id holds only a-z, 0-9 and hyphens, not {0:?}")]
    Character(char),
    #[error("an id of an aggregate is <cooperation>:<id>, such as vestregionen:sg")]
    NoCooperation,
}

/// One part of an id: 1 to [`ID_CHARS_MAX`] characters of `a-z`, `0-9` and `-`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[a-z0-9-]{1,64}$"))]
pub struct LocalId(String);

impl LocalId {
    pub fn try_new(text: impl Into<String>) -> Result<Self, InvalidId> {
        let text = text.into();
        if text.is_empty() {
            return Err(InvalidId::Empty);
        }
        if let Some(strange) = text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
            return Err(InvalidId::Character(strange));
        }
        if text.len() > ID_CHARS_MAX {
            return Err(InvalidId::TooLong);
        }
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LocalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LocalId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::try_new(text)
    }
}

impl TryFrom<String> for LocalId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::try_new(text)
    }
}

impl From<LocalId> for String {
    fn from(id: LocalId) -> Self {
        id.0
    }
}

/// A cooperation, such as `vestregionen`.
pub type CooperationId = LocalId;

/// One aggregate: `vestregionen:sg`. The cooperation itself is `vestregionen:vestregionen`, or
/// `vestregionen` for short.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[a-z0-9-]{1,64}(:[a-z0-9-]{1,64})?$"))]
pub struct AggregateId {
    pub cooperation: CooperationId,
    pub local: LocalId,
}

impl AggregateId {
    pub fn new(cooperation: CooperationId, local: LocalId) -> Self {
        Self { cooperation, local }
    }

    /// The id of the cooperation itself.
    pub fn of_cooperation(cooperation: CooperationId) -> Self {
        Self { local: cooperation.clone(), cooperation }
    }

    /// A UUID for systems that need one: the id's own if it is a UUID, otherwise derived from it.
    pub fn uuid(&self) -> Uuid {
        Uuid::parse_str(self.local.as_str())
            .unwrap_or_else(|_| Uuid::new_v5(&NAMESPACE, self.to_string().as_bytes()))
    }
}

impl fmt::Display for AggregateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.cooperation, self.local)
    }
}

impl FromStr for AggregateId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.split_once(':') {
            Some((cooperation, local)) => Ok(Self::new(cooperation.parse()?, local.parse()?)),
            None if text.is_empty() => Err(InvalidId::NoCooperation),
            None => Ok(Self::of_cooperation(text.parse()?)),
        }
    }
}

impl TryFrom<String> for AggregateId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<AggregateId> for String {
    fn from(id: AggregateId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_with_dots_or_wildcards_is_refused() {
        for text in ["a.b", "a*", ">", "a b", "Å", "A", "a:b:c", "a:", ":a", ""] {
            assert!(text.parse::<AggregateId>().is_err(), "{text:?} passed");
        }
    }

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id: AggregateId = "vestregionen:24a-2017".parse().unwrap();
        assert_eq!(id.to_string().parse::<AggregateId>().unwrap(), id);
        let cooperation: AggregateId = "vestregionen".parse().unwrap();
        assert_eq!(cooperation.to_string(), "vestregionen:vestregionen");
    }

    #[test]
    fn an_entity_keeps_its_uuid_from_one_day_to_the_next() {
        let id: AggregateId = "vestregionen:sg".parse().unwrap();
        assert_eq!(id.uuid(), id.clone().uuid());
        assert_ne!(id.uuid(), "vestregionen:rg".parse::<AggregateId>().unwrap().uuid());
    }
}
