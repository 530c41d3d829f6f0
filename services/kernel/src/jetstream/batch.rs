//! Atomic batches (ADR-50): messages that are stored together or not at all.

use std::ops::RangeInclusive;

use async_nats::{
    HeaderMap,
    header::{NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL, NATS_BATCH_ID, NATS_BATCH_SEQUENCE},
};

/// A batch that is sent, message by message.
pub(crate) struct Batch {
    id: String,
    messages: usize,
}

impl Batch {
    /// A batch of so many messages.
    pub(crate) fn new(messages: usize) -> Self {
        Self { id: format!("{:032x}", rand::random::<u128>()), messages }
    }

    /// Says in a message's headers that it is the batch's member `index`, counted from 0. The last one
    /// commits the batch, and is the only one that is acknowledged.
    pub(crate) fn mark(&self, index: usize, headers: &mut HeaderMap) {
        headers.insert(NATS_BATCH_ID, self.id.as_str());
        headers.insert(NATS_BATCH_SEQUENCE, (index + 1).to_string());
        if index + 1 == self.messages {
            headers.insert(NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL);
        }
    }

    /// The sequences of all its messages, by that of the last one: nothing is stored in between.
    pub(crate) fn sequences(&self, last: u64) -> RangeInclusive<u64> {
        last + 1 - self.messages as u64..=last
    }
}

/// Whether the message that was stored with these headers is one in the middle of a batch.
pub(crate) fn more_in_batch(headers: &HeaderMap) -> bool {
    headers.get(NATS_BATCH_ID).is_some() && headers.get(NATS_BATCH_COMMIT).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_message_commits_a_batch() {
        let batch = Batch::new(3);
        let marked = |index| {
            let mut headers = HeaderMap::new();
            batch.mark(index, &mut headers);
            let number = headers.get(NATS_BATCH_SEQUENCE).unwrap().as_str().to_owned();
            (number, more_in_batch(&headers))
        };
        assert_eq!(marked(0), ("1".to_owned(), true));
        assert_eq!(marked(1), ("2".to_owned(), true));
        assert_eq!(marked(2), ("3".to_owned(), false));
        assert_eq!(batch.sequences(12).collect::<Vec<_>>(), [10, 11, 12]);
        assert!(!more_in_batch(&HeaderMap::new()), "a message of its own");
    }
}
