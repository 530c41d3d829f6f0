//! An issuer of tokens for demonstrations and tests: it vouches for whomever it is told to.
//!
//! It has no way in by itself. A gateway trusts it only where its key set is among the configured
//! issuers, and that must never be so in production.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::{Signer, SigningKey};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{clock, identity::Claims};

/// The name the demo's own issuer goes by; `.example` is nobody's (RFC 2606).
pub const ISSUER: &str = "https://issuer.samvirke.example";
/// Whom the demo's tokens are meant for.
pub const AUDIENCE: &str = "samvirke";

/// An Ed25519 key that mints tokens in the name of one issuer.
#[derive(Clone)]
pub struct DemoIssuer {
    issuer: String,
    key: SigningKey,
    kid: String,
}

/// What a token is to say, and for how long.
#[derive(Clone, Debug, Serialize)]
pub struct TokenRequest {
    pub aud: String,
    #[serde(with = "chrono::serde::ts_seconds")]
    pub iat: DateTime<Utc>,
    #[serde(with = "chrono::serde::ts_seconds")]
    pub nbf: DateTime<Utc>,
    #[serde(with = "chrono::serde::ts_seconds")]
    pub exp: DateTime<Utc>,
    #[serde(flatten)]
    pub claims: Claims,
}

impl TokenRequest {
    /// A token for [`AUDIENCE`] that is valid from `now` and for `ttl`.
    pub fn new(claims: Claims, now: DateTime<Utc>, ttl: TimeDelta) -> Self {
        Self { aud: AUDIENCE.to_owned(), iat: now, nbf: now, exp: now + ttl, claims }
    }
}

impl DemoIssuer {
    /// An issuer with the key of 32 secret bytes, so that tokens outlive a restart.
    pub fn new(issuer: impl Into<String>, secret: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(secret);
        let digest = Sha256::digest(key.verifying_key().as_bytes());
        Self { issuer: issuer.into(), kid: URL_SAFE_NO_PAD.encode(&digest[..12]), key }
    }

    /// An issuer with a new key.
    pub fn generate(issuer: impl Into<String>) -> Self {
        Self::new(issuer, &clock::random_bytes())
    }

    /// The secret to give [`DemoIssuer::new`] another time.
    pub fn secret(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// The public half, as the set that a gateway's settings take (`jwks_file`).
    pub fn jwks(&self) -> Value {
        json!({"keys": [{
            "kty": "OKP",
            "crv": "Ed25519",
            "use": "sig",
            "alg": "EdDSA",
            "kid": self.kid,
            "x": URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes()),
        }]})
    }

    /// A signed token, in the issuer's name.
    pub fn mint(&self, request: &TokenRequest) -> String {
        let mut request = request.clone();
        request.claims.iss = Some(self.issuer.clone());
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": self.kid});
        let claims = serde_json::to_value(&request).unwrap_or_default();
        self.sign(&header, &claims)
    }

    /// Any header and claims, signed: for tests of what must not pass.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// The id of the key, which a token must name.
    pub fn kid(&self) -> &str {
        &self.kid
    }
}
