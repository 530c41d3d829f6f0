//! Why a value is not what a request asks for, as serde tells it: typed, so that it is put into words here.

use std::fmt;

use samvirke_schemas::excerpt::excerpt;
use serde::de::{self, Expected};
use serde_json::Number;

/// What is wrong with a value. `Display` is English; of what was sent it repeats an excerpt.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FormError {
    Missing {
        field: &'static str,
    },
    Unknown {
        field: String,
        known: &'static [&'static str],
    },
    Repeated {
        field: &'static str,
    },
    Variant {
        found: String,
        known: &'static [&'static str],
    },
    Type {
        found: Found,
        expected: Shape,
    },
    /// A word that takes nothing with it was sent as an object.
    Word {
        word: String,
    },
    /// The value itself says why it is not well formed, in one of our own sentences.
    Said(String),
    /// What serde says of itself, in English: no type that is published makes it.
    Other(String),
}

/// What was sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    List,
    Object,
}

/// What would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Null,
    Boolean,
    /// A whole number from the first to the last, both included.
    Integer(i128, i128),
    Number,
    Text,
    List,
    Object,
    /// An object with one field, which says what the rest is, or a word alone.
    Choice(&'static [&'static str]),
}

impl FormError {
    /// The message in bokmål; none where there is no sentence of our own for it.
    pub(super) fn bokmaal(&self) -> Option<String> {
        Some(match self {
            Self::Missing { field } => format!("feltet {field} mangler"),
            Self::Unknown { field, known: [] } => {
                format!("feltet {} finnes ikke; her skal det ikke være noen", excerpt(field))
            }
            Self::Unknown { field, known } => {
                format!("feltet {} finnes ikke; det kan være {}", excerpt(field), one_of_nb(known))
            }
            Self::Repeated { field } => format!("feltet {field} er oppgitt to ganger"),
            Self::Variant { found, known } => format!(
                "{} er ikke en av verdiene; det kan være {}",
                excerpt(found),
                one_of_nb(known)
            ),
            Self::Type { found, expected } => {
                format!("det skal være {}, ikke {}", expected.bokmaal(), found.bokmaal())
            }
            Self::Word { word } => format!("det skal være teksten {word:?}, ikke et objekt"),
            Self::Said(_) | Self::Other(_) => return None,
        })
    }
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { field } => write!(f, "missing field `{field}`"),
            Self::Unknown { field, known: [] } => {
                write!(f, "unknown field `{}`, there are no fields", excerpt(field))
            }
            Self::Unknown { field, known } => {
                write!(f, "unknown field `{}`, expected {}", excerpt(field), one_of(known))
            }
            Self::Repeated { field } => write!(f, "duplicate field `{field}`"),
            Self::Variant { found, known } => {
                write!(f, "unknown variant `{}`, expected {}", excerpt(found), one_of(known))
            }
            Self::Type { found, expected } => {
                write!(f, "invalid type: {found}, expected {expected}")
            }
            Self::Word { word } => write!(f, "invalid type: map, expected the string {word:?}"),
            Self::Said(said) | Self::Other(said) => f.write_str(said),
        }
    }
}

fn one_of(known: &[&str]) -> String {
    let quoted: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [first, second] => format!("{first} or {second}"),
        [one] => one.clone(),
        several => format!("one of {}", several.join(", ")),
    }
}

fn one_of_nb(known: &[&str]) -> String {
    match known {
        [first, second] => format!("{first} eller {second}"),
        [one] => (*one).to_owned(),
        several => format!("en av {}", several.join(", ")),
    }
}

impl Found {
    fn bokmaal(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Boolean(value) => value.to_string(),
            Self::Number(number) => format!("tallet {number}"),
            Self::Text(text) => format!("teksten {:?}", excerpt(text)),
            Self::List => "en liste".to_owned(),
            Self::Object => "et objekt".to_owned(),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "boolean `{value}`"),
            Self::Number(number) if number.is_f64() => write!(f, "floating point `{number}`"),
            Self::Number(number) => write!(f, "integer `{number}`"),
            Self::Text(text) => write!(f, "string {:?}", excerpt(text)),
            Self::List => f.write_str("sequence"),
            Self::Object => f.write_str("map"),
        }
    }
}

impl Shape {
    fn bokmaal(self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Boolean => "true eller false".to_owned(),
            Self::Integer(first, last) => format!("et heltall fra {first} til {last}"),
            Self::Number => "et tall".to_owned(),
            Self::Text => "en tekst".to_owned(),
            Self::List => "en liste".to_owned(),
            Self::Object => "et objekt".to_owned(),
            Self::Choice(known) => format!("et objekt med ett felt, {}", one_of_nb(known)),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean => f.write_str("a boolean"),
            Self::Integer(first, last) => write!(f, "a whole number from {first} to {last}"),
            Self::Number => f.write_str("a number"),
            Self::Text => f.write_str("a string"),
            Self::List => f.write_str("a sequence"),
            Self::Object => f.write_str("a map"),
            Self::Choice(known) => write!(f, "a map with one field, {}", one_of(known)),
        }
    }
}

impl std::error::Error for FormError {}

impl de::Error for FormError {
    fn custom<T: fmt::Display>(said: T) -> Self {
        Self::Said(said.to_string())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing { field }
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::Unknown { field: field.to_owned(), known }
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Repeated { field }
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Self {
        Self::Variant { found: found.to_owned(), known }
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Other(format!("invalid type: {found}, expected {expected}"))
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Other(format!("invalid value: {found}, expected {expected}"))
    }

    fn invalid_length(found: usize, expected: &dyn Expected) -> Self {
        Self::Other(format!("invalid length {found}, expected {expected}"))
    }
}
