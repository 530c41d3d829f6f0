//! Sending the lines of a file, several at once.
//!
//! Invariants: a line is sent when all earlier lines that name what it names are answered; what became of a
//! line is told when that of all earlier lines is; no more of the file is held than a bounded window.

use std::{cell::RefCell, collections::VecDeque};

use anyhow::Context;
use futures::{StreamExt, stream::FuturesUnordered};
use samvirke_schemas::reply::Warning;

use super::{
    acknowledged::Acknowledged,
    key::Keys,
    line::{Fault, Line, Target},
    names::Naming,
    reader::{Numbered, Reader},
    report::Report,
    schedule::Schedule,
    send::{Answer, Sender},
};

/// How many lines are read ahead of the first unfinished one, for each that is sent at once.
const AHEAD_FACTOR: usize = 10;
/// How many bytes of the file are read ahead of the first unfinished line.
const AHEAD_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Sends the lines, at most `parallel` at once.
///
/// # Errors
///
/// Of the first line in the file that can be neither accepted nor refused. What became of all lines before it is
/// told.
pub(super) async fn send_all(
    mut reader: Reader,
    report: &mut Report,
    (sender, acknowledged): (&Sender, &mut Acknowledged),
    parallel: usize,
    stop_at_first: bool,
) -> anyhow::Result<()> {
    let report = RefCell::new(report);
    let mut window = Window::new(parallel * AHEAD_FACTOR);
    let mut under_way = FuturesUnordered::new();
    loop {
        window.read_ahead(&mut reader, acknowledged);
        if window.tell(&mut report.borrow_mut(), stop_at_first)?.is_stop() {
            return Ok(());
        }
        while under_way.len() < parallel
            && let Some(ToSend { place, line, key }) = window.next_to_send()
        {
            let waiting = |reason: &str| report.borrow().waiting(reason);
            under_way.push(async move {
                let answer = sender.send(&line, &key, waiting).await;
                (place, line.to, key, answer)
            });
        }
        match under_way.next().await {
            Some((place, to, key, answer)) => {
                if matches!(answer, Ok(Answer::Accepted(_))) {
                    acknowledged.add(&key)?;
                }
                window.answered(place, to, answer);
            }
            None if window.is_done() => return Ok(()),
            // Nothing of what was read was to be sent.
            None => (),
        }
    }
}

/// What became of a line.
enum Became {
    PassedOver,
    Accepted {
        warnings: Vec<Warning>,
        repeated: bool,
    },
    Refused {
        to: Option<Target>,
        code: String,
        reason: String,
    },
    /// It can be neither accepted nor refused, and the import ends there.
    Failed(anyhow::Error),
}

impl From<Fault> for Became {
    fn from(fault: Fault) -> Self {
        Self::Refused { to: None, code: fault.code, reason: fault.reason }
    }
}

/// A line that may be sent.
struct ToSend {
    place: usize,
    line: Line,
    key: String,
}

/// A line that is not told yet.
struct Entry {
    number: usize,
    bytes: usize,
    to_send: Option<(Line, String)>,
    became: Option<Became>,
}

/// Whether the import goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    Stop,
}

impl Next {
    fn is_stop(self) -> bool {
        self == Self::Stop
    }
}

/// The lines from the first that is not finished to the last that was read.
struct Window {
    lines_max: usize,
    /// The place of the first entry: how many lines are told.
    first: usize,
    entries: VecDeque<Entry>,
    bytes: usize,
    keys: Keys,
    naming: Naming,
    schedule: Schedule,
    /// The place of the first line that failed. None behind it is sent.
    failed: Option<usize>,
    at_end: bool,
}

impl Window {
    fn new(lines_max: usize) -> Self {
        Self {
            lines_max,
            first: 0,
            entries: VecDeque::new(),
            bytes: 0,
            keys: Keys::default(),
            naming: Naming::default(),
            schedule: Schedule::default(),
            failed: None,
            at_end: false,
        }
    }

    fn is_done(&self) -> bool {
        self.at_end && self.entries.is_empty()
    }

    fn read_ahead(&mut self, reader: &mut Reader, acknowledged: &Acknowledged) {
        while !self.at_end
            && self.failed.is_none()
            && self.entries.len() < self.lines_max
            && self.bytes < AHEAD_BYTES_MAX
        {
            match reader.next() {
                Some(Ok(numbered)) => self.take(numbered, acknowledged),
                Some(Err(error)) => {
                    self.failed = Some(self.first + self.entries.len());
                    self.push(0, 0, Err(Became::Failed(error)));
                }
                None => self.at_end = true,
            }
        }
    }

    fn take(&mut self, Numbered { number, text }: Numbered, acknowledged: &Acknowledged) {
        let bytes = text.as_ref().map_or(0, String::len);
        let mut line = match text.and_then(|text| Line::read(&text)) {
            Ok(line) => line,
            Err(fault) => return self.push(number, bytes, Err(fault.into())),
        };
        let key = self.keys.of(&line);
        let names = self.naming.of(&line, &key);
        // All that it was read for is known.
        line.content.take();
        if acknowledged.holds(&key) {
            return self.push(number, bytes, Err(Became::PassedOver));
        }
        self.schedule.add(self.first + self.entries.len(), names);
        self.push(number, bytes, Ok((line, key)));
    }

    fn push(&mut self, number: usize, bytes: usize, line: Result<(Line, String), Became>) {
        let (to_send, became) = match line {
            Ok(line) => (Some(line), None),
            Err(became) => (None, Some(became)),
        };
        self.bytes += bytes;
        self.entries.push_back(Entry { number, bytes, to_send, became });
    }

    /// Takes out the first line that may be sent.
    fn next_to_send(&mut self) -> Option<ToSend> {
        let place = self.schedule.next_before(self.failed.unwrap_or(usize::MAX))?;
        let (line, key) = self.entries.get_mut(place - self.first)?.to_send.take()?;
        Some(ToSend { place, line, key })
    }

    fn answered(&mut self, place: usize, to: Target, answer: anyhow::Result<Answer>) {
        self.schedule.finish(place);
        let Some(entry) = self.entries.get_mut(place - self.first) else { return };
        entry.became = Some(match answer {
            Ok(Answer::Accepted(accepted)) => Became::Accepted {
                repeated: accepted.repeated || accepted.events.is_empty(),
                warnings: accepted.warnings,
            },
            Ok(Answer::Refused(problem)) => Became::Refused {
                to: Some(to),
                code: problem.code().to_owned(),
                reason: problem.reason(),
            },
            Err(error) => {
                self.failed = Some(self.failed.map_or(place, |failed| failed.min(place)));
                Became::Failed(error)
            }
        });
    }

    /// Tells what became of the lines, up to the first that is not finished.
    fn tell(&mut self, report: &mut Report, stop_at_first: bool) -> anyhow::Result<Next> {
        while let Some(became) = self.entries.front_mut().and_then(|entry| entry.became.take()) {
            let Some(Entry { number, bytes, .. }) = self.entries.pop_front() else { break };
            self.first += 1;
            self.bytes -= bytes;
            match became {
                Became::PassedOver => report.passed_over(),
                Became::Accepted { warnings, repeated } => {
                    report.accepted(number, &warnings, repeated);
                }
                Became::Refused { to, code, reason } => {
                    report.refused(number, to.as_ref(), &code, &reason);
                    if stop_at_first {
                        return Ok(Next::Stop);
                    }
                }
                Became::Failed(error) if number == 0 => return Err(error),
                Became::Failed(error) => return Err(error).context(format!("line {number}")),
            }
        }
        Ok(Next::GoOn)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// How many lines of a file are read ahead while the first is not finished.
    fn ahead(lines_max: usize, lines: usize, line: impl Fn(usize) -> String) -> usize {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.jsonl");
        fs::write(&path, (0..lines).map(line).collect::<String>()).unwrap();
        let mut window = Window::new(lines_max);
        window.read_ahead(&mut Reader::open(&path).unwrap(), &Acknowledged::nowhere());
        window.entries.len()
    }

    #[test]
    fn no_more_lines_are_read_ahead_than_the_window_has() {
        let close = |case| format!("{{\"to\": \"cases/a:{case}/close\", \"body\": {{}}}}\n");
        assert_eq!(ahead(20, 25, close), 20);
        assert_eq!(ahead(20, 15, close), 15);
    }

    #[test]
    fn no_more_bytes_are_read_ahead_than_the_window_has() {
        let long = "x".repeat(1024 * 1024);
        let amend = |case| {
            format!("{{\"to\": \"cases/a:{case}/amend\", \"body\": {{\"title\": \"{long}\"}}}}\n")
        };
        assert_eq!(ahead(1_000, 40, amend), AHEAD_BYTES_MAX / (1024 * 1024));
    }
}
