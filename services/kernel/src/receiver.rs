//! What a member receives of the change feed over NATS, and its durable consumer there.
//!
//! The consumer of the stream `FEED` is filtered to what the member may read. A member's
//! program asks for messages with a plain request and acknowledges each with a plain message, so that it
//! needs no right to anything else of JetStream:
//!
//! 1. Connect with the seed as NKey. Subscribe to an inbox of its own, such as `_INBOX.x1`.
//! 2. Publish `{"batch": 100, "expires": 30000000000}` (nanoseconds) to [`Receiver::next`] with that inbox
//!    as reply. What has not been received arrives there at once, what happens later as it happens.
//! 3. A message comes with the subject it has in the feed. Its reply subject is
//!    `$JS.ACK.FEED.<durable>.<deliveries>.<position in the feed>.…`. Keep what the message says, then
//!    publish `+ACK` to that (as a request, where the answer is to confirm it).
//! 4. A message on the inbox's own subject with a status is not of the feed: 404 there is nothing and
//!    408 the time is up, so ask again; 409 the request asks for too much; 503 the consumer is not there
//!    just now, so wait some seconds and ask again.
//! 5. What is not acknowledged within [`ACKNOWLEDGED_WITHIN`] comes again, and so does what was under way
//!    when the connection was lost. So a message may come twice, and then with the same position.
//!
//! The same subjects may also be subscribed to, for what is published from then on. That loses what
//! happens while the member is away, and keeps no consumer.

use std::{collections::BTreeSet, time::Duration};

use async_nats::jetstream::{
    self,
    consumer::{AckPolicy, DeliverPolicy, pull},
    context::ConsumerInfoErrorKind,
};
use samvirke_schemas::{feed::STREAM, id::CooperationId, organisation::OrganisationNumber};
use serde::Serialize;

use crate::jetstream::absent;

/// How long a message may stay unacknowledged before it is sent again.
pub const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(30);
/// How many messages may wait for a member's acknowledgement; more are sent when some have come.
pub const UNACKNOWLEDGED_MAX: i64 = 1_000;
/// How many requests of a member may wait for messages at the same time.
pub const WAITING_MAX: i64 = 16;
/// How many messages one request may ask for.
pub const BATCH_MAX: i64 = 256;
/// How long one request may wait. nats-server forgets after two minutes whom it answers.
pub const EXPIRES_MAX: Duration = Duration::from_secs(60);

/// A member that receives, and the cooperations whose feeds it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    pub member: OrganisationNumber,
    pub cooperations: BTreeSet<CooperationId>,
}

/// How far a member is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReceiverStatus {
    /// The position in the feed up to which everything is acknowledged.
    pub acknowledged: u64,
    /// Messages that were sent and not acknowledged yet.
    pub unacknowledged: usize,
    /// Messages that have not been sent yet.
    pub behind: u64,
}

/// Why a member's consumer of the feed cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReceiverError {
    #[error("there is no change feed yet (stream {STREAM}); start samvirke, which makes it")]
    NoFeed,
    #[error("the place of {member} in the change feed cannot be used")]
    Unusable {
        member: OrganisationNumber,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Receiver {
    /// The subjects of the feed that it may read: what is public and what is its own.
    pub fn subjects(&self) -> Vec<String> {
        let member = &self.member;
        self.cooperations
            .iter()
            .flat_map(|one| {
                [format!("feed.{one}.public.>"), format!("feed.{one}.member.{member}.>")]
            })
            .collect()
    }

    /// The subject on which it asks for messages.
    pub fn next(&self) -> String {
        format!("$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{}", durable(&self.member))
    }

    /// The subjects on which it acknowledges messages.
    pub fn acknowledgements(&self) -> String {
        format!("$JS.ACK.{STREAM}.{}.>", durable(&self.member))
    }

    /// Ensures its consumer: from the feed's beginning on, or from where it already is.
    ///
    /// What another cooperation published before it was added is not sent again.
    ///
    /// # Errors
    ///
    /// When there is no feed, or the server refuses.
    pub async fn ensure_consumer(&self, client: &async_nats::Client) -> Result<(), ReceiverError> {
        let config = pull::Config {
            durable_name: Some(durable(&self.member)),
            description: Some("Kept by samvirke nats-account".into()),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACKNOWLEDGED_WITHIN,
            filter_subjects: self.subjects(),
            max_ack_pending: UNACKNOWLEDGED_MAX,
            max_waiting: WAITING_MAX,
            max_batch: BATCH_MAX,
            max_expires: EXPIRES_MAX,
            ..pull::Config::default()
        };
        let made = feed(client, &self.member).await?.create_consumer(config).await;
        made.map(drop).map_err(|source| unusable(&self.member, source))
    }
}

/// Deletes the consumer of a member, if it has one.
///
/// # Errors
///
/// When there is no feed, or the server refuses.
pub async fn delete_consumer(
    client: &async_nats::Client,
    member: &OrganisationNumber,
) -> Result<(), ReceiverError> {
    let feed = feed(client, member).await?;
    match status_in(&feed, member).await? {
        None => Ok(()),
        Some(_) => {
            let gone = feed.delete_consumer(&durable(member)).await;
            gone.map(drop).map_err(|source| unusable(member, source))
        }
    }
}

/// Returns how far a member is, if it has a consumer.
///
/// # Errors
///
/// When there is no feed, or the server refuses.
pub async fn status(
    client: &async_nats::Client,
    member: &OrganisationNumber,
) -> Result<Option<ReceiverStatus>, ReceiverError> {
    status_in(&feed(client, member).await?, member).await
}

async fn status_in(
    feed: &jetstream::stream::Stream,
    member: &OrganisationNumber,
) -> Result<Option<ReceiverStatus>, ReceiverError> {
    match feed.consumer_info(durable(member)).await {
        Ok(info) => Ok(Some(ReceiverStatus {
            acknowledged: info.ack_floor.stream_sequence,
            unacknowledged: info.num_ack_pending,
            behind: info.num_pending,
        })),
        Err(error) if error.kind() == ConsumerInfoErrorKind::NotFound => Ok(None),
        Err(source) => Err(unusable(member, source)),
    }
}

async fn feed(
    client: &async_nats::Client,
    member: &OrganisationNumber,
) -> Result<jetstream::stream::Stream, ReceiverError> {
    let found = jetstream::new(client.clone()).get_stream(STREAM).await;
    let found = absent::stream(found).map_err(|source| unusable(member, source))?;
    found.ok_or(ReceiverError::NoFeed)
}

fn unusable(
    member: &OrganisationNumber,
    source: impl std::error::Error + Send + Sync + 'static,
) -> ReceiverError {
    ReceiverError::Unusable { member: member.clone(), source: Box::new(source) }
}

/// The name of a member's consumer.
fn durable(member: &OrganisationNumber) -> String {
    format!("member-{member}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_reads_what_is_public_and_what_is_its_own() {
        let receiver = Receiver {
            member: "935478715".parse().unwrap(),
            cooperations: BTreeSet::from(["vestregionen".parse().unwrap()]),
        };
        assert_eq!(
            receiver.subjects(),
            ["feed.vestregionen.public.>", "feed.vestregionen.member.935478715.>"]
        );
        assert_eq!(receiver.next(), "$JS.API.CONSUMER.MSG.NEXT.FEED.member-935478715");
        assert_eq!(receiver.acknowledgements(), "$JS.ACK.FEED.member-935478715.>");
    }
}
