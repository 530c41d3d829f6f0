//! What is kept in memory of a stream, where the stream becomes another one under it.

use std::time::Duration;

use samvirke_kernel::{
    envelope::{Envelope, EnvelopeError},
    in_memory_projection::{Behind, InMemoryProjection, ProjectionRunner},
    log::Stored,
    stream::guard::Held,
    supervision::Supervisor,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    damage::{Victim, accept},
    rig::{add, id},
    tally::Event,
};

const STREAM: &str = "TALLIES";
const WITHIN: Duration = Duration::from_secs(40);

/// The sum of everything that was added.
#[derive(Debug, Default)]
struct Sum(i64);

impl InMemoryProjection for Sum {
    fn take(&mut self, commit: &Stored, envelope: &Envelope) -> Result<(), EnvelopeError> {
        for Event::Added { amount } in envelope.events(commit.sequence)? {
            self.0 += amount;
        }
        Ok(())
    }
}

/// Waits until a projection is at `sequence`, and not beyond.
async fn is_at(reached: &mut watch::Receiver<u64>, sequence: u64) -> anyhow::Result<()> {
    tokio::time::timeout(WITHIN, reached.wait_for(|at| *at == sequence)).await??;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_in_memory_projection_begins_anew_where_the_stream_lost_what_it_took()
-> anyhow::Result<()> {
    let (mut victim, repository, backup) = Victim::with_an_older_copy().await?;
    let supervisor = Supervisor::new(CancellationToken::new());
    let sum: ProjectionRunner<Sum> =
        ProjectionRunner::start("sums", repository.log().clone(), &supervisor);
    let mut reached = sum.reached();
    is_at(&mut reached, 2).await?;
    assert_eq!(sum.now().await.0, 7);

    // It has nothing to take, and nothing tells it that what it took is gone.
    victim.damage(STREAM, |files| files.put_back(&backup)).await?;
    is_at(&mut reached, 1).await?;
    assert_eq!(sum.now().await.0, 3, "what the stream does not have is not counted");

    // What comes next is another commit at the sequence of the one that was lost.
    accept(&victim).await?;
    let other = victim.repository().await?;
    let log = other.log();
    assert_eq!(log.read(&log.subject("tally", &id("a")), 0).await?.len(), 1);
    add(&other, "a", 10).await?;
    is_at(&mut reached, 2).await?;
    assert_eq!(sum.now().await.0, 13);
    supervisor.shutdown().cancel();
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_known_of_a_stream_that_has_lost_its_tail_is_not_used_until_it_is_accepted()
-> anyhow::Result<()> {
    let (mut victim, repository, backup) = Victim::with_an_older_copy().await?;
    let supervisor = Supervisor::new(CancellationToken::new());
    let sum: ProjectionRunner<Sum> =
        ProjectionRunner::start("sums", repository.log().clone(), &supervisor);
    assert_eq!(sum.at(&[]).await?.0, 7);

    victim.damage(STREAM, |files| files.put_back(&backup)).await?;
    is_at(&mut sum.reached(), 1).await?;
    let used = sum.at(&[]).await.map(|sum| sum.0);
    assert!(matches!(used, Err(Behind::Held(Held::Damaged { .. }))), "{used:?}");

    accept(&victim).await?;
    let again = async { while sum.at(&[]).await.is_err() {} };
    tokio::time::timeout(WITHIN, again).await?;
    assert_eq!(sum.at(&[]).await?.0, 3);
    supervisor.shutdown().cancel();
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_in_memory_projection_with_nothing_to_take_begins_anew_where_its_stream_is_replaced()
-> anyhow::Result<()> {
    let victim = Victim::start().await?;
    let repository = victim.repository().await?;
    add(&repository, "a", 3).await?;
    add(&repository, "a", 4).await?;
    let log = repository.log();
    let supervisor = Supervisor::new(CancellationToken::new());
    let sum: ProjectionRunner<Sum> = ProjectionRunner::start("sums", log.clone(), &supervisor);
    let mut reached = sum.reached();
    is_at(&mut reached, 2).await?;

    log.jetstream().delete_stream(STREAM).await?;
    accept(&victim).await?;
    add(&victim.repository().await?, "b", 5).await?;
    is_at(&mut reached, 1).await?;
    assert_eq!(sum.now().await.0, 5);
    supervisor.shutdown().cancel();
    Ok(())
}
