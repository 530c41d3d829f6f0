//! What a backup holds, with the digest of each file: its table of contents.
//!
//! Invariant: a backup is read only after every digest in it was verified, its own included.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, Utc};
use indicatif::ProgressBar;
use samvirke_kernel::stream_copy::Description;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The form of the directory and of this table; another one is refused.
pub(super) const FORM: u32 = 1;
/// The file with the table.
const FILE: &str = "manifest.json";
/// The file with the table's own digest.
const DIGEST_FILE: &str = "manifest.sha256";
/// The most bytes the table may have.
const MANIFEST_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// How much of a file is read at a time.
const READ_BYTES: usize = 128 * 1024;

/// The table of contents.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) form: u32,
    /// The version of the samvirke that took it.
    pub(super) samvirke: String,
    pub(super) nats_server: String,
    pub(super) postgres_major: u32,
    pub(super) taken_at: DateTime<Utc>,
    /// Whether no stream moved while all were copied, so that all is of one moment.
    pub(super) at_rest: bool,
    pub(super) streams: Vec<StreamCopy>,
    /// Everything that is no stream: the database, keys, settings.
    pub(super) files: Vec<BackupFile>,
}

/// One stream.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StreamCopy {
    pub(super) name: String,
    /// When the server had made it.
    pub(super) created: DateTime<Utc>,
    pub(super) last_sequence: u64,
    pub(super) messages: u64,
    /// SHA-256 of message 1, which with the name is the stream's identity.
    pub(super) first_digest: Option<String>,
    pub(super) file: BackupFile,
    /// What nats-server needs to make the stream again.
    pub(super) description: Description,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BackupFile {
    /// From the backup's directory.
    pub(super) path: String,
    pub(super) bytes: u64,
    /// In hexadecimal.
    pub(super) sha256: String,
}

impl BackupFile {
    /// Describes a file that is there.
    pub(super) fn of(directory: &Path, path: &str) -> anyhow::Result<Self> {
        let (bytes, sha256) = digest(&directory.join(path), None)
            .with_context(|| format!("{path} of the backup is not read"))?;
        Ok(Self { path: path.to_owned(), bytes, sha256 })
    }

    /// Where it is. A path that leads out of the directory is refused.
    pub(super) fn path(&self, directory: &Path) -> anyhow::Result<PathBuf> {
        let inside = Path::new(&self.path)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        ensure!(inside, "the manifest names a file outside of the backup: {}", self.path);
        Ok(directory.join(&self.path))
    }
}

impl Manifest {
    /// Writes the table and its digest.
    pub(super) fn write(&self, directory: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self).context("the manifest cannot be written")?;
        let write = |name: &str, text: &str| {
            let mut file = new_file(&directory.join(name))?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write(FILE, &text)
            .and_then(|()| write(DIGEST_FILE, &format!("{}\n", hex::encode(Sha256::digest(&text)))))
            .with_context(|| format!("the manifest cannot be written in {}", directory.display()))
    }

    /// Reads the table of a backup; its files are verified by [`Manifest::verify`].
    pub(super) fn read(directory: &Path) -> anyhow::Result<Self> {
        let path = directory.join(FILE);
        let size = fs::metadata(&path)
            .with_context(|| {
                format!("{} is no whole backup: it has no {FILE}", directory.display())
            })?
            .len();
        ensure!(size <= MANIFEST_BYTES_MAX, "{} is too large: {size} bytes", path.display());
        let text = fs::read(&path).with_context(|| format!("{} is not read", path.display()))?;
        let told = fs::read_to_string(directory.join(DIGEST_FILE))
            .with_context(|| format!("{DIGEST_FILE} of the backup is not read"))?;
        ensure!(
            told.trim() == hex::encode(Sha256::digest(&text)),
            "{} is damaged: its digest is not the one in {DIGEST_FILE}",
            path.display()
        );
        let manifest: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{} is not understood by this samvirke", path.display()))?;
        ensure!(
            manifest.form == FORM,
            "the backup has form {}, this samvirke knows {FORM}; use the samvirke that took it ({})",
            manifest.form,
            manifest.samvirke
        );
        Ok(manifest)
    }

    /// Verifies the digest of every file.
    pub(super) fn verify(&self, directory: &Path, bar: Option<&ProgressBar>) -> anyhow::Result<()> {
        for kept in self.all() {
            let path = kept.path(directory)?;
            let (bytes, sha256) =
                digest(&path, bar).with_context(|| format!("{} is not read", path.display()))?;
            if bytes != kept.bytes || sha256 != kept.sha256 {
                bail!(
                    "{} is damaged: {bytes} bytes with digest {sha256}, and the manifest says {} with {}",
                    path.display(),
                    kept.bytes,
                    kept.sha256
                );
            }
        }
        Ok(())
    }

    /// Every file of the backup.
    pub(super) fn all(&self) -> impl Iterator<Item = &BackupFile> {
        self.streams.iter().map(|stream| &stream.file).chain(&self.files)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.all().map(|kept| kept.bytes).sum()
    }
}

/// A file that is being written, and its digest so far.
pub(super) struct Writing {
    path: String,
    file: File,
    bytes: u64,
    digest: Sha256,
}

impl Writing {
    /// Begins a file, in the place of one that an earlier attempt left.
    pub(super) fn create(directory: &Path, path: &str) -> anyhow::Result<Self> {
        let to = directory.join(path);
        let create = || {
            if let Some(parent) = to.parent() {
                fs::DirBuilder::new().mode(0o700).recursive(true).create(parent)?;
            }
            match fs::remove_file(&to) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                Ok(()) | Err(_) => new_file(&to),
            }
        };
        let file = create().with_context(|| format!("{} cannot be written", to.display()))?;
        Ok(Self { path: path.to_owned(), file, bytes: 0, digest: Sha256::new() })
    }

    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file.write_all(piece)?;
        self.digest.update(piece);
        self.bytes += piece.len() as u64;
        Ok(())
    }

    /// Ends the file; it is on disk then.
    pub(super) fn finish(self) -> anyhow::Result<BackupFile> {
        self.file.sync_all().with_context(|| format!("{} cannot be written", self.path))?;
        Ok(BackupFile {
            path: self.path,
            bytes: self.bytes,
            sha256: hex::encode(self.digest.finalize()),
        })
    }
}

fn new_file(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

fn digest(path: &Path, bar: Option<&ProgressBar>) -> io::Result<(u64, String)> {
    let (mut file, mut digest, mut bytes) = (File::open(path)?, Sha256::new(), 0);
    let mut piece = vec![0; READ_BYTES];
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 {
            return Ok((bytes, hex::encode(digest.finalize())));
        }
        digest.update(piece.get(..count).unwrap_or_default());
        bytes += count as u64;
        if let Some(bar) = bar {
            bar.inc(count as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(directory: &Path) -> Manifest {
        fs::write(directory.join("a"), "innhold").unwrap();
        Manifest {
            form: FORM,
            samvirke: "0.1.0".into(),
            nats_server: "2.15.0".into(),
            postgres_major: 15,
            taken_at: DateTime::UNIX_EPOCH,
            at_rest: true,
            streams: Vec::new(),
            files: vec![BackupFile::of(directory, "a").unwrap()],
        }
    }

    #[test]
    fn a_changed_file_or_table_is_found_out() {
        let dir = tempfile::tempdir().unwrap();
        manifest(dir.path()).write(dir.path()).unwrap();
        Manifest::read(dir.path()).unwrap().verify(dir.path(), None).unwrap();
        fs::write(dir.path().join("a"), "innhald").unwrap();
        let error = Manifest::read(dir.path()).unwrap().verify(dir.path(), None).unwrap_err();
        assert!(error.to_string().contains("is damaged"), "{error:#}");
        let text = fs::read_to_string(dir.path().join(FILE)).unwrap();
        fs::write(dir.path().join(FILE), text.replace("true", "false")).unwrap();
        let error = Manifest::read(dir.path()).unwrap_err();
        assert!(error.to_string().contains(DIGEST_FILE), "{error:#}");
    }

    #[test]
    fn no_file_outside_of_the_backup_is_named() {
        for path in ["../x", "/etc/passwd", "a/../../x"] {
            let kept = BackupFile { path: path.into(), bytes: 0, sha256: String::new() };
            assert!(kept.path(Path::new("/backup")).is_err(), "{path}");
        }
    }
}
