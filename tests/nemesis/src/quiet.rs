//! Waiting until nothing is left to do, and reading the streams then.

use std::time::Duration;

use anyhow::Context;
use async_nats::{
    ConnectOptions,
    jetstream::{self, consumer},
};
use futures::{StreamExt, TryStreamExt};
use samvirke_kernel::{
    envelope::Envelope,
    log::{Log, Stored},
};
use samvirke_tests::NatsAddress;

use crate::violation::ensure_invariant;

/// The contexts with streams.
pub(crate) const CONTEXTS: [&str; 3] = ["networks", "cases", "meetings"];
/// How long the policies may take for what is left.
const QUIET_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// One commit as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Commit {
    pub(crate) stored: Stored,
    pub(crate) envelope: Envelope,
}

/// All commits of all streams, once the policies have acted on all of them.
pub(crate) async fn streams(nats: &NatsAddress) -> anyhow::Result<Vec<Commit>> {
    let client = connect(nats).await?;
    let mut logs = Vec::new();
    for context in CONTEXTS {
        logs.push(Log::open(client.clone(), context, 1).await?);
    }
    let mut look = tokio::time::interval(LOOK_EVERY);
    let quiet = async {
        loop {
            look.tick().await;
            let before = ends(&logs).await?;
            if waiting(&logs).await?.is_none() && before == ends(&logs).await? {
                return anyhow::Ok(());
            }
        }
    };
    if tokio::time::timeout(QUIET_WITHIN, quiet).await.map(|quiet| quiet.is_ok()) != Ok(true) {
        let waiting = waiting(&logs).await?;
        ensure_invariant!(
            waiting.is_none(),
            "a policy stands still: {}",
            waiting.unwrap_or_default()
        );
    }
    let mut commits = Vec::new();
    for log in &logs {
        commits.extend(read(log).await?);
    }
    Ok(commits)
}

/// Connects as the services do.
pub(crate) async fn connect(nats: &NatsAddress) -> anyhow::Result<async_nats::Client> {
    ConnectOptions::with_user_and_password(nats.user.clone(), nats.password.clone())
        .connect(&nats.url)
        .await
        .context("NATS does not answer")
}

async fn ends(logs: &[Log]) -> anyhow::Result<Vec<u64>> {
    let mut ends = Vec::new();
    for log in logs {
        ends.push(log.last_sequence().await?);
    }
    Ok(ends)
}

/// A policy that has not acted on everything yet.
async fn waiting(logs: &[Log]) -> anyhow::Result<Option<String>> {
    for log in logs {
        let stream = log.jetstream().get_stream(&log.identity().name).await?;
        let consumers: Vec<consumer::Info> = stream.consumers().try_collect().await?;
        let late = consumers.iter().find(|info| {
            info.config.durable_name.is_some() && (info.num_pending > 0 || info.num_ack_pending > 0)
        });
        if let Some(info) = late {
            let at = info.ack_floor.stream_sequence;
            return Ok(Some(format!("{} is at {at}, {} wait", info.name, info.num_pending)));
        }
    }
    Ok(None)
}

async fn read(log: &Log) -> anyhow::Result<Vec<Commit>> {
    let end = usize::try_from(log.last_sequence().await?)?;
    let stored: Vec<Stored> = log.follow(0).await?.take(end).try_collect().await?;
    let commit = |stored: Stored| {
        let envelope = Envelope::read(stored.sequence, &stored.payload)?;
        anyhow::Ok(Commit { stored, envelope })
    };
    stored.into_iter().map(commit).collect()
}

/// The JetStream that a client speaks to.
pub(crate) fn jetstream(client: &async_nats::Client) -> jetstream::Context {
    jetstream::new(client.clone())
}
