//! Text that people write, with the limits that keep an event small.

use std::{fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// The most characters in a [`Line`]: a title, a name, a place.
pub const LINE_CHARS_MAX: usize = 500;
/// The most characters in a [`Prose`]: a recommendation, a decision, a reason.
pub const PROSE_CHARS_MAX: usize = 20_000;

/// Why a text cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    #[error("the text must not be empty")]
    Empty,
    #[error("the text has {chars} characters; at most {max} are allowed")]
    TooLong { chars: usize, max: usize },
    #[error("the text holds a control character")]
    Control,
}

fn check(text: &str, max: usize, allowed: &[char]) -> Result<(), InvalidText> {
    if text.trim().is_empty() {
        return Err(InvalidText::Empty);
    }
    let chars = text.chars().count();
    if chars > max {
        return Err(InvalidText::TooLong { chars, max });
    }
    if text.chars().any(|c| c.is_control() && !allowed.contains(&c)) {
        return Err(InvalidText::Control);
    }
    Ok(())
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $max:ident, $allowed:expr) => {
        $(#[$doc])*
        // A clone shares the text, since the same text is told to many.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
        #[serde(try_from = "String")]
        #[schemars(with = "String", extend("minLength" = 1, "maxLength" = $max))]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn try_new(text: impl Into<String>) -> Result<Self, InvalidText> {
                let text = text.into();
                check(&text, $max, $allowed)?;
                Ok(Self(text.trim().into()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidText;

            fn from_str(text: &str) -> Result<Self, InvalidText> {
                Self::try_new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidText;

            fn try_from(text: String) -> Result<Self, InvalidText> {
                Self::try_new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.as_str().to_owned()
            }
        }
    };
}

text!(
    /// One line: 1 to [`LINE_CHARS_MAX`] characters, no line breaks. Surrounding space is dropped.
    Line, LINE_CHARS_MAX, &[]
);
text!(
    /// Running text: 1 to [`PROSE_CHARS_MAX`] characters; line breaks and tabs are kept.
    Prose, PROSE_CHARS_MAX, &['\n', '\r', '\t']
);
