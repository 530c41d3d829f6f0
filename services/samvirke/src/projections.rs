//! `samvirke projections`: how far the read models are, what they set aside, and building them anew.

use anyhow::Context;
use samvirke_readmodels::{
    operate::{Difference, Operator, Parked, RebuildProgress, Status, Verified, VerifyProgress},
    tables,
};

use crate::{
    arguments::ProjectionsCommand, configuration::Configuration, connections, outcome::Outcome,
    progress, terminal,
};

/// Tells, rebuilds or takes again.
pub(crate) async fn run(
    configuration: &Configuration,
    command: &ProjectionsCommand,
) -> anyhow::Result<Outcome> {
    match command {
        ProjectionsCommand::Status { json } => {
            let standings = standings(configuration).await?;
            tell(&standings, *json, status_line)?;
            let all_well = |one: &Status| one.parked == 0 && one.halted.is_none();
            Ok(if standings.iter().all(all_well) { Outcome::Done } else { Outcome::NotAll })
        }
        ProjectionsCommand::Verify { names, json } => {
            let verified = verify(configuration, names).await?;
            tell(&verified, *json, verified_lines)?;
            let right = verified.iter().all(Verified::is_right);
            Ok(if right { Outcome::Done } else { Outcome::NotAll })
        }
        ProjectionsCommand::Rebuild { names } => rebuild(configuration, names).await,
        ProjectionsCommand::Parked { name, json } => {
            let parked = operator(configuration).await?.parked(name).await?;
            tell(&parked, *json, parked_line)?;
            Ok(if parked.is_empty() { Outcome::Done } else { Outcome::NotAll })
        }
        ProjectionsCommand::Retry { name } => {
            let retried = operator(configuration).await?.retry(name).await?;
            let (taken, left) = (retried.taken, retried.still_parked);
            terminal::say(&format!("{name}: {taken} taken, {left} still set aside"));
            Ok(if left == 0 { Outcome::Done } else { Outcome::NotAll })
        }
    }
}

/// How far every read model is.
pub(crate) async fn standings(configuration: &Configuration) -> anyhow::Result<Vec<Status>> {
    operator(configuration).await?.status().await.context("the read models cannot be asked")
}

async fn operator(configuration: &Configuration) -> anyhow::Result<Operator> {
    let client = connections::nats(&configuration.nats).await?;
    let url = connections::postgres_url(configuration)?;
    let replicas = configuration.nats.replicas.unwrap_or(1);
    Ok(Operator::connect(client, replicas, url.expose()).await?)
}

/// Compares read models with what the streams say.
pub(crate) async fn verify(
    configuration: &Configuration,
    names: &[String],
) -> anyhow::Result<Vec<Verified>> {
    let operator = operator(configuration).await?;
    let mut verified = Vec::new();
    for name in &or_all(names) {
        let bar = progress::commits(name);
        let show = |progress: VerifyProgress| {
            if let Some(bar) = &bar {
                bar.set_length(progress.total);
                bar.set_position(progress.done);
            }
        };
        let one = operator.verify(name, show).await;
        verified.push(one.with_context(|| format!("{name} cannot be compared"))?);
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
    }
    Ok(verified)
}

fn or_all(names: &[String]) -> Vec<String> {
    match names {
        [] => tables::layouts().iter().map(|layout| layout.name.to_owned()).collect(),
        names => names.to_vec(),
    }
}

async fn rebuild(configuration: &Configuration, names: &[String]) -> anyhow::Result<Outcome> {
    let operator = operator(configuration).await?;
    for name in &or_all(names) {
        let bar = progress::commits(name);
        let show = |progress: RebuildProgress| {
            if let Some(bar) = &bar {
                bar.set_length(progress.total);
                bar.set_position(progress.done);
            }
        };
        operator.rebuild(name, show).await.with_context(|| format!("{name} is left as it was"))?;
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        terminal::say(&format!("{name} is built anew"));
    }
    Ok(Outcome::Done)
}

fn tell<T: serde::Serialize>(
    rows: &[T],
    json: bool,
    line: impl Fn(&T) -> String,
) -> anyhow::Result<()> {
    if json {
        terminal::say(&serde_json::to_string_pretty(rows)?);
    } else {
        rows.iter().for_each(|row| terminal::say(&line(row)));
    }
    Ok(())
}

fn status_line(status: &Status) -> String {
    let Status { name, version, stream, sequence, lag, parked, halted } = status;
    let halted = halted.as_ref().map(|why| format!("  HALTED: {why}")).unwrap_or_default();
    format!(
        "{:<28} {stream:<10} at {sequence:>9}  behind {lag:>9}  parked {parked:>5}{halted}",
        format!("{name} v{version}")
    )
}

fn verified_lines(verified: &Verified) -> String {
    let Verified { name, rows, differences, more_differences, .. } = verified;
    let mut lines = vec![match differences.len() as u64 + more_differences {
        0 => format!("{name}: all {rows} rows are as the streams say"),
        wrong => format!("{name}: {wrong} rows are not as the streams say; rebuild it"),
    }];
    lines.extend(
        differences
            .iter()
            .map(|Difference { table, row, wrong }| format!("  {table} {row}: {wrong}")),
    );
    if *more_differences > 0 {
        lines.push(format!("  and {more_differences} more"));
    }
    lines.join("\n")
}

fn parked_line(parked: &Parked) -> String {
    let Parked { stream, sequence, subject, reason, parked_at } = parked;
    format!("{stream}:{sequence} {subject} since {parked_at}: {reason}")
}
