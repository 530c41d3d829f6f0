//! Where in a stream something is: `CASES:42`.

use std::{fmt, str::FromStr};

use samvirke_schemas::{excerpt::excerpt, reply::Refused};

/// Why a text is not a position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a position is STREAM:sequence, such as CASES:42, not {0:?}")]
pub struct InvalidPosition(String);

/// A stream's name and a sequence in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub stream: String,
    pub sequence: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.stream, self.sequence)
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        text.split_once(':')
            .filter(|(stream, _)| {
                !stream.is_empty() && stream.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
            })
            .and_then(|(stream, sequence)| {
                Some(Self { stream: stream.to_owned(), sequence: sequence.parse().ok()? })
            })
            .ok_or_else(|| InvalidPosition(excerpt(text)))
    }
}

/// A position that lies beyond its stream's end: no answer of ours named it, or what it named was lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{stream} ends at {last}, so nothing has the position {stream}:{wanted}; leave it out")]
pub struct BeyondTheEnd {
    pub stream: String,
    pub wanted: u64,
    pub last: u64,
}

impl From<BeyondTheEnd> for Refused {
    fn from(beyond: BeyondTheEnd) -> Self {
        let BeyondTheEnd { stream, wanted, last } = &beyond;
        let detail_nb = format!(
            "{stream} slutter ved {last}, så ingenting har posisjonen {stream}:{wanted}; utelat den"
        );
        Self::invalid("Samvirke-Position", beyond.to_string(), detail_nb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_back_as_it_was_written() {
        let position: Position = "CASES:42".parse().unwrap();
        assert_eq!(position.to_string(), "CASES:42");
        for text in ["", "CASES", "CASES:", ":4", "cases:4", "CASES:-1", "CASES:4:5"] {
            assert!(text.parse::<Position>().is_err(), "{text:?} passed");
        }
    }
}
