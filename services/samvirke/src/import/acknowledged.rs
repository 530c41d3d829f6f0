//! What earlier runs with `--resume` had acknowledged, so that a resumed import need not ask again.
//!
//! It only saves time: without it a line sent twice still has the same key. It belongs to one server;
//! against another it is refused, because there nothing was acknowledged.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{ErrorKind, Write},
    path::Path,
};

use anyhow::{Context, ensure};

/// The file's first line, followed by the server's address.
const HEADING: &str = "samvirke import progress 1";

/// The keys of acknowledged lines, and the file they are kept in.
pub(crate) struct Acknowledged {
    keys: HashSet<String>,
    file: Option<File>,
}

impl Acknowledged {
    /// Remembers nothing.
    pub(crate) fn nowhere() -> Self {
        Self { keys: HashSet::new(), file: None }
    }

    /// Reads what is kept in `path` for the server at `url`, and goes on keeping it there.
    pub(crate) fn open(path: &Path, url: &str) -> anyhow::Result<Self> {
        let heading = format!("{HEADING} {url}");
        let shown = path.display();
        let mut keys = HashSet::new();
        let known = match fs::read_to_string(path) {
            Ok(text) => {
                let mut lines = text.split_inclusive('\n');
                let first = lines.next().map(str::trim_end);
                ensure!(
                    first.is_none_or(|first| first == heading),
                    "{shown} is not the progress of an import to {url}; remove it to begin anew"
                );
                // A last line without its end was being written when the run broke off.
                keys.extend(lines.filter_map(|line| line.strip_suffix('\n')).map(str::to_owned));
                first.is_some()
            }
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(error).with_context(|| format!("{shown} cannot be read")),
        };
        let file = fs::OpenOptions::new().create(true).append(true).open(path);
        let mut file = file.with_context(|| format!("{shown} cannot be written"))?;
        if !known {
            writeln!(file, "{heading}").with_context(|| format!("{shown} cannot be written"))?;
        }
        Ok(Self { keys, file: Some(file) })
    }

    pub(crate) fn holds(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// Keeps that the server has acknowledged the line with this key.
    pub(crate) fn add(&mut self, key: &str) -> anyhow::Result<()> {
        match &mut self.file {
            // One write, so that a break leaves at most one unfinished line.
            Some(file) => file
                .write_all(format!("{key}\n").as_bytes())
                .context("the progress of the import cannot be kept"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_acknowledged_is_remembered_and_an_unfinished_line_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.progress");
        Acknowledged::open(&path, "http://a").unwrap().add("k-1").unwrap();
        fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"k-2").unwrap();
        let found = Acknowledged::open(&path, "http://a").unwrap();
        assert!(found.holds("k-1"));
        assert!(!found.holds("k-2"));
        assert!(Acknowledged::open(&path, "http://b").is_err(), "another server");
    }
}
