//! The address that events are sent to.
//!
//! Only its form is checked here. Which address a name leads to is checked whenever it is spoken to.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// The most characters in an endpoint.
pub const ENDPOINT_CHARS_MAX: usize = 2_000;

/// Why a text is not an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoint {
    #[error("an endpoint is an absolute URL, such as https://sak.example/hendelser")]
    NotAUrl,
    #[error("an endpoint begins with https://")]
    Scheme,
    #[error("an endpoint has no name and password in it; deliveries are signed instead")]
    Credentials,
    #[error("an endpoint has no fragment")]
    Fragment,
    #[error("an endpoint has at most {ENDPOINT_CHARS_MAX} characters")]
    TooLong,
}

/// An absolute http or https URL with a host, without credentials and fragment, in canonical form.
/// What is sent may be what a browser takes; that is more than RFC 3986 calls a URI.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(
    with = "String",
    extend("maxLength" = 2000, "examples" = ["https://sak.example/hendelser"])
)]
pub struct Endpoint(Url);

impl Endpoint {
    pub fn try_new(text: &str) -> Result<Self, InvalidEndpoint> {
        if text.chars().count() > ENDPOINT_CHARS_MAX {
            return Err(InvalidEndpoint::TooLong);
        }
        let url = Url::parse(text).map_err(|_| InvalidEndpoint::NotAUrl)?;
        // What is kept is the canonical form, in which `ø` is `%C3%B8`; it must be readable again.
        if url.as_str().len() > ENDPOINT_CHARS_MAX {
            return Err(InvalidEndpoint::TooLong);
        }
        if !matches!(url.scheme(), "https" | "http") {
            return Err(InvalidEndpoint::Scheme);
        }
        if url.host().is_none() {
            return Err(InvalidEndpoint::NotAUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidEndpoint::Credentials);
        }
        if url.fragment().is_some() {
            return Err(InvalidEndpoint::Fragment);
        }
        Ok(Self(url))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The host alone, for those who need not know more.
    pub fn host(&self) -> Host<&str> {
        self.0.host().expect("an endpoint has a host")
    }

    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().expect("http and https have a usual port")
    }

    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        Self::try_new(text)
    }
}

impl TryFrom<String> for Endpoint {
    type Error = InvalidEndpoint;

    fn try_from(text: String) -> Result<Self, InvalidEndpoint> {
        Self::try_new(&text)
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_absolute_address_without_credentials() {
        let endpoint: Endpoint = "HTTPS://Sak.Example/hendelser?a=b".parse().unwrap();
        assert_eq!(endpoint.as_str(), "https://sak.example/hendelser?a=b");
        assert_eq!((endpoint.host().to_string().as_str(), endpoint.port()), ("sak.example", 443));
        for (text, wrong) in [
            ("hendelser", InvalidEndpoint::NotAUrl),
            ("https://", InvalidEndpoint::NotAUrl),
            ("ftp://sak.example/", InvalidEndpoint::Scheme),
            ("file:///etc/passwd", InvalidEndpoint::Scheme),
            ("https://a:b@sak.example/", InvalidEndpoint::Credentials),
            ("https://sak.example/#a", InvalidEndpoint::Fragment),
        ] {
            assert_eq!(text.parse::<Endpoint>(), Err(wrong), "{text}");
        }
        let long = format!("https://sak.example/{}", "a".repeat(ENDPOINT_CHARS_MAX));
        assert_eq!(long.parse::<Endpoint>(), Err(InvalidEndpoint::TooLong));
        let longer_when_kept = format!("https://sak.example/{}", "ø".repeat(400));
        assert_eq!(longer_when_kept.parse::<Endpoint>(), Err(InvalidEndpoint::TooLong));
    }

    #[test]
    fn a_number_in_disguise_is_read_as_the_address_it_is() {
        for text in ["http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://0177.0.0.1/"]
        {
            let host = text.parse::<Endpoint>().unwrap();
            assert_eq!(host.host().to_string(), "127.0.0.1", "{text}");
        }
    }
}
