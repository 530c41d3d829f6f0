//! Who follows a stream: many through one log, each at its own pace.

use std::sync::atomic::Ordering;

use futures::{Stream, StreamExt, future};
use samvirke_kernel::{
    log::{Log, ReadError, Stored},
    stream,
};

use crate::rig::{CONTEXT, Rig, pending};

/// More than are held for those who follow.
const MORE_THAN_HELD: u64 = 5_000;

/// How many are stored at once: a busy cluster acknowledges so many in time.
const STORED_AT_ONCE: u64 = 200;

/// Stores commits on aggregates of their own, up to `last`.
async fn store_to(log: &Log, last: u64) -> anyhow::Result<()> {
    let mut from = log.last_sequence().await?;
    while from < last {
        let to = last.min(from + STORED_AT_ONCE);
        let appended = (from..to).map(|n| {
            let log = log.clone();
            async move { log.append(vec![pending(&log, &format!("n{n}"), 0)]).await }
        });
        future::try_join_all(appended).await?;
        from = to;
    }
    assert_eq!(log.last_sequence().await?, last);
    Ok(())
}

async fn sequences(
    commits: &mut (impl Stream<Item = Result<Stored, ReadError>> + Unpin),
    count: usize,
) -> anyhow::Result<Vec<u64>> {
    let taken: Vec<_> = commits.take(count).collect().await;
    Ok(taken.into_iter().map(|one| one.map(|one| one.sequence)).collect::<Result<_, _>>()?)
}

pub(crate) async fn many_who_follow_get_every_commit_in_order(rig: &Rig) -> anyhow::Result<()> {
    let log = rig.log().await?;
    log.creations().await?;
    store_to(&log, 20).await?;
    let following = (0..8).map(|_| {
        let log = log.clone();
        async move { sequences(&mut log.follow(0).await?, 100).await }
    });
    let storing = async {
        for last in [30, 31, 60, 100] {
            store_to(&log, last).await?;
        }
        anyhow::Ok(())
    };
    let (followed, stored) = tokio::join!(future::try_join_all(following), storing);
    stored?;
    for sequences in followed? {
        assert_eq!(sequences, (1..=100).collect::<Vec<_>>());
    }
    Ok(())
}

pub(crate) async fn what_is_new_is_sent_once_however_many_follow(rig: &Rig) -> anyhow::Result<()> {
    const NEW: u64 = 200;
    let (reading, writing) = (rig.log().await?, rig.log().await?);
    writing.creations().await?;
    store_to(&writing, 1).await?;
    let mut following = Vec::new();
    for _ in 0..8 {
        following.push(reading.follow(1).await?);
    }
    let received = || reading.client().statistics().in_messages.load(Ordering::Relaxed);
    let before = received();
    store_to(&writing, 1 + NEW).await?;
    for commits in &mut following {
        assert_eq!(sequences(commits, 200).await?, (2..=1 + NEW).collect::<Vec<_>>());
    }
    let received = received() - before;
    assert!((NEW..2 * NEW).contains(&received), "{received} messages for {NEW} commits");
    Ok(())
}

pub(crate) async fn whoever_falls_behind_what_is_held_reads_by_itself(
    rig: &Rig,
) -> anyhow::Result<()> {
    let log = rig.log().await?;
    log.creations().await?;
    store_to(&log, 1).await?;
    let (mut slow, mut quick) = (log.follow(1).await?, log.follow(1).await?);
    let following = async {
        let taken = sequences(&mut quick, MORE_THAN_HELD as usize - 1).await?;
        anyhow::Ok(taken.last().copied())
    };
    let (quick, stored) = tokio::join!(following, store_to(&log, MORE_THAN_HELD));
    stored?;
    assert_eq!(quick?, Some(MORE_THAN_HELD));
    let taken = sequences(&mut slow, MORE_THAN_HELD as usize - 1).await?;
    assert_eq!(taken, (2..=MORE_THAN_HELD).collect::<Vec<_>>());
    store_to(&log, MORE_THAN_HELD + 1).await?;
    assert_eq!(sequences(&mut slow, 1).await?, [MORE_THAN_HELD + 1]);
    Ok(())
}

pub(crate) async fn what_is_held_of_a_history_that_the_stream_has_lost_is_given_to_nobody(
    rig: &Rig,
) -> anyhow::Result<()> {
    let log = rig.log().await?;
    log.creations().await?;
    store_to(&log, 3).await?;
    let mut held = log.follow(0).await?;
    assert_eq!(sequences(&mut held, 3).await?, [1, 2, 3]);
    store_to(&log, 4).await?;
    assert_eq!(sequences(&mut held, 1).await?, [4]);

    // Another stream in its place, which whoever reads has not noticed yet.
    let js = log.jetstream();
    js.delete_stream(&log.identity().name).await?;
    js.create_stream(stream::kinds::event_stream(CONTEXT, rig.replicas)).await?;
    let mut payloads = Vec::new();
    for name in ["x", "y", "z", "u"] {
        let other = pending(&log, name, 0);
        payloads.push(other.payload.clone());
        js.publish(other.subject.to_string(), other.payload).await?.await?;
    }
    let mut anew = log.follow(3).await?;
    let commit = anew.next().await.transpose()?;
    assert_eq!(commit.map(|commit| commit.payload), payloads.pop());
    Ok(())
}
