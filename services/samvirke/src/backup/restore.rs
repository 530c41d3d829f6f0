//! A data directory out of a backup.
//!
//! Invariants: every digest is verified before anything is made; the new directory is there whole or not at all;
//! nothing that is there is ever written over.

use std::{fs, io::Read, path::Path};

use anyhow::{Context, ensure};
use indicatif::ProgressBar;
use samvirke_kernel::stream_copy::{self, PIECE_BYTES};
use samvirke_private_servers::{nats, postgres, programs};

use super::{
    DATABASE, files,
    manifest::{Manifest, StreamCopy},
    site::{self, Site},
    unfinished::Unfinished,
};
use crate::{
    arguments::Restore, configuration::Configuration, database, nats_account, outcome::Outcome,
    progress, streams, terminal,
};

/// Verifies a backup, and makes a data directory out of it.
pub(crate) async fn run(configuration: &Configuration, asked: &Restore) -> anyhow::Result<Outcome> {
    let (from, to) = (&asked.directory, &configuration.data);
    is_new(to)?;
    let manifest = Manifest::read(from)?;
    let bar = progress::bytes("verifying", manifest.bytes());
    manifest.verify(from, bar.as_ref())?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let installed = programs::postgres()?.major;
    ensure!(
        installed >= manifest.postgres_major,
        "the backup is of PostgreSQL {}, and {installed} is installed; install {} or later",
        manifest.postgres_major,
        manifest.postgres_major
    );
    tell(&manifest);
    if asked.dry_run {
        terminal::say(&format!("would be restored into {}; nothing was done", to.display()));
        return Ok(Outcome::Done);
    }
    make(configuration, &manifest, from).await?;
    terminal::say(&format!(
        "{} is restored; the read models are built anew when it is started: samvirke up --data {}",
        to.display(),
        to.display()
    ));
    if to.join(files::SETTINGS).exists() {
        let settings = to.join(files::SETTINGS);
        terminal::say(&format!("the settings are in {}, for --config", settings.display()));
    }
    Ok(Outcome::Done)
}

fn is_new(to: &Path) -> anyhow::Result<()> {
    ensure!(
        site::is_empty(to),
        "{} is there already and not empty; a restore makes a new data directory, name it with --data",
        to.display()
    );
    Ok(())
}

fn tell(manifest: &Manifest) {
    let Manifest { samvirke, taken_at, at_rest, .. } = manifest;
    terminal::say(&format!("taken {taken_at} by samvirke {samvirke}; every digest is right"));
    if !at_rest {
        terminal::say(
            "streams moved while they were copied; see the end of samvirke backup --help",
        );
    }
    for StreamCopy { name, messages, last_sequence, .. } in &manifest.streams {
        terminal::say(&format!("{name:<16} {messages} messages up to {last_sequence}"));
    }
}

async fn make(
    configuration: &Configuration,
    manifest: &Manifest,
    from: &Path,
) -> anyhow::Result<()> {
    let to = &configuration.data;
    let running = format!("another restore into the same directory runs, {}", to.display());
    let mut unfinished = Unfinished::hold(to, "restoring", &running)?;
    // Another one may have ended meanwhile.
    is_new(to)?;
    remove_what_was_left(&unfinished).await?;
    let held = unfinished.lend()?;
    files::put(manifest, from, held.path())?;
    let mut inside = configuration.clone();
    inside.data = held.path().to_owned();
    let site = Site::start(&inside, held).await?;
    let filled = fill(&site, manifest, from).await;
    unfinished.keep(site.leave().await);
    filled.with_context(|| {
        format!(
            "{} is not made, and nothing of it is left; the backup is as it was, so the same command may be given again",
            to.display()
        )
    })?;
    let unnamed = format!("{} cannot get its name {}", unfinished.path().display(), to.display());
    unfinished.finish(to).context(unnamed)
}

async fn fill(site: &Site, manifest: &Manifest, from: &Path) -> anyhow::Result<()> {
    let bytes = manifest.streams.iter().map(|stream| stream.file.bytes).sum();
    let bar = progress::bytes("streams", bytes);
    for stream in &manifest.streams {
        put_stream(site, stream, from, bar.as_ref())
            .await
            .with_context(|| format!("{} is not restored", stream.name))?;
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    postgres::restore(&site.database_url, &from.join(DATABASE))
        .await
        .context("the database is not restored")?;
    // Whoever restores a backup accepts what it holds, though its streams may have moved while they were taken.
    streams::adopt_restored(&site.client).await
}

async fn put_stream(
    site: &Site,
    stream: &StreamCopy,
    from: &Path,
    bar: Option<&ProgressBar>,
) -> anyhow::Result<()> {
    let path = stream.file.path(from)?;
    let shown = bar.map_or(0, ProgressBar::position);
    let open = || {
        let mut file = fs::File::open(&path)?;
        if let Some(bar) = bar {
            bar.set_position(shown);
        }
        Ok(async move || {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            file.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
            if let Some(bar) = bar {
                bar.inc(piece.len() as u64);
            }
            Ok(piece.into())
        })
    };
    let restored = stream_copy::put(&site.client, &stream.name, &stream.description, open).await?;
    let found = (restored.messages, restored.last_sequence);
    let wanted = (stream.messages, stream.last_sequence);
    ensure!(
        found == wanted,
        "it has {} messages up to {}, and had {} up to {}",
        found.0,
        found.1,
        wanted.0,
        wanted.1
    );
    let first = stream_copy::first_digest(&site.client, &stream.name).await?;
    ensure!(first == stream.first_digest, "its first message is another one");
    Ok(())
}

/// Removes what a killed restore has left, with the servers that it left running.
async fn remove_what_was_left(unfinished: &Unfinished) -> anyhow::Result<()> {
    if unfinished.is_empty()? {
        return Ok(());
    }
    let place = unfinished.path();
    nats::stop_leftover(&place.join(nats_account::DIRECTORY)).await?;
    if place.join(database::DIRECTORY).exists() {
        postgres::stop_leftover(&place.join(database::DIRECTORY)).await?;
    }
    terminal::complain(&format!("what a killed restore left in {} is removed", place.display()));
    unfinished.clear()
}
