//! What may be asked of an import.

use std::path::PathBuf;

use clap::Args;

use super::Bearer;

/// The most lines that may be asked for at once: no more than one caller may have under way at a gateway.
const PARALLEL_MAX: i64 = 128;

pub(super) const HELP: &str = "\
Each line is one command:
  {\"to\": \"cooperations/vestregionen/found\", \"body\": {…}, \"as\": \"operator\",
   \"at\": \"1992-06-01T12:00\", \"source\": \"annual report 2017, p. 9\"}
`as` is secretariat, operator or member:<organisation number>; `at` is when it happened; `illustrative`: true
marks what no source tells; `key` is the idempotency key, made from the line's content where it is absent.
Blank lines and lines that start with # are passed over.

Several lines are sent at once. A line waits for the answers to all earlier lines that name an id it names, a \
register's cases are opened in the order of the file, and what is told is told in the order of the file: the result \
is that of --parallel 1. With --stop-at-first lines are sent one by one, since nothing after the first refused line may \
be in effect.

Examples:
  samvirke import history.jsonl --dry-run
  samvirke import history.jsonl --data ./data/demo
  samvirke import history.jsonl --parallel 8
  samvirke import history.jsonl --stop-at-first
  samvirke import history.jsonl --url https://samvirke.example --token-file token --resume";

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The file, one command a line
    pub(crate) file: PathBuf,
    /// Check every line against the published request types, and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Send at most this many lines at once; 1 sends them one by one [default: 32]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=PARALLEL_MAX))]
    pub(crate) parallel: Option<u16>,
    /// Pass over what an earlier run with --resume had acknowledged
    #[arg(long)]
    pub(crate) resume: bool,
    /// Where --resume keeps what was acknowledged [default: FILE.progress]
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Stop at the first line that is refused, with lines sent one by one
    #[arg(long, conflicts_with = "parallel")]
    pub(crate) stop_at_first: bool,
    #[command(flatten)]
    pub(crate) bearer: Bearer,
}

impl Import {
    /// How many lines are sent at once where nothing is asked for.
    const PARALLEL: u16 = 32;

    /// Returns how many lines are sent at once.
    pub(crate) fn parallel(&self) -> usize {
        // Nothing after the first refused line may be in effect.
        let usual = if self.stop_at_first { 1 } else { Self::PARALLEL };
        self.parallel.unwrap_or(usual).into()
    }
}
