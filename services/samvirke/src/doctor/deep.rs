//! The checks of `samvirke doctor --deep`: every commit of every stream is read, and every row of the read models
//! compared with what the streams say.
//!
//! Invariant: nothing is changed, and what could not be checked is a row that fails, never silence.

use std::collections::BTreeSet;

use samvirke_kernel::{
    envelope::{Envelope, EnvelopeError},
    integrity::{self, Fault, Integrity},
    log::Log,
};
use samvirke_readmodels::operate::{Difference, Verified};
use samvirke_schemas::{
    cases::{case, register},
    catalogue,
    contacts::contact,
    meetings::meeting,
    networks::{body, cooperation, network},
    subscriptions::subscription,
};

use super::Row;
use crate::{configuration::Configuration, connections, progress, projections};

const STREAMS: &str = "commits";
const READ_MODELS: &str = "rows";
/// What helps where commits are not as they were acknowledged.
const RESTORE: &str = "stop samvirke, keep a copy of the data directory, and restore a backup beside it (samvirke restore); deploy/operations.md says how to choose";
const ASK_AGAIN: &str = "repair what is named, then samvirke doctor --deep again";

/// Makes all deep checks.
pub(super) async fn check(configuration: &Configuration) -> Vec<Row> {
    let mut rows = streams(configuration).await.unwrap_or_else(|error| {
        vec![Row::fail(STREAMS, format!("the streams cannot be read: {error:#}"), ASK_AGAIN)]
    });
    rows.extend(match projections::verify(configuration, &[]).await {
        Ok(verified) => verified.iter().flat_map(compared).collect(),
        Err(error) => vec![Row::fail(
            READ_MODELS,
            format!("{error:#}"),
            "see to the streams first, then samvirke projections rebuild",
        )],
    });
    rows
}

async fn streams(configuration: &Configuration) -> anyhow::Result<Vec<Row>> {
    let client = connections::nats(&configuration.nats).await?;
    let replicas = configuration.nats.replicas.unwrap_or(1);
    let contexts: BTreeSet<&str> = catalogue::COLLECTIONS.iter().map(|one| one.context).collect();
    let mut rows = Vec::new();
    for context in contexts {
        let checked = match Log::open(client.clone(), context, replicas).await {
            Ok(log) => read(&log).await.map_err(anyhow::Error::from),
            Err(error) => Err(error.into()),
        };
        match checked {
            Ok(integrity) => rows.extend(told(&integrity)),
            Err(error) => rows.push(Row::fail(
                STREAMS,
                format!("the stream of {context} cannot be read: {error:#}"),
                ASK_AGAIN,
            )),
        }
    }
    Ok(rows)
}

async fn read(log: &Log) -> Result<Integrity, samvirke_kernel::log::ReadError> {
    let bar = progress::commits(&log.identity().name);
    if let Some(bar) = &bar {
        bar.set_length(log.last_sequence().await?);
    }
    let integrity = integrity::check(log, readable, |done| {
        if let Some(bar) = &bar {
            bar.set_position(done);
        }
    })
    .await;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    integrity
}

/// Whether this program understands the events of a commit.
fn readable(envelope: &Envelope, sequence: u64) -> Result<(), EnvelopeError> {
    match envelope.aggregate.kind.as_str() {
        "cooperation" => envelope.events::<cooperation::Event>(sequence).map(drop),
        "body" => envelope.events::<body::Event>(sequence).map(drop),
        "network" => envelope.events::<network::Event>(sequence).map(drop),
        "register" => envelope.events::<register::Event>(sequence).map(drop),
        "case" => envelope.events::<case::Event>(sequence).map(drop),
        "meeting" => envelope.events::<meeting::Event>(sequence).map(drop),
        "contact" => envelope.events::<contact::Event>(sequence).map(drop),
        "subscription" => envelope.events::<subscription::Event>(sequence).map(drop),
        kind => Err(EnvelopeError::UnknownType { sequence, tag: kind.to_owned() }),
    }
}

fn told(integrity: &Integrity) -> Vec<Row> {
    let Integrity { stream, commits, aggregates, faults, more_faults, .. } = integrity;
    if faults.is_empty() {
        let found = format!("{stream}: all {commits} of {aggregates} aggregates follow each other");
        return vec![Row::ok(STREAMS, found)];
    }
    let mut rows: Vec<Row> = faults
        .iter()
        .map(|Fault { sequence, aggregate, found, .. }| {
            let named = aggregate.as_ref().map(|name| format!(", {name}")).unwrap_or_default();
            Row::fail(STREAMS, format!("{stream}:{sequence}{named}: {found}"), RESTORE)
        })
        .collect();
    if *more_faults > 0 {
        rows.push(Row::fail(STREAMS, format!("{stream}: {more_faults} more"), RESTORE));
    }
    rows
}

fn compared(verified: &Verified) -> Vec<Row> {
    let Verified { name, rows, differences, more_differences, .. } = verified;
    let remedy = format!("samvirke projections rebuild {name}");
    if differences.is_empty() {
        return vec![Row::ok(READ_MODELS, format!("{name}: all {rows} are as the streams say"))];
    }
    let mut found: Vec<Row> = differences
        .iter()
        .map(|Difference { table, row, wrong }| {
            Row::fail(READ_MODELS, format!("{name}: {table} {row} is {wrong}"), &remedy)
        })
        .collect();
    if *more_differences > 0 {
        found.push(Row::fail(READ_MODELS, format!("{name}: {more_differences} more"), &remedy));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_every_kind_of_aggregate_can_be_read() {
        for collection in catalogue::COLLECTIONS {
            let kind = collection.kind;
            let envelope = serde_json::json!({
                "v": 1, "aggregate": {"kind": kind, "id": "a:b", "version_from": 1, "version_to": 1},
                "command_id": uuid::Uuid::nil(), "command": "x", "digest": "",
                "actor": {"subject": "x", "grants": []},
                "occurred_at": "2017-01-01T00:00:00Z", "recorded_at": "2017-01-01T00:00:00Z",
                "events": [],
            });
            let envelope: Envelope = serde_json::from_value(envelope).unwrap();
            readable(&envelope, 1).unwrap_or_else(|error| panic!("{kind}: {error}"));
        }
    }
}
