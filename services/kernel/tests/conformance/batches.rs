//! Commits that travel together.

use futures::future;
use samvirke_kernel::committer::{AppendError, Tuning};
use samvirke_kernel::log::Log;

use crate::rig::{CONTEXT, Rig, pending};

/// Everything that waits goes in batches, never as single publishes.
async fn batching(rig: &Rig) -> anyhow::Result<Log> {
    let tuning = Tuning { single_max: 0, batches_in_flight_max: 1, ..Tuning::default() };
    rig.log().await?;
    Ok(Log::open_tuned(rig.client().await?, CONTEXT, rig.replicas, tuning).await?)
}

pub(crate) async fn one_stale_commit_does_not_fail_its_neighbours(rig: &Rig) -> anyhow::Result<()> {
    let log = batching(rig).await?;
    log.append(vec![pending(&log, "old", 0)]).await?;
    let commits = (0..40).map(|n| {
        let log = log.clone();
        async move {
            // The old one is stale: it expects to be new.
            let name = if n == 17 { "old".to_owned() } else { format!("new-{n}") };
            (n, log.append(vec![pending(&log, &name, 0)]).await)
        }
    });
    for (n, result) in future::join_all(commits).await {
        if n == 17 {
            assert!(matches!(result, Err(AppendError::Conflict { .. })), "{result:?}");
        } else {
            assert!(result.is_ok(), "neighbour {n}: {result:?}");
        }
    }
    assert_eq!(log.last_sequence().await?, 40);
    Ok(())
}

pub(crate) async fn commits_that_belong_together_are_stored_or_refused_together(
    rig: &Rig,
) -> anyhow::Result<()> {
    let log = rig.log().await?;
    let sequences =
        log.append(vec![pending(&log, "register", 0), pending(&log, "case", 0)]).await?;
    assert_eq!(sequences, [1, 2]);
    let half_stale = log.append(vec![pending(&log, "register", 1), pending(&log, "case", 0)]).await;
    assert!(matches!(half_stale, Err(AppendError::Conflict { .. })), "{half_stale:?}");
    assert_eq!(log.last_sequence().await?, 2, "half of a unit was stored");
    Ok(())
}

pub(crate) async fn a_subject_waits_for_its_turn(rig: &Rig) -> anyhow::Result<()> {
    let log = batching(rig).await?;
    log.creations().await?;
    // Two for one subject, the second expecting the first, and a crowd around them.
    let first = log.append(vec![pending(&log, "twice", 0)]);
    let second = log.append(vec![pending(&log, "twice", 1)]);
    let crowd = future::join_all((0..20).map(|n| {
        let log = log.clone();
        async move { log.append(vec![pending(&log, &format!("crowd-{n}"), 0)]).await }
    }));
    let (first, second, crowd) = tokio::join!(first, second, crowd);
    assert_eq!(first?, [1]);
    // It travels after the first: stored where the first came to be at sequence 1, else refused.
    assert!(matches!(second, Ok(_) | Err(AppendError::Conflict { .. })), "{second:?}");
    assert!(crowd.iter().all(Result::is_ok), "{crowd:?}");
    Ok(())
}
