//! Messages a second through the relay: read from the event streams, put into the feed's words and
//! published in one order.
//!
//! Beside it, how fast JetStream takes the very same messages from memory, in full atomic batches, with
//! the same settings and nothing expected of the order.

use std::time::{Duration, Instant};

use anyhow::Context;
use async_nats::{Client, HeaderMap};
use futures::{StreamExt, TryStreamExt};
use samvirke_feed::{
    CONTEXTS,
    relay::{self, SOURCES},
};
use samvirke_kernel::{
    committer::BATCH_MESSAGES_MAX,
    log::Log,
    parking::Parking,
    publication::{Publication, Published},
    supervision::Task,
};
use samvirke_schemas::feed;

use crate::{
    Effort,
    drive::median,
    history::{self, Extent},
    rig::Nats,
    table::{Table, ratio, say, whole},
};

const EXTENT: Extent = Extent { cooperations: 4_000, together: 1_000 };
const EXTENT_QUICK: Extent = Extent { cooperations: 200, together: 200 };
/// How long the relay may take before the bench gives up.
const TOLD_MAX: Duration = Duration::from_secs(600);
/// How often it is looked whether all is told.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// The raw side's batches on their way at once; more are no faster.
const RAW_IN_FLIGHT: usize = 2;
const RAW: &str = "RAW";

pub(crate) async fn run(effort: Effort) -> anyhow::Result<()> {
    let extent = if effort.quick { EXTENT_QUICK } else { EXTENT };
    let (mut relayed, mut raw) = (Vec::new(), Vec::new());
    let mut told = 0;
    for _ in 0..effort.rounds {
        let nats = Nats::start().await?;
        let client = nats.client().await?;
        let mut logs = Vec::new();
        for context in CONTEXTS {
            logs.push(Log::set_up(client.clone(), context, 1).await?);
        }
        say(&format!("writing {} commits of one event", extent.commits()));
        history::write(&logs[0], extent).await?;
        let publication =
            Publication::make(client.clone(), feed::STREAM, feed::SUBJECTS, 1).await?;
        relayed.push(relay_all(&publication, &logs).await?);
        let messages = everything(&publication).await?;
        told = messages.len();
        raw.push(publish_raw(&client, &messages).await?);
    }
    let (relayed, raw) = (median(relayed), median(raw));
    let head = ["", "messages a second"].map(str::to_owned);
    let mut table = Table::new(format!("Telling {told} facts in one order"), head);
    table.row("relay: read, translate, publish", [Some(whole(relayed))]);
    table.row("raw: the same messages from memory, in batches", [Some(whole(raw))]);
    table.print();
    ratio("relay-vs-raw", relayed, raw);
    Ok(())
}

/// Lets the relay tell everything; returns messages a second.
async fn relay_all(publication: &Publication, logs: &[Log]) -> anyhow::Result<f64> {
    let end = logs[0].last_sequence().await?;
    let wanted = format!("{}:{end}", logs[0].identity().created.timestamp_micros());
    let begun = Instant::now();
    let told = async {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            look.tick().await;
            if let Some(last) = publication.last().await?
                && last.header(SOURCES).is_some_and(|reached| reached.contains(&wanted))
            {
                return anyhow::Ok(last.sequence);
            }
        }
    };
    let task = Task::unsupervised("relay");
    let parking = Parking::make(logs[0].client(), 1).await?;
    let told = tokio::select! {
        told = tokio::time::timeout(TOLD_MAX, told) => told.context("the relay is too slow")??,
        ended = relay::relay(publication, logs, &parking, &task) => match ended {
            Err(interrupted) => return Err(interrupted.into()),
        },
    };
    Ok(told as f64 / begun.elapsed().as_secs_f64())
}

async fn everything(publication: &Publication) -> anyhow::Result<Vec<Published>> {
    let count = usize::try_from(publication.last_sequence().await?)?;
    let messages = publication.follow(vec![feed::SUBJECTS.into()], 0).await?;
    Ok(messages.take(count).try_collect().await?)
}

/// Publishes the messages to a stream of its own; returns messages a second.
async fn publish_raw(client: &Client, messages: &[Published]) -> anyhow::Result<f64> {
    let raw = Publication::make(client.clone(), RAW, "raw.>", 1).await?;
    let begun = Instant::now();
    let batches = messages.chunks(BATCH_MESSAGES_MAX).enumerate().map(anyhow::Ok);
    futures::stream::iter(batches)
        .try_for_each_concurrent(RAW_IN_FLIGHT, |(number, batch)| async move {
            publish_batch(client, batch, &number.to_string()).await
        })
        .await?;
    let rate = messages.len() as f64 / begun.elapsed().as_secs_f64();
    anyhow::ensure!(raw.last_sequence().await? == messages.len() as u64, "messages were lost");
    Ok(rate)
}

async fn publish_batch(client: &Client, batch: &[Published], id: &str) -> anyhow::Result<()> {
    for (index, message) in batch.iter().enumerate() {
        let mut headers = HeaderMap::new();
        for name in ["Content-Type", SOURCES] {
            headers.insert(name, message.header(name).unwrap_or_default());
        }
        headers.insert("Nats-Batch-Id", id);
        headers.insert("Nats-Batch-Sequence", (index + 1).to_string());
        let subject = format!("raw.{}", message.subject);
        let payload = message.payload.clone();
        if index + 1 < batch.len() {
            client.publish_with_headers(subject, headers, payload).await?;
            continue;
        }
        headers.insert("Nats-Batch-Commit", "1");
        let answer = client.request_with_headers(subject, headers, payload).await?;
        let ack: serde_json::Value = serde_json::from_slice(&answer.payload)?;
        anyhow::ensure!(ack.get("error").is_none(), "a batch was refused: {ack}");
    }
    Ok(())
}
