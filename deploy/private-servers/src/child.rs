//! One server process: started, watched, stopped.
//!
//! Each child has a thread that starts it and then waits for it. That thread lives exactly as long as
//! the child, which matters: Linux can end a child when the *thread* that started it ends
//! (`setpriv --pdeathsig`), and so the children end with us even when we are killed.
//!
//! Children are in process groups of their own, so that Ctrl-C reaches us alone and we stop them in
//! order.

use std::{
    env, fs, io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::sync::watch;

use crate::{Error, programs};

/// How long a server may take to stop before it is killed.
pub(crate) const STOP_MAX: Duration = Duration::from_secs(20);
/// How long a server may take to become ready.
pub(crate) const READY_MAX: Duration = Duration::from_secs(60);
/// How often readiness is probed.
pub(crate) const PROBE_EVERY: Duration = Duration::from_millis(20);
/// A log larger than this is set aside when its server starts; one such older log is kept.
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// How much of a log's end is read to tell why a server ended.
const LOG_TAIL_BYTES_MAX: usize = 4096;

/// How a server ended, in words: `exit status: 1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub status: String,
}

/// What is needed to start a child.
pub(crate) struct Launch {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    /// Variables of the environment, where ours does not have them.
    pub(crate) environment: Vec<(&'static str, &'static str)>,
    pub(crate) directory: PathBuf,
    pub(crate) log: PathBuf,
    /// The user to run as, where it is not ours.
    pub(crate) user: Option<User>,
    /// The signal that asks the server to stop now, without waiting for its clients.
    pub(crate) stop_signal: Signal,
}

/// A user that a server runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// A running child.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) name: String,
    pub(crate) pid: u32,
    log: PathBuf,
    stop_signal: Signal,
    ended: watch::Receiver<Option<Ended>>,
}

impl Child {
    /// Starts the process; returns when the kernel has it, not when it is ready.
    pub(crate) async fn spawn(launch: Launch) -> Result<Self, Error> {
        let log = open_log(&launch.log, launch.user)?;
        let errors = log.try_clone().map_err(Error::prepare(&launch.log))?;
        let mut command = ending_with_us(&launch);
        command
            .args(&launch.arguments)
            .current_dir(&launch.directory)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors);
        for (name, value) in &launch.environment {
            if env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        if let Some(User { uid, gid }) = launch.user {
            // Setting the user as root also drops root's other groups.
            command.uid(uid).gid(gid);
        }
        let (tell_start, start) = tokio::sync::oneshot::channel();
        let (tell_end, ended) = watch::channel(None);
        thread::Builder::new()
            .name(launch.name.clone())
            .spawn(move || wait_for(command, tell_start, &tell_end))
            .map_err(|source| Error::Spawn { program: launch.program.clone(), source })?;
        let started = start
            .await
            .unwrap_or_else(|_| Err(io::Error::other("the thread that starts it ended")));
        let pid = started.map_err(|source| Error::Spawn { program: launch.program, source })?;
        Ok(Self { name: launch.name, pid, log: launch.log, stop_signal: launch.stop_signal, ended })
    }

    /// How it ended, once it has.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.ended.borrow().clone()
    }

    /// Waits until it has ended.
    pub(crate) async fn wait(&self) -> Ended {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(ended) => ended.clone().unwrap_or(Ended { status: "ended".into() }),
            // The waiting thread is gone without a word, so nothing is known of the child.
            Err(_) => Ended { status: "lost sight of".into() },
        }
    }

    /// Waits until `ready` says so, until the child ends, or until [`READY_MAX`] has passed.
    pub(crate) async fn until_ready<F: Future<Output = bool>>(
        &self,
        ready: impl Fn() -> F,
    ) -> Result<(), Error> {
        let deadline = Instant::now() + READY_MAX;
        loop {
            if let Some(ended) = self.ended() {
                return Err(Error::EndedEarly {
                    server: self.name.clone(),
                    status: ended.status,
                    last_line: last_line(&self.log),
                    log: self.log.clone(),
                });
            }
            if ready().await {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(Error::NotReady {
                    server: self.name.clone(),
                    seconds: READY_MAX.as_secs(),
                    log: self.log.clone(),
                });
            }
            tokio::time::sleep(PROBE_EVERY).await;
        }
    }

    /// Asks it to stop, and kills it when it does not within [`STOP_MAX`].
    pub(crate) async fn stop(&self) {
        self.signal(self.stop_signal);
        if tokio::time::timeout(STOP_MAX, self.wait()).await.is_err() {
            tracing::warn!(server = self.name, "{} does not stop, killing it", self.name);
            self.kill().await;
        }
    }

    /// Kills it and all it started, as a power cut would, and waits until it is gone.
    pub(crate) async fn kill(&self) {
        self.signal_group(Signal::KILL);
        self.wait().await;
    }

    /// Stops it from where nothing can be awaited, such as `drop`.
    pub(crate) fn stop_blocking(&self, signal: Signal) {
        self.signal(signal);
        let deadline = Instant::now() + STOP_MAX;
        while self.ended().is_none() {
            if Instant::now() >= deadline {
                return self.signal_group(Signal::KILL);
            }
            pause(PROBE_EVERY);
        }
    }

    fn signal(&self, signal: Signal) {
        // The process id of a child that was waited for may belong to somebody else by now.
        if self.ended().is_none()
            && let Some(pid) = pid_of(self.pid)
            && let Err(error) = kill_process(pid, signal)
        {
            tracing::debug!(server = self.name, %error, "the signal did not reach {}", self.name);
        }
    }

    fn signal_group(&self, signal: Signal) {
        if self.ended().is_none()
            && let Some(pid) = pid_of(self.pid)
            && let Err(error) = kill_process_group(pid, signal)
        {
            tracing::debug!(server = self.name, %error, "the signal did not reach {}", self.name);
        }
    }
}

/// Stops a process that an earlier, killed run left behind.
///
/// `pid` comes from a file and may be anybody's by now, so `marks` must all be arguments of it.
pub(crate) async fn stop_leftover(
    name: &str,
    pid: u32,
    marks: &[&str],
    signal: Signal,
) -> Result<(), Error> {
    if !is_running(pid, marks) {
        return Ok(());
    }
    tracing::info!(server = name, pid, "stopping the {name} that an earlier run left behind");
    let Some(target) = pid_of(pid) else { return Ok(()) };
    for signal in [signal, Signal::KILL] {
        // An error means that it has just ended, which the loop below sees.
        let _already_ended = kill_process(target, signal);
        let deadline = Instant::now() + STOP_MAX;
        while Instant::now() < deadline {
            if !is_running(pid, marks) {
                return Ok(());
            }
            tokio::time::sleep(PROBE_EVERY).await;
        }
    }
    Err(Error::Leftover { server: name.to_owned(), pid })
}

/// Runs a program that does one thing and ends; returns what it printed.
pub(crate) async fn run(mut command: Command) -> Result<String, Error> {
    let program = PathBuf::from(command.get_program());
    let spawned = program.clone();
    let output = tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output())
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
        .map_err(|source| Error::Spawn { program: spawned, source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let output_line =
        said.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>();
    Err(Error::Command {
        program,
        status: output.status.to_string(),
        output: output_line.join("; "),
    })
}

/// The last line of a log, or a word that there is none.
pub(crate) fn last_line(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let tail = &bytes[bytes.len().saturating_sub(LOG_TAIL_BYTES_MAX)..];
    let text = String::from_utf8_lossy(tail);
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("no words").to_owned()
}

fn wait_for(
    mut command: Command,
    tell_start: tokio::sync::oneshot::Sender<io::Result<u32>>,
    tell_end: &watch::Sender<Option<Ended>>,
) {
    match command.spawn() {
        Err(error) => drop(tell_start.send(Err(error))),
        Ok(mut child) => {
            let unheard = tell_start.send(Ok(child.id())).is_err();
            if unheard && let Err(error) = child.kill() {
                tracing::warn!(%error, "a server that nobody waits for could not be killed");
            }
            let status = child.wait().map_or_else(|e| e.to_string(), |s: ExitStatus| s.to_string());
            tell_end.send_replace(Some(Ended { status }));
        }
    }
}

/// The command, wrapped so that the kernel stops the child when we end, where that is possible.
fn ending_with_us(launch: &Launch) -> Command {
    static WRAPPER: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
        let setpriv = programs::on_path("setpriv")?;
        // The one in BusyBox has no such option.
        let tried = Command::new(&setpriv).args(["--pdeathsig", "TERM", "true"]).output().ok()?;
        tried.status.success().then_some(setpriv)
    });
    match WRAPPER.as_ref() {
        None => Command::new(&launch.program),
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            // It takes names only.
            let signal = if launch.stop_signal == Signal::INT { "INT" } else { "TERM" };
            command.args(["--pdeathsig", signal]).arg(&launch.program);
            command
        }
    }
}

fn open_log(path: &Path, user: Option<User>) -> Result<fs::File, Error> {
    if fs::metadata(path).is_ok_and(|found| found.len() > LOG_BYTES_MAX) {
        fs::rename(path, path.with_extension("log.1")).map_err(Error::prepare(path))?;
    }
    let file = fs::OpenOptions::new().append(true).create(true).open(path);
    let file = file.map_err(Error::prepare(path))?;
    if let Some(User { uid, gid }) = user {
        std::os::unix::fs::chown(path, Some(uid), Some(gid)).map_err(Error::prepare(path))?;
    }
    Ok(file)
}

/// Whether `pid` is a process with all `marks` among its arguments.
pub(crate) fn is_running(pid: u32, marks: &[&str]) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line);
    let arguments: Vec<&str> = line.split('\0').collect();
    // A zombie has no arguments left, so it counts as ended.
    marks.iter().all(|mark| arguments.contains(mark))
}

pub(crate) fn pid_of(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

#[expect(clippy::disallowed_methods, reason = "called where nothing can be awaited, and bounded")]
fn pause(time: Duration) {
    thread::sleep(time);
}
