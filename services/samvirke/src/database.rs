//! The database of a data directory: made where nothing depends on one yet, never silently in place of one that
//! is lost. `samvirke database accept-loss` is an operator's word that it is.
//!
//! Read models are built anew from the streams; the address book, mails that wait, what was sent and
//! which addresses bounced stand in the database only.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use samvirke_private_servers::postgres;

use crate::{
    arguments::DatabaseCommand, configuration::Configuration, keys, outcome::Outcome, terminal,
};

/// Where the private PostgreSQL is kept in a data directory.
pub(crate) const DIRECTORY: &str = "postgres";
/// An operator's word that the database is lost. It counts once.
const ACCEPTED: &str = "loss-accepted";

/// What an operator can do about it.
pub(crate) const REMEDY: &str = "put it back, or go on from a backup (samvirke restore). Only where there is none: samvirke database accept-loss; then read models are built anew, and the address book and mails that waited are given up";

/// Refuses a data directory with streams whose database is not there.
///
/// # Errors
///
/// When it is lost, and no operator has accepted that.
pub(crate) fn refuse_where_lost(data: &Path) -> anyhow::Result<()> {
    match lost(data)? {
        Some(lost) if !accepted(data).exists() => bail!("{lost}; {REMEDY}"),
        Some(_) | None => Ok(()),
    }
}

/// Forgets that a loss was accepted, once there is a database again.
///
/// # Errors
///
/// When the file cannot be removed.
pub(crate) fn is_there(data: &Path) -> anyhow::Result<()> {
    let file = accepted(data);
    match fs::remove_file(&file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", file.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// `samvirke database`.
pub(crate) fn run(
    configuration: &Configuration,
    command: &DatabaseCommand,
) -> anyhow::Result<Outcome> {
    let DatabaseCommand::AcceptLoss = command;
    let data = &configuration.data;
    let lost = lost(data)?;
    ensure!(lost.is_some(), "the database of {} is not lost; nothing was done", data.display());
    let file = accepted(data);
    let directory = data.join(DIRECTORY);
    fs::create_dir_all(&directory)
        .and_then(|()| fs::write(&file, ""))
        .with_context(|| format!("{} cannot be written", file.display()))?;
    terminal::say(
        "the next start makes an empty database: read models are built anew, and the address book and mails that waited are given up",
    );
    Ok(Outcome::Done)
}

/// What is lost, where streams are there and the database is not.
pub(crate) fn lost(data: &Path) -> anyhow::Result<Option<String>> {
    let directory = data.join(DIRECTORY);
    if postgres::database_of(&directory).is_some() {
        return Ok(None);
    }
    let streams = keys::streams(data)?;
    if streams.is_empty() {
        return Ok(None);
    }
    let note = postgres::note_of(&directory);
    let place = match postgres::noted_elsewhere(&directory) {
        Some(elsewhere) => format!("{} names {}", note.display(), elsewhere.display()),
        None => format!("it is neither in {} nor named by {}", directory.display(), note.display()),
    };
    let others: Vec<String> =
        postgres::databases_elsewhere().iter().map(|path| path.display().to_string()).collect();
    let others = match others.as_slice() {
        [] => String::new(),
        others => format!(
            "; where one of these is it, write its path into {}: {}",
            note.display(),
            others.join(", ")
        ),
    };
    Ok(Some(format!(
        "the database of {} is lost, while there are streams ({}): {place}{others}",
        data.display(),
        streams.join(", ")
    )))
}

fn accepted(data: &Path) -> PathBuf {
    data.join(DIRECTORY).join(ACCEPTED)
}
