//! The stream itself, and projections that must notice what became of it.

use std::{sync::Mutex, time::Duration};

use samvirke_kernel::{
    log::{Log, ReadError, Stored},
    projection::{self, Checkpoint, Halted, Progress, Projection, TakeError, reached},
    stream::{
        self, StreamError,
        examine::Damage,
        set_up::{adopt, weigh},
    },
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::rig::{CONTEXT, Rig, id, pending};

/// A read model of sequences; one of them may be more than it can take.
#[derive(Default)]
struct Sequences {
    kept: Mutex<(Option<Checkpoint>, Vec<u64>, Vec<u64>)>,
    poison: Option<u64>,
}

impl Sequences {
    fn advance(
        &self,
        from: &Checkpoint,
        to: &Checkpoint,
        take: impl FnOnce(&mut Vec<u64>, &mut Vec<u64>),
    ) -> Result<(), TakeError> {
        let mut kept = self.kept.lock().unwrap();
        if kept.0.as_ref().map_or(0, |at| at.sequence) != from.sequence {
            return Err(TakeError::Fenced);
        }
        kept.0 = Some(to.clone());
        let (_, taken, parked) = &mut *kept;
        take(taken, parked);
        Ok(())
    }
}

impl Projection for Sequences {
    fn name(&self) -> &str {
        "sequences"
    }

    async fn checkpoint(&self, _stream: &str) -> Result<Option<Checkpoint>, TakeError> {
        Ok(self.kept.lock().unwrap().0.clone())
    }

    async fn take(
        &self,
        commits: &[Stored],
        from: &Checkpoint,
        to: &Checkpoint,
    ) -> Result<(), TakeError> {
        if commits.iter().any(|commit| Some(commit.sequence) == self.poison) {
            return Err(TakeError::Poison { reason: "indigestible".into() });
        }
        self.advance(from, to, |taken, _| {
            taken.extend(commits.iter().map(|commit| commit.sequence));
        })
    }

    async fn park(
        &self,
        commit: &Stored,
        _reason: &str,
        from: &Checkpoint,
        to: &Checkpoint,
    ) -> Result<(), TakeError> {
        self.advance(from, to, |_, parked| parked.push(commit.sequence))
    }
}

pub(crate) async fn a_stream_that_is_gone_is_never_read_as_one_without_commits(
    rig: &Rig,
) -> anyhow::Result<()> {
    let log = rig.log().await?;
    log.append(vec![pending(&log, "a", 0)]).await?;
    let subject = log.subject("tally", &id("b"));
    assert!(log.first_from(&subject, 1).await?.is_none());
    log.jetstream().delete_stream(&log.identity().name).await?;
    let gone = log.first_from(&subject, 1).await;
    assert!(matches!(gone, Err(ReadError::Unreachable { .. })), "{gone:?}");
    Ok(())
}

pub(crate) async fn a_stream_with_other_settings_is_an_error_that_names_them(
    rig: &Rig,
) -> anyhow::Result<()> {
    let client = rig.client().await?;
    let js = async_nats::jetstream::new(client.clone());
    let mut other = stream::kinds::event_stream(CONTEXT, rig.replicas);
    other.max_messages = 1_000_000;
    other.allow_direct = false;
    js.create_stream(other).await?;
    match Log::open(client, CONTEXT, rig.replicas).await {
        Err(StreamError::OtherSettings { differences, .. }) => {
            assert!(
                differences.contains("max_messages is 1000000 and should be -1"),
                "{differences}"
            );
            assert!(
                differences.contains("allow_direct is false and should be true"),
                "{differences}"
            );
        }
        other => panic!("{other:?}"),
    }
    Ok(())
}

pub(crate) async fn a_projection_of_a_stream_that_was_replaced_halts(
    rig: &Rig,
) -> anyhow::Result<()> {
    let log = rig.log().await?;
    log.append(vec![pending(&log, "a", 0)]).await?;
    let projection = Sequences::default();
    run_until(&projection, &log, 1).await;
    log.jetstream().delete_stream(&log.identity().name).await?;
    let settings = stream::kinds::event_stream(CONTEXT, rig.replicas);
    let client = rig.client().await?;
    let adoption = weigh(&client, &settings).await?;
    assert_eq!(adoption.damage, Some(Damage::Missing));
    adopt(&client, rig.replicas, adoption).await?;
    let log = rig.log().await?;
    log.append(vec![pending(&log, "a", 0)]).await?;
    let (progress, _) = watch::channel(Progress::default());
    let halted = projection::run(&projection, &log, &progress, &CancellationToken::new()).await;
    assert!(matches!(halted, Err(Halted::OtherStream { checkpoint: 1, .. })), "{halted:?}");
    assert!(progress.borrow().halted);
    Ok(())
}

pub(crate) async fn a_projection_with_nothing_to_take_halts_when_its_stream_is_replaced(
    rig: &Rig,
) -> anyhow::Result<()> {
    let log = rig.log().await?;
    log.append(vec![pending(&log, "a", 0)]).await?;
    let projection = Sequences::default();
    let (progress, mut watched) = watch::channel(Progress::default());
    let shutdown = CancellationToken::new();
    let replaced = async {
        assert!(reached(&mut watched, 1, Duration::from_secs(20)).await);
        log.jetstream().delete_stream(&log.identity().name).await?;
        let settings = stream::kinds::event_stream(CONTEXT, rig.replicas);
        let client = rig.client().await?;
        adopt(&client, rig.replicas, weigh(&client, &settings).await?).await?;
        let anew = rig.log().await?;
        anew.append(vec![pending(&anew, "a", 0)]).await?;
        anyhow::Ok(())
    };
    let running = projection::run(&projection, &log, &progress, &shutdown);
    let running = tokio::time::timeout(Duration::from_secs(60), running);
    let (ended, replaced) = tokio::join!(running, replaced);
    replaced?;
    let halted = ended?;
    assert!(matches!(halted, Err(Halted::OtherStream { checkpoint: 1, .. })), "{halted:?}");
    assert_eq!(projection.kept.lock().unwrap().1, [1], "nothing of the other stream is taken");
    Ok(())
}

pub(crate) async fn a_projection_that_has_come_further_than_the_stream_halts(
    rig: &Rig,
) -> anyhow::Result<()> {
    let log = rig.log().await?;
    log.append(vec![pending(&log, "a", 0)]).await?;
    let projection = Sequences::default();
    projection.kept.lock().unwrap().0 =
        Some(Checkpoint { stream: log.identity().clone(), sequence: 7, digest: None });
    let (progress, _) = watch::channel(Progress::default());
    let halted = projection::run(&projection, &log, &progress, &CancellationToken::new()).await;
    assert!(matches!(halted, Err(Halted::Truncated { checkpoint: 7, last: 1, .. })), "{halted:?}");
    Ok(())
}

pub(crate) async fn a_poisonous_commit_is_parked_and_the_rest_goes_on(
    rig: &Rig,
) -> anyhow::Result<()> {
    let log = rig.log().await?;
    for n in 0..5 {
        log.append(vec![pending(&log, &format!("p-{n}"), 0)]).await?;
    }
    let projection = Sequences { poison: Some(3), ..Sequences::default() };
    run_until(&projection, &log, 5).await;
    let kept = projection.kept.lock().unwrap();
    assert_eq!((kept.1.as_slice(), kept.2.as_slice()), ([1, 2, 4, 5].as_slice(), [3].as_slice()));
    Ok(())
}

pub(crate) async fn what_a_store_forgot_in_a_crash_is_taken_again(rig: &Rig) -> anyhow::Result<()> {
    let log = rig.log().await?;
    for n in 0..3 {
        log.append(vec![pending(&log, &format!("f-{n}"), 0)]).await?;
    }
    let projection = Sequences::default();
    let (progress, mut watched) = watch::channel(Progress::default());
    let shutdown = CancellationToken::new();
    let forget = async {
        assert!(reached(&mut watched, 3, Duration::from_secs(20)).await);
        // Nothing more is ever written, so no commit tells the runner.
        let at = Checkpoint { stream: log.identity().clone(), sequence: 1, digest: None };
        *projection.kept.lock().unwrap() = (Some(at), vec![1], Vec::new());
        let again = watched.wait_for(|progress| progress.sequence < 3);
        let lower = tokio::time::timeout(Duration::from_secs(20), again).await.is_ok();
        assert!(lower, "queries would go on as if nothing was lost");
        assert!(reached(&mut watched, 3, Duration::from_secs(20)).await);
        shutdown.cancel();
    };
    let (ended, ()) =
        tokio::join!(projection::run(&projection, &log, &progress, &shutdown), forget);
    ended?;
    assert_eq!(projection.kept.lock().unwrap().1, [1, 2, 3]);
    Ok(())
}

async fn run_until(projection: &Sequences, log: &Log, sequence: u64) {
    let (progress, mut watched) = watch::channel(Progress::default());
    let shutdown = CancellationToken::new();
    let (result, there) =
        tokio::join!(projection::run(projection, log, &progress, &shutdown), async {
            let there = reached(&mut watched, sequence, Duration::from_secs(20)).await;
            shutdown.cancel();
            there
        });
    result.unwrap();
    assert!(there, "the projection did not come to {sequence}");
}
