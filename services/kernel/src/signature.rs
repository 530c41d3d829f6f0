//! The gateway's signature on what it sends to the services.
//!
//! Whoever may publish to `cmd.>` could otherwise claim to be anyone. Where gateway and service are one process,
//! the service knows of a signature that it was made here, and need not work it out again: that costs three
//! times what signing does.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

/// The most signatures of this process that are known to be good before anybody has asked.
const MADE_HERE_MAX: usize = 8_192;

/// What this process has signed, by SHA-256 of key, signature and payload.
static MADE_HERE: LazyLock<Cache<[u8; 32], ()>> = LazyLock::new(|| Cache::new(MADE_HERE_MAX));

fn made(key: &VerifyingKey, signature: &[u8; 64], payload: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(key.as_bytes())
        .chain_update(signature)
        .chain_update(payload)
        .finalize()
        .into()
}

/// Why a message is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    #[error("the message is not signed by the gateway")]
    Unsigned,
    #[error("the message's signature is not the gateway's")]
    Forged,
}

/// The text is not the public half of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a public key has 64 hexadecimal digits and lies on the curve Ed25519")]
pub struct NotAPublicKey;

/// Signs messages; only the gateway holds one.
#[derive(Clone, Debug)]
pub struct MessageSigner(SigningKey);

impl MessageSigner {
    /// A key from 32 secret bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// The header value for `payload`.
    pub fn sign(&self, payload: &[u8]) -> String {
        let signature = self.0.sign(payload).to_bytes();
        MADE_HERE.insert(made(&self.0.verifying_key(), &signature, payload), ());
        STANDARD.encode(signature)
    }

    /// The half that services check with.
    pub fn verifier(&self) -> MessageVerifier {
        MessageVerifier(self.0.verifying_key())
    }
}

/// Checks that a message comes from the gateway. With it nothing can be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageVerifier(VerifyingKey);

impl std::fmt::Display for MessageVerifier {
    /// The public key in 64 hexadecimal digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0.as_bytes()))
    }
}

impl std::str::FromStr for MessageVerifier {
    type Err = NotAPublicKey;

    fn from_str(text: &str) -> Result<Self, NotAPublicKey> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NotAPublicKey)?;
        VerifyingKey::from_bytes(&bytes).map(Self).map_err(|_| NotAPublicKey)
    }
}

impl MessageVerifier {
    /// # Errors
    ///
    /// When the header is absent, malformed or made with another key.
    pub fn check(&self, payload: &[u8], header: Option<&str>) -> Result<(), Untrusted> {
        let bytes = header
            .and_then(|text| STANDARD.decode(text).ok())
            .and_then(|bytes| <[u8; 64]>::try_from(bytes).ok())
            .ok_or(Untrusted::Unsigned)?;
        // Each is asked for once; one that is forgotten, or comes again, is worked out.
        if MADE_HERE.remove(&made(&self.0, &bytes, payload)).is_some() {
            return Ok(());
        }
        self.0.verify(payload, &Signature::from_bytes(&bytes)).map_err(|_| Untrusted::Forged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_gateway_signed_is_trusted() {
        let gateway = MessageSigner::new(&[7; 32]);
        let signed = gateway.sign(b"found");
        let services = gateway.verifier();
        assert_eq!(services.check(b"found", Some(&signed)), Ok(()));
        assert_eq!(services.check(b"dissolve", Some(&signed)), Err(Untrusted::Forged));
        let other = MessageSigner::new(&[8; 32]).sign(b"found");
        assert_eq!(services.check(b"found", Some(&other)), Err(Untrusted::Forged));
        assert_eq!(services.check(b"found", None), Err(Untrusted::Unsigned));
        assert_eq!(services.check(b"found", Some("x")), Err(Untrusted::Unsigned));
    }

    #[test]
    fn what_was_signed_elsewhere_or_is_asked_for_again_is_worked_out() {
        let gateway = MessageSigner::new(&[9; 32]);
        let elsewhere = STANDARD.encode(gateway.0.sign(b"found").to_bytes());
        assert_eq!(gateway.verifier().check(b"found", Some(&elsewhere)), Ok(()));
        let here = gateway.sign(b"found");
        for _ in 0..2 {
            assert_eq!(gateway.verifier().check(b"found", Some(&here)), Ok(()));
        }
        gateway.sign(b"found");
        assert_eq!(gateway.verifier().check(b"dissolve", Some(&here)), Err(Untrusted::Forged));
        let other = MessageSigner::new(&[8; 32]).verifier();
        assert_eq!(other.check(b"found", Some(&here)), Err(Untrusted::Forged));
    }

    #[test]
    fn the_public_key_is_read_again_as_it_was_written() {
        let public = MessageSigner::new(&[7; 32]).verifier();
        assert_eq!(public.to_string().parse(), Ok(public));
        for text in ["", "07", &"g".repeat(64), &"å".repeat(32), &"+1".repeat(32)] {
            assert_eq!(text.parse::<MessageVerifier>(), Err(NotAPublicKey), "{text:?}");
        }
    }
}
