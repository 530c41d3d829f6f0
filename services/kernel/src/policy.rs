//! Acting on another service's events.
//!
//! A policy issues an ordinary command whose id is derived from the event that caused it, so it may
//! run twice and acts once. Its place in the other stream is a durable consumer: what was not
//! finished is delivered again.

use std::{future::Future, time::Duration};

use async_nats::jetstream::{
    AckKind,
    consumer::{AckPolicy, DeliverPolicy, pull},
};
use futures::StreamExt;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use crate::{
    envelope::Envelope,
    inbox::chain,
    log::{Log, Stored, delivered},
};

/// How long one event may be worked on before it is delivered again.
pub const ACK_WAIT: Duration = Duration::from_secs(30);
const RETRY: Duration = Duration::from_secs(1);

/// The world failed; the event is delivered again.
#[derive(Debug, thiserror::Error)]
#[error("the policy could not act: {reason}")]
pub struct TryAgain {
    pub reason: String,
}

/// The id of the command that `policy` issues because of `event`.
pub fn command_id(policy: &str, event: Uuid) -> Uuid {
    Uuid::new_v5(&event, policy.as_bytes())
}

/// Hands every commit of `log` to `act`, in order, until told to stop.
pub async fn run<F>(
    name: &'static str,
    log: Log,
    shutdown: CancellationToken,
    act: impl Fn(Stored, Envelope) -> F + Send + Sync,
) where
    F: Future<Output = Result<(), TryAgain>> + Send,
{
    loop {
        let ended = tokio::select! {
            () = shutdown.cancelled() => return,
            ended = follow(name, &log, &act) => ended,
        };
        if let Err(reason) = ended {
            warn!(policy = name, reason, "a policy is interrupted and goes on shortly");
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(RETRY) => (),
        }
    }
}

async fn follow<F>(
    name: &'static str,
    log: &Log,
    act: &(impl Fn(Stored, Envelope) -> F + Send + Sync),
) -> Result<(), String>
where
    F: Future<Output = Result<(), TryAgain>> + Send,
{
    let stream = &log.identity().name;
    let consumer = log
        .jetstream()
        .get_stream(stream)
        .await
        .map_err(|err| chain(&err))?
        .get_or_create_consumer(
            name,
            pull::Config {
                durable_name: Some(name.to_owned()),
                deliver_policy: DeliverPolicy::All,
                ack_policy: AckPolicy::Explicit,
                ack_wait: ACK_WAIT,
                // One at a time: a case must hear of its meeting's items in their order.
                max_ack_pending: 1,
                ..pull::Config::default()
            },
        )
        .await
        .map_err(|err| chain(&err))?;
    let mut messages = consumer.messages().await.map_err(|err| chain(&err))?;
    info!(policy = name, stream, "following");
    while let Some(message) = messages.next().await {
        let message = message.map_err(|err| chain(&err))?;
        let stored = delivered(stream, &message).map_err(|err| chain(&err))?;
        let sequence = stored.sequence;
        let outcome = match Envelope::read(sequence, &stored.payload) {
            Ok(envelope) => act(stored, envelope).await,
            Err(err) => Err(TryAgain { reason: chain(&err) }),
        };
        let answered = match outcome {
            Ok(()) => message.double_ack().await,
            Err(err) => {
                warn!(policy = name, sequence, error = %err, "a policy will try again");
                metrics::counter!("samvirke_policy_retries", "policy" => name).increment(1);
                message.ack_with(AckKind::Nak(Some(RETRY))).await
            }
        };
        answered.map_err(|err| err.to_string())?;
    }
    Err("the stream's messages ended".into())
}
