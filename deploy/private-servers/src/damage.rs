//! What happens to a server's files in the world, done on purpose by tests: a flipped bit, a lost tail, a
//! directory that is gone, an older backup put back.
//!
//! The server has to be stopped first; what it keeps in memory hides what became of its files. What
//! nats-server 2.15 makes of it: with `index.db` in place the stream's state counts a damaged message as if
//! it were there, and reading passes over it without a word; without `index.db` (after a crash, or in a
//! restored backup) the block is cut off at the first damaged message, and the stream ends there.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The files of one stream in the store of a nats-server that is stopped.
#[derive(Clone, Debug)]
pub struct StreamFiles {
    directory: PathBuf,
}

impl StreamFiles {
    /// Finds the files of `stream` under the directory of a server ([`crate::NatsSettings::directory`]),
    /// whichever account it belongs to.
    ///
    /// # Errors
    ///
    /// When there is no such stream in the store.
    pub fn of(server: &Path, stream: &str) -> io::Result<Self> {
        for account in fs::read_dir(server.join("store/jetstream"))? {
            let directory = account?.path().join("streams").join(stream);
            if directory.is_dir() {
                return Ok(Self { directory });
            }
        }
        Err(missing(format!("there is no stream {stream} under {}", server.display())))
    }

    /// Where the stream's files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Flips one bit in the middle of the first place where `payload` is stored. Only the newest block is
    /// stored as it came; in the older ones use [`StreamFiles::flip_bit_at`].
    ///
    /// # Errors
    ///
    /// When it is stored nowhere, or a file cannot be written.
    pub fn flip_bit_in(&self, payload: &[u8]) -> io::Result<()> {
        for block in self.blocks()? {
            let bytes = fs::read(&block)?;
            let found = bytes.windows(payload.len()).position(|window| window == payload);
            if let Some(at) = found {
                return flip(&block, bytes, at + payload.len() / 2);
            }
        }
        Err(missing(format!("the payload is stored nowhere in {}", self.directory.display())))
    }

    /// Flips one bit in the block of this number, counted from 0, at a share of its length: 0.5 is its
    /// middle.
    ///
    /// # Errors
    ///
    /// When there is no such block, or it cannot be written.
    pub fn flip_bit_at(&self, block: usize, share: f64) -> io::Result<()> {
        let blocks = self.blocks()?;
        let block =
            blocks.get(block).ok_or_else(|| missing(format!("there is no block {block}")))?;
        let bytes = fs::read(block)?;
        let at = (bytes.len() as f64 * share) as usize;
        flip(block, bytes, at)
    }

    /// Cuts bytes off the end of the newest block, and forgets the index: what a lost tail leaves.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn cut_tail(&self, bytes: u64) -> io::Result<()> {
        let block = self.newest_block()?;
        let file = fs::OpenOptions::new().write(true).open(&block)?;
        file.set_len(file.metadata()?.len().saturating_sub(bytes))?;
        self.forget_index()
    }

    /// Cuts off the newer half of the newest block, and forgets the index.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn cut_half(&self) -> io::Result<()> {
        let length = fs::metadata(self.newest_block()?)?.len();
        self.cut_tail(length / 2)
    }

    /// Removes the index that a clean stop leaves, as a crash or a backup without it does.
    ///
    /// # Errors
    ///
    /// When it cannot be removed; it is no error where there is none.
    pub fn forget_index(&self) -> io::Result<()> {
        match fs::remove_file(self.directory.join("msgs/index.db")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Removes the whole stream.
    ///
    /// # Errors
    ///
    /// When a file cannot be removed.
    pub fn remove(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.directory)
    }

    /// Copies the stream, its consumers included, into a directory that is not there yet.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written.
    pub fn back_up(&self, to: &Path) -> io::Result<()> {
        copy(&self.directory, to)
    }

    /// Puts a copy in the stream's place, whatever is there now.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written.
    pub fn put_back(&self, from: &Path) -> io::Result<()> {
        if self.directory.exists() {
            self.remove()?;
        }
        copy(from, &self.directory)
    }

    fn newest_block(&self) -> io::Result<PathBuf> {
        self.blocks()?.pop().ok_or_else(|| missing("the stream has no block".into()))
    }

    /// The files with messages, oldest first.
    fn blocks(&self) -> io::Result<Vec<PathBuf>> {
        let mut blocks = Vec::new();
        for file in fs::read_dir(self.directory.join("msgs"))? {
            let path = file?.path();
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
            if let (Some(number), Some("blk")) = (number, path.extension().and_then(|e| e.to_str()))
            {
                blocks.push((number, path));
            }
        }
        blocks.sort();
        Ok(blocks.into_iter().map(|(_, path)| path).collect())
    }
}

fn flip(file: &Path, mut bytes: Vec<u8>, at: usize) -> io::Result<()> {
    let byte = bytes.get_mut(at).ok_or_else(|| missing(format!("{} is short", file.display())))?;
    *byte ^= 1;
    fs::write(file, bytes)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type()?.is_dir() {
            true => copy(&path, &copied)?,
            false => fs::copy(&path, &copied).map(drop)?,
        }
    }
    Ok(())
}

fn missing(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, what)
}
