//! Which errors of the store park an event, and which let it be tried again.

use super::*;
use crate::{
    envelope::EnvelopeError,
    loaded::{Break, BrokenHistory},
    stream::{examine::Damage, guard::Held},
};

/// Every error that a store has, with whether it parks.
fn errors() -> Vec<(StoreError, bool)> {
    let (code, description) = (10_077, || "the server's words".to_owned());
    let appending = [
        // They pass by themselves, or an operator makes room or accepts the stream.
        (AppendError::Conflict { in_flight: true }, false),
        (AppendError::Overloaded, false),
        (AppendError::Late, false),
        (AppendError::Busy { code, description: description() }, false),
        (AppendError::NoRoom { code, description: description() }, false),
        (AppendError::Refused { code, description: description() }, false),
        (AppendError::Held(Held::Unread { stream: "CASES".into() }), false),
        (AppendError::Held(Held::Gaps { stream: "CASES".into(), gaps: "2".into() }), false),
        (
            AppendError::Held(Held::Damaged { stream: "CASES".into(), damage: Damage::Missing }),
            false,
        ),
        (AppendError::Unknown { reason: "no answer".into() }, false),
        // The same decision is as large the next time.
        (AppendError::TooLarge { bytes: 2_000_000 }, true),
    ];
    let broken = BrokenHistory {
        aggregate: "case prove:1".into(),
        version: 3,
        expected: 2,
        sequence: 7,
        reason: Break::Missing,
    };
    let unknown = EnvelopeError::UnknownType { sequence: 7, tag: "from-the-future".into() };
    let malformed = serde_json::from_str::<u8>("x").unwrap_err();
    let others = [
        (StoreError::Read(ReadError::TimedOut { stream: "CASES".into() }), false),
        (StoreError::History(unknown), true),
        (StoreError::Broken(broken), true),
        (StoreError::Write(malformed), true),
        (StoreError::TooManyEvents { events: 257 }, true),
        (StoreError::TooLarge { bytes: 600_000 }, true),
        (
            StoreError::HistoryTooLarge { history: 9_000_000, bytes: 20_000, bytes_max: 16_384 },
            true,
        ),
    ];
    appending
        .map(|(error, parks)| (StoreError::Append(error), parks))
        .into_iter()
        .chain(others)
        .collect()
}

#[test]
fn what_will_pass_is_tried_again_and_what_will_not_is_parked() {
    for (error, parks) in errors() {
        let of_policy = PolicyError::from(&error);
        let parked = matches!(of_policy, PolicyError::Park { .. });
        assert_eq!(parked, parks, "{error:?} is {of_policy:?}");
        let (PolicyError::Park { reason } | PolicyError::TryAgain { reason }) = of_policy;
        assert_eq!(reason, chain(&error), "an operator is told why");
    }
}
