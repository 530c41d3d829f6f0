//! What an import tells while it runs and at its end.
//!
//! A bar where somebody watches a terminal, plain lines otherwise; refused lines are told in either.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use indicatif::ProgressBar;
use samvirke_schemas::reply::Warning;

use super::line::Target;
use crate::{outcome::Outcome, progress, terminal};

/// How often progress is told where there is no bar.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// Counts and tells.
pub(crate) struct Report {
    dry_run: bool,
    total: u64,
    accepted: u64,
    repeated: u64,
    passed_over: u64,
    refused: u64,
    warnings: u64,
    bar: Option<ProgressBar>,
    begun: Instant,
    told: Cell<Instant>,
}

impl Report {
    pub(crate) fn new(total: u64, dry_run: bool) -> Self {
        let now = Instant::now();
        Self {
            dry_run,
            total,
            accepted: 0,
            repeated: 0,
            passed_over: 0,
            refused: 0,
            warnings: 0,
            bar: progress::lines(total),
            begun: now,
            told: Cell::new(now),
        }
    }

    /// A line is in effect.
    pub(crate) fn accepted(&mut self, number: usize, warnings: &[Warning], repeated: bool) {
        self.accepted += 1;
        self.repeated += u64::from(repeated);
        for warning in warnings {
            self.warnings += 1;
            let Warning { code, rule, detail } = warning;
            self.line(&format!("line {number}: warning {code}: {detail} ({rule})"));
        }
        self.progress();
    }

    /// A line is not in effect, and why.
    pub(crate) fn refused(&mut self, number: usize, to: Option<&Target>, code: &str, reason: &str) {
        self.refused += 1;
        let to = to.map_or(String::new(), |to| format!(" {to}"));
        self.line(&format!("line {number}:{to} refused: {code}: {reason}"));
        self.progress();
    }

    /// A line was acknowledged in an earlier run.
    pub(crate) fn passed_over(&mut self) {
        self.passed_over += 1;
        self.progress();
    }

    /// The server is away, or says "try again".
    pub(crate) fn waiting(&self, reason: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(format!("(waiting: {reason})")),
            None if self.is_time() => terminal::complain(&format!("waiting: {reason}")),
            None => (),
        }
    }

    /// Tells the sum and how it ended.
    ///
    /// `positions` is how far the streams were, for who wants to read what was just written.
    pub(crate) fn finish(self, positions: &str) -> Outcome {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let seconds = self.begun.elapsed().as_secs_f64();
        let done = if self.dry_run { "well formed" } else { "accepted" };
        let mut sum = format!("{} lines: {} {done}", self.total, self.accepted);
        let parts = [
            (self.repeated, "of them changed nothing"),
            (self.passed_over, "acknowledged before"),
            (self.refused, "refused"),
            (self.warnings, "warnings"),
        ];
        for (count, what) in parts.into_iter().filter(|(count, _)| *count > 0) {
            sum.push_str(&format!(", {count} {what}"));
        }
        let left = self.total - self.accepted - self.passed_over - self.refused;
        if left > 0 {
            sum.push_str(&format!(", {left} not tried"));
        }
        terminal::say(&format!("{sum} ({seconds:.1} s)"));
        if !positions.is_empty() {
            terminal::say(&format!("position {positions}"));
        }
        if self.refused > 0 { Outcome::NotAll } else { Outcome::Done }
    }

    fn progress(&self) {
        let done = self.accepted + self.passed_over + self.refused;
        match &self.bar {
            Some(bar) => {
                bar.set_position(done);
                bar.set_message("");
            }
            None if self.is_time() => {
                terminal::complain(&format!("{done} of {} lines", self.total));
            }
            None => (),
        }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| terminal::complain(text)),
            None => terminal::complain(text),
        }
    }

    fn is_time(&self) -> bool {
        let due = self.told.get().elapsed() >= TELL_EVERY;
        if due {
            self.told.set(Instant::now());
        }
        due
    }
}
