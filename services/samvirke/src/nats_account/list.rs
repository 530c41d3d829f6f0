//! `samvirke nats-account list`: who has an account, and how far each is in the feed.

use chrono::{DateTime, Utc};
use samvirke_kernel::receiver::{self, ReceiverStatus};
use samvirke_schemas::{feed, id::CooperationId, organisation::OrganisationNumber};
use serde::Serialize;

use super::register::Register;
use crate::{configuration::Configuration, connections, outcome::Outcome, terminal};

/// One account.
#[derive(Serialize)]
struct Row<'a> {
    member: &'a OrganisationNumber,
    cooperations: Vec<&'a str>,
    key: &'a str,
    issued_at: DateTime<Utc>,
    /// How far it is, where that is known.
    #[serde(rename = "place")]
    status: Option<ReceiverStatus>,
}

/// Lists all; where NATS is away, without how far they are.
pub(crate) async fn run(
    configuration: &Configuration,
    register: &Register,
    json: bool,
) -> anyhow::Result<Outcome> {
    let mut rows = rows(register);
    let asked = ask(configuration, &mut rows).await;
    if json {
        terminal::say(&serde_json::to_string_pretty(&rows)?);
    } else {
        rows.iter().for_each(|row| terminal::say(&line(row)));
    }
    match asked {
        Ok(()) => Ok(Outcome::Done),
        Err(error) => {
            terminal::complain(&format!("How far they are is not known: {error:#}."));
            Ok(Outcome::NotAll)
        }
    }
}

fn rows(register: &Register) -> Vec<Row<'_>> {
    let all = register.0.iter();
    all.map(|(member, entry)| Row {
        member,
        cooperations: entry.cooperations.iter().map(CooperationId::as_str).collect(),
        key: &entry.key,
        issued_at: entry.issued_at,
        status: None,
    })
    .collect()
}

async fn ask(configuration: &Configuration, rows: &mut [Row<'_>]) -> anyhow::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let client = connections::nats(&configuration.nats).await?;
    for row in rows {
        row.status = receiver::status(&client, row.member).await?;
    }
    Ok(())
}

fn line(row: &Row<'_>) -> String {
    let Row { member, cooperations, key: _, issued_at, status } = row;
    let place = match status {
        None => "not known in the feed".to_owned(),
        Some(ReceiverStatus { acknowledged, unacknowledged, behind }) => format!(
            "at {}:{acknowledged}  behind {behind}  unacknowledged {unacknowledged}",
            feed::STREAM
        ),
    };
    let day = issued_at.format("%Y-%m-%d");
    format!("{member}  {place}  key of {day}  {}", cooperations.join(" "))
}
