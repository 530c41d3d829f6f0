//! Who calls: bearer tokens (RFC 6750, RFC 7519) verified against the issuers that the operator
//! trusts.
//!
//! A token is never believed about how to check it: its issuer and key id only look a key up, and
//! the key says which algorithm it is for. So neither `none` nor an HMAC made with a public key can
//! pass.

pub(crate) mod claims;
mod fetched;
mod keys;
mod remembered;

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, errors::ErrorKind};
use samvirke_kernel::supervision::Supervisor;
use samvirke_schemas::{networks::rules::PersonId, principal::Principal};
use serde::{Deserialize, de::DeserializeOwned};

pub use claims::{Claims, Consumer};

use crate::{
    clock,
    fault::Fault,
    identity::{
        fetched::{Fetched, Pace},
        keys::KeySet,
        remembered::Remembered,
    },
    settings::{Issuer, KeySource},
};

/// The most bytes in a token.
pub const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// How far clocks may differ, in seconds.
pub const LEEWAY_S: u64 = 60;
/// The algorithms that are accepted.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

/// Why the keys of an issuer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("the keys of {issuer} cannot be read from {path}", path = path.display())]
    Read { issuer: String, path: PathBuf, source: std::io::Error },
    #[error("the keys of {issuer} are not a JSON Web Key Set")]
    NotAKeySet { issuer: String, source: serde_json::Error },
    #[error("jwks_url of {issuer} must be https, or http to this machine itself; it is {url:?}")]
    Address { issuer: String, url: String },
    #[error("no client can be made to fetch the keys of {issuer}")]
    Client { issuer: String, source: reqwest::Error },
    #[error("{issuer} has no key with a kid for RS256 (2048 bits or more), ES256 or EdDSA")]
    NoKeys { issuer: String },
    #[error("{issuer} has more than {max} keys", max = keys::KEYS_MAX)]
    TooManyKeys { issuer: String },
    #[error("{issuer} has two keys with the kid {kid:?}")]
    RepeatedKey { issuer: String, kid: String },
    #[error("{issuer} is set up twice")]
    RepeatedIssuer { issuer: String },
}

/// The issuers that are trusted, with their keys.
#[derive(Debug)]
pub struct Identity {
    issuers: Vec<Trusted>,
    remembered: Remembered,
}

/// One issuer.
#[derive(Debug)]
struct Trusted {
    issuer: String,
    audience: String,
    nbf_required: bool,
    /// Those of which a machine's token must hold one.
    scopes: BTreeSet<String>,
    keys: Keys,
}

/// Where the keys of an issuer are looked up.
#[derive(Debug)]
enum Keys {
    /// Given once, in a file or in the settings.
    Given(KeySet),
    /// Kept up with the issuer's address.
    Fetched(Arc<Fetched>),
}

/// One public key, and the only algorithm it is for.
struct Key {
    kid: String,
    algorithm: Algorithm,
    key: DecodingKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("kid", &self.kid).field("algorithm", &self.algorithm).finish()
    }
}

/// What is read of a header before anything is believed.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood (RFC 7515 § 4.1.11); we understand none.
    crit: Option<serde_json::Value>,
}

/// What is read of the claims before anything is believed.
#[derive(Deserialize)]
struct Origin {
    iss: Option<serde_json::Value>,
}

/// Who calls, and until when that is believed; always for the public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    /// Who it is in NETWORKS, where the issuer says so.
    pub(crate) person: Option<PersonId>,
    until: Option<DateTime<Utc>>,
}

impl Caller {
    /// Whoever brings no token.
    pub(crate) fn public() -> Self {
        Self { principal: Principal::public(), person: None, until: None }
    }

    /// How much longer the caller is believed; none where that has no end.
    pub(crate) fn time_left(&self, now: DateTime<Utc>) -> Option<Duration> {
        self.until.map(|until| (until - now).to_std().unwrap_or_default())
    }
}

/// The claims with the time they expire, in seconds since 1970 (RFC 7519 § 2).
#[derive(Deserialize)]
struct Dated {
    #[serde(flatten)]
    claims: Claims,
    /// Required; whether it is there is checked where the others are.
    #[serde(default)]
    exp: f64,
}

impl Identity {
    /// Fetches the keys that are published at addresses again from time to time, as tasks of `tasks`.
    pub(crate) fn keep_fresh(&self, tasks: &Supervisor) {
        for trusted in &self.issuers {
            if let Keys::Fetched(keys) = &trusted.keys {
                keys.supervise(tasks);
            }
        }
    }

    /// Loads the keys of all issuers. Those with an address are fetched.
    ///
    /// # Errors
    ///
    /// When keys are missing, unreadable, weak or ambiguous. An issuer that cannot be reached is
    /// none: it is asked again.
    pub async fn load(issuers: &[Issuer]) -> Result<Self, LoadError> {
        // Features of other crates in the same binary may make the choice ambiguous. An error says
        // only that it has been made before.
        let _ = jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
        let mut trusted: Vec<Trusted> = Vec::with_capacity(issuers.len());
        for issuer in issuers {
            if trusted.iter().any(|known| known.issuer == issuer.issuer) {
                return Err(LoadError::RepeatedIssuer { issuer: issuer.issuer.clone() });
            }
            trusted.push(Trusted {
                issuer: issuer.issuer.clone(),
                audience: issuer.audience.clone(),
                nbf_required: issuer.nbf_required,
                scopes: issuer.scopes.clone(),
                keys: Keys::load(issuer).await?,
            });
        }
        Ok(Self { issuers: trusted, remembered: Remembered::new() })
    }

    /// Who is behind a request: the public where there is no token.
    pub(crate) async fn verify(&self, headers: &HeaderMap) -> Result<Caller, Fault> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = values.next() else {
            return Ok(Caller::public());
        };
        let token = value
            .to_str()
            .ok()
            .filter(|_| values.next().is_none())
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(Fault::UnsupportedAuthorization)?;
        self.verify_token(token).await
    }

    async fn verify_token(&self, token: &str) -> Result<Caller, Fault> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Fault::TokenTooLarge { bytes_max: TOKEN_BYTES_MAX });
        }
        let digest = Remembered::digest(token);
        let published = |issuer: usize, kid: &str| self.issuers.get(issuer)?.keys.known(kid);
        if let Some(caller) = self.remembered.caller(&digest, clock::now(), published) {
            return Ok(caller);
        }
        let parts: Vec<&str> = token.split('.').collect();
        let &[header, payload, signature] = parts.as_slice() else {
            return Err(Fault::TokenMalformed);
        };
        let header: Header = part(header)?;
        if header.alg.eq_ignore_ascii_case("none") || signature.is_empty() {
            return Err(Fault::TokenUnsigned);
        }
        if header.crit.is_some() {
            return Err(Fault::TokenMalformed);
        }
        let algorithm: Algorithm = header.alg.parse().map_err(|_| Fault::TokenAlgorithm)?;
        if !ALGORITHMS.contains(&algorithm) {
            return Err(Fault::TokenAlgorithm);
        }
        let origin: Origin = part(payload)?;
        let origin = origin.iss.ok_or(Fault::TokenClaimMissing { claim: "iss".to_owned() })?;
        let number = self.issuers.iter().position(|issuer| origin == issuer.issuer.as_str());
        let number = number.ok_or(Fault::TokenForeignIssuer)?;
        let issuer = &self.issuers[number];
        let kid = header.kid.ok_or(Fault::TokenKeyUnknown)?;
        let key = issuer.keys.key(&kid).await?;
        if key.algorithm != algorithm {
            return Err(Fault::TokenAlgorithm);
        }
        let Dated { claims, exp } = issuer.claims(token, &key)?;
        let (principal, person) = claims.caller(&issuer.issuer, &issuer.scopes)?;
        let caller = Caller { principal, person, until: expiry(exp) };
        self.remembered.remember(digest, &caller, number, key);
        Ok(caller)
    }
}

impl Keys {
    async fn load(issuer: &Issuer) -> Result<Self, LoadError> {
        let name = &issuer.issuer;
        match &issuer.keys {
            KeySource::File(path) => {
                let text = std::fs::read(path).map_err(|source| LoadError::Read {
                    issuer: name.clone(),
                    path: path.clone(),
                    source,
                })?;
                KeySet::read(name, &text).map(Self::Given)
            }
            KeySource::Inline(set) => {
                KeySet::read(name, set.to_string().as_bytes()).map(Self::Given)
            }
            KeySource::Url(url) => {
                Fetched::start(name, url, Pace::default()).await.map(Self::Fetched)
            }
        }
    }

    /// The key with this id, where it has been published.
    fn known(&self, kid: &str) -> Option<Arc<Key>> {
        match self {
            Self::Given(keys) => keys.key(kid),
            Self::Fetched(keys) => keys.known(kid),
        }
    }

    async fn key(&self, kid: &str) -> Result<Arc<Key>, Fault> {
        match self {
            Self::Given(keys) => keys.key(kid).ok_or(Fault::TokenKeyUnknown),
            Self::Fetched(keys) => keys.key(kid).await,
        }
    }
}

impl Trusted {
    /// Checks the signature, then the claims that every token must have.
    fn claims(&self, token: &str, key: &Key) -> Result<Dated, Fault> {
        let mut validation = Validation::new(key.algorithm);
        validation.leeway = LEEWAY_S;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(if self.nbf_required {
            &["exp", "iss", "aud", "nbf"]
        } else {
            &["exp", "iss", "aud"][..]
        });
        jsonwebtoken::decode::<Dated>(token, &key.key, &validation)
            .map(|data| data.claims)
            .map_err(|error| fault(error.kind()))
    }
}

/// When a token is accepted no longer. One that expires after all that can be written as a date
/// never does.
fn expiry(exp: f64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp((exp as i64).checked_add(LEEWAY_S as i64)?, 0)
}

/// Reads one part of a token: JSON in base64url.
fn part<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Fault::TokenMalformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Fault::TokenMalformed)
}

/// The fault behind a token that the library refused. No kind of error lets a token pass.
fn fault(kind: &ErrorKind) -> Fault {
    let known = [
        (ErrorKind::InvalidSignature, Fault::TokenSignature),
        (ErrorKind::ExpiredSignature, Fault::TokenExpired),
        (ErrorKind::ImmatureSignature, Fault::TokenNotYetValid),
        (ErrorKind::InvalidAudience, Fault::TokenAudience),
        (ErrorKind::InvalidIssuer, Fault::TokenForeignIssuer),
        (ErrorKind::InvalidAlgorithm, Fault::TokenAlgorithm),
    ];
    if let ErrorKind::MissingRequiredClaim(claim) = kind {
        return Fault::TokenClaimMissing { claim: claim.clone() };
    }
    known
        .into_iter()
        .find(|(known, _)| known == kind)
        .map_or(Fault::TokenMalformed, |(_, fault)| fault)
}

#[cfg(test)]
mod tests;
