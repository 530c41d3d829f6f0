//! `samvirke projections`: how far the read models are, what they set aside, and building them anew.

use std::io::IsTerminal;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use samvirke_readmodels::{
    operate::{Operator, Parked, RebuildProgress, Status},
    tables,
};

use crate::{
    arguments::ProjectionsCommand, configuration::Configuration, connections, outcome::Outcome,
    terminal,
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

async fn rebuild(configuration: &Configuration, names: &[String]) -> anyhow::Result<Outcome> {
    let operator = operator(configuration).await?;
    let names = if names.is_empty() {
        tables::layouts().iter().map(|layout| layout.name.to_owned()).collect()
    } else {
        names.to_vec()
    };
    for name in &names {
        let bar = bar(name);
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

/// A bar where someone looks at it.
fn bar(name: &str) -> Option<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::new(0).with_message(name.to_owned());
    if let Ok(style) = ProgressStyle::with_template(
        "{msg:<24} {bar:40} {pos}/{len} commits, {per_sec}, {eta} left",
    ) {
        bar.set_style(style);
    }
    Some(bar)
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

fn parked_line(parked: &Parked) -> String {
    let Parked { stream, sequence, subject, reason, parked_at } = parked;
    format!("{stream}:{sequence} {subject} since {parked_at}: {reason}")
}
