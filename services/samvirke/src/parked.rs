//! `samvirke parked`: events that a task could not work, and what to do about them.

use anyhow::{Context, bail};
use samvirke_kernel::{
    clock,
    parking::{Decision, Parking},
};
use samvirke_notify::{operate::Operator, parked::TASK as NOTIFY};
use samvirke_schemas::standing::ParkedEvent;

use crate::{
    arguments::{ParkedAbout, ParkedCommand},
    configuration::Configuration,
    connections,
    outcome::Outcome,
    terminal,
};

/// Lists what is parked, or takes down what is to be done about it.
pub(crate) async fn run(
    configuration: &Configuration,
    command: &ParkedCommand,
) -> anyhow::Result<Outcome> {
    match command {
        ParkedCommand::List { json } => {
            let parked = all(configuration).await?;
            match json {
                true => terminal::say(&serde_json::to_string_pretty(&parked)?),
                false if parked.is_empty() => terminal::say("nothing is parked"),
                false => parked.iter().for_each(|one| terminal::say(&line(one))),
            }
            Ok(if parked.is_empty() { Outcome::Done } else { Outcome::NotAll })
        }
        ParkedCommand::Retry { about } => {
            let decision = Decision::Retry { by: about.by.clone(), at: clock::now() };
            decide(configuration, about, decision).await
        }
        ParkedCommand::Skip { about, reason } => {
            let (by, why) = (about.by.clone(), reason.to_string());
            let decision = Decision::Skip { by, at: clock::now(), why };
            decide(configuration, about, decision).await
        }
    }
}

/// What is parked in every task.
async fn all(configuration: &Configuration) -> anyhow::Result<Vec<ParkedEvent>> {
    let kept = parking(configuration).await?.all(None).await?;
    let mut parked: Vec<ParkedEvent> = kept
        .iter()
        .filter_map(|kept| {
            Some(kept.record.parked.as_ref()?.reported(&kept.task, &kept.cooperation))
        })
        .collect();
    parked.extend(outbox(configuration).await?.parked().await?);
    Ok(parked)
}

async fn decide(
    configuration: &Configuration,
    about: &ParkedAbout,
    decision: Decision,
) -> anyhow::Result<Outcome> {
    let ParkedAbout { task, of, dry_run, json, .. } = about;
    let parked = all(configuration).await?;
    let found = parked.iter().find(|one| one.task == *task && one.cooperation == *of);
    let Some(found) = found else {
        bail!("nothing of {of} is parked in {task}; samvirke parked list says what is");
    };
    if !dry_run {
        let taken_down = if task == NOTIFY {
            outbox(configuration).await?.decide_parked(of, &decision).await?
        } else {
            parking(configuration).await?.decide(task, of, decision.clone()).await?.is_some()
        };
        if !taken_down {
            bail!("{} is not parked any more", found.event);
        }
    }
    let what = match (&decision, dry_run) {
        (Decision::Retry { .. }, false) => "is tried again within seconds",
        (Decision::Retry { .. }, true) => "would be tried again",
        (Decision::Skip { .. }, false) => "is passed over within seconds",
        (Decision::Skip { .. }, true) => "would be passed over",
    };
    match json {
        true => terminal::say(&serde_json::to_string_pretty(found)?),
        false => terminal::say(&format!("{} {what}, and then what waits behind it", found.event)),
    }
    Ok(Outcome::Done)
}

async fn parking(configuration: &Configuration) -> anyhow::Result<Parking> {
    let client = connections::nats(&configuration.nats).await?;
    let parking = Parking::open(client, configuration.nats.replicas.unwrap_or(1)).await;
    parking.context("the records of what is parked cannot be used")
}

async fn outbox(configuration: &Configuration) -> anyhow::Result<Operator> {
    let url = connections::postgres_url(configuration)?;
    Operator::connect(url.expose()).await.context("the database of notifications does not answer")
}

fn line(parked: &ParkedEvent) -> String {
    let ParkedEvent { task, cooperation, event, reason, since } = parked;
    format!("{task} {cooperation}: {event} since {since}: {reason}")
}
