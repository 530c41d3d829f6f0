//! The idempotency key of a line: from what the line says and how often it was said before.
//!
//! Not from its place in the file, so that lines added before it change nothing. The third of three
//! equal lines is still another command than the first two.

use std::{collections::HashMap, fmt::Write};

use sha2::{Digest, Sha256};

use super::line::Line;

/// How much of the digest is in a key: 128 bits, far beyond chance.
const DIGEST_BYTES: usize = 16;

/// Makes the keys of one file.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    seen: HashMap<[u8; DIGEST_BYTES], u32>,
}

impl Keys {
    /// The line's own key, or one from its content.
    pub(crate) fn of(&mut self, line: &Line) -> String {
        if let Some(key) = &line.key {
            return key.clone();
        }
        // Written anew, so that spaces make no difference.
        let digest = Sha256::digest(line.content.to_string().as_bytes());
        let mut short = [0; DIGEST_BYTES];
        short.copy_from_slice(&digest[..DIGEST_BYTES]);
        let times = self.seen.entry(short).or_insert(0);
        *times += 1;
        let mut key = String::from("import-");
        for byte in short {
            let _infallible = write!(key, "{byte:02x}");
        }
        let _infallible = write!(key, "-{times}");
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line::read(text).unwrap()
    }

    const PAUSE: &str = r#"{"to": "cooperations/a/pause", "body": {"reason": "valg"}}"#;
    const RESUME: &str = r#"{"to": "cooperations/a/resume", "body": {}}"#;

    #[test]
    fn lines_added_before_change_no_key() {
        let mut alone = Keys::default();
        let mut after = Keys::default();
        after.of(&line(RESUME));
        assert_eq!(alone.of(&line(PAUSE)), after.of(&line(PAUSE)));
    }

    #[test]
    fn the_same_command_twice_is_two_commands() {
        let mut keys = Keys::default();
        assert_ne!(keys.of(&line(PAUSE)), keys.of(&line(PAUSE)));
    }

    #[test]
    fn spaces_make_no_difference_and_values_do() {
        let spaced = PAUSE.replace(": ", " :  ");
        assert_eq!(Keys::default().of(&line(PAUSE)), Keys::default().of(&line(&spaced)));
        let other = PAUSE.replace("valg", "ferie");
        assert_ne!(Keys::default().of(&line(PAUSE)), Keys::default().of(&line(&other)));
    }

    #[test]
    fn a_line_may_bring_its_own_key() {
        let own = r#"{"to": "cooperations/a/resume", "body": {}, "key": "r-1"}"#;
        assert_eq!(Keys::default().of(&line(own)), "r-1");
    }
}
