//! The lines of an import file, one at a time, however large the file is.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use anyhow::Context;

use super::line::Fault;

/// The longest line: a body of 1 MiB and what is around it.
pub(crate) const LINE_BYTES_MAX: usize = 1024 * 1024 + 64 * 1024;

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line with its number in the file, from 1; blank lines and comments are counted but not given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Numbered {
    pub(crate) number: usize,
    pub(crate) text: Result<String, Fault>,
}

/// Reads a file line by line.
pub(crate) struct Reader {
    file: BufReader<File>,
    number: usize,
}

impl Reader {
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let file =
            File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
        Ok(Self { file: BufReader::new(file), number: 0 })
    }

    /// The next line, or `None` at the end of the file.
    fn line(&mut self) -> io::Result<Option<Result<String, Fault>>> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX) + 1;
        if self.file.by_ref().take(limit).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        // Windows' own editor begins a file so; it says nothing in UTF-8 (RFC 8259 § 8.1).
        if self.number == 1 && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        if bytes.len() > LINE_BYTES_MAX && bytes.last() != Some(&b'\n') {
            self.file.skip_until(b'\n')?;
            let reason = format!("a line has at most {LINE_BYTES_MAX} bytes");
            return Ok(Some(Err(Fault::new("too-large", reason))));
        }
        Ok(Some(String::from_utf8(bytes).map_err(|error| {
            let place = error.utf8_error().valid_up_to() + 1;
            Fault::new("not-utf-8", format!("byte {place} of the line is not UTF-8"))
        })))
    }
}

impl Iterator for Reader {
    type Item = anyhow::Result<Numbered>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.line() {
                Ok(line) => line?,
                Err(error) => return Some(Err(error).context("the file cannot be read further")),
            };
            if let Ok(text) = &line
                && (text.trim().is_empty() || text.trim_start().starts_with('#'))
            {
                continue;
            }
            let text = line.map(|text| text.trim().to_owned());
            return Some(Ok(Numbered { number: self.number, text }));
        }
    }
}

/// How many lines with commands a file has.
pub(crate) fn count(path: &Path) -> anyhow::Result<u64> {
    let mut lines = 0;
    for line in Reader::open(path)? {
        line?;
        lines += 1;
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Numbered> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.jsonl");
        std::fs::write(&path, bytes).unwrap();
        Reader::open(&path).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn blank_lines_and_comments_are_passed_over_and_counted() {
        let found = read(b"# a\n\n  # b\n{}\r\n{}");
        let numbers: Vec<usize> = found.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [4, 5]);
        assert_eq!(found[0].text.as_deref(), Ok("{}"));
    }

    #[test]
    fn a_line_that_is_not_utf_8_does_not_stop_the_next() {
        let found = read(b"{\"a\":\xff}\n{}\n");
        assert_eq!(found[0].text.as_ref().unwrap_err().code, "not-utf-8");
        assert!(found[1].text.is_ok());
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_at_the_beginning_of_a_file_only() {
        let found = read(b"\xef\xbb\xbf{}\n\xef\xbb\xbf{}\n");
        let texts: Vec<&str> = found.iter().flat_map(|line| line.text.as_deref()).collect();
        assert_eq!(texts, ["{}", "\u{feff}{}"]);
    }

    #[test]
    fn a_line_that_is_too_long_does_not_stop_the_next() {
        let mut bytes = vec![b'x'; LINE_BYTES_MAX + 10];
        bytes.extend(b"\n{}\n");
        let found = read(&bytes);
        assert_eq!(found[0].text.as_ref().unwrap_err().code, "too-large");
        assert_eq!((found.len(), found[1].number), (2, 2));
    }
}
