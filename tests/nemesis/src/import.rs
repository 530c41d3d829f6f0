//! Imports of a workload, side by side, as `samvirke import --resume` does them.
//!
//! Invariant: what counts as acknowledged is what the import has noted down; a refused line is a broken
//! promise, since all are in order.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context;
use samvirke_tests::Up;

use crate::{fault::InjectedFault, violation::ensure_invariant, workload::Line};

/// How long the imports may take, the fault included.
pub(crate) const IMPORTED_WITHIN: Duration = Duration::from_secs(180);
/// How often the imports are looked at.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(1);

/// How many lines have been acknowledged.
pub(crate) fn count(imports: &[Import]) -> usize {
    imports.iter().map(Import::count).sum()
}

/// How many lines there are.
pub(crate) fn total(imports: &[Import]) -> usize {
    imports.iter().map(|import| import.total).sum()
}

/// The keys that the server has acknowledged.
pub(crate) fn acknowledged(imports: &[Import]) -> anyhow::Result<Vec<String>> {
    let mut keys = Vec::new();
    for import in imports {
        keys.extend(import.acknowledged()?);
    }
    Ok(keys)
}

/// Waits for the moment of a fault.
pub(crate) async fn until_the_moment<V>(
    fault: &InjectedFault<V>,
    imports: &mut [Import],
) -> anyhow::Result<()> {
    let mut look = tokio::time::interval(LOOK_EVERY);
    while count(imports) < fault.lines {
        look.tick().await;
        for import in &mut *imports {
            import.has_not_failed()?;
        }
    }
    let moment = tokio::time::Instant::now() + fault.later;
    tokio::time::interval_at(moment, LOOK_EVERY).tick().await;
    Ok(())
}

/// Checks that samvirke itself is still there.
pub(crate) fn has_not_ended(up: &mut Up) -> anyhow::Result<()> {
    let ended = up.ended()?;
    ensure_invariant!(ended.is_none(), "samvirke ended by itself: {}", ended.unwrap_or_default());
    Ok(())
}

/// Waits until the imports have come to their ends.
pub(crate) async fn until(up: &mut Up, imports: &mut [&mut Import]) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut look = tokio::time::interval(LOOK_EVERY);
    for import in imports {
        while !import.is_done()? {
            look.tick().await;
            has_not_ended(up)?;
            let (name, count) = (&import.name, import.count());
            ensure_invariant!(
                begun.elapsed() < IMPORTED_WITHIN,
                "{name} stands at line {count} and does not go on by itself"
            );
        }
    }
    Ok(())
}

/// One `samvirke import`.
pub(crate) struct Import {
    name: String,
    process: Child,
    ended: Option<ExitStatus>,
    file: PathBuf,
    total: usize,
}

impl Import {
    pub(crate) fn start(up: &Up, name: &str, lines: &[Line]) -> anyhow::Result<Self> {
        let file = up.data().join(format!("{name}.jsonl"));
        let text: String = lines.iter().map(|line| format!("{}\n", line.text)).collect();
        fs::write(&file, text)?;
        let said = fs::File::create(file.with_extension("said"))?;
        let process = up
            .command(&["import", &file.to_string_lossy(), "--resume", "--url", &up.url()])
            .stdout(said.try_clone()?)
            .stderr(said)
            .stdin(Stdio::null())
            .spawn()
            .context("samvirke import cannot be started")?;
        Ok(Self { name: name.to_owned(), process, ended: None, file, total: lines.len() })
    }

    /// The keys that the server has acknowledged.
    pub(crate) fn acknowledged(&self) -> anyhow::Result<Vec<String>> {
        let text = fs::read_to_string(progress_of(&self.file))?;
        Ok(text.lines().skip(1).map(str::to_owned).collect())
    }

    fn count(&self) -> usize {
        let text = fs::read_to_string(progress_of(&self.file)).unwrap_or_default();
        text.matches('\n').count().saturating_sub(1)
    }

    /// Whether it came to its end.
    fn is_done(&mut self) -> anyhow::Result<bool> {
        if self.ended.is_none() {
            self.ended = self.process.try_wait()?;
        }
        self.has_not_failed()?;
        Ok(self.ended.is_some())
    }

    pub(crate) fn has_not_failed(&mut self) -> anyhow::Result<()> {
        if self.ended.is_none() {
            self.ended = self.process.try_wait()?;
        }
        let Some(status) = self.ended else { return Ok(()) };
        let said = fs::read_to_string(self.file.with_extension("said")).unwrap_or_default();
        ensure_invariant!(
            status.success(),
            "the import of {} gave up ({status}):\n{said}",
            self.name
        );
        Ok(())
    }
}

impl Drop for Import {
    fn drop(&mut self) {
        // It is of no use any more where the round broke off.
        let _ended_already = self.process.kill();
        let _ended = self.process.wait();
    }
}

fn progress_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".progress");
    name.into()
}

/// A port that stays the same when samvirke is started again, so that the imports find it.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
