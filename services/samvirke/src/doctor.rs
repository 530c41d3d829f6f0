//! `samvirke doctor`: is all well, and what to do where it is not.
//!
//! Every check is a row; a row that is not well says what to do. A check that cannot be made is a
//! warning, never silence.

pub(crate) mod monitor;

mod accounts;
mod database;
mod deep;
mod host;
mod keys;
mod nats;

use std::time::{Duration, Instant};

use samvirke_database::is_locked;
use serde::Serialize;

use crate::{
    arguments::Doctor, configuration::Configuration, failure, outcome::Outcome, projections,
    terminal,
};

/// How long until the checks are made again while something fails and `--wait` allows.
const AGAIN_AFTER: Duration = Duration::from_millis(250);
/// How far behind a read model may be before it is worth a word.
const BEHIND_MAX: u64 = 1_000;

/// How well something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "UPPERCASE")]
#[strum(serialize_all = "UPPERCASE")]
pub(crate) enum State {
    Ok,
    Warn,
    Fail,
}

/// The answer of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    check: &'static str,
    state: State,
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Row {
    pub(crate) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Ok, found: found.into(), remedy: None }
    }

    pub(crate) fn warn(check: &'static str, found: impl Into<String>, remedy: &str) -> Self {
        Self { check, state: State::Warn, found: found.into(), remedy: Some(remedy.to_owned()) }
    }

    #[cfg(test)]
    fn is_warning(&self) -> bool {
        self.state == State::Warn
    }

    pub(crate) fn fail(check: &'static str, found: impl Into<String>, remedy: &str) -> Self {
        Self { check, state: State::Fail, found: found.into(), remedy: Some(remedy.to_owned()) }
    }
}

/// Checks everything and tells.
pub(crate) async fn run(configuration: &Configuration, asked: &Doctor) -> anyhow::Result<Outcome> {
    let begun = Instant::now();
    let patience = asked.wait.unwrap_or_default();
    let mut configuration = configuration.clone();
    let mut rows = loop {
        let rows = check(&configuration).await;
        let failing = rows.iter().any(|row| row.state == State::Fail);
        if !failing || begun.elapsed() >= patience {
            break rows;
        }
        tokio::time::sleep(AGAIN_AFTER).await;
        // A `samvirke up` that is starting leaves its note meanwhile.
        configuration.follow_running()?;
    };
    if asked.deep {
        rows.extend(deep::check(&configuration).await);
    }
    if asked.json {
        terminal::say(&serde_json::to_string_pretty(&rows)?);
    } else {
        rows.iter().for_each(tell);
    }
    let failing = rows.iter().any(|row| row.state == State::Fail);
    Ok(if failing { Outcome::NotAll } else { Outcome::Done })
}

async fn check(configuration: &Configuration) -> Vec<Row> {
    let mut rows = host::disks(&configuration.data);
    rows.extend(keys::check(configuration));
    rows.extend(nats::check(configuration).await);
    rows.extend(database::check(configuration).await);
    rows.extend(check_projections(configuration).await);
    rows.extend(host::http(configuration).await);
    rows
}

async fn check_projections(configuration: &Configuration) -> Vec<Row> {
    const CHECK: &str = "read models";
    let standings = match projections::standings(configuration).await {
        Ok(standings) => standings,
        Err(error) => {
            let remedy = match is_locked(error.as_ref()) {
                true => "end the session that holds the lock: the rows on postgres say which",
                false => "see the rows on nats, streams and postgres",
            };
            return vec![Row::fail(CHECK, failure::line(&error), remedy)];
        }
    };
    let mut rows = Vec::new();
    for standing in &standings {
        let place = format!("{} on {}", standing.name, standing.stream);
        if standing.parked > 0 {
            let found = format!("{place} has set {} messages aside", standing.parked);
            let remedy = "see samvirke projections parked; repair, then samvirke projections retry";
            rows.push(Row::fail(CHECK, found, remedy));
        }
        if let Some(why) = &standing.halted {
            let found = format!("{place} has halted: {why}");
            rows.push(Row::fail(CHECK, found, "samvirke projections rebuild"));
        }
        if standing.lag > BEHIND_MAX {
            let found = format!("{place} is {} messages behind", standing.lag);
            rows.push(Row::warn(CHECK, found, "wait; if it does not shrink, read samvirke's log"));
        }
    }
    if rows.is_empty() {
        rows.push(Row::ok(CHECK, format!("{} up to date", standings.len())));
    }
    rows
}

fn tell(row: &Row) {
    let Row { check, state, found, remedy } = row;
    terminal::say(&format!("{:<5} {check:<12} {found}", state.to_string()));
    if let Some(remedy) = remedy {
        terminal::say(&format!("{:<18} → {remedy}", ""));
    }
}

/// Judges how far another clock is from ours.
pub(crate) fn clocks(check: &'static str, milliseconds_apart: i64) -> Row {
    /// Beyond this, positions in time of different machines start to look wrong to people.
    const APART_WARN_MS: i64 = 1_000;
    /// Beyond this, fresh tokens count as not yet valid.
    const APART_FAIL_MS: i64 = 30_000;
    let found = format!("{milliseconds_apart} ms apart from ours");
    let remedy = "synchronise the clocks of both machines, with chrony for instance";
    match milliseconds_apart.abs() {
        APART_FAIL_MS.. => Row::fail(check, found, remedy),
        APART_WARN_MS.. => Row::warn(check, found, remedy),
        _ => Row::ok(check, found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_are_far_apart_fail() {
        assert_eq!(clocks("c", 3).state, State::Ok);
        assert_eq!(clocks("c", -2_000).state, State::Warn);
        assert_eq!(clocks("c", 60_000).state, State::Fail);
    }
}
