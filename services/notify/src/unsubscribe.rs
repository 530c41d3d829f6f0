//! Links that decline topics without a login: one click in a mail program is enough (RFC 8058).
//!
//! A link names a contact and topics and is signed with the installation's key. It can do nothing
//! but decline those topics, so it needs neither a secret of the person nor an end.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use samvirke_schemas::{contacts::contact::Topic, id::AggregateId};
use sha2::Sha256;

use crate::settings::Key;

/// What the signature is about, so that it is good for nothing else.
const PURPOSE: &[u8] = b"samvirke unsubscribe\n";
/// The bytes of a signature.
const SIGNATURE_BYTES: usize = 32;
/// The most characters in a token.
pub(crate) const TOKEN_CHARS_MAX: usize = 1_024;

/// Makes the token for declining topics.
pub(crate) fn token(key: &Key, contact: &AggregateId, topics: &[Topic]) -> String {
    let topics: Vec<String> = topics.iter().map(Topic::to_string).collect();
    let said = format!("{contact} {}", topics.join(","));
    let mut bytes = signed(key, said.as_bytes()).finalize().into_bytes().to_vec();
    bytes.extend_from_slice(said.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a token; `None` where it is not one of this installation.
pub(crate) fn read(key: &Key, token: &str) -> Option<(AggregateId, Vec<Topic>)> {
    if token.len() > TOKEN_CHARS_MAX {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (signature, said) = bytes.split_at_checked(SIGNATURE_BYTES)?;
    signed(key, said).verify_slice(signature).ok()?;
    let (contact, topics) = std::str::from_utf8(said).ok()?.split_once(' ')?;
    let topics = topics.split(',').map(|topic| topic.parse().ok()).collect::<Option<Vec<_>>>()?;
    Some((contact.parse().ok()?, topics))
}

fn signed(key: &Key, said: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("HMAC takes keys of any length");
    mac.update(PURPOSE);
    mac.update(said);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_declines_what_it_was_made_for_and_nothing_else() {
        let key = Key([7; 32]);
        let contact: AggregateId =
            "vestregionen:0192f3a0-7c1e-7d2a-9b1f-3f5d6c7b8a90".parse().unwrap();
        let made = token(&key, &contact, &[Topic::Minutes, Topic::Hearings]);
        let read_back = Some((contact.clone(), vec![Topic::Minutes, Topic::Hearings]));
        assert_eq!(read(&key, &made), read_back);
        assert!(made.len() <= TOKEN_CHARS_MAX);
        assert_eq!(read(&Key([8; 32]), &made), None);
        let mut bytes = URL_SAFE_NO_PAD.decode(&made).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(read(&key, &URL_SAFE_NO_PAD.encode(bytes)), None);
        for text in ["", "x", "!", &"A".repeat(TOKEN_CHARS_MAX + 1)] {
            assert_eq!(read(&key, text), None, "{text:?}");
        }
    }
}
