//! A directory that is being filled beside the place where it will be, by one process at a time.
//!
//! Invariants: it gets its name when it is whole; what a killed process left in it is removed, and anything
//! in it is written and removed, only while it is held; who holds it is not disturbed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use samvirke_private_servers::{DataDirectory, Error, data_directory::LOCK};

/// It goes where it is not finished.
pub(super) struct Unfinished {
    path: PathBuf,
    /// None while somebody else keeps it for this process.
    held: Option<DataDirectory>,
    finished: bool,
}

impl Unfinished {
    /// Holds the directory that is named as `to` with `ending`; it may hold what a killed process left. `in_use`
    /// says what runs where another process holds it.
    pub(super) fn hold(to: &Path, ending: &str, in_use: &str) -> anyhow::Result<Self> {
        let path = beside(to, ending)?;
        let failed = || format!("the directory {} cannot be made", path.display());
        let held = match DataDirectory::hold(&path) {
            Ok(held) => held,
            Err(Error::InUse { by, .. }) => bail!("{in_use}{by}; wait for it to end"),
            Err(error) => return Err(error).with_context(failed),
        };
        Ok(Self { path, held: Some(held), finished: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a killed process has left something.
    pub(super) fn is_empty(&self) -> anyhow::Result<bool> {
        Ok(entries(&self.path)?.is_empty())
    }

    /// Removes what is in it.
    pub(super) fn clear(&self) -> anyhow::Result<()> {
        clear(&self.path).with_context(|| format!("{} cannot be removed", self.path.display()))
    }

    /// The hold, for who keeps it until [`Unfinished::keep`].
    pub(super) fn lend(&mut self) -> anyhow::Result<DataDirectory> {
        self.held.take().with_context(|| format!("{} is not held", self.path.display()))
    }

    /// Takes the hold back.
    pub(super) fn keep(&mut self, held: Option<DataDirectory>) {
        self.held = held;
    }

    /// Gives it its name, by which it is seen whole or not at all.
    pub(super) fn finish(mut self, to: &Path) -> io::Result<()> {
        // Takes the place of an empty directory, too.
        fs::rename(&self.path, to)?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        // Where another process holds it now, it is that one's.
        let held = self.held.take().or_else(|| DataDirectory::hold(&self.path).ok());
        if held.is_some() && clear(&self.path).is_ok() {
            let _left = fs::remove_file(self.path.join(LOCK));
            // Not where another process has begun there since.
            let _left = fs::remove_dir(&self.path);
        }
    }
}

/// What is in it, but for what it is held by.
fn entries(directory: &Path) -> io::Result<Vec<fs::DirEntry>> {
    let all: Vec<_> = fs::read_dir(directory)?.collect::<io::Result<_>>()?;
    Ok(all.into_iter().filter(|entry| entry.file_name() != LOCK).collect())
}

fn clear(directory: &Path) -> io::Result<()> {
    entries(directory)?.into_iter().try_for_each(|entry| match entry.file_type()?.is_dir() {
        true => fs::remove_dir_all(entry.path()),
        false => fs::remove_file(entry.path()),
    })
}

/// The path beside `path` whose name says what it is.
fn beside(path: &Path, what: &str) -> anyhow::Result<PathBuf> {
    let name = path.file_name().with_context(|| format!("{} has no name", path.display()))?;
    Ok(path.with_file_name(format!("{}.{what}", name.to_string_lossy())))
}
