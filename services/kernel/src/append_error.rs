//! Why a commit was not acknowledged, and whether it may have been stored all the same.

use crate::{envelope::ENVELOPE_BYTES_MAX, stream::guard::Held};

/// The most append requests that may wait to be sent; beyond it a commit is refused as overloaded.
pub const QUEUE_MAX: usize = 8_192;

/// Why a commit was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Not stored. `in_flight` means that another write is in flight: back off before reading.
    #[error("another commit for the aggregate was first")]
    Conflict { in_flight: bool },
    /// Not stored.
    #[error("{QUEUE_MAX} commits are waiting already")]
    Overloaded,
    /// Not stored: its deadline passed before its turn came.
    #[error("the commit's turn did not come before its deadline")]
    Late,
    /// Not stored: the server says to try again later.
    #[error("the server takes no commit now ({code}): {description}")]
    Busy { code: u64, description: String },
    /// Not stored: there is no room for it.
    #[error("the server has no room for the commit ({code}): {description}")]
    NoRoom { code: u64, description: String },
    /// Not stored.
    #[error("a commit of {bytes} bytes is larger than the {ENVELOPE_BYTES_MAX} that are allowed")]
    TooLarge { bytes: usize },
    /// Not stored.
    #[error("the server refused the commit ({code}): {description}")]
    Refused { code: u64, description: String },
    /// Not stored: the stream is damaged, or was not looked at yet.
    #[error(transparent)]
    Held(#[from] Held),
    /// Stored or not: only the stream can tell.
    #[error("no acknowledgement came: {reason}")]
    Unknown { reason: String },
}
