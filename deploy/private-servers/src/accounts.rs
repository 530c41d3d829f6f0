//! Who may reach what on a nats-server: one account that owns everything, and guests.
//!
//! It becomes one file that `nats.conf` includes: an operator can read it and compare two of them, and a
//! running server takes a new one in without dropping the connections that it leaves alone.
//!
//! Invariants: a guest reaches exactly the owner's subjects that are named for it, and publishes nowhere
//! but to the services among them; only the owner has JetStream. That is said twice, as imports of the
//! account and as permissions of its user, so that a mistake in one opens nothing.

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use crate::Secret;

/// The account that owns the streams and the services.
pub const OWNER: &str = "SAMVIRKE";
/// The file's name, beside `nats.conf`.
pub const FILE: &str = "accounts.conf";
/// Where a guest's answers arrive: the inboxes that clients make by themselves.
const INBOXES: &str = "_INBOX.>";
/// How many connections a guest may have.
pub const CONNECTIONS_MAX: u32 = 8;
/// How many subscriptions all of a guest's connections may have together.
pub const SUBSCRIPTIONS_MAX: u32 = 256;
/// How many bytes a guest's message may have: it only asks and acknowledges.
pub const GUEST_PAYLOAD_BYTES_MAX: u32 = 4 * 1024;

/// The accounts of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounts {
    pub owner: Login,
    pub guests: Vec<Guest>,
}

/// How the owner's user shows who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// Name and password, both in the file.
    Password { user: String, password: Secret },
    /// A name, and the variable of nats-server's environment that holds the password.
    Variable { user: String, variable: String },
}

/// An account that is given some of the owner's subjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    pub name: String,
    /// The public half of its user's key; the other half never comes here.
    pub key: String,
    /// It hears what the owner publishes on these.
    pub streams: Vec<String>,
    /// It may ask these; an answer may have many messages.
    pub services: Vec<String>,
}

impl Accounts {
    /// Writes the file for its owner alone; who reads it sees all of it or what was there before.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        write_whole(path, &self.to_string())
    }
}

/// Replaces the text of a file that its owner alone may read.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

/// Shows the file's text, passwords included.
impl fmt::Display for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Written by samvirke; changes made here are lost.")?;
        writeln!(f, "accounts {{")?;
        writeln!(f, "  {OWNER} {{")?;
        writeln!(f, "    jetstream: enabled")?;
        writeln!(f, "    users: [ {} ]", login(&self.owner))?;
        writeln!(f, "    exports: [")?;
        // A subject may be exported once only, so those who get it stand together.
        for (subject, names) in gathered(&self.guests, |guest| &guest.streams) {
            writeln!(f, "      {{ stream: {}, accounts: {} }}", quoted(subject), list(names))?;
        }
        for (subject, names) in gathered(&self.guests, |guest| &guest.services) {
            let (subject, names) = (quoted(subject), list(names));
            writeln!(f, "      {{ service: {subject}, response: stream, accounts: {names} }}")?;
        }
        writeln!(f, "    ]\n  }}")?;
        self.guests.iter().try_for_each(|guest| write_guest(guest, f))?;
        writeln!(f, "}}")
    }
}

fn write_guest(guest: &Guest, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Guest { name, key, streams, services } = guest;
    let publish = list(services.iter().map(String::as_str));
    let subscribe = list(streams.iter().map(String::as_str).chain([INBOXES]));
    writeln!(f, "  {} {{", quoted(name))?;
    writeln!(f, "    users: [ {{")?;
    writeln!(f, "      nkey: {}", quoted(key))?;
    writeln!(
        f,
        "      permissions: {{ publish: {{ allow: {publish} }}, subscribe: {{ allow: {subscribe} }} }}"
    )?;
    writeln!(f, "    }} ]")?;
    writeln!(
        f,
        "    limits: {{ max_connections: {CONNECTIONS_MAX}, max_subscriptions: {SUBSCRIPTIONS_MAX}, \
         max_payload: {GUEST_PAYLOAD_BYTES_MAX}, max_leafnodes: 0 }}"
    )?;
    writeln!(f, "    imports: [")?;
    for (kind, subjects) in [("stream", streams), ("service", services)] {
        for subject in subjects {
            let subject = quoted(subject);
            writeln!(f, "      {{ {kind}: {{ account: {OWNER}, subject: {subject} }} }}")?;
        }
    }
    writeln!(f, "    ]\n  }}")
}

/// The subjects with the names of the guests that get each.
fn gathered<'a>(
    guests: &'a [Guest],
    subjects: impl Fn(&'a Guest) -> &'a Vec<String>,
) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut gathered: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for guest in guests {
        for subject in subjects(guest) {
            gathered.entry(subject).or_default().push(&guest.name);
        }
    }
    gathered
}

fn login(login: &Login) -> String {
    match login {
        Login::Password { user, password } => {
            let password = quoted(password.expose());
            format!("{{ user: {}, password: {password} }}", quoted(user))
        }
        // Within quotes it would be the password itself.
        Login::Variable { user, variable } => {
            format!("{{ user: {}, password: ${variable} }}", quoted(user))
        }
    }
}

fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(quoted).collect();
    format!("[{}]", texts.join(", "))
}

/// A text within quotes, as nats-server reads it.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guest(name: &str, streams: &[&str]) -> Guest {
        Guest {
            name: name.into(),
            key: format!("U{name}"),
            streams: streams.iter().map(|one| (*one).to_owned()).collect(),
            services: vec![format!("ask.{name}")],
        }
    }

    #[test]
    fn what_two_guests_share_is_exported_once_to_both() {
        let owner = Login::Variable { user: "samvirke".into(), variable: "PASSWORD".into() };
        let guests = vec![guest("A", &["all.>", "a.>"]), guest("B", &["all.>"])];
        let text = Accounts { owner, guests }.to_string();
        for line in [
            "{ stream: \"all.>\", accounts: [\"A\", \"B\"] }",
            "{ stream: \"a.>\", accounts: [\"A\"] }",
            "{ service: \"ask.A\", response: stream, accounts: [\"A\"] }",
            "password: $PASSWORD",
        ] {
            assert_eq!(text.matches(line).count(), 1, "{line} in {text}");
        }
    }

    #[test]
    fn a_password_is_in_the_file_and_nowhere_else() {
        let password = Secret::new("hemme\"lig");
        let owner = Login::Password { user: "samvirke".into(), password };
        let accounts = Accounts { owner, guests: Vec::new() };
        assert!(accounts.to_string().contains("password: \"hemme\\\"lig\""));
        assert!(!format!("{accounts:?}").contains("hemme"));
    }
}
