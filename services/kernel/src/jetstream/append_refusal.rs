//! What a refusal of the server says of a message that was to be stored.

use async_nats::jetstream::ErrorCode;

use super::server_error::{ServerError, may_pass};
use crate::append_error::AppendError;

/// What the server cannot do now and may do later, though its class does not say that it did nothing. It
/// says so before it stores anything.
const BUSY: [ErrorCode; 8] = [
    // Also where the disk has no room for the part that was sent before.
    ErrorCode::ATOMIC_PUBLISH_INCOMPLETE_BATCH,
    ErrorCode::CLUSTER_NO_PEERS,
    ErrorCode::CLUSTER_NOT_ACTIVE,
    ErrorCode::CLUSTER_NOT_AVAILABLE,
    ErrorCode::CLUSTER_NOT_LEADER,
    ErrorCode::INSUFFICIENT_RESOURCES,
    ErrorCode::STREAM_OFFLINE,
    ErrorCode::STREAM_OFFLINE_REASON,
];
/// Limits of storage. The server compares with them before it stores anything.
const NO_ROOM: [ErrorCode; 4] = [
    ErrorCode::ACCOUNT_RESOURCES_EXCEEDED,
    ErrorCode::MEMORY_RESOURCES_EXCEEDED,
    ErrorCode::STORAGE_RESOURCES_EXCEEDED,
    ErrorCode::STREAM_MAX_STREAM_BYTES_EXCEEDED,
];
/// How a store says that one of its own limits would be passed, before it stores anything. The error is
/// that of a write which failed (10077); only the description tells them apart.
const STORE_LIMITS: [&str; 2] = ["maximum bytes exceeded", "maximum messages exceeded"];

impl ServerError {
    /// What the refusal says of a message that was to be stored. It is unknown whether it was, unless the
    /// error, or a class of the caller's mistakes, says for certain that it was not.
    pub(crate) fn of_append(self) -> AppendError {
        let Self { code: class, err_code, description } = self;
        let code = err_code.0;
        match err_code {
            ErrorCode::STREAM_WRONG_LAST_SEQUENCE => AppendError::Conflict { in_flight: false },
            ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT => {
                AppendError::Conflict { in_flight: true }
            }
            ErrorCode::STREAM_STORE_FAILED if STORE_LIMITS.contains(&description.as_str()) => {
                AppendError::NoRoom { code, description }
            }
            _ if NO_ROOM.contains(&err_code) => AppendError::NoRoom { code, description },
            _ if BUSY.contains(&err_code) || class == 429 => {
                AppendError::Busy { code, description }
            }
            _ if !may_pass(class) => AppendError::Refused { code, description },
            // Also a write that failed in the middle.
            _ => AppendError::Unknown { reason: format!("{description} ({class}, error {code})") },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(code: u16, err_code: u64, description: &str) -> AppendError {
        let (err_code, description) = (ErrorCode(err_code), description.to_owned());
        ServerError { code, err_code, description }.of_append()
    }

    #[test]
    fn another_write_that_was_first_is_a_conflict_by_either_of_two_errors() {
        assert_eq!(append(400, 10_071, ""), AppendError::Conflict { in_flight: false });
        assert_eq!(append(400, 10_164, ""), AppendError::Conflict { in_flight: true });
    }

    #[test]
    fn only_a_refusal_that_comes_before_storing_says_that_nothing_was_stored() {
        let busy = [
            (400, 10_005),
            (500, 10_006),
            (503, 10_008),
            (500, 10_009),
            (503, 10_023),
            (500, 10_118),
            (400, 10_176),
            (500, 10_194),
        ];
        for (code, err_code) in busy {
            let told = append(code, err_code, "");
            assert!(matches!(told, AppendError::Busy { .. }), "{err_code}: {told:?}");
        }
        for (code, err_code) in [(400, 10_002), (500, 10_028), (500, 10_047), (400, 10_122)] {
            let told = append(code, err_code, "");
            assert!(matches!(told, AppendError::NoRoom { .. }), "{err_code}: {told:?}");
        }
        for limit in STORE_LIMITS {
            let full = append(503, 10_077, limit);
            assert!(matches!(full, AppendError::NoRoom { .. }), "{full:?}");
        }
        let torn = append(503, 10_077, "write 1.blk: no space left on device");
        assert!(matches!(torn, AppendError::Unknown { .. }), "{torn:?}");
    }

    #[test]
    fn the_class_decides_what_may_be_tried_again_where_the_error_is_not_known() {
        // The server's trouble: it may have stored the message before, so the stream is asked.
        for code in [500, 503, 504, 0, 408] {
            let told = append(code, 19_999, "new");
            assert!(matches!(told, AppendError::Unknown { .. }), "{code}: {told:?}");
        }
        // Too many at once: 10167, 10210 and 10211 are told by it.
        for err_code in [10_167, 10_210, 10_211, 19_999] {
            let told = append(429, err_code, "");
            assert!(matches!(told, AppendError::Busy { .. }), "{err_code}: {told:?}");
        }
        // The message itself: sending it again is of no use.
        for code in [400, 403, 404, 409, 499] {
            let told = append(code, 19_999, "new");
            assert!(matches!(told, AppendError::Refused { code: 19_999, .. }), "{code}: {told:?}");
        }
        assert!(matches!(append(400, 10_054, ""), AppendError::Refused { code: 10_054, .. }));
    }
}
