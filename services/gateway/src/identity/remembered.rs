//! Tokens that were verified, so that a caller who shows the same one again and again is verified once.
//!
//! Invariant: what is remembered is believed only as long as verifying it anew would say the same: until it
//! expires, and while its issuer publishes the very key that it was verified with.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use super::{Caller, Key};

/// The most tokens that are remembered; those that nobody shows go first.
const TOKENS_MAX: usize = 10_000;

/// What a token is remembered by: SHA-256 of the whole of it, so that no token is kept.
type TokenDigest = [u8; 32];

pub(super) struct Remembered(Cache<TokenDigest, Arc<Verified>>);

/// A verified token.
struct Verified {
    caller: Caller,
    /// Which of the issuers vouches for it.
    issuer: usize,
    key: Arc<Key>,
}

impl Verified {
    /// Whether verifying it anew would say the same. `published` is the key that its issuer publishes now under
    /// the same id.
    fn holds(&self, now: DateTime<Utc>, published: Option<&Arc<Key>>) -> bool {
        let expired = self.caller.until.is_none_or(|until| until < now);
        !expired && published.is_some_and(|published| Arc::ptr_eq(published, &self.key))
    }
}

impl Remembered {
    pub(super) fn new() -> Self {
        Self(Cache::new(TOKENS_MAX))
    }

    pub(super) fn digest(token: &str) -> TokenDigest {
        Sha256::digest(token).into()
    }

    /// Who showed the token before, where that is still believed. `published` says which key an issuer
    /// publishes under an id now.
    pub(super) fn caller(
        &self,
        token: &TokenDigest,
        now: DateTime<Utc>,
        published: impl FnOnce(usize, &str) -> Option<Arc<Key>>,
    ) -> Option<Caller> {
        let verified = self.0.get(token)?;
        let key = published(verified.issuer, &verified.key.kid);
        if verified.holds(now, key.as_ref()) {
            return Some(verified.caller.clone());
        }
        self.0.remove(token);
        None
    }

    pub(super) fn remember(
        &self,
        token: TokenDigest,
        caller: &Caller,
        issuer: usize,
        key: Arc<Key>,
    ) {
        self.0.insert(token, Arc::new(Verified { caller: caller.clone(), issuer, key }));
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered").field("tokens", &self.0.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use jsonwebtoken::{Algorithm, DecodingKey};
    use samvirke_schemas::principal::Principal;

    use super::*;
    use crate::clock;

    fn key() -> Arc<Key> {
        let key = DecodingKey::from_ed_der(&[7; 32]);
        Arc::new(Key { kid: "k".into(), algorithm: Algorithm::EdDSA, key })
    }

    fn caller(until: Option<DateTime<Utc>>) -> Caller {
        Caller { principal: Principal::system("a-caller"), person: None, until }
    }

    #[test]
    fn a_remembered_token_is_believed_until_it_expires_and_never_without_an_end() {
        let (remembered, key, now) = (Remembered::new(), key(), clock::now());
        let (token, other) = (Remembered::digest("a.b.c"), Remembered::digest("a.b.d"));
        let until = now + TimeDelta::seconds(60);
        remembered.remember(token, &caller(Some(until)), 0, key.clone());
        let asked = |token, at| remembered.caller(token, at, |_, _| Some(key.clone()));
        assert_eq!(asked(&token, until), Some(caller(Some(until))));
        assert_eq!(asked(&other, now), None);
        assert_eq!(asked(&token, until + TimeDelta::nanoseconds(1)), None);
        assert_eq!(asked(&token, now), None, "what has expired is forgotten");

        remembered.remember(token, &caller(None), 0, key.clone());
        assert_eq!(asked(&token, now), None);
    }

    #[test]
    fn a_remembered_token_is_not_believed_once_its_key_is_another_or_gone() {
        let (remembered, own, now) = (Remembered::new(), key(), clock::now());
        let (token, caller) = (Remembered::digest("a.b.c"), caller(Some(now)));
        for published in [None, Some(key())] {
            remembered.remember(token, &caller, 3, own.clone());
            let asked = remembered.caller(&token, now, |issuer, kid| {
                assert_eq!((issuer, kid), (3, "k"));
                published
            });
            assert_eq!(asked, None);
        }
    }
}
