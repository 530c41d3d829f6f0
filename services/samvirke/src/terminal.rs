//! What people and scripts read: answers on standard output, everything else on standard error.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// The form of the log on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogForm {
    /// Lines for people.
    Text,
    /// One JSON object a line, for a log store.
    Json,
}

/// Says one line of an answer.
pub(crate) fn say(line: &str) {
    // A reader that has gone away, such as `head`, is no failure of ours.
    let _reader_gone = writeln!(io::stdout().lock(), "{line}");
}

/// Says one line beside the answer.
pub(crate) fn complain(line: &str) {
    let _reader_gone = writeln!(io::stderr().lock(), "{line}");
}

/// Starts the log. `RUST_LOG` says how much; by default what an operator should see.
pub(crate) fn log_to_stderr(form: LogForm) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,async_nats=warn,sqlx=warn"));
    let registry = tracing_subscriber::registry().with(filter);
    match form {
        LogForm::Text => {
            let ansi = io::IsTerminal::is_terminal(&io::stderr());
            registry.with(fmt::layer().with_writer(io::stderr).with_ansi(ansi)).init();
        }
        LogForm::Json => registry.with(fmt::layer().json().with_writer(io::stderr)).init(),
    }
}
