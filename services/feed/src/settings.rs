//! What an operator sets for deliveries. Every limit has a default that is safe.

use std::time::Duration;

use serde::Deserialize;

/// The section `[feed]` of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The DNS name that deliveries introduce themselves with (`WebHook-Request-Origin`).
    pub origin: String,
    /// Whether endpoints may be on this machine, without TLS and at any port: for demonstrations and
    /// tests. Other private addresses stay refused.
    pub loopback_allowed: bool,
    /// How often one event is tried before deliveries stop. With the delays below the last attempt
    /// comes about three days after the first.
    pub attempts_max: u32,
    /// The delay after the first failure, in milliseconds; each further one is four times as long.
    pub retry_first_ms: u64,
    /// The longest of these delays, in milliseconds.
    pub retry_longest_ms: u64,
    /// How long an endpoint may put off the next attempt with `Retry-After`, in milliseconds.
    pub retry_after_max_ms: u64,
    /// How long a connection may take to be there, in milliseconds.
    pub connect_timeout_ms: u64,
    /// How long an endpoint may take to answer, connection included, in milliseconds.
    pub answer_timeout_ms: u64,
    /// How often an endpoint that does not answer is asked whether it wants deliveries.
    pub handshakes_max: u32,
    /// The most requests to endpoints at once.
    pub requests_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            origin: "samvirke.localhost".into(),
            loopback_allowed: false,
            attempts_max: 14,
            retry_first_ms: 5_000,
            retry_longest_ms: 12 * 60 * 60 * 1_000,
            retry_after_max_ms: 24 * 60 * 60 * 1_000,
            connect_timeout_ms: 5_000,
            answer_timeout_ms: 20_000,
            handshakes_max: 5,
            requests_max: 512,
        }
    }
}

impl Settings {
    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }

    pub(crate) fn answer_timeout(&self) -> Duration {
        Duration::from_millis(self.answer_timeout_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_closed_unless_somebody_opens_them() {
        assert!(!Settings::default().loopback_allowed);
        let settings: Settings = serde_json::from_str(r#"{"loopback_allowed": true}"#).unwrap();
        assert!(settings.loopback_allowed);
        assert!(serde_json::from_str::<Settings>(r#"{"loopback": true}"#).is_err());
    }
}
