//! The kinds of damage, and how each is done to the files of a server that is stopped.

use std::{fmt, path::Path};

use clap::ValueEnum;
use samvirke_private_servers::StreamFiles;

/// The streams that are damaged.
pub(crate) const STREAMS: [&str; 4] = ["NETWORKS", "CASES", "MEETINGS", "FEED"];
/// The bytes that a lost tail is short of: less than the last message has.
const TAIL_BYTES: u64 = 100;

/// A kind of damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Harm {
    /// A bit of the first message is flipped
    First,
    /// A bit of a message in the middle is flipped
    Middle,
    /// A bit of the last message is flipped
    Last,
    /// The end of the last message is missing
    Tail,
    /// The newer half is missing
    Half,
    /// The whole stream is missing
    Whole,
    /// The stream was removed and made anew, empty
    Recreated,
    /// An older copy of the stream is put in its place
    Older,
    /// The list of streams is missing
    List,
}

impl Harm {
    pub(crate) fn all() -> &'static [Self] {
        Self::value_variants()
    }
}

/// What is damaged, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) harm: Harm,
    pub(crate) stream: &'static str,
    /// Whether the stream's index is lost too, as after a crash.
    pub(crate) index_is_lost: bool,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { harm, stream, index_is_lost } = self;
        let index = if *index_is_lost { ", without its index" } else { "" };
        write!(f, "{harm} of {stream}{index}")
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First => "first message",
            Self::Middle => "a message in the middle",
            Self::Last => "last message",
            Self::Tail => "tail",
            Self::Half => "newer half",
            Self::Whole => "all",
            Self::Recreated => "another one in the place",
            Self::Older => "an older copy",
            Self::List => "the list, instead",
        })
    }
}

/// Damages the files; `payloads` are those of the stream's messages, and `older` an earlier copy of it.
///
/// # Errors
///
/// When a file is not as the server writes it.
pub(crate) fn do_to(
    target: &Target,
    server: &Path,
    payloads: &[Vec<u8>],
    older: &Path,
) -> anyhow::Result<()> {
    let files = StreamFiles::of(server, target.stream)?;
    let flip = |payload: Option<&Vec<u8>>| -> anyhow::Result<()> {
        let payload = payload.ok_or_else(|| anyhow::anyhow!("{} is empty", target.stream))?;
        files.flip_bit_in(payload)?;
        if target.index_is_lost {
            files.forget_index()?;
        }
        Ok(())
    };
    match target.harm {
        Harm::First => flip(payloads.first()),
        Harm::Middle => flip(payloads.get(payloads.len() / 2)),
        Harm::Last => flip(payloads.last()),
        Harm::Tail => Ok(files.cut_tail(TAIL_BYTES)?),
        Harm::Half => Ok(files.cut_half()?),
        Harm::Whole => Ok(files.remove()?),
        Harm::Older => Ok(files.put_back(older)?),
        Harm::List => Ok(StreamFiles::of(server, "STREAMS")?.remove()?),
        // Done by the server itself, as by an operator with its tools.
        Harm::Recreated => Ok(()),
    }
}
