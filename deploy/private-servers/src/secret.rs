//! A text that must never be printed: a password, a token, an address with a password in it.
//!
//! Invariant: neither `Debug`, `Display` nor an error shows it; whoever needs it says `expose`.

use std::{
    fmt, fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use serde::{Deserialize, Serialize, Serializer};

/// A text that shows itself as `[secret]`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Makes a new one of 256 random bits as 64 hexadecimal digits: safe in URLs and configuration.
    pub fn generate() -> Self {
        Self(format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>()))
    }

    /// The text itself. Pass it on, never print it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Reads the secret kept in `path`, or makes one and keeps it there, readable by its owner only.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written, or is empty.
    pub fn kept_in(path: &Path) -> io::Result<Self> {
        match Self::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path),
            done => done,
        }
    }

    /// Reads the secret kept in `path`.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::NotFound`] where there is no such file, [`io::ErrorKind::InvalidData`] where there
    /// is nothing in it.
    pub fn read(path: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(path)?;
        match text.trim() {
            "" => Err(io::Error::new(io::ErrorKind::InvalidData, "the file is empty")),
            text => Ok(Self(text.to_owned())),
        }
    }

    /// Makes a secret and keeps it in the new file `path`, readable by its owner only. The file is there
    /// whole or not at all.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AlreadyExists`] where there is a file already; it is left as it is.
    pub fn create(path: &Path) -> io::Result<Self> {
        let secret = Self::generate();
        let beside = path.with_extension(format!("new-{:08x}", rand::random::<u32>()));
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        let written = writeln!(file, "{}", secret.expose())
            .and_then(|()| file.sync_all())
            // Unlike a rename, this never replaces what is there.
            .and_then(|()| fs::hard_link(&beside, path));
        fs::remove_file(&beside)?;
        written?;
        if let Some(directory) = path.parent() {
            fs::File::open(directory)?.sync_all()?;
        }
        Ok(secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret::new("hemmelig");
        assert_eq!(format!("{secret} {secret:?}"), "[secret] [secret]");
    }

    #[test]
    fn a_kept_secret_stays_the_same_and_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        let first = Secret::kept_in(&path).unwrap();
        assert_eq!(Secret::kept_in(&path).unwrap(), first);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_secret_that_is_there_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        assert_eq!(Secret::read(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        let first = Secret::create(&path).unwrap();
        let refused = Secret::create(&path).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(Secret::read(&path).unwrap(), first);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        fs::write(&path, "\n").unwrap();
        assert_eq!(Secret::kept_in(&path).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
