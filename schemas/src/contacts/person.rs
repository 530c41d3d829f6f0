//! The person, or the desk, behind a contact. Never part of an event: it is kept where it can be
//! forgotten.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::Line;

/// The most characters in an address (RFC 5321 § 4.5.3.1).
pub const EMAIL_CHARS_MAX: usize = 254;
/// The most characters before the `@` (RFC 5321 § 4.5.3.1.1).
pub const EMAIL_LOCAL_CHARS_MAX: usize = 64;
/// The most characters in one part of a domain (RFC 1035 § 2.3.4).
pub const DOMAIN_LABEL_CHARS_MAX: usize = 63;

/// Why a text is not an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    #[error("an e-mail address is written post@kommune.example")]
    Form,
    #[error("an e-mail address has at most {EMAIL_CHARS_MAX} characters")]
    TooLong,
}

/// An e-mail address in ASCII, without a name and without quotes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend(
    "format" = "email", "maxLength" = 254, "examples" = ["post@kommune.example"]
))]
pub struct EmailAddress(String);

impl EmailAddress {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        if text.len() > EMAIL_CHARS_MAX {
            return Err(InvalidEmail::TooLong);
        }
        let (local, domain) = text.split_once('@').ok_or(InvalidEmail::Form)?;
        let of_mailbox = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
        let is_local = (1..=EMAIL_LOCAL_CHARS_MAX).contains(&local.len())
            && local.bytes().all(of_mailbox)
            && local.split('.').all(|part| !part.is_empty());
        let is_label = |label: &str| {
            (1..=DOMAIN_LABEL_CHARS_MAX).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let is_domain = domain.contains('.') && domain.split('.').all(is_label);
        (is_local && is_domain).then(|| Self(text.to_owned())).ok_or(InvalidEmail::Form)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = InvalidEmail;

    fn try_from(text: String) -> Result<Self, InvalidEmail> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

/// The language that somebody is written to in.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Language {
    /// Bokmål.
    #[default]
    Nb,
    /// Nynorsk.
    Nn,
    /// English.
    En,
}

/// How a contact is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// `Postmottak, Bærum kommune`.
    pub name: Line,
    pub email: EmailAddress,
    #[serde(default)]
    pub language: Language,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_server_would_take_is_not_an_address() {
        let long = format!("{}@example.no", "a".repeat(EMAIL_LOCAL_CHARS_MAX + 1));
        for text in [
            "",
            "post",
            "@example.no",
            "post@",
            "post@no",
            "a b@example.no",
            "a@b@example.no",
            ".a@example.no",
            "a..b@example.no",
            "a@-example.no",
            "a@example..no",
            "å@example.no",
            "a@example.no\r\nBcc: b@example.no",
            "<a@example.no>",
            &long,
        ] {
            assert!(text.parse::<EmailAddress>().is_err(), "{text:?} passed");
        }
        for text in ["post@kommune.example", "a.b+samvirke@sub.example.no"] {
            assert_eq!(text.parse::<EmailAddress>().unwrap().to_string(), text);
        }
    }
}
