//! `samvirke notify`: how the e-mail to contacts stands, trying again, and mail that came back.

use std::io::Read;

use anyhow::{Context, ensure};
use samvirke_notify::{
    bounce::{self, BYTES_MAX},
    operate::{Operator, Status},
};

use crate::{
    arguments::NotifyCommand, configuration::Configuration, connections, outcome::Outcome, terminal,
};

/// Tells, tries again or takes in.
pub(crate) async fn run(
    configuration: &Configuration,
    command: &NotifyCommand,
) -> anyhow::Result<Outcome> {
    match command {
        NotifyCommand::Status { json } => {
            let status = operator(configuration).await?.status().await;
            let status = status.context("the outbox cannot be asked")?;
            if *json {
                terminal::say(&serde_json::to_string_pretty(&status)?);
            } else {
                tell(&status);
            }
            Ok(if is_well(&status) { Outcome::Done } else { Outcome::NotAll })
        }
        NotifyCommand::Retry => {
            let again = operator(configuration).await?.retry().await?;
            terminal::say(&format!("{again} to be tried again"));
            Ok(Outcome::Done)
        }
        NotifyCommand::Bounce => take_in(configuration).await,
    }
}

async fn operator(configuration: &Configuration) -> anyhow::Result<Operator> {
    let url = connections::postgres_url(configuration)?;
    Operator::connect(url.expose()).await.context("the database of notifications does not answer")
}

async fn take_in(configuration: &Configuration) -> anyhow::Result<Outcome> {
    let mut mail = Vec::new();
    // One more than is read, to know whether there is more.
    std::io::stdin().take(BYTES_MAX as u64 + 1).read_to_end(&mut mail)?;
    ensure!(mail.len() <= BYTES_MAX, "a returned mail has at most {BYTES_MAX} bytes");
    let bounce = bounce::read(&mail)?;
    let known = operator(configuration).await?.bounced(&bounce).await?;
    let id = bounce.notification;
    match (known, bounce.failed) {
        (false, _) => terminal::say(&format!("{id} is not among the mails sent from here")),
        (true, true) => terminal::say(&format!("{id} came back: {}", bounce.reason)),
        (true, false) => terminal::say(&format!("{id} is late: {}", bounce.reason)),
    }
    Ok(if known { Outcome::Done } else { Outcome::NotAll })
}

/// Whether there is nothing that somebody should look at.
fn is_well(status: &Status) -> bool {
    let trouble = |state: &str| state == "refused" || state == "bounced";
    status.parked == 0 && !status.states.iter().any(|(state, _)| trouble(state))
}

fn tell(status: &Status) {
    let Status { states, reminders, bounced_addresses, overdue_since, last_answer, parked } =
        status;
    for (state, count) in states {
        terminal::say(&format!("{state:<20} {count:>9}"));
    }
    for (what, count) in [
        ("reminders to come", reminders),
        ("bounced addresses", bounced_addresses),
        ("events set aside", parked),
    ] {
        terminal::say(&format!("{what:<20} {count:>9}"));
    }
    if let Some(since) = overdue_since {
        let answer = last_answer.as_deref().unwrap_or("not tried yet");
        terminal::say(&format!("the oldest waits since {since}: {answer}"));
    }
}
