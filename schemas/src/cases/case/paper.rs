//! The papers of a case. The files are kept elsewhere; here a digest stands for each.

use std::{fmt, num::NonZeroU64};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    id::{AggregateId, LocalId},
    text::{Line, Prose},
};

/// The most characters in a media type.
pub const MEDIA_TYPE_CHARS_MAX: usize = 127;

/// Why a text is not a media type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a media type is <type>/<subtype> in lower case, such as application/pdf")]
pub struct InvalidMediaType;

/// A media type without parameters: `application/pdf` (RFC 6838).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[a-z0-9.+-]+/[a-z0-9.+-]+$", "maxLength" = 127))]
pub struct MediaType(String);

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for MediaType {
    type Error = InvalidMediaType;

    fn try_from(text: String) -> Result<Self, InvalidMediaType> {
        let token = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'+' | b'-'))
        };
        match text.split_once('/') {
            Some((kind, subtype))
                if token(kind) && token(subtype) && text.len() <= MEDIA_TYPE_CHARS_MAX =>
            {
                Ok(Self(text))
            }
            Some(_) | None => Err(InvalidMediaType),
        }
    }
}

impl From<MediaType> for String {
    fn from(media_type: MediaType) -> Self {
        media_type.0
    }
}

/// What a paper is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum PaperKind {
    /// Saksframlegg, saksnotat: the text laid before a body.
    CasePaper,
    /// The draft that goes to every member's council (R45).
    JointCasePaper,
    Report,
    Attachment,
    /// The letter that a hearing is sent with (R46).
    HearingLetter,
    /// A statement received or sent (R46, R47).
    Statement,
    /// Særutskrift, saksprotokoll.
    MinutesExtract,
    Other,
}

/// A paper in one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// Unique within the case. The same id again is a new version of the same paper.
    pub paper: LocalId,
    pub kind: PaperKind,
    pub title: Line,
    /// What the public may read where the title itself is restricted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_title: Option<Line>,
    pub digest: Digest,
    pub size_bytes: NonZeroU64,
    pub media_type: MediaType,
}

/// Advice from one body to another to decide in a given way (R38).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recommendation {
    pub from: AggregateId,
    pub to: AggregateId,
    /// Absent where it is left unformulated until the meeting (R37).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_has_a_type_and_a_subtype() {
        for (text, good) in [
            ("application/pdf", true),
            ("application/vnd.oasis.opendocument.text", true),
            ("pdf", false),
            ("/pdf", false),
            ("a/b/c", false),
            ("text/plain; charset=utf-8", false),
        ] {
            assert_eq!(MediaType::try_from(text.to_owned()).is_ok(), good, "{text:?}");
        }
    }
}
