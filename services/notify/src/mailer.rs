//! The way to the mail server, and what its answers mean.
//!
//! Only what the server says about a mail and its receiver counts for that mail. What it says
//! before it has heard of a mail, or does not say at all, is about the server.

use std::{fs, time::Duration};

use lettre::{
    Message,
    message::Mailbox,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        extension::ClientId,
    },
};
use samvirke_kernel::error_chain::chain;

use crate::settings::{CONNECTIONS_MAX, Encryption, MailServer};

/// The most characters kept of an answer.
const ANSWER_CHARS_MAX: usize = 500;

/// Why the settings of the mail server make no sense.
#[derive(Debug, thiserror::Error)]
pub enum InvalidMailServer {
    #[error("[notify.mail] from is not an address such as Samvirke <post@example.no>")]
    From(#[source] lettre::address::AddressError),
    #[error("[notify.mail] has user without password_file, or password_file without user")]
    Credentials,
    #[error("[notify.mail] password_file cannot be read")]
    Password(#[source] std::io::Error),
    #[error("[notify.mail] sends a password, so encryption is starttls or tls")]
    PasswordInTheClear,
    #[error(
        "[notify.mail] connections_max is {found}; it is 1 to {}",
        crate::settings::CONNECTIONS_MAX
    )]
    Connections { found: u8 },
    #[error("TLS to the mail server cannot be set up")]
    Tls(#[source] Error),
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// The server took it over.
    Sent { answer: String },
    /// It did not, this time; or nobody knows, because the answer did not come.
    Passing { answer: String },
    /// It never will.
    Refused { answer: String },
}

/// The mail server cannot be used now.
#[derive(Debug, thiserror::Error)]
#[error("the mail server cannot be used: {reason}")]
pub struct Away {
    reason: String,
}

/// The way to a mail server.
pub struct Mailer {
    host: String,
    port: u16,
    encryption: Encryption,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    timeout: Duration,
    connections_max: usize,
}

/// A connection over which mails are handed in, one after the other.
///
/// The library has no limit on how long an answer may take, and a pool of its own would use a
/// connection again on which an answer is still to come. So the limits are here, and a connection
/// that was not answered on is never used again.
pub(crate) struct Connection {
    smtp: AsyncSmtpConnection,
    timeout: Duration,
}

impl Mailer {
    /// Gets ready to send as `server` says; connects when there is something to send.
    ///
    /// # Errors
    ///
    /// [`InvalidMailServer`].
    pub fn new(server: &MailServer) -> Result<Self, InvalidMailServer> {
        let found = server.connections_max;
        if !(1..=CONNECTIONS_MAX).contains(&found) {
            return Err(InvalidMailServer::Connections { found });
        }
        let tls = match server.encryption {
            Encryption::None => None,
            Encryption::Starttls | Encryption::Tls => {
                let tls = TlsParameters::new(server.host.clone());
                Some(tls.map_err(InvalidMailServer::Tls)?)
            }
        };
        let port = match server.encryption {
            Encryption::None => 25,
            Encryption::Starttls => 587,
            Encryption::Tls => 465,
        };
        Ok(Self {
            host: server.host.clone(),
            port: server.port.unwrap_or(port),
            encryption: server.encryption,
            tls,
            credentials: credentials(server)?,
            timeout: Duration::from_millis(server.timeout_ms),
            connections_max: server.connections_max.into(),
        })
    }

    /// The most connections that may be open at once.
    pub(crate) fn connections_max(&self) -> usize {
        self.connections_max
    }

    /// Connects, and says who we are.
    ///
    /// # Errors
    ///
    /// [`Away`] when the server cannot be reached or does not let us in.
    pub(crate) async fn connect(&self) -> Result<Connection, Away> {
        match tokio::time::timeout(self.timeout, self.open()).await {
            Ok(Ok(smtp)) => Ok(Connection { smtp, timeout: self.timeout }),
            Ok(Err(error)) => Err(Away { reason: chain(&error) }),
            Err(_late) => Err(Away { reason: "it does not answer in time".into() }),
        }
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, Error> {
        let server = (self.host.as_str(), self.port);
        let name = ClientId::default();
        let at_once = self.tls.clone().filter(|_| self.encryption == Encryption::Tls);
        let mut smtp =
            AsyncSmtpConnection::connect_tokio1(server, None, &name, at_once, None).await?;
        if let Some(tls) = self.tls.clone().filter(|_| self.encryption == Encryption::Starttls) {
            smtp.starttls(tls, &name).await?;
        }
        if let Some(credentials) = &self.credentials {
            smtp.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(smtp)
    }
}

impl Connection {
    /// Hands in a mail; gives the connection back where it is good for another.
    pub(crate) async fn send(mut self, message: &Message) -> (Attempt, Option<Self>) {
        let receivers: Vec<String> =
            message.envelope().to().iter().map(ToString::to_string).collect();
        let answer = |text: String| kept(&text, &receivers);
        let raw = message.formatted();
        let sent = self.smtp.send(message.envelope(), &raw);
        let attempt = match tokio::time::timeout(self.timeout, sent).await {
            Ok(Ok(response)) => {
                let said = response.message().collect::<Vec<_>>().join(" ");
                Attempt::Sent { answer: answer(format!("{} {said}", response.code())) }
            }
            Ok(Err(error)) if is_final(&error) => {
                Attempt::Refused { answer: answer(chain(&error)) }
            }
            Ok(Err(error)) => Attempt::Passing { answer: answer(chain(&error)) },
            Err(_late) => {
                let answer = "the mail server did not answer in time".to_owned();
                return (Attempt::Passing { answer }, None);
            }
        };
        let good = matches!(attempt, Attempt::Sent { .. }) && !self.smtp.has_broken();
        (attempt, good.then_some(self))
    }

    /// Takes leave; whoever does not is cut off by the server all the same.
    pub(crate) async fn quit(mut self) {
        let _nobody_waits = tokio::time::timeout(self.timeout, self.smtp.quit()).await;
    }
}

fn credentials(server: &MailServer) -> Result<Option<Credentials>, InvalidMailServer> {
    match (&server.user, &server.password_file) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) if server.encryption == Encryption::None => {
            Err(InvalidMailServer::PasswordInTheClear)
        }
        (Some(user), Some(file)) => {
            let password = fs::read_to_string(file).map_err(InvalidMailServer::Password)?;
            let password = password.trim_end_matches(['\r', '\n']).to_owned();
            Ok(Some(Credentials::new(user.clone(), password)))
        }
        (Some(_), None) | (None, Some(_)) => Err(InvalidMailServer::Credentials),
    }
}

/// Whether an error is the server's last word on a mail: 5xx, but for those on who we are (530 to
/// 538), which an operator can mend.
fn is_final(error: &Error) -> bool {
    let of_us = error.status().is_some_and(|code| {
        let code = u16::from(code);
        (530..=538).contains(&code)
    });
    error.is_permanent() && !of_us
}

/// What is kept of an answer. Servers repeat the address, which has no place outside the address
/// book.
fn kept(answer: &str, receivers: &[String]) -> String {
    let mut kept = answer.replace(char::is_control, " ");
    for receiver in receivers {
        kept = kept.replace(receiver.as_str(), "…");
    }
    kept.chars().take(ANSWER_CHARS_MAX).collect()
}

/// Reads who mail is from.
///
/// # Errors
///
/// [`InvalidMailServer::From`].
pub fn from(server: &MailServer) -> Result<Mailbox, InvalidMailServer> {
    server.from.parse().map_err(InvalidMailServer::From)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_an_answer_is_not_kept() {
        let said = "permanent error (550): <kari@example.no>\r\nunknown";
        let kept = kept(said, &["kari@example.no".to_owned()]);
        assert_eq!(kept, "permanent error (550): <…>  unknown");
    }

    #[test]
    fn a_number_of_connections_out_of_range_is_refused() {
        for (number, valid) in [(0, false), (1, true), (CONNECTIONS_MAX, true), (255, false)] {
            let server: MailServer = serde_json::from_value(serde_json::json!({
                "host": "mx.example", "encryption": "none", "from": "a@mx.example",
                "connections_max": number,
            }))
            .unwrap();
            let made = Mailer::new(&server);
            let refused =
                matches!(made, Err(InvalidMailServer::Connections { found }) if found == number);
            assert_eq!(refused, !valid, "{number}");
        }
    }

    #[test]
    fn a_password_is_not_sent_in_the_clear() {
        let server: MailServer = serde_json::from_value(serde_json::json!({
            "host": "mx.example", "encryption": "none", "from": "a@mx.example",
            "user": "samvirke", "password_file": "/dev/null",
        }))
        .unwrap();
        assert!(matches!(Mailer::new(&server), Err(InvalidMailServer::PasswordInTheClear)));
    }
}
