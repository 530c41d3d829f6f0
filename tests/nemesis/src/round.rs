//! One round: a Samvirke of its own, several imports, one blow, and what must be true afterwards.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context;
use samvirke_tests::{Server, Up};

use crate::{
    blow::{Blow, Victim},
    promises, quiet, rebuilt,
    story::{self, Line},
    told::promised,
};

/// How long the imports may take, the blow included.
const IMPORTED_WITHIN: Duration = Duration::from_secs(180);
/// How often the imports are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// The line above the rows.
pub(crate) const HEADING: &str = "round  killed       at line  of all  went on after  commits  by policies  rows compared  seconds";

/// How a round went.
pub(crate) struct Course {
    lines: usize,
    went_on_after: Duration,
    commits: usize,
    by_policies: usize,
    rows: u64,
    took: Duration,
}

impl Course {
    pub(crate) fn row(&self, number: usize, blow: &Blow) -> String {
        format!(
            "{number:>5}  {:<11}  {:>7}  {:>6}  {:>11.2} s  {:>7}  {:>11}  {:>13}  {:>7.1}",
            blow.victim,
            blow.lines,
            self.lines,
            self.went_on_after.as_secs_f64(),
            self.commits,
            self.by_policies,
            self.rows,
            self.took.as_secs_f64(),
        )
    }
}

/// Plays a round.
///
/// # Errors
///
/// The first promise that was broken; what is left of the round is then kept.
pub(crate) async fn play(blow: &Blow) -> anyhow::Result<Course> {
    // `tests/faults` builds both, side by side.
    let samvirke = env::current_exe()?.with_file_name("samvirke");
    let mut up = Up::start(&samvirke, &format!("127.0.0.1:{}", free_port()?))?;
    let played = play_on(&mut up, blow).await;
    match played {
        Ok(course) => Ok(course),
        Err(error) => {
            let kept = up.keep();
            Err(error.context(format!("everything is kept in {}", kept.display())))
        }
    }
}

async fn play_on(up: &mut Up, blow: &Blow) -> anyhow::Result<Course> {
    let begun = Instant::now();
    up.is_well()?;
    let mut prologue = Import::start(up, "prologue", &story::prologue())?;
    until(up, &mut [&mut prologue]).await?;

    let mut imports = Vec::new();
    for (number, chapter) in story::chapters().iter().enumerate() {
        imports.push(Import::start(up, &format!("chapter-{number}"), chapter)?);
    }
    let went_on_after = strike(up, blow, &mut imports).await?;
    until(up, &mut imports.iter_mut().collect::<Vec<_>>()).await?;
    up.is_well()?;

    let mut acknowledged = prologue.acknowledged()?;
    for import in &imports {
        acknowledged.extend(import.acknowledged()?);
    }
    let lines = story::lines();
    promised!(
        acknowledged.len() == lines.len(),
        "{} of {} lines were acknowledged in the end",
        acknowledged.len(),
        lines.len()
    );
    let addresses = up.addresses()?;
    let found = quiet::streams(&addresses.nats).await?;
    let tally = promises::check(&lines, &acknowledged, &found)?;
    let rows = rebuilt::compare(&addresses).await?;
    Ok(Course {
        lines: lines.len(),
        went_on_after,
        commits: tally.commits,
        by_policies: tally.by_policies,
        rows,
        took: begun.elapsed(),
    })
}

/// Waits for the moment, kills, and starts again what does not come back by itself; returns how long it
/// was until the next line was acknowledged.
async fn strike(up: &mut Up, blow: &Blow, imports: &mut [Import]) -> anyhow::Result<Duration> {
    let count = |imports: &[Import]| imports.iter().map(Import::count).sum::<usize>();
    let mut look = tokio::time::interval(LOOK_EVERY);
    while count(imports) < blow.lines {
        look.tick().await;
        for import in &mut *imports {
            import.has_not_failed()?;
        }
    }
    let moment = tokio::time::Instant::now() + blow.later;
    tokio::time::interval_at(moment, LOOK_EVERY).tick().await;
    let struck = Instant::now();
    match blow.victim {
        Victim::Samvirke => {
            up.kill()?;
            up.start_again()?;
        }
        Victim::Nats => up.kill_server(Server::Nats)?,
        Victim::Postgres => up.kill_server(Server::Postgres)?,
    }
    let before = count(imports);
    let total: usize = imports.iter().map(|import| import.total).sum();
    while count(imports) == before && before < total {
        look.tick().await;
        has_not_ended(up)?;
        promised!(struck.elapsed() < IMPORTED_WITHIN, "nothing went on after the blow");
        for import in &mut *imports {
            import.has_not_failed()?;
        }
    }
    Ok(struck.elapsed())
}

/// Checks that samvirke itself is still there.
fn has_not_ended(up: &mut Up) -> anyhow::Result<()> {
    let ended = up.ended()?;
    promised!(ended.is_none(), "samvirke ended by itself: {}", ended.unwrap_or_default());
    Ok(())
}

/// Waits until the imports have come to their ends.
async fn until(up: &mut Up, imports: &mut [&mut Import]) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut look = tokio::time::interval(LOOK_EVERY);
    for import in imports {
        while !import.is_done()? {
            look.tick().await;
            has_not_ended(up)?;
            let (name, count) = (&import.name, import.count());
            promised!(
                begun.elapsed() < IMPORTED_WITHIN,
                "{name} stands at line {count} and does not go on by itself"
            );
        }
    }
    Ok(())
}

/// One `samvirke import`.
struct Import {
    name: String,
    process: Child,
    ended: Option<ExitStatus>,
    file: PathBuf,
    total: usize,
}

impl Import {
    fn start(up: &Up, name: &str, lines: &[Line]) -> anyhow::Result<Self> {
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
    fn acknowledged(&self) -> anyhow::Result<Vec<String>> {
        let text = fs::read_to_string(progress_of(&self.file))?;
        Ok(text.lines().skip(1).map(str::to_owned).collect())
    }

    fn count(&self) -> usize {
        let text = fs::read_to_string(progress_of(&self.file)).unwrap_or_default();
        text.matches('\n').count().saturating_sub(1)
    }

    /// Whether it came to its end; a refused line is a broken promise, since all are in order.
    fn is_done(&mut self) -> anyhow::Result<bool> {
        if self.ended.is_none() {
            self.ended = self.process.try_wait()?;
        }
        self.has_not_failed()?;
        Ok(self.ended.is_some())
    }

    fn has_not_failed(&mut self) -> anyhow::Result<()> {
        if self.ended.is_none() {
            self.ended = self.process.try_wait()?;
        }
        let Some(status) = self.ended else { return Ok(()) };
        let said = fs::read_to_string(self.file.with_extension("said")).unwrap_or_default();
        promised!(status.success(), "the import of {} gave up ({status}):\n{said}", self.name);
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
fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
