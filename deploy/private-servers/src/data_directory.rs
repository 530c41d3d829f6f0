//! The directory a run keeps everything in, held by one run at a time.
//!
//! Invariant: the lock goes with the process, however it ends.

use std::{
    fs::{self, File, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

use crate::Error;

/// A data directory that is ours until this is dropped.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    _lock: File,
}

impl DataDirectory {
    /// Makes the directory if it is not there, and holds it.
    pub fn hold(path: &Path) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(Error::prepare(path))?;
        // Servers are given this path and have other working directories.
        let path = path.canonicalize().map_err(Error::prepare(path))?;
        let lock_path = path.join("lock");
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
        let mut note = || {
            lock.set_len(0)?;
            lock.rewind()?;
            writeln!(lock, "{}", std::process::id())
        };
        note().map_err(Error::prepare(&lock_path))?;
        Ok(Self { path, _lock: lock })
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
}
