//! Which commits a projection takes in one transaction.
//!
//! What belongs together is never divided. A projection that follows takes each commit as it comes; one
//! that has to catch up takes many at once, because a row that ten of them change is then written once.

use std::time::Duration;

use futures::{Stream, StreamExt, future::poll_immediate};
use tokio::time::{Instant, timeout, timeout_at};

use crate::log::{ReadError, Stored};

/// The most commits taken in one transaction, give or take the rest of an atomic batch.
pub const BATCH_COMMITS_MAX: usize = 5_000;
/// From this many bytes on nothing more is taken, save the rest of an atomic batch.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long commits at hand wait for those that the server says are to come.
pub const BATCH_WAIT_MAX: Duration = Duration::from_millis(100);
/// How long the rest of an atomic batch is waited for before it is asked whether there is one: the server
/// stores a batch at once, and only damage takes a part of it away.
const REST_WITHIN: Duration = Duration::from_secs(1);

/// Takes with the first commit what has arrived, and what the server says is still to come, to the
/// end of an atomic batch. None when the stream's messages ended. `ends_with` says whether the stream ends with
/// a commit, what an operator has accepted as lost left out.
///
/// # Errors
///
/// [`ReadError`], when a commit could not be read; those before it come again.
pub(super) async fn gather<E: Future<Output = bool>>(
    first: Option<Result<Stored, ReadError>>,
    commits: &mut (impl Stream<Item = Result<Stored, ReadError>> + Unpin),
    ends_with: impl Fn(u64) -> E,
) -> Result<Option<Vec<Stored>>, ReadError> {
    let Some(first) = first.transpose()? else { return Ok(None) };
    let until = Instant::now() + BATCH_WAIT_MAX;
    let (mut more_in_batch, mut pending) = (first.more_in_batch, first.pending);
    let mut bytes = first.payload.len();
    let (mut last, mut batch) = (first.sequence, vec![first]);
    loop {
        let next = if more_in_batch {
            match timeout(REST_WITHIN, commits.next()).await {
                Ok(Some(next)) => next?,
                Ok(None) => return Ok(None),
                Err(_silent) if ends_with(last).await => return Ok(Some(batch)),
                Err(_silent) => continue,
            }
        } else if batch.len() >= BATCH_COMMITS_MAX || bytes >= BATCH_BYTES_MAX {
            return Ok(Some(batch));
        } else {
            let next = if pending.unwrap_or(0) > 0 {
                // Breaking off this wait drops nothing that has arrived.
                timeout_at(until, commits.next()).await.ok()
            } else {
                // What is told to be the last of the stream is not kept waiting.
                poll_immediate(commits.next()).await
            };
            match next.flatten() {
                Some(next) => next?,
                None => return Ok(Some(batch)),
            }
        };
        (more_in_batch, pending) = (next.more_in_batch, next.pending);
        bytes += next.payload.len();
        last = next.sequence;
        batch.push(next);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::DateTime;
    use futures::stream;

    use super::*;

    fn commit(sequence: u64, pending: u64) -> Stored {
        Stored {
            subject: "es.test.a.tally.b".into(),
            sequence,
            stored_at: DateTime::UNIX_EPOCH,
            payload: Bytes::from_static(b"{}"),
            more_in_batch: false,
            pending: Some(pending),
        }
    }

    /// Commits of which each arrives a moment after it was asked for.
    fn arriving(
        commits: Vec<Stored>,
    ) -> impl Stream<Item = Result<Stored, ReadError>> + Unpin + Send {
        Box::pin(stream::iter(commits).then(async |commit| {
            tokio::task::yield_now().await;
            Ok(commit)
        }))
    }

    async fn sequences(
        first: Stored,
        mut commits: impl Stream<Item = Result<Stored, ReadError>> + Unpin,
    ) -> Vec<u64> {
        let ends_with = |_| async { false };
        let batch = gather(Some(Ok(first)), &mut commits, ends_with).await;
        let batch = batch.unwrap().unwrap_or_default();
        batch.iter().map(|commit| commit.sequence).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_server_says_is_to_come_is_taken_with_the_rest() {
        let others = vec![commit(2, 2), commit(3, 1), commit(4, 0), commit(5, 0)];
        assert_eq!(sequences(commit(1, 3), arriving(others)).await, [1, 2, 3, 4]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_commit_of_the_stream_is_not_kept_waiting() {
        let asked = Instant::now();
        assert_eq!(sequences(commit(1, 0), stream::pending()).await, [1]);
        assert!(asked.elapsed() < BATCH_WAIT_MAX, "waited {:?}", asked.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_commit_that_does_not_come_is_waited_for_only_so_long() {
        let commits = arriving(vec![commit(2, 7)]).chain(stream::pending());
        let gathered = tokio::time::timeout(BATCH_WAIT_MAX * 2, sequences(commit(1, 8), commits));
        assert_eq!(gathered.await.unwrap(), [1, 2]);
    }

    #[tokio::test]
    async fn a_batch_ends_at_the_most_commits() {
        let many = stream::iter((2..).map(|sequence| Ok(commit(sequence, 9))));
        assert_eq!(sequences(commit(1, 9), many).await.len(), BATCH_COMMITS_MAX);
    }

    #[tokio::test]
    async fn a_batch_ends_at_the_most_bytes() {
        let large = |sequence| Stored {
            payload: Bytes::from_static(&[b' '; BATCH_BYTES_MAX / 4]),
            ..commit(sequence, 9)
        };
        let many = stream::iter((2..).map(|sequence| Ok(large(sequence))));
        assert_eq!(sequences(large(1), many).await, [1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn an_atomic_batch_is_taken_to_its_end() {
        let member = |sequence| Stored { more_in_batch: true, ..commit(sequence, 0) };
        let others = vec![member(2), commit(3, 0), commit(4, 0)];
        assert_eq!(sequences(member(1), arriving(others)).await, [1, 2, 3]);
        let unfinished = sequences(member(1), arriving(vec![member(2)])).await;
        assert!(unfinished.is_empty(), "half of an atomic batch was taken: {unfinished:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_rest_of_an_atomic_batch_is_not_waited_for_once_the_stream_ends_before_it() {
        let member = |sequence| Stored { more_in_batch: true, ..commit(sequence, 0) };
        let mut commits = arriving(vec![member(2)]).chain(stream::pending());
        // The rest was lost, and an operator accepted it while it was waited for.
        let asked = std::cell::Cell::new(0);
        let ends_with = |last| {
            asked.set(asked.get() + 1);
            std::future::ready(last == 2 && asked.get() == 3)
        };
        let batch = gather(Some(Ok(member(1))), &mut commits, ends_with).await.unwrap().unwrap();
        assert_eq!(batch.iter().map(|commit| commit.sequence).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(asked.get(), 3);
    }
}
