//! What a stream tells, as tests read it: each event with its commit.

use std::{pin::pin, time::Duration};

use anyhow::Context;
use futures::{StreamExt, TryStreamExt};
use samvirke_kernel::{envelope::Envelope, log::Log};
use serde_json::Value;

/// How long a test waits for an event.
const SEEN_WITHIN: Duration = Duration::from_secs(30);

/// An event and the commit that it came with.
#[derive(Clone, Debug)]
pub struct Happened {
    pub envelope: Envelope,
    /// The event's type, in kebab case.
    pub tag: String,
    pub id: uuid::Uuid,
    pub data: Value,
}

impl Happened {
    /// Whether it happened to the aggregate `id`.
    pub fn to(&self, id: &str) -> bool {
        self.envelope.aggregate.id.to_string() == id
    }
}

/// Everything on the stream until `last` says that an event is the one waited for; that one comes
/// last.
///
/// # Errors
///
/// When it does not come in time.
pub async fn until(log: &Log, last: impl Fn(&Happened) -> bool) -> anyhow::Result<Vec<Happened>> {
    let follow = async {
        let mut commits = pin!(log.follow(0).await?);
        let mut seen = Vec::new();
        loop {
            let commit = commits.next().await.context("the stream's messages ended")??;
            for event in events(commit.sequence, &commit.payload)? {
                let found = last(&event);
                seen.push(event);
                if found {
                    return Ok(seen);
                }
            }
        }
    };
    tokio::time::timeout(SEEN_WITHIN, follow).await.context("it was not seen in time")?
}

/// Everything that is on the stream now.
///
/// # Errors
///
/// When the stream cannot be read.
pub async fn history(log: &Log) -> anyhow::Result<Vec<Happened>> {
    let end = usize::try_from(log.last_sequence().await?)?;
    let commits: Vec<_> = log.follow(0).await?.take(end).try_collect().await?;
    let mut seen = Vec::new();
    for commit in commits {
        seen.extend(events(commit.sequence, &commit.payload)?);
    }
    Ok(seen)
}

fn events(sequence: u64, payload: &[u8]) -> anyhow::Result<Vec<Happened>> {
    let envelope = Envelope::read(sequence, payload)?;
    let read = |event: &samvirke_kernel::envelope::Recorded| {
        Ok(Happened {
            envelope: envelope.clone(),
            tag: event.tag.clone(),
            id: event.id,
            data: serde_json::from_str(event.data.get())?,
        })
    };
    envelope.events.iter().map(read).collect()
}
