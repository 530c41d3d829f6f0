//! A refusal by the server: which error it is, and what its class says about trying again.

use async_nats::jetstream::{self, ErrorCode};
use serde::Deserialize;

/// What the server says of a request that it refuses.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, thiserror::Error)]
#[error("{description} ({code}, error {})", err_code.0)]
pub(crate) struct ServerError {
    /// The class, as a status of HTTP; 0 where the server names none.
    #[serde(default)]
    pub(crate) code: u16,
    /// The error itself; 0 where the server names none.
    #[serde(default = "unnamed")]
    pub(crate) err_code: ErrorCode,
    #[serde(default)]
    pub(crate) description: String,
}

fn unnamed() -> ErrorCode {
    ErrorCode(0)
}

/// Whether the same request may be answered otherwise when it is sent again, by the class of its refusal:
/// not where the request itself is wrong, or what it names is not there.
pub(crate) fn may_pass(class: u16) -> bool {
    match class {
        // It took too long, or there were too many.
        408 | 429 => true,
        class => !(400..500).contains(&class),
    }
}

/// Whether an error of the server says that another write was first: two errors say so, and async-nats knows
/// one of them.
pub(crate) fn is_conflict(error: &jetstream::Error) -> bool {
    [ErrorCode::STREAM_WRONG_LAST_SEQUENCE, ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT]
        .contains(&error.error_code())
}
