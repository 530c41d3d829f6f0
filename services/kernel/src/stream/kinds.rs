//! The kinds of streams there are, and how each is set up.

use std::time::Duration;

use async_nats::jetstream::stream::{
    Compression, Config, DiscardPolicy, RetentionPolicy, StorageType,
};

use super::stream_name;

/// How long the server remembers a message id; the store uses none, so as short as it may be.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);
/// The most durable consumers that a published stream may have. nats-server 2.15 has a limit of its own, 1,000, where
/// none is named.
pub const PLACES_MAX: i32 = 100_000;
/// The stream of the records of parked events.
pub const PARKED_STREAM: &str = "PARKED";

/// The settings of an event stream.
pub fn event_stream(context: &str, replicas: usize) -> Config {
    lasting(stream_name(context), format!("es.{context}.>"), replicas)
}

/// The settings of a published stream.
pub fn published_stream(name: &str, subjects: &str, replicas: usize) -> Config {
    let lasting = lasting(name.to_owned(), subjects.to_owned(), replicas);
    // What is withheld later is erased.
    Config { max_consumers: PLACES_MAX, deny_delete: false, ..lasting }
}

/// The settings of the stream of records of what was erased from a published stream.
pub fn erasure_stream(published: &str, replicas: usize) -> Config {
    let subjects = format!("{}.>", erasure_prefix(published));
    lasting(erasure_stream_name(published), subjects, replicas)
}

/// The stream that holds the records of what was erased from a published stream: `FEED_ERASED`.
pub fn erasure_stream_name(published: &str) -> String {
    format!("{published}_ERASED")
}

/// The subject of the record of an erasure: `erased.feed.17`.
pub(crate) fn erasure_subject(published: &str, sequence: u64) -> String {
    format!("{}.{sequence}", erasure_prefix(published))
}

/// The sequence that a record of an erasure is about, from its subject.
pub(crate) fn erased_at(subject: &str) -> Option<u64> {
    subject.rsplit('.').next()?.parse().ok()
}

fn erasure_prefix(published: &str) -> String {
    format!("erased.{}", published.to_ascii_lowercase())
}

/// The settings of the stream of the records of parked events.
pub fn parked_stream(replicas: usize) -> Config {
    lasting(PARKED_STREAM.to_owned(), "parked.>".to_owned(), replicas)
}

/// The settings of a stream that never forgets.
fn lasting(name: String, subjects: String, replicas: usize) -> Config {
    Config {
        name,
        subjects: vec![subjects],
        storage: StorageType::File,
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        num_replicas: replicas,
        max_bytes: -1,
        max_messages: -1,
        max_messages_per_subject: -1,
        max_message_size: -1,
        max_consumers: -1,
        duplicate_window: DUPLICATE_WINDOW,
        allow_direct: true,
        deny_delete: true,
        deny_purge: true,
        allow_atomic_publish: true,
        compression: Some(Compression::S2),
        ..Config::default()
    }
}
