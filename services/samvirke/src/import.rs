//! `samvirke import FILE.jsonl`: the commands of a file, sent through the public API like anybody's.
//!
//! Invariants: several lines are sent at once, and the result and the report are those of sending them one
//! after another in the order of the file; a line is in effect once however often the file is sent, because
//! its idempotency key comes from what it says; a refused line is told and the next one is sent.

mod acknowledged;
mod check;
mod key;
mod line;
mod names;
mod pace;
mod parallel;
mod reader;
mod report;
mod schedule;
mod send;
mod wallet;

use anyhow::Context;

use crate::{arguments::Import, configuration::Configuration, http, outcome::Outcome};
use acknowledged::Acknowledged;
use line::Line;
use reader::{Numbered, Reader};
use report::Report;
use send::Sender;
use wallet::Wallet;

/// Imports the file, or with `--dry-run` checks it.
pub(crate) async fn run(configuration: &Configuration, asked: &Import) -> anyhow::Result<Outcome> {
    let total = reader::count(&asked.file)
        .with_context(|| format!("{} cannot be read", asked.file.display()))?;
    let reader = Reader::open(&asked.file)?;
    let mut report = Report::new(total, asked.dry_run);
    let positions = if asked.dry_run {
        check_all(reader, &mut report, asked.stop_at_first)?;
        String::new()
    } else {
        send_all(reader, &mut report, configuration, asked).await?
    };
    Ok(report.finish(&positions))
}

fn check_all(reader: Reader, report: &mut Report, stop_at_first: bool) -> anyhow::Result<()> {
    for numbered in reader {
        let Numbered { number, text } = numbered?;
        let checked = text.and_then(|text| Line::read(&text)).and_then(|line| check::line(&line));
        match checked {
            Ok(()) => report.accepted(number, &[], false),
            Err(fault) => {
                report.refused(number, None, &fault.code, &fault.reason);
                if stop_at_first {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Sends the lines; returns how far the streams are then.
async fn send_all(
    reader: Reader,
    report: &mut Report,
    configuration: &Configuration,
    asked: &Import,
) -> anyhow::Result<String> {
    let url = configuration.url();
    let mut acknowledged = match asked.resume {
        true => Acknowledged::open(&state_file(asked), &url)?,
        false => Acknowledged::nowhere(),
    };
    let wallet = Wallet::new(http::given_token(&asked.bearer)?, &configuration.data);
    let parallel = asked.parallel();
    let sender = Sender::new(url, wallet, parallel)?;
    let with = (&sender, &mut acknowledged);
    parallel::send_all(reader, report, with, parallel, asked.stop_at_first).await?;
    Ok(sender.positions())
}

fn state_file(asked: &Import) -> std::path::PathBuf {
    asked.state.clone().unwrap_or_else(|| {
        let mut name = asked.file.clone().into_os_string();
        name.push(".progress");
        name.into()
    })
}

#[cfg(test)]
mod any_input;
#[cfg(test)]
mod tests;
