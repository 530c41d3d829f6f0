//! `samvirke backup` and `samvirke restore`: everything that a `samvirke up` keeps, in one directory that can be
//! verified, and a data directory out of it.
//!
//! Taken are the streams with their consumers, the database as far as nothing else has it, the keys, the accounts
//! of members and the settings. Read models are not: they are built anew from the streams.
//!
//! Invariants, all about the order in which things are taken while the services go on:
//! - the database comes before the streams, so that no checkpoint in it lies beyond the end of a stream;
//! - FEED comes before the event streams, because its last message says how far these were published;
//! - a stream comes before those that policies write because of it, so that what a policy had not finished is done
//!   again, which it may be, and nothing that it had finished is missing;
//! - where a stream moved meanwhile everything is taken again, so that usually all is of one moment.

mod files;
mod manifest;
mod restore;
mod site;
mod unfinished;

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, ensure};
use indicatif::ProgressBar;
use samvirke_kernel::{
    clock,
    stream::record::RECORDS_STREAM,
    stream_copy::{self, CopyError, Holding},
};
use samvirke_private_servers::{data_directory::LOCK, postgres};

use crate::{
    arguments::Backup, configuration::Configuration, outcome::Outcome, progress, terminal,
};
use manifest::{BackupFile, FORM, Manifest, StreamCopy, Writing};
use site::Site;
use unfinished::Unfinished;

pub(crate) use restore::run as restore;

/// How often everything is taken again where a stream moved meanwhile.
const ATTEMPTS_MAX: u32 = 5;
/// The streams that come first, in this order; the others follow by name. The list of streams knows of each
/// no more than what is taken of it later.
const FIRST: [&str; 5] = [RECORDS_STREAM, "FEED", "NETWORKS", "MEETINGS", "CASES"];
/// The file with the database.
const DATABASE: &str = "postgres.dump";

/// Takes a backup into a new directory.
pub(crate) async fn run(configuration: &Configuration, asked: &Backup) -> anyhow::Result<Outcome> {
    let to = &asked.directory;
    is_new(to)?;
    let site = Site::of(configuration).await?;
    let outcome = match asked.dry_run {
        true => tell_plan(&site, to).await,
        false => take(&site, to).await,
    };
    drop(site.leave().await);
    outcome
}

fn is_new(to: &Path) -> anyhow::Result<()> {
    ensure!(
        !to.exists(),
        "{} is there already; a backup is never written over, name another directory",
        to.display()
    );
    Ok(())
}

async fn tell_plan(site: &Site, to: &Path) -> anyhow::Result<Outcome> {
    for Holding { name, messages, last_sequence, bytes, consumers, .. } in
        in_order(stream_copy::holdings(&site.client).await?)
    {
        terminal::say(&format!(
            "{name:<16} {messages} messages up to {last_sequence}, {consumers} consumers, {bytes} bytes"
        ));
    }
    terminal::say(&format!("{:<16} without the read models", "database"));
    for (name, path) in files::to_keep(&site.configuration) {
        terminal::say(&format!("{name:<16} {}", path.display()));
    }
    terminal::say(&format!("would be taken into {}; nothing was done", to.display()));
    Ok(Outcome::Done)
}

async fn take(site: &Site, to: &Path) -> anyhow::Result<Outcome> {
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    // Such as a disk that is not mounted.
    ensure!(
        parent.is_none_or(Path::is_dir),
        "{} cannot be made: the directory that it is to be in is not there",
        to.display()
    );
    let running = format!("another backup is being made into {}", to.display());
    let unfinished = Unfinished::hold(to, "partial", &running)?;
    // It holds keys and people's addresses.
    fs::set_permissions(unfinished.path(), fs::Permissions::from_mode(0o700))
        .with_context(|| format!("{} stays open to others", unfinished.path().display()))?;
    // Another one may have ended meanwhile.
    is_new(to)?;
    let partial = unfinished.path();
    if !unfinished.is_empty()? {
        terminal::complain(&format!(
            "what a killed backup left in {} is removed",
            partial.display()
        ));
        unfinished.clear()?;
    }
    let mut attempt = 1;
    let (streams, database, at_rest) = loop {
        // First, so that its checkpoints are in the streams that are taken after it.
        let database = dump(site, partial).await?;
        let before = ends(site).await?;
        let streams = copy_streams(site, partial).await?;
        let at_rest = ends(site).await? == before;
        if at_rest || attempt == ATTEMPTS_MAX {
            break (streams, database, at_rest);
        }
        attempt += 1;
    };
    let mut kept = files::copy(&site.configuration, partial)?;
    kept.push(database);
    let manifest = Manifest {
        form: FORM,
        samvirke: env!("CARGO_PKG_VERSION").to_owned(),
        nats_server: site.client.server_info().version,
        postgres_major: site.postgres_major()?,
        taken_at: clock::now(),
        at_rest,
        streams,
        files: kept,
    };
    manifest.write(partial)?;
    finish(unfinished, to)?;
    let (streams, bytes) = (manifest.streams.len(), manifest.bytes());
    terminal::say(&format!("{}: {streams} streams, {bytes} bytes in all", to.display()));
    if !at_rest {
        terminal::complain(&format!(
            "streams moved while they were copied, {ATTEMPTS_MAX} times; each copy is whole, but the last commits of one may be without what they caused in another; take another backup at a quieter time"
        ));
    }
    Ok(Outcome::Done)
}

/// The database, without what can be built anew.
async fn dump(site: &Site, directory: &Path) -> anyhow::Result<BackupFile> {
    let without: Vec<String> = samvirke_readmodels::tables::layouts()
        .iter()
        .map(|layout| format!("{}_v*", layout.name))
        .collect();
    let file = directory.join(DATABASE);
    if file.exists() {
        fs::remove_file(&file).with_context(|| format!("{} stays", file.display()))?;
    }
    postgres::dump(&site.database_url, &file, &without)
        .await
        .context("the database is not taken")?;
    BackupFile::of(directory, DATABASE)
}

async fn copy_streams(site: &Site, directory: &Path) -> anyhow::Result<Vec<StreamCopy>> {
    let holdings = in_order(stream_copy::holdings(&site.client).await?);
    let bar = progress::bytes("streams", holdings.iter().map(|one| one.bytes).sum());
    let mut copies = Vec::new();
    for holding in &holdings {
        let copy = copy_again(site, directory, holding, bar.as_ref()).await;
        copies.push(copy.with_context(|| {
            format!(
                "{} is not taken, and nothing of the backup is left, so the same command may be given again; where the stream is damaged, samvirke doctor --deep says which aggregates are",
                holding.name
            )
        })?);
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    Ok(copies)
}

/// Copies a stream; tried again where the server breaks the copy off, as on a machine with much else to do.
async fn copy_again(
    site: &Site,
    directory: &Path,
    holding: &Holding,
    bar: Option<&ProgressBar>,
) -> anyhow::Result<StreamCopy> {
    let shown = bar.map_or(0, ProgressBar::position);
    let attempt = async |failures| {
        if let Some(bar) = bar.filter(|_| failures > 0) {
            bar.set_position(shown);
        }
        copy_stream(site, directory, holding, bar).await
    };
    let again = |error: &anyhow::Error| {
        tracing::warn!(stream = holding.name, "it is not taken: {error:#}");
        error.downcast_ref::<CopyError>().is_some_and(CopyError::may_pass)
    };
    stream_copy::ATTEMPTS.run(attempt, again).await
}

async fn copy_stream(
    site: &Site,
    directory: &Path,
    holding: &Holding,
    bar: Option<&ProgressBar>,
) -> anyhow::Result<StreamCopy> {
    let name = &holding.name;
    let path = format!("streams/{name}");
    let mut writing = Writing::create(directory, &path)?;
    let description = stream_copy::take(&site.client, name, async |piece| {
        writing.write(&piece)?;
        if let Some(bar) = bar {
            bar.inc(piece.len() as u64);
        }
        Ok(())
    })
    .await?;
    Ok(StreamCopy {
        name: name.clone(),
        created: holding.created,
        last_sequence: description.last_sequence(),
        messages: description.messages(),
        first_digest: stream_copy::first_digest(&site.client, name).await?,
        file: writing.finish()?,
        description,
    })
}

/// Where each stream ends, but for the list of streams: it only notes of the others.
async fn ends(site: &Site) -> anyhow::Result<BTreeMap<String, u64>> {
    let holdings = stream_copy::holdings(&site.client).await?;
    let all = holdings.into_iter().map(|one| (one.name, one.last_sequence));
    Ok(all.filter(|(name, _)| name != RECORDS_STREAM).collect())
}

fn in_order(mut holdings: Vec<Holding>) -> Vec<Holding> {
    // Sorted by name before, which a stable sort keeps.
    holdings
        .sort_by_key(|one| FIRST.iter().position(|name| *name == one.name).unwrap_or(FIRST.len()));
    holdings
}

/// Gives a backup its place, where it is seen whole or not at all.
fn finish(unfinished: Unfinished, to: &Path) -> anyhow::Result<()> {
    let finish = || {
        fs::File::open(unfinished.path())?.sync_all()?;
        unfinished.finish(to)?;
        fs::remove_file(to.join(LOCK))?;
        match to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => fs::File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    };
    finish().with_context(|| format!("the backup {} cannot be finished", to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_taken_before_what_policies_write_because_of_them() {
        let named = |name: &str| Holding {
            name: name.to_owned(),
            created: chrono::DateTime::UNIX_EPOCH,
            messages: 0,
            first_sequence: 0,
            last_sequence: 0,
            bytes: 0,
            consumers: 0,
        };
        let names = ["CASES", "CONTACTS", "FEED", "MEETINGS", "NETWORKS", "SUBSCRIPTIONS"];
        let ordered = in_order(names.map(named).to_vec());
        let ordered: Vec<&str> = ordered.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(ordered, ["FEED", "NETWORKS", "MEETINGS", "CASES", "CONTACTS", "SUBSCRIPTIONS"]);
    }
}
