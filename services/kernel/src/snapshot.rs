//! Snapshots: a disposable cache that spares a long history.
//!
//! A snapshot is written after a commit, in the background, and never waited for. It holds under the
//! fingerprint of the reducer that made it, where the stream still has the commit it was made after; under
//! any other, or unreadable, it is as if there were none.

use std::time::Duration;

use async_nats::jetstream::{
    self,
    stream::{Config, DiscardPolicy, StorageType},
};
use serde::{Deserialize, Serialize};
use tracing::debug;

use crate::{
    decider::Decider,
    envelope,
    loaded::Loaded,
    log::Log,
    stream::{StreamError, record::unreachable},
};

/// How many events lie between two snapshots of an aggregate.
pub const EVENTS_BETWEEN_SNAPSHOTS: u64 = 200;
/// The stream that holds the latest snapshot of each aggregate.
pub const SNAPSHOT_STREAM: &str = "SNAPSHOTS";
/// A snapshot beyond this many bytes is not kept.
pub const SNAPSHOT_BYTES_MAX: usize = 900 * 1024;
const TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Snapshot<D: Decider> {
    fingerprint: String,
    stream: String,
    loaded: Loaded<D>,
}

/// The settings of the snapshots' stream.
pub fn settings(replicas: usize) -> Config {
    Config {
        name: SNAPSHOT_STREAM.into(),
        subjects: vec!["snap.>".into()],
        storage: StorageType::File,
        discard: DiscardPolicy::Old,
        max_messages_per_subject: 1,
        num_replicas: replicas,
        allow_direct: true,
        ..Config::default()
    }
}

/// What state and `evolve` are made of, as a digest; a changed reducer makes another.
pub fn fingerprint<D: Decider>() -> String {
    let mut sources = String::from(env!("CARGO_PKG_VERSION"));
    for source in D::REDUCER {
        sources.push('\0');
        sources.push_str(source);
    }
    envelope::digest(sources.as_bytes())
}

fn subject(event_subject: &str) -> String {
    format!("snap.{event_subject}")
}

/// Makes sure the stream is there.
///
/// # Errors
///
/// When the server refuses; the store works without.
pub async fn open(js: &jetstream::Context, replicas: usize) -> Result<(), StreamError> {
    let opened = js.get_or_create_stream(settings(replicas)).await;
    opened.map(drop).map_err(|err| unreachable(SNAPSHOT_STREAM, err))
}

/// The latest snapshot that can be used, if there is one.
pub(crate) async fn read<D: Decider>(
    log: &Log,
    event_subject: &str,
    fingerprint: &str,
) -> Option<Loaded<D>> {
    let stream = log.jetstream().get_stream_no_info(SNAPSHOT_STREAM).await.ok()?;
    let found =
        tokio::time::timeout(TIMEOUT, stream.direct_get_last_for_subject(subject(event_subject)))
            .await
            .ok()?
            .ok()?;
    let snapshot: Snapshot<D> = serde_json::from_slice(&found.payload).ok()?;
    (snapshot.fingerprint == fingerprint && snapshot.stream == log.identity().name)
        .then_some(snapshot.loaded)
}

/// Writes a snapshot in the background.
pub(crate) fn write<D: Decider>(
    log: &Log,
    event_subject: &str,
    fingerprint: &str,
    loaded: &Loaded<D>,
) {
    let snapshot = Snapshot {
        fingerprint: fingerprint.to_owned(),
        stream: log.identity().name.clone(),
        loaded: loaded.clone(),
    };
    let subject = subject(event_subject);
    let js = log.jetstream().clone();
    tokio::spawn(async move {
        let Ok(payload) = serde_json::to_vec(&snapshot) else { return };
        if payload.len() > SNAPSHOT_BYTES_MAX {
            return;
        }
        let stored = async { js.publish(subject, payload.into()).await?.await };
        if let Err(err) = stored.await {
            debug!(%err, "a snapshot was not kept");
        }
    });
}
