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

/// Signs messages; only the gateway and policies hold one.
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

/// Checks that a message comes from the gateway.
#[derive(Clone, Debug)]
pub struct MessageVerifier(VerifyingKey);

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
}
