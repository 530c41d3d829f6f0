//! What an operator sets: whom the gateway trusts and how much it takes.
//!
//! Every limit has a default that is safe, so an empty section is a working one.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use serde::Deserialize;
use serde_json::Value;

use crate::identity::claims::MACHINE_PREFIX;

pub use crate::address::{Network, ProxyHeader};

/// The most scopes that an issuer's settings name.
pub const SCOPES_MAX: usize = 64;

/// The gateway's section of the configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whose tokens are accepted. None means that everyone is the public.
    pub issuers: Vec<Issuer>,
    /// Where callers reach the gateway, for addresses in feeds and calendars. Without it they are
    /// made of the host that a caller names.
    pub public_url: Option<String>,
    /// The proxies in front of the gateway, as addresses and networks such as `10.0.0.0/8`: the only ones
    /// that are believed about whom they ask for. None means that a caller's address is its
    /// connection's.
    pub trusted_proxies: Vec<Network>,
    /// The header in which they name their callers' addresses: `x-forwarded-for` or `forwarded`.
    pub proxy_header: ProxyHeader,
    pub limits: Limits,
}

/// An issuer of tokens, and what a token must say to be meant for this gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "IssuerFields")]
pub struct Issuer {
    /// The exact `iss`.
    pub issuer: String,
    /// The `aud` that tokens must hold.
    pub audience: String,
    /// Where the issuer's public keys are.
    pub keys: KeySource,
    /// Whether a token must carry `nbf`; one that carries it is held to it in any case.
    pub nbf_required: bool,
    /// The scopes of which a machine's token (one with `consumer`) must hold one. None means that no
    /// machine's token of this issuer is accepted.
    pub scopes: BTreeSet<String>,
}

/// Where the public keys (JWKS, RFC 7517) of an issuer come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// `jwks_file`: a file, read at start.
    File(PathBuf),
    /// `jwks_url`: an address, asked at the start and from time to time.
    Url(String),
    /// `jwks`: the set itself.
    Inline(Value),
}

/// How much may be asked for, in all and by one caller. A caller is the subject of a token, and without
/// one the address (of IPv6, the /64).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The most bytes in a request body.
    pub body_bytes_max: usize,
    /// How long a request may take in all, its body included, in milliseconds.
    pub request_timeout_ms: u64,
    /// The most requests to the services at once; the next is answered 503.
    pub in_flight_max: usize,
    /// The most open connections; the next waits in the listener's backlog.
    pub connections_max: usize,
    /// How long a caller may take nothing of an answer before its connection is closed, in
    /// milliseconds.
    pub write_stall_ms: u64,
    /// The most streams of the feed and waiting requests for it at once; the next is answered 503.
    pub feed_readers_max: usize,
    /// The most requests to the services of one caller at once; the next is answered 429.
    pub caller_in_flight_max: usize,
    /// The most streams of the feed and waiting requests for it of one caller at once; the next is
    /// answered 429.
    pub caller_feed_readers_max: usize,
    /// The most open connections from one address, trusted proxies excepted; the next is answered 429
    /// and closed.
    pub caller_connections_max: usize,
    /// How long a stream of the feed is silent before it gives a sign of life, in milliseconds.
    pub feed_heartbeat_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 1024 * 1024,
            request_timeout_ms: 10_000,
            in_flight_max: 1_024,
            connections_max: 4_096,
            write_stall_ms: 30_000,
            feed_readers_max: 3_072,
            caller_in_flight_max: 128,
            caller_feed_readers_max: 256,
            caller_connections_max: 512,
            feed_heartbeat_ms: 15_000,
        }
    }
}

impl Limits {
    /// How long a request may take in all.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// How long a caller may take nothing of an answer.
    pub fn write_stall(&self) -> Duration {
        Duration::from_millis(self.write_stall_ms)
    }

    /// How long a stream of the feed may be silent.
    pub fn feed_heartbeat(&self) -> Duration {
        Duration::from_millis(self.feed_heartbeat_ms)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerFields {
    issuer: String,
    audience: String,
    jwks_file: Option<PathBuf>,
    jwks_url: Option<String>,
    jwks: Option<Value>,
    nbf_required: Option<bool>,
    #[serde(default)]
    scopes: BTreeSet<String>,
}

impl IssuerFields {
    fn are_sound(&self) -> bool {
        let is_scope = |scope: &String| !scope.is_empty() && !scope.contains(char::is_whitespace);
        !self.issuer.is_empty()
            && !self.issuer.starts_with(MACHINE_PREFIX)
            && !self.audience.is_empty()
            && self.scopes.len() <= SCOPES_MAX
            && self.scopes.iter().all(is_scope)
    }
}

/// Why the settings of an issuer make no sense.
#[derive(Debug, thiserror::Error)]
#[error(
    "issuer {issuer:?} needs a name that does not begin with {MACHINE_PREFIX:?}, an audience, exactly one of jwks_file, jwks_url and jwks, and scopes without spaces, at most {SCOPES_MAX}"
)]
struct InvalidIssuer {
    issuer: String,
}

impl TryFrom<IssuerFields> for Issuer {
    type Error = InvalidIssuer;

    fn try_from(fields: IssuerFields) -> Result<Self, InvalidIssuer> {
        let sound = fields.are_sound();
        let keys = match (fields.jwks_file, fields.jwks_url, fields.jwks) {
            (Some(file), None, None) => Some(KeySource::File(file)),
            (None, Some(url), None) => Some(KeySource::Url(url)),
            (None, None, Some(set)) => Some(KeySource::Inline(set)),
            (None, None, None) | (Some(_), _, _) | (_, Some(_), _) => None,
        };
        match keys {
            Some(keys) if sound => Ok(Self {
                issuer: fields.issuer,
                audience: fields.audience,
                keys,
                nbf_required: fields.nbf_required.unwrap_or(true),
                scopes: fields.scopes,
            }),
            Some(_) | None => Err(InvalidIssuer { issuer: fields.issuer }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn issuer(text: Value) -> Result<Issuer, serde_json::Error> {
        serde_json::from_value(text)
    }

    #[test]
    fn an_empty_section_is_a_working_one() {
        let settings: Settings = serde_json::from_value(json!({})).unwrap();
        assert!(settings.issuers.is_empty());
        assert_eq!(settings.limits.body_bytes_max, 1_048_576);
        assert_eq!(settings.limits.request_timeout(), Duration::from_secs(10));
    }

    #[test]
    fn an_issuer_has_exactly_one_source_of_keys() {
        let one = json!({"issuer": "https://i", "audience": "a", "jwks_file": "keys.json"});
        assert!(matches!(issuer(one).unwrap().keys, KeySource::File(_)));
        let none = json!({"issuer": "https://i", "audience": "a"});
        assert!(issuer(none).unwrap_err().to_string().contains("exactly one"));
        let two =
            json!({"issuer": "https://i", "audience": "a", "jwks_file": "k", "jwks_url": "u"});
        assert!(issuer(two).is_err());
        let nobody = json!({"issuer": "", "audience": "a", "jwks_file": "k"});
        assert!(issuer(nobody).is_err());
    }

    #[test]
    fn no_issuer_can_name_itself_so_that_a_person_passes_for_a_machine() {
        let named = |name| json!({"issuer": name, "audience": "a", "jwks_file": "k"});
        assert!(issuer(named("https://i")).unwrap().scopes.is_empty());
        assert!(issuer(named("machine:https://i")).is_err());
    }

    #[test]
    fn the_scopes_of_machines_are_named_one_by_one() {
        let with = |scopes| {
            issuer(
                json!({"issuer": "https://i", "audience": "a", "jwks_file": "k", "scopes": scopes}),
            )
        };
        assert_eq!(with(json!(["samvirke:member"])).unwrap().scopes.len(), 1);
        assert!(with(json!(["samvirke:member samvirke:other"])).is_err());
        assert!(with(json!([""])).is_err());
        let many: Vec<String> = (0..=SCOPES_MAX).map(|number| format!("s{number}")).collect();
        assert!(with(json!(many)).is_err());
    }

    #[test]
    fn no_proxy_is_trusted_that_is_not_named() {
        let settings: Settings = serde_json::from_value(json!({})).unwrap();
        assert!(settings.trusted_proxies.is_empty());
        let named = json!({"trusted_proxies": ["10.0.0.0/8", "::1"], "proxy_header": "forwarded"});
        let settings: Settings = serde_json::from_value(named).unwrap();
        assert_eq!(settings.trusted_proxies.len(), 2);
        let misspelt = json!({"trusted_proxies": ["10.0.0"]});
        let error = serde_json::from_value::<Settings>(misspelt).unwrap_err().to_string();
        assert!(error.contains("10.0.0.7 or 10.0.0.0/8, not \"10.0.0\""), "{error}");
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        let settings = json!({"limits": {"body_bytes": 1}});
        assert!(serde_json::from_value::<Settings>(settings).is_err());
    }
}
