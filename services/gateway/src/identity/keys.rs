//! The public keys of an issuer, from its JSON Web Key Set (RFC 7517).
//!
//! Only keys that can be meant for us are kept. A set may hold others, which are passed over and
//! logged.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

use super::{Key, LoadError};

/// The most keys of one issuer.
pub(super) const KEYS_MAX: usize = 32;
/// The least length of an RSA modulus (RFC 7518 § 3.3), in bits.
const RSA_BITS_MIN: usize = 2048;

/// A set as it is published.
#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

/// The keys of an issuer that we can use; a key in use outlives the set it came with.
#[derive(Clone, Debug)]
pub(super) struct KeySet(Vec<Arc<Key>>);

impl KeySet {
    /// The keys in a published set.
    pub(super) fn read(issuer: &str, text: &[u8]) -> Result<Self, LoadError> {
        let name = || issuer.to_owned();
        let set: Published = serde_json::from_slice(text)
            .map_err(|source| LoadError::NotAKeySet { issuer: name(), source })?;
        if set.keys.len() > KEYS_MAX {
            return Err(LoadError::TooManyKeys { issuer: name() });
        }
        let mut keys: Vec<Arc<Key>> = Vec::with_capacity(set.keys.len());
        for key in set.keys {
            let Some(key) = usable(key) else {
                tracing::warn!(issuer, "passed over a key that cannot be used");
                continue;
            };
            if keys.iter().any(|known| known.kid == key.kid) {
                return Err(LoadError::RepeatedKey { issuer: name(), kid: key.kid });
            }
            keys.push(Arc::new(key));
        }
        if keys.is_empty() { Err(LoadError::NoKeys { issuer: name() }) } else { Ok(Self(keys)) }
    }

    /// The key with this id.
    pub(super) fn key(&self, kid: &str) -> Option<Arc<Key>> {
        self.0.iter().find(|key| key.kid == kid).cloned()
    }
}

/// The key, if it has an id, is for signatures, and is of a kind and strength that we accept.
fn usable(key: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(key).ok()?;
    let algorithm = algorithm(&jwk)?;
    let meant_for_it =
        jwk.common.key_algorithm.is_none_or(|named| named.to_string() == format!("{algorithm:?}"));
    let for_signatures =
        jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    let kid = jwk.common.key_id?;
    (meant_for_it && for_signatures).then_some(Key { kid, algorithm, key })
}

/// The one algorithm that a key is for.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) => {
            let modulus = URL_SAFE_NO_PAD.decode(&rsa.n).ok()?;
            let leading = modulus.iter().take_while(|byte| **byte == 0).count();
            let significant = &modulus[leading..];
            let unused = significant.first().map_or(0, |byte| byte.leading_zeros() as usize);
            (significant.len() * 8 - unused >= RSA_BITS_MIN).then_some(Algorithm::RS256)
        }
        AlgorithmParameters::EllipticCurve(curve) => {
            (curve.curve == EllipticCurve::P256).then_some(Algorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(pair) => {
            (pair.curve == EllipticCurve::Ed25519).then_some(Algorithm::EdDSA)
        }
        // A shared secret in a public set is a mistake, and never a way in.
        AlgorithmParameters::OctetKey(_) | AlgorithmParameters::Other(_) | _ => None,
    }
}
