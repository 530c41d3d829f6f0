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
    pub fn kept_in(path: &Path) -> io::Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) if !text.trim().is_empty() => return Ok(Self(text.trim().to_owned())),
            Ok(_) => fs::remove_file(path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => (),
            Err(error) => return Err(error),
        }
        let secret = Self::generate();
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{}", secret.expose())?;
        file.sync_all()?;
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
}
