//! The secrets that deliveries are signed with, as Standard Webhooks 1.0 has it.
//!
//! Invariant: none is ever stored. Each follows from the installation's master key, the subscription's id
//! and how often its secret was renewed.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use samvirke_schemas::id::AggregateId;
use sha2::Sha256;
use uuid::Uuid;

use crate::subscription::Generation;

/// Separates these secrets from whatever else may once be made of the same key.
const PURPOSE: &str = "samvirke webhook secret 1";
/// Every secret begins so when it is written.
const PREFIX: &str = "whsec_";

/// The installation's key, from which every secret follows. Not `Debug`: it must not be printed.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

/// The secret of one subscription. Not `Debug`: it must not be printed.
pub struct Secret([u8; 32]);

impl MasterKey {
    /// A key from 32 secret bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// The secret of a subscription after its `generation`th renewal, the first being 1.
    pub fn secret(&self, subscription: &AggregateId, generation: u32) -> Secret {
        Secret(hmac(&self.0, &[format!("{PURPOSE}|{subscription}|{generation}").as_bytes()]))
    }

    /// The secrets that sign at a time, the newest first.
    pub fn in_force(
        &self,
        subscription: &AggregateId,
        generation: Generation,
        now: DateTime<Utc>,
    ) -> Vec<Secret> {
        let Generation { number, previous_until } = generation;
        let previous = previous_until.filter(|until| now < *until && number > 1);
        let numbers = [Some(number), previous.map(|_| number - 1)];
        numbers.into_iter().flatten().map(|number| self.secret(subscription, number)).collect()
    }
}

impl Secret {
    /// As its owner is given it.
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0))
    }

    /// The signature of a delivery: `v1,` and base64 of HMAC-SHA256 over `<id>.<timestamp>.<body>`.
    pub fn sign(&self, id: Uuid, timestamp: i64, body: &[u8]) -> String {
        let signed = hmac(&self.0, &[format!("{id}.{timestamp}.").as_bytes(), body]);
        format!("v1,{}", STANDARD.encode(signed))
    }
}

fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn id(text: &str) -> AggregateId {
        text.parse().unwrap()
    }

    #[test]
    fn the_signature_is_that_of_the_specifications_example() {
        // Standard Webhooks, and the test vector of its reference libraries.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}");
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        assert_eq!(signature, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_follows_from_key_subscription_and_generation() {
        let key = MasterKey::new([7; 32]);
        let secret = key.secret(&id("v:a"), 1).expose();
        assert_eq!(secret, MasterKey::new([7; 32]).secret(&id("v:a"), 1).expose());
        assert!(secret.starts_with(PREFIX) && secret.len() == PREFIX.len() + 44);
        for other in [
            key.secret(&id("v:b"), 1),
            key.secret(&id("v:a"), 2),
            MasterKey::new([8; 32]).secret(&id("v:a"), 1),
        ] {
            assert_ne!(other.expose(), secret);
        }
    }

    #[test]
    fn the_secret_before_signs_until_its_time_is_over() {
        let key = MasterKey::new([7; 32]);
        let until = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let rotated = Generation { number: 2, previous_until: Some(until) };
        let count = |generation, now| key.in_force(&id("v:a"), generation, now).len();
        assert_eq!(count(rotated, until - TimeDelta::seconds(1)), 2);
        assert_eq!(count(rotated, until), 1);
        assert_eq!(count(Generation { number: 1, previous_until: None }, until), 1);
    }
}
