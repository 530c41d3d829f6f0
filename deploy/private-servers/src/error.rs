//! Why a private server could not be started or kept.
//!
//! Each message fits on one line and names the file or the remedy, because people read it on a
//! terminal. The cause is in `source`, never repeated in the text.

use std::{io, path::PathBuf};

/// What went wrong with a private server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A program that must be installed first.
    #[error("{program} is missing: {remedy}")]
    Missing { program: &'static str, remedy: String },
    #[error("failed to prepare {path}")]
    Prepare { path: PathBuf, source: io::Error },
    #[error("failed to start {program}")]
    Spawn { program: PathBuf, source: io::Error },
    #[error("{program} failed ({status}): {output}")]
    Command { program: PathBuf, status: String, output: String },
    #[error("{server} ended while it started ({status}): {last_line} (its log is {log})")]
    EndedEarly { server: String, status: String, last_line: String, log: PathBuf },
    #[error("{server} was not ready after {seconds} s; its log is {log}")]
    NotReady { server: String, seconds: u64, log: PathBuf },
    #[error("a {server} of an earlier run (process {pid}) does not stop; stop it and try again")]
    Leftover { server: String, pid: u32 },
    #[error("nats-server did not take in its new settings: {last_line} (its log is {log})")]
    NotReloaded { last_line: String, log: PathBuf },
    #[error("the nats-server in {path} was started without accounts; start samvirke up again")]
    NoAccounts { path: PathBuf },
    #[error("streams are stored both with and without accounts; move {nobodys} or {owners} away")]
    StoredTwice { nobodys: PathBuf, owners: PathBuf },
    #[error(
        "the password of PostgreSQL in {path} is lost, while there is a database in {database}; put it back from a backup"
    )]
    PasswordLost { path: PathBuf, database: PathBuf },
    #[error("{path} is in use by another samvirke{by}; stop it or choose another directory")]
    InUse { path: PathBuf, by: String },
    #[error("{server} ended {restarts} times within {seconds} s; its log is {log}")]
    KeepsEnding { server: String, restarts: usize, seconds: u64, log: PathBuf },
    #[error(
        "{path} holds a database of PostgreSQL {found}, but PostgreSQL {installed} is installed"
    )]
    OtherMajor { path: PathBuf, found: String, installed: String },
}

impl Error {
    /// Makes an error of preparing `path` out of its cause.
    pub(crate) fn prepare(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Prepare { path, source }
    }
}
