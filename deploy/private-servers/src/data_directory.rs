//! The directory a run keeps everything in, held by one run at a time.
//!
//! Invariant: the lock goes with the process, however it ends.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::Error;

/// A data directory that is ours until this is dropped.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    _lock: File,
}

/// The file in it whose lock is the hold.
pub const LOCK: &str = "lock";
/// How often a directory is held once more that was removed meanwhile.
const ATTEMPTS_MAX: u32 = 100;

impl DataDirectory {
    /// Makes the directory if it is not there, and holds it.
    pub fn hold(path: &Path) -> Result<Self, Error> {
        let mut attempt = 1;
        loop {
            match Self::hold_once(path) {
                Ok(Some(held)) => return Ok(held),
                // Who held it before has removed or renamed it.
                Ok(None) if attempt < ATTEMPTS_MAX => (),
                Err(Error::Prepare { source, .. })
                    if source.kind() == io::ErrorKind::NotFound && attempt < ATTEMPTS_MAX => {}
                Ok(None) => return Err(Error::InUse { path: path.to_owned(), by: String::new() }),
                Err(error) => return Err(error),
            }
            attempt += 1;
        }
    }

    /// None where the lock that was got is not the one that is in the directory now.
    fn hold_once(path: &Path) -> Result<Option<Self>, Error> {
        fs::create_dir_all(path).map_err(Error::prepare(path))?;
        // Servers are given this path and have other working directories.
        let path = path.canonicalize().map_err(Error::prepare(path))?;
        let lock_path = path.join(LOCK);
        let mut lock = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(Error::prepare(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let known = lock.read_to_string(&mut pid).is_ok() && !pid.trim().is_empty();
                let by = if known { format!(" (process {})", pid.trim()) } else { String::new() };
                return Err(Error::InUse { path, by });
            }
            Err(TryLockError::Error(source)) => {
                return Err(Error::Prepare { path: lock_path, source });
            }
        }
        let (there, locked) = (fs::metadata(&lock_path), lock.metadata());
        let there = there.map_err(Error::prepare(&lock_path))?;
        let locked = locked.map_err(Error::prepare(&lock_path))?;
        if (there.dev(), there.ino()) != (locked.dev(), locked.ino()) {
            return Ok(None);
        }
        let mut note = || {
            lock.set_len(0)?;
            lock.rewind()?;
            writeln!(lock, "{}", std::process::id())
        };
        note().map_err(Error::prepare(&lock_path))?;
        Ok(Some(Self { path, _lock: lock }))
    }

    /// The absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path inside.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_directory_is_held_by_one_run_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        let first = DataDirectory::hold(&path).unwrap();
        let refused = DataDirectory::hold(&path).unwrap_err();
        assert!(refused.to_string().contains(&std::process::id().to_string()), "{refused}");
        drop(first);
        DataDirectory::hold(&path).unwrap();
    }

    #[test]
    fn many_that_hold_and_remove_a_directory_never_hold_it_at_the_same_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        let holding = AtomicBool::new(false);
        let hold_and_remove = || {
            for _ in 0..5_000 {
                let Ok(held) = DataDirectory::hold(&path) else { continue };
                assert!(!holding.swap(true, Ordering::SeqCst), "two hold it");
                assert!(held.join(LOCK).exists(), "what is held is there");
                holding.store(false, Ordering::SeqCst);
                fs::remove_file(held.join(LOCK)).unwrap();
                // Another one may have begun there.
                let _left = fs::remove_dir(held.path());
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(hold_and_remove);
            }
        });
    }
}
