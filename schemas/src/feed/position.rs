//! Where in the feed something is: `FEED:42`.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::excerpt::excerpt;

/// The most digits in a position, leading zeros among them.
const DIGITS_MAX: usize = 20;
/// The most characters in a position.
pub(crate) const POSITION_CHARS_MAX: usize = "FEED:".len() + DIGITS_MAX;

/// The text is not a position in the feed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a position in the feed is FEED:<number>, such as FEED:42, not {0:?}")]
pub struct InvalidFeedPosition(String);

/// The place of an event in the feed; 0 is before the first one. Reading goes on after it.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^FEED:[0-9]{1,20}$", "examples" = ["FEED:0"]))]
pub struct FeedPosition(pub u64);

impl fmt::Display for FeedPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", super::STREAM, self.0)
    }
}

impl FromStr for FeedPosition {
    type Err = InvalidFeedPosition;

    fn from_str(text: &str) -> Result<Self, InvalidFeedPosition> {
        let sequence = text.strip_prefix(super::STREAM).and_then(|rest| rest.strip_prefix(':'));
        sequence
            .filter(|digits| digits.len() <= DIGITS_MAX)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .map(Self)
            .ok_or_else(|| InvalidFeedPosition(excerpt(text)))
    }
}

impl TryFrom<String> for FeedPosition {
    type Error = InvalidFeedPosition;

    fn try_from(text: String) -> Result<Self, InvalidFeedPosition> {
        text.parse()
    }
}

impl From<FeedPosition> for String {
    fn from(position: FeedPosition) -> Self {
        position.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_back_as_it_was_written() {
        let position: FeedPosition = "FEED:42".parse().unwrap();
        assert_eq!((position, position.to_string().as_str()), (FeedPosition(42), "FEED:42"));
        for text in ["", "FEED", "FEED:", "FEED:-1", "FEED:+1", "CASES:42", "feed:42", "FEED:4:2"] {
            assert!(text.parse::<FeedPosition>().is_err(), "{text:?} passed");
        }
    }
}
