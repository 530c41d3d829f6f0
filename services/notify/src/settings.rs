//! What an operator sets: the mail server, and how long before and after people are told.
//!
//! Without a mail server everything is kept in the outbox and nothing is sent.

use std::{fmt, path::PathBuf};

use serde::Deserialize;

/// The most connections to the mail server that may be set: each holds one to the database.
pub const CONNECTIONS_MAX: u8 = 8;

/// The section on notifications.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where mail is handed in.
    pub mail: Option<MailServer>,
    /// The hour in Norway, 0 to 23, in which daily digests and reminders go out.
    pub digest_hour: u32,
    /// After so many days without a receipt a member is reminded of a joint case.
    pub receipt_days: u16,
    /// So many days before the answer is wanted, a member that has not decided is reminded.
    pub decision_days_before: u16,
    /// After so many days a member is reminded where no day is set for the answer.
    pub decision_days: u16,
    /// So many days before a hearing's deadline those who have not answered are told.
    pub hearing_days_before: u16,
    /// So many days before a task is due its owner is told.
    pub follow_up_days_before: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mail: None,
            digest_hour: 7,
            receipt_days: 7,
            decision_days_before: 14,
            decision_days: 60,
            hearing_days_before: 7,
            follow_up_days_before: 7,
        }
    }
}

/// A mail server that takes mail to be sent on (submission).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailServer {
    pub host: String,
    /// 587 for `starttls`, 465 for `tls`, 25 for `none` where it is absent.
    pub port: Option<u16>,
    /// Has no default: whoever sends names and titles in the clear has said so.
    pub encryption: Encryption,
    pub user: Option<String>,
    /// Holds the password of `user`.
    pub password_file: Option<PathBuf>,
    /// `Vestregionen <post@vestregionen.example>`.
    pub from: String,
    /// How long the mail server may take to let us in, and for each mail, in milliseconds.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// The most connections at once, 1 to [`CONNECTIONS_MAX`]; many mail servers allow few.
    #[serde(default = "connections_max")]
    pub connections_max: u8,
}

/// How the way to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// Not at all: for a mail server on the same machine.
    None,
    /// From the command STARTTLS on, without which nothing is sent.
    Starttls,
    /// From the first byte.
    Tls,
}

/// The key of an installation that links for unsubscribing are signed with.
#[derive(Clone)]
pub struct Key(pub [u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

fn connections_max() -> u8 {
    4
}

fn timeout_ms() -> u64 {
    120_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(text: serde_json::Value) -> Result<MailServer, serde_json::Error> {
        serde_json::from_value(text)
    }

    #[test]
    fn nothing_is_sent_in_the_clear_unasked() {
        let mut server = serde_json::json!({"host": "mx.example", "from": "a@mx.example"});
        assert!(mail(server.clone()).unwrap_err().to_string().contains("encryption"));
        server["encryption"] = "starttls".into();
        assert_eq!(mail(server).unwrap().encryption, Encryption::Starttls);
    }

    #[test]
    fn an_empty_section_is_a_working_one() {
        let settings: Settings = serde_json::from_value(serde_json::json!({})).unwrap();
        assert!(settings.mail.is_none());
        assert!(settings.digest_hour < 24);
    }
}
