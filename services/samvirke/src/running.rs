//! The note a running `samvirke up` leaves for the other commands: where its servers are.
//!
//! It is a file of settings, read before all others, so that `samvirke doctor --data DIR` finds what
//! runs there. It holds passwords, so only its owner reads it, and it goes when `up` stops.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use samvirke_private_servers::Secret;
use serde::Serialize;

/// Where the note is.
pub(crate) fn file(data: &Path) -> PathBuf {
    data.join("running.toml")
}

/// Where the servers of a running `up` are.
pub(crate) struct Addresses<'a> {
    pub(crate) url: &'a str,
    pub(crate) nats_url: String,
    pub(crate) nats_monitor_url: String,
    pub(crate) nats_user: &'a str,
    pub(crate) nats_password: Option<&'a Secret>,
    pub(crate) postgres_url: &'a Secret,
}

/// Removes the note when it goes.
#[derive(Debug)]
pub(crate) struct Note(PathBuf);

#[derive(Serialize)]
struct Settings<'a> {
    url: &'a str,
    nats: NatsSettings<'a>,
    postgres: PostgresSettings<'a>,
}

#[derive(Serialize)]
struct NatsSettings<'a> {
    url: &'a str,
    monitor_url: &'a str,
    user: &'a str,
    password: Option<&'a str>,
}

#[derive(Serialize)]
struct PostgresSettings<'a> {
    url: &'a str,
}

impl Note {
    /// Leaves the note; whoever reads it sees all of it or none.
    pub(crate) fn leave(data: &Path, addresses: &Addresses<'_>) -> io::Result<Self> {
        let text = toml::to_string(&Settings {
            url: addresses.url,
            nats: NatsSettings {
                url: &addresses.nats_url,
                monitor_url: &addresses.nats_monitor_url,
                user: addresses.nats_user,
                password: addresses.nats_password.map(Secret::expose),
            },
            postgres: PostgresSettings { url: addresses.postgres_url.expose() },
        })
        .map_err(io::Error::other)?;
        let path = file(data);
        let beside = path.with_extension("toml.new");
        let mut written = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        written.write_all(text.as_bytes())?;
        fs::rename(&beside, &path)?;
        Ok(Self(path))
    }

    /// Whether a nats-server is the one of the `up` that runs in a data directory.
    pub(crate) fn is_of(data: &Path, nats_url: Option<&str>) -> bool {
        let written = fs::read_to_string(file(data)).unwrap_or_default();
        let noted: Option<toml::Table> = toml::from_str(&written).ok();
        let noted = noted.as_ref().and_then(|noted| noted.get("nats")?.get("url")?.as_str());
        noted.is_some() && noted == nats_url
    }

    /// Removes what a killed run left behind, so that nobody waits for servers that are gone.
    pub(crate) fn forget(data: &Path) {
        drop(Self(file(data)));
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        // That there is none is what is wanted.
        let _already_gone = fs::remove_file(&self.0);
    }
}
