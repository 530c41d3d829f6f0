//! The way to the mail server, and what its answers mean.
//!
//! Only what the server says about a mail and its receiver counts for that mail. What it says before it
//! has heard of a mail, or does not say at all, is about the server.

use std::{fs, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::Mailbox,
    transport::smtp::{
        Error, PoolConfig,
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use samvirke_kernel::inbox::chain;

use crate::settings::{Encryption, MailServer};

/// The most connections to the mail server at once.
pub(crate) const CONNECTIONS_MAX: u32 = 4;
/// How long a connection that is not used is kept.
const IDLE_MAX: Duration = Duration::from_secs(30);
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

/// Hands mail to the server.
#[derive(Debug)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Mailer {
    /// Gets ready to send as `server` says; connects when there is something to send.
    ///
    /// # Errors
    ///
    /// [`InvalidMailServer`].
    pub fn new(server: &MailServer) -> Result<Self, InvalidMailServer> {
        let tls = || TlsParameters::new(server.host.clone()).map_err(InvalidMailServer::Tls);
        let (tls, port) = match server.encryption {
            Encryption::None => (Tls::None, 25),
            Encryption::Starttls => (Tls::Required(tls()?), 587),
            Encryption::Tls => (Tls::Wrapper(tls()?), 465),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port.unwrap_or(port))
            .tls(tls)
            .timeout(Some(Duration::from_millis(server.timeout_ms)))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS_MAX).idle_timeout(IDLE_MAX));
        match (&server.user, &server.password_file) {
            (None, None) => (),
            (Some(_), Some(_)) if server.encryption == Encryption::None => {
                return Err(InvalidMailServer::PasswordInTheClear);
            }
            (Some(user), Some(file)) => {
                let password = fs::read_to_string(file).map_err(InvalidMailServer::Password)?;
                let password = password.trim_end_matches(['\r', '\n']).to_owned();
                builder = builder.credentials(Credentials::new(user.clone(), password));
            }
            (Some(_), None) | (None, Some(_)) => return Err(InvalidMailServer::Credentials),
        }
        Ok(Self { transport: builder.build() })
    }

    /// Whether the server can be reached and lets us in.
    ///
    /// # Errors
    ///
    /// [`Away`].
    pub(crate) async fn reach(&self) -> Result<(), Away> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Away { reason: "it does not answer NOOP".into() }),
            Err(error) => Err(Away { reason: chain(&error) }),
        }
    }

    pub(crate) async fn send(&self, message: Message) -> Attempt {
        let receivers: Vec<String> =
            message.envelope().to().iter().map(ToString::to_string).collect();
        let answer = |text: String| kept(&text, &receivers);
        match self.transport.send(message).await {
            Ok(response) => {
                let said = response.message().collect::<Vec<_>>().join(" ");
                Attempt::Sent { answer: answer(format!("{} {said}", response.code())) }
            }
            Err(error) if is_final(&error) => Attempt::Refused { answer: answer(chain(&error)) },
            Err(error) => Attempt::Passing { answer: answer(chain(&error)) },
        }
    }
}

/// Whether an error is the server's last word on a mail: 5xx, but for those on who we are (530 to 538),
/// which an operator can mend.
fn is_final(error: &Error) -> bool {
    let of_us = error.status().is_some_and(|code| {
        let code = u16::from(code);
        (530..=538).contains(&code)
    });
    error.is_permanent() && !of_us
}

/// What is kept of an answer. Servers repeat the address, which has no place outside the address book.
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
    fn a_password_is_not_sent_in_the_clear() {
        let server: MailServer = serde_json::from_value(serde_json::json!({
            "host": "mx.example", "encryption": "none", "from": "a@mx.example",
            "user": "samvirke", "password_file": "/dev/null",
        }))
        .unwrap();
        assert!(matches!(Mailer::new(&server), Err(InvalidMailServer::PasswordInTheClear)));
    }
}
