//! The secret half of a member's key, on its way out.
//!
//! Invariant: it is shown once or written once to a file for its owner alone, and kept nowhere.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use nkeys::KeyPair;
use samvirke_private_servers::Secret;

use crate::terminal;

/// A new key of a member's user.
pub(crate) struct Seed {
    pub(crate) public: String,
    secret: Secret,
}

impl Seed {
    pub(crate) fn generate() -> anyhow::Result<Self> {
        let pair = KeyPair::new_user();
        let secret = pair.seed().context("a key cannot be made")?;
        Ok(Self { public: pair.public_key(), secret: Secret::new(secret) })
    }

    /// Prepares to hand it over: into a new `file`, or in the end on standard output.
    pub(crate) fn hand_to(self, file: Option<&Path>) -> anyhow::Result<Handing> {
        let Some(file) = file else { return Ok(Handing::Shown(self.secret)) };
        let write = || {
            let mut opened =
                fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
            writeln!(opened, "{}", self.secret.expose())?;
            opened.sync_all()
        };
        write().with_context(|| format!("the key cannot be written to {}", file.display()))?;
        Ok(Handing::Written { file: file.to_owned(), done: false })
    }
}

/// A seed that is handed over when all else is done; otherwise nothing of it is left.
pub(crate) enum Handing {
    Shown(Secret),
    Written { file: PathBuf, done: bool },
}

impl Handing {
    /// The key works: hands it over.
    pub(crate) fn finish(mut self) {
        match &mut self {
            Self::Shown(secret) => terminal::say(secret.expose()),
            Self::Written { file, done } => {
                *done = true;
                terminal::complain(&format!("The key is in {}.", file.display()));
            }
        }
    }
}

impl Drop for Handing {
    fn drop(&mut self) {
        if let Self::Written { file, done: false } = self {
            // A key that nothing knows opens nothing, should it stay.
            let _kept = fs::remove_file(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_written_key_is_its_owners_alone_and_replaces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        Seed::generate().unwrap().hand_to(Some(&file)).unwrap().finish();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let before = fs::read_to_string(&file).unwrap();
        assert!(before.starts_with("SU"));
        assert!(Seed::generate().unwrap().hand_to(Some(&file)).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), before);
    }

    #[test]
    fn a_key_that_came_to_nothing_is_not_left_behind() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        drop(Seed::generate().unwrap().hand_to(Some(&file)).unwrap());
        assert!(!file.exists());
    }
}
