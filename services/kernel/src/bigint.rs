//! Sequences and versions as PostgreSQL holds them: its `bigint` is signed.

/// A sequence as it is stored; one that no stream comes to is the largest there is.
pub fn to_bigint(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

/// A stored sequence; a negative one, which nobody writes, is none at all.
pub fn from_bigint(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}
