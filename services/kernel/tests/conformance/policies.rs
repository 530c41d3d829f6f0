//! A policy whose stream has lost what it had acted on.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use samvirke_kernel::{log::Log, parking::Parking, policy, supervision::Supervisor};
use samvirke_schemas::standing::{TaskState, TaskStatus};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    damage::{STREAM, Victim, accept, noted},
    rig::add,
};

const POLICY: &str = "tests-policy";
/// How long something may take to become so.
const SO_WITHIN: Duration = Duration::from_secs(30);

/// A policy that notes which sequences it has acted on.
struct Acting {
    supervisor: Supervisor,
    acted: Arc<Mutex<Vec<u64>>>,
    _running: DropGuard,
}

impl Acting {
    async fn on(log: Log) -> anyhow::Result<Self> {
        let parking = Parking::make(log.client(), 1).await?;
        let shutdown = CancellationToken::new();
        let (supervisor, acted) = (Supervisor::new(shutdown.clone()), Arc::default());
        let notes: Arc<Mutex<Vec<u64>>> = Arc::clone(&acted);
        policy::supervise(&supervisor, &parking, POLICY, log, move |commit, _| {
            let notes = notes.clone();
            async move {
                notes.lock().unwrap().push(commit.sequence);
                Ok(())
            }
        });
        Ok(Self { supervisor, acted, _running: shutdown.drop_guard() })
    }

    /// Waits until the server knows that everything up to `sequence` is done.
    async fn until_acknowledged(log: &Log, sequence: u64) -> anyhow::Result<()> {
        let stream = log.jetstream().get_stream(STREAM).await?;
        let look = async {
            loop {
                let info = stream.consumer_info(POLICY).await;
                if info.is_ok_and(|info| info.ack_floor.stream_sequence >= sequence) {
                    return;
                }
            }
        };
        Ok(tokio::time::timeout(SO_WITHIN, look).await?)
    }

    async fn until(&self, is_so: impl Fn(&TaskStatus, &[u64]) -> bool) -> anyhow::Result<()> {
        let look = async {
            loop {
                let tasks = self.supervisor.tasks().tasks;
                let task = tasks.iter().find(|task| task.task == format!("policy {POLICY}"));
                if task.is_some_and(|task| is_so(task, &self.acted.lock().unwrap())) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        let ended = tokio::time::timeout(SO_WITHIN, look).await;
        ended.map_err(|_| {
            let acted = self.acted.lock().unwrap().clone();
            anyhow::anyhow!("{:?}, acted on {acted:?}", self.supervisor.tasks().tasks)
        })
    }
}

/// A stream that has lost its fourth commit, and a policy that had acted on all four.
async fn cut(victim: &mut Victim) -> anyhow::Result<()> {
    let repository = victim.repository().await?;
    for _ in 0..4 {
        add(&repository, "a", 1).await?;
    }
    let log = victim.log().await?;
    let acting = Acting::on(log.clone()).await?;
    acting.until(|_, acted| acted == [1, 2, 3, 4]).await?;
    Acting::until_acknowledged(&log, 4).await?;
    noted(repository.log(), 4).await?;
    drop(acting);
    victim.damage(STREAM, |files| files.cut_tail(100)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_acts_on_what_comes_after_a_lost_tail_once_it_is_accepted() -> anyhow::Result<()> {
    let mut victim = Victim::start().await?;
    cut(&mut victim).await?;
    let acting = Acting::on(victim.log().await?).await?;
    accept(&victim).await?;
    add(&victim.repository().await?, "a", 1).await?;
    acting.until(|_, acted| acted == [4]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_whose_place_is_beyond_the_streams_end_halts_until_the_stream_is_accepted()
-> anyhow::Result<()> {
    let mut victim = Victim::start().await?;
    cut(&mut victim).await?;
    // The server brings a place back to the stream's end when it starts; here it did not.
    let log = victim.log().await?;
    let stream = log.jetstream().get_stream(STREAM).await?;
    stream.delete_consumer(POLICY).await?;
    let beyond = pull::Config {
        durable_name: Some(POLICY.into()),
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: 5 },
        ack_policy: AckPolicy::Explicit,
        max_ack_pending: 1,
        ..pull::Config::default()
    };
    stream.create_consumer(beyond).await?;

    let halted = Acting::on(log).await?;
    let why = "tests-policy is at 4 in TALLIES, which ends at 3";
    let is_halted = |task: &TaskStatus, _: &[u64]| {
        task.state == TaskState::Halted
            && task.reason.as_ref().is_some_and(|reason| reason.contains(why))
    };
    halted.until(is_halted).await?;
    drop(halted);
    accept(&victim).await?;
    let acting = Acting::on(victim.log().await?).await?;
    add(&victim.repository().await?, "a", 1).await?;
    acting.until(|task, acted| task.state == TaskState::Running && acted == [4]).await
}
