//! The gateway's signature on what it sends to the services.
//!
//! Whoever may publish to `cmd.>` could otherwise claim to be anyone.

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};

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
        STANDARD.encode(self.0.sign(payload).to_bytes())
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
        self.0.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for MessageVerifier {
    type Err = NotAPublicKey;

    fn from_str(text: &str) -> Result<Self, NotAPublicKey> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(NotAPublicKey);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| NotAPublicKey)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NotAPublicKey)?;
        }
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
    fn the_public_key_is_read_again_as_it_was_written() {
        let public = MessageSigner::new(&[7; 32]).verifier();
        assert_eq!(public.to_string().parse(), Ok(public));
        for text in ["", "07", &"g".repeat(64), &"å".repeat(32), &"+1".repeat(32)] {
            assert_eq!(text.parse::<MessageVerifier>(), Err(NotAPublicKey), "{text:?}");
        }
    }
}
