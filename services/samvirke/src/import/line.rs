//! One line of an import file: a command, where it goes, who gives it, and where it is known from.

use std::{fmt, str::FromStr};

use samvirke_schemas::{
    excerpt::{DETAIL_CHARS_MAX, excerpt, shortened},
    id::AggregateId,
    organisation::OrganisationNumber,
};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

/// The longest idempotency key the API takes.
const KEY_CHARS_MAX: usize = 255;

/// Why a line is refused before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: String,
    pub(crate) reason: String,
}

impl Fault {
    pub(crate) fn new(code: &str, reason: impl AsRef<str>) -> Self {
        let reason = shortened(reason.as_ref(), DETAIL_CHARS_MAX).into_owned();
        Self { code: excerpt(code), reason }
    }
}

/// A command as the file has it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) to: Target,
    /// The request's body, byte for byte.
    pub(crate) body: Box<RawValue>,
    pub(crate) at: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) illustrative: bool,
    pub(crate) key: Option<String>,
    pub(crate) who: Who,
    /// The whole line without its own key, for making one.
    pub(crate) content: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    to: String,
    body: Box<RawValue>,
    at: Option<String>,
    source: Option<String>,
    #[serde(default)]
    illustrative: bool,
    key: Option<String>,
    #[serde(rename = "as")]
    who: Option<String>,
}

impl Line {
    /// Reads a line that is neither blank nor a comment.
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        let malformed = |error: serde_json::Error| Fault::new("malformed", error.to_string());
        let mut content: Value = serde_json::from_str(text).map_err(malformed)?;
        let Some(object) = content.as_object_mut() else {
            let form = "a line is one JSON object, without an array or commas around the lines";
            return Err(Fault::new("malformed", form));
        };
        object.remove("key");
        let fields: Fields = serde_json::from_str(text).map_err(malformed)?;
        if let Some(key) = &fields.key {
            let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
            if key.is_empty() || key.len() > KEY_CHARS_MAX || !visible {
                let wanted = format!("a key is 1 to {KEY_CHARS_MAX} visible ASCII characters");
                return Err(Fault::new("malformed", wanted));
            }
        }
        Ok(Self {
            to: fields.to.parse()?,
            body: fields.body,
            at: fields.at,
            source: fields.source,
            illustrative: fields.illustrative,
            key: fields.key,
            who: fields.who.as_deref().map_or(Ok(Who::Secretariat), str::parse)?,
            content,
        })
    }
}

/// Where a command goes: `cooperations/vestregionen/found`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) plural: String,
    pub(crate) id: AggregateId,
    /// The id as it was written, for the URL.
    pub(crate) written_id: String,
    pub(crate) command: String,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.plural, self.written_id, self.command)
    }
}

impl FromStr for Target {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let parts: Vec<&str> = text.split('/').collect();
        let [plural, id, command] = parts[..] else {
            let form =
                "`to` is <collection>/<id>/<command>, such as cooperations/vestregionen/found";
            return Err(Fault::new("malformed", form));
        };
        let word = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        };
        if !word(plural) || !word(command) {
            let form = format!(
                "`to` has a collection and a command in a-z and hyphens, not {:?}",
                excerpt(text)
            );
            return Err(Fault::new("malformed", form));
        }
        Ok(Self {
            plural: plural.to_owned(),
            id: id.parse().map_err(|error| Fault::new("malformed", format!("`to`: {error}")))?,
            written_id: id.to_owned(),
            command: command.to_owned(),
        })
    }
}

/// In whose name a command is given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    Secretariat,
    Operator,
    /// A member, as its delegate and its own system.
    Member(OrganisationNumber),
}

impl FromStr for Who {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let wanted = || {
            let form = "`as` is secretariat, operator or member:<organisation number>";
            Fault::new("malformed", format!("{form}, not {:?}", excerpt(text)))
        };
        match text {
            "secretariat" => Ok(Self::Secretariat),
            "operator" => Ok(Self::Operator),
            _ => {
                let number = text.strip_prefix("member:").ok_or_else(wanted)?;
                number.parse().map(Self::Member).map_err(|_| wanted())
            }
        }
    }
}
