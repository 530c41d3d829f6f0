//! One measurement of each side, on an empty store.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_nats::{HeaderMap, jetstream::message::PublishMessage};
use bytes::Bytes;
use futures::{StreamExt, future};
use postgres_es::{PostgresCqrs, postgres_aggregate_cqrs, postgres_cqrs};
use samvirke_kernel::{
    Decider,
    committer::Tuning,
    execute::{CommandContext, NoFacts, execute},
    log::Log,
    repository::Repository,
};
use samvirke_networks::cooperation::Cooperation;
use sqlx::PgPool;

use crate::{
    drive::{Measured, Window, drive},
    rig::{Nats, empty, raw},
    sample::{amend, command, command_context, found, id},
};

/// How many messages a raw batch has.
pub(crate) const BATCH_MESSAGES: usize = 512;

/// What the writers write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Aggregates {
    /// Each command founds another.
    New,
    /// Each writer changes its own, which exists and was just changed.
    Hot,
}

impl Aggregates {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::New => "each on a new aggregate",
            Self::Hot => "each writer on a hot aggregate of its own",
        }
    }

    /// The command of a writer's turn.
    fn command_context(self, writer: usize, turn: u64) -> CommandContext<Cooperation> {
        match self {
            Self::New => command_context(id(format!("{writer}-{turn}")), found()),
            Self::Hot => command_context(id(writer), amend(turn + 1)),
        }
    }

    /// How many aggregates there must be beforehand.
    fn beforehand(self, writers: usize) -> usize {
        match self {
            Self::New => 0,
            Self::Hot => writers,
        }
    }
}

/// The kernel: loads, decides, commits.
pub(crate) async fn kernel(
    nats: &Nats,
    tuning: Tuning,
    aggregates: Aggregates,
    writers: usize,
    window: Window,
) -> anyhow::Result<Measured> {
    let log = nats.log(tuning).await?;
    let repository = Arc::new(Repository::<Cooperation>::new(log.clone()));
    let foundings = (0..aggregates.beforehand(writers)).map(|writer| {
        let (repository, context) = (repository.clone(), command_context(id(writer), found()));
        async move { execute(&repository, &NoFacts, &context).await }
    });
    future::try_join_all(foundings).await?;
    let measured = drive(writers, window, move |writer, turn| {
        let repository = repository.clone();
        async move {
            execute(&repository, &NoFacts, &aggregates.command_context(writer, turn)).await?;
            Ok(1)
        }
    })
    .await?;
    nats.remove(&log).await?;
    Ok(measured)
}

/// postgres-es with the framework of cqrs-es and no queries.
///
/// Where aggregates are changed again and again it keeps their state beside the events, as it
/// offers: reading an ever longer history at each command would say nothing about commits.
pub(crate) async fn postgres_es(
    event_store: &PgPool,
    aggregates: Aggregates,
    writers: usize,
    window: Window,
) -> anyhow::Result<Measured> {
    empty(event_store).await?;
    let pool = event_store.clone();
    let framework: Arc<PostgresCqrs<Cooperation>> = Arc::new(match aggregates {
        Aggregates::New => postgres_cqrs(pool, Vec::new(), ()),
        Aggregates::Hot => postgres_aggregate_cqrs(pool, Vec::new(), ()),
    });
    let foundings = (0..aggregates.beforehand(writers)).map(|writer| {
        let framework = framework.clone();
        async move { dispatch(&framework, command_context(id(writer), found())).await }
    });
    future::try_join_all(foundings).await?;
    drive(writers, window, move |writer, turn| {
        let framework = framework.clone();
        async move {
            dispatch(&framework, aggregates.command_context(writer, turn)).await?;
            Ok(1)
        }
    })
    .await
}

async fn dispatch(
    framework: &PostgresCqrs<Cooperation>,
    context: CommandContext<Cooperation>,
) -> anyhow::Result<()> {
    let (id, command, metadata) = command(context);
    Ok(framework.execute_with_metadata(&id, command, metadata).await?)
}

/// JetStream as its client publishes: each message with its expectation, each acknowledged.
pub(crate) async fn publishes(
    nats: &Nats,
    payloads: &Arc<Vec<Bytes>>,
    aggregates: Aggregates,
    writers: usize,
    window: Window,
) -> anyhow::Result<Measured> {
    let log = nats.log(Tuning::default()).await?;
    let (js, payloads) = (raw(&log), payloads.clone());
    let last: Arc<Vec<AtomicU64>> = Arc::new((0..writers).map(|_| AtomicU64::new(0)).collect());
    let measured = drive(writers, window, {
        let log = log.clone();
        move |writer, turn| {
            let (js, last) = (js.clone(), last.clone());
            let payload = payloads[turn as usize % payloads.len()].clone();
            let (name, expected) = match aggregates {
                Aggregates::New => (format!("{writer}-{turn}"), 0),
                Aggregates::Hot => (writer.to_string(), last[writer].load(Ordering::Relaxed)),
            };
            let subject = log.subject(Cooperation::KIND, &id(name));
            async move {
                let message = PublishMessage::build()
                    .payload(payload)
                    .expected_last_subject_sequence(expected);
                let ack = js.send_publish(subject, message).await?.await?;
                last[writer].store(ack.sequence, Ordering::Relaxed);
                Ok(1)
            }
        }
    })
    .await?;
    nats.remove(&log).await?;
    Ok(measured)
}

/// JetStream's atomic batches, full from the start: what a perfect committer could reach.
pub(crate) async fn batches(
    nats: &Nats,
    payloads: &Arc<Vec<Bytes>>,
    in_flight: usize,
    window: Window,
) -> anyhow::Result<Measured> {
    let log = nats.log(Tuning::default()).await?;
    let payloads = payloads.clone();
    let measured = drive(in_flight, window, {
        let log = log.clone();
        move |writer, turn| {
            let (log, payloads) = (log.clone(), payloads.clone());
            async move { batch(&log, &payloads, &format!("{writer}-{turn}")).await }
        }
    })
    .await?;
    nats.remove(&log).await?;
    Ok(measured)
}

/// Publishes one batch of new subjects, each message with its expectation; returns their number.
async fn batch(log: &Log, payloads: &[Bytes], name: &str) -> anyhow::Result<u64> {
    let client = log.client();
    for (index, payload) in payloads.iter().enumerate() {
        let subject = log.subject(Cooperation::KIND, &id(format!("{name}-{index}")));
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Expected-Last-Subject-Sequence", "0");
        headers.insert("Nats-Batch-Id", name);
        headers.insert("Nats-Batch-Sequence", (index + 1).to_string());
        if index + 1 < payloads.len() {
            client.publish_with_headers(subject, headers, payload.clone()).await?;
            continue;
        }
        headers.insert("Nats-Batch-Commit", "1");
        let answer = client.request_with_headers(subject, headers, payload.clone()).await?;
        let ack: serde_json::Value = serde_json::from_slice(&answer.payload)?;
        anyhow::ensure!(ack.get("error").is_none(), "a batch was refused: {ack}");
    }
    Ok(payloads.len() as u64)
}

/// How many bytes a founding stores: as an envelope, and as a row without PostgreSQL's own part.
pub(crate) async fn sizes(nats: &Nats, event_store: &PgPool) -> anyhow::Result<(usize, i64)> {
    let log = nats.log(Tuning::default()).await?;
    let repository = Repository::<Cooperation>::new(log.clone());
    execute(&repository, &NoFacts, &Aggregates::New.command_context(0, 0)).await?;
    let mut commits = log.follow(0).await?;
    let commit = commits.next().await.transpose()?;
    let kernel_bytes = commit.map_or(0, |commit| commit.payload.len());
    nats.remove(&log).await?;

    empty(event_store).await?;
    let framework = postgres_cqrs(event_store.clone(), Vec::new(), ());
    dispatch(&framework, Aggregates::New.command_context(0, 0)).await?;
    let peer_bytes = sqlx::query_scalar(
        "SELECT (octet_length(aggregate_type) + octet_length(aggregate_id) + 8
                 + octet_length(event_type) + octet_length(event_version)
                 + octet_length(payload::text) + octet_length(metadata::text))::bigint
         FROM events",
    )
    .fetch_one(event_store)
    .await?;
    Ok((kernel_bytes, peer_bytes))
}
