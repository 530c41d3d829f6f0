//! Letting a running nats-server take in other accounts, from whatever process.
//!
//! Invariant: `accounts.conf` is what the server goes by; where the server refuses it, the one before is
//! put back.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use rustix::{
    io::Errno,
    process::{Signal, kill_process},
};

use crate::{
    Accounts, Error,
    accounts::{self, write_whole},
    child,
};

/// How long the server may take to take its settings in.
const RELOAD_MAX: Duration = Duration::from_secs(30);
/// How often it is told to. An account that is new in its settings gets what it may hear the first time,
/// and what it may ask only when the settings are read once more (nats-server 2.15).
pub const RELOADS: usize = 2;
/// What the server writes when it has taken its settings in, and when it has not.
const TAKEN: &str = "Reloaded server configuration";
const REFUSED: &str = "Failed to reload server configuration";

/// Writes the accounts of the server in `directory` and lets it take them in; `false` where none runs
/// there, and then nothing is written.
///
/// Connections of accounts and users that stay the same go on; those of accounts and keys that are gone
/// are closed. A server that ends meanwhile takes in what it is started with the next time: who changes
/// accounts keeps them where they are read then, and is waited for.
///
/// # Errors
///
/// When the server runs without accounts, or does not take these: then it keeps the ones it has.
pub async fn take_accounts(directory: &Path, accounts: &Accounts) -> Result<bool, Error> {
    let directory = directory.canonicalize().map_err(Error::prepare(directory))?;
    let Some(pid) = super::running(&directory) else { return Ok(false) };
    let file = directory.join(accounts::FILE);
    let Ok(before) = fs::read_to_string(&file) else {
        return Err(Error::NoAccounts { path: directory });
    };
    accounts.write(&file).map_err(Error::prepare(&file))?;
    for _ in 0..RELOADS {
        if let Err(error) = reload(pid, &directory).await {
            write_whole(&file, &before).map_err(Error::prepare(&file))?;
            return Err(error);
        }
    }
    Ok(true)
}

/// Tells the server to read its settings, and waits until it says that it has, or has ended.
async fn reload(pid: u32, directory: &Path) -> Result<(), Error> {
    let log = directory.join("nats.log");
    let told = fs::metadata(&log).map_or(0, |found| found.len());
    let not_taken =
        |last_line: &str| Error::NotReloaded { last_line: last_line.into(), log: log.clone() };
    let Some(process) = child::pid_of(pid) else { return Err(not_taken("it has no process")) };
    match kill_process(process, Signal::HUP) {
        Err(Errno::SRCH) => return Ok(()),
        told => told.map_err(|error| not_taken(&error.to_string()))?,
    }
    let deadline = Instant::now() + RELOAD_MAX;
    while Instant::now() < deadline {
        let bytes = fs::read(&log).map_err(Error::prepare(&log))?;
        let new = bytes.get(usize::try_from(told).unwrap_or(usize::MAX)..).unwrap_or(&bytes);
        for line in String::from_utf8_lossy(new).lines() {
            if line.contains(TAKEN) {
                return Ok(());
            }
            if let Some((_, reason)) = line.split_once(REFUSED) {
                return Err(not_taken(reason.trim_start_matches([':', ' '])));
            }
        }
        if super::running(directory) != Some(pid) {
            return Ok(());
        }
        tokio::time::sleep(child::PROBE_EVERY).await;
    }
    Err(not_taken("it does not say that it has"))
}
