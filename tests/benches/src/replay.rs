//! Events a second through `evolve`: every aggregate of a stream folded from its first commit.
//!
//! Beside it, how fast the same messages come when nobody looks at them, and how fast they fold when
//! they need not come.

use std::{collections::HashMap, time::Instant};

use async_nats::jetstream::consumer::{Consumer, DeliverPolicy, pull};
use futures::StreamExt;
use samvirke_kernel::{
    committer::Tuning,
    loaded::Loaded,
    log::{Log, Stored},
};
use samvirke_networks::cooperation::Cooperation;

use crate::{
    Effort,
    drive::median,
    history::{self, COMMITS_EACH, Extent},
    rig::{Nats, raw},
    sample::id,
    table::{Table, ratio, say, whole},
};

const EXTENT: Extent = Extent { cooperations: 20_000, together: 1_000 };
const EXTENT_QUICK: Extent = Extent { cooperations: 500, together: 500 };

/// Runs the bench.
///
/// # Errors
///
/// When the server cannot be started, or a replay does not end where the history does.
pub(crate) async fn run(effort: Effort) -> anyhow::Result<()> {
    let nats = Nats::start().await?;
    let log = nats.log(Tuning::default()).await?;
    let extent = if effort.quick { EXTENT_QUICK } else { EXTENT };
    say(&format!("writing {} commits of one event", extent.commits()));
    history::write(&log, extent).await?;
    let (mut replayed, mut counted, mut followed, mut folded) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // The first round warms up: the server's cache, the connection.
    for round in 0..=effort.rounds {
        let rates = [
            count(&log, extent).await?,
            replay(&log, extent).await?,
            follow(&log, extent).await?,
            fold(&log, extent).await?,
        ];
        if round > 0 {
            counted.push(rates[0]);
            replayed.push(rates[1]);
            followed.push(rates[2]);
            folded.push(rates[3]);
        }
    }
    let (replayed, counted) = (median(replayed), median(counted));
    let head = ["", "events a second"].map(str::to_owned);
    let mut table = Table::new("Replaying a stream, one event a commit", head);
    table.row("kernel: follow, decode, evolve", [Some(whole(replayed))]);
    table.row("kernel: follow only", [Some(whole(median(followed)))]);
    table.row("kernel: decode and evolve, from memory", [Some(whole(median(folded)))]);
    table.row("raw ordered consumer, counting", [Some(whole(counted))]);
    table.print();
    ratio("replay-vs-raw", replayed, counted);
    Ok(())
}

/// Every aggregate, by its subject.
#[derive(Default)]
struct Aggregates(HashMap<String, Loaded<Cooperation>>);

impl Aggregates {
    fn take(&mut self, commit: &Stored) -> anyhow::Result<()> {
        match self.0.get_mut(&commit.subject) {
            Some(loaded) => loaded.fold(commit)?,
            None => {
                let local = commit.subject.rsplit('.').next().unwrap_or_default();
                let mut loaded = Loaded::empty(id(local));
                loaded.fold(commit)?;
                self.0.insert(commit.subject.clone(), loaded);
            }
        }
        Ok(())
    }

    fn check(&self, extent: Extent) -> anyhow::Result<()> {
        let whole = self.0.values().filter(|loaded| loaded.version == COMMITS_EACH as u64).count();
        anyhow::ensure!(
            whole == extent.cooperations,
            "{whole} aggregates were replayed to the end"
        );
        Ok(())
    }
}

async fn replay(log: &Log, extent: Extent) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let aggregates =
        samvirke_kernel::replay::replay::<Cooperation>(log, extent.commits() as u64).await?;
    let rate = per_second(extent, begun);
    let whole = aggregates.values().filter(|loaded| loaded.version == COMMITS_EACH as u64).count();
    anyhow::ensure!(whole == extent.cooperations, "{whole} aggregates were replayed to the end");
    Ok(rate)
}

async fn follow(log: &Log, extent: Extent) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let mut commits = log.follow(0).await?.take(extent.commits());
    while let Some(commit) = commits.next().await {
        commit?;
    }
    Ok(per_second(extent, begun))
}

async fn fold(log: &Log, extent: Extent) -> anyhow::Result<f64> {
    let commits: Vec<_> = log.follow(0).await?.take(extent.commits()).collect().await;
    let commits = commits.into_iter().collect::<Result<Vec<Stored>, _>>()?;
    let begun = Instant::now();
    let mut aggregates = Aggregates::default();
    for commit in &commits {
        aggregates.take(commit)?;
    }
    let rate = per_second(extent, begun);
    aggregates.check(extent)?;
    Ok(rate)
}

/// As any client could: messages as they come, and nothing done with them.
async fn count(log: &Log, extent: Extent) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let consumer: Consumer<pull::OrderedConfig> = raw(log)
        .create_consumer_on_stream(
            pull::OrderedConfig {
                deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: 1 },
                ..pull::OrderedConfig::default()
            },
            &log.identity().name,
        )
        .await?;
    let mut messages = consumer.messages().await?.take(extent.commits());
    while let Some(message) = messages.next().await {
        message?;
    }
    Ok(per_second(extent, begun))
}

fn per_second(extent: Extent, begun: Instant) -> f64 {
    extent.commits() as f64 / begun.elapsed().as_secs_f64()
}
