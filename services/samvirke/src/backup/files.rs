//! The files of a backup that are neither streams nor the database: keys, accounts of members, settings.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;

use super::manifest::{BackupFile, Manifest, Writing};
use crate::{configuration::Configuration, keys, nats_account};

/// Where they are in a backup; below it they have the names that they have in a data directory.
const DIRECTORY: &str = "files";
/// The settings, by the name that they get in a data directory.
pub(super) const SETTINGS: &str = "samvirke.toml";

/// Those that are there, by the name that they have in a data directory.
pub(super) fn to_keep(configuration: &Configuration) -> Vec<(String, PathBuf)> {
    let mut found: Vec<(String, PathBuf)> = keys::files(configuration)
        .into_iter()
        .map(|(name, path)| (name.to_owned(), path))
        .collect();
    found.push((nats_account::REGISTER.into(), configuration.in_data(nats_account::REGISTER)));
    found.extend(configuration.file.clone().map(|path| (SETTINGS.to_owned(), path)));
    found.retain(|(_, path)| path.exists());
    found
}

/// Copies them into a backup.
pub(super) fn copy(
    configuration: &Configuration,
    directory: &Path,
) -> anyhow::Result<Vec<BackupFile>> {
    to_keep(configuration)
        .into_iter()
        .map(|(name, path)| {
            let bytes =
                fs::read(&path).with_context(|| format!("{} is not read", path.display()))?;
            let mut writing = Writing::create(directory, &format!("{DIRECTORY}/{name}"))?;
            writing.write(&bytes).with_context(|| format!("{name} cannot be written"))?;
            writing.finish()
        })
        .collect()
}

/// Copies them out of a backup into a new data directory.
pub(super) fn put(manifest: &Manifest, from: &Path, data: &Path) -> anyhow::Result<()> {
    for kept in &manifest.files {
        let Some(name) = kept.path.strip_prefix(&format!("{DIRECTORY}/")) else { continue };
        let path = kept.path(from)?;
        let bytes = fs::read(&path).with_context(|| format!("{} is not read", path.display()))?;
        let mut writing = Writing::create(data, name)?;
        writing.write(&bytes).with_context(|| format!("{name} cannot be written"))?;
        writing.finish()?;
    }
    Ok(())
}
