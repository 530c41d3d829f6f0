//! Background tasks that run as long as their service: a panic or an unexpected end is seen, counted,
//! logged, and the task is started again.
//!
//! Invariants: work that outlives a request runs under a [`Supervisor`] (a test over the sources keeps
//! this); its state is on the supervisor's board, which every service reports
//! ([`samvirke_schemas::standing::TASKS`]); waits between restarts grow and fall back on progress.

use std::{
    any::Any,
    collections::BTreeMap,
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::FutureExt;
use samvirke_schemas::standing::{ParkedEvent, TaskBehind, TaskState, TaskStatus, Tasks};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, warn};

use crate::{
    backoff, clock,
    committer::troubled::troubled,
    error_chain::chain,
    lag::{Behind, Lag},
};

/// The wait before the first restart in a row.
pub const RESTART_PAUSE_MIN: Duration = Duration::from_millis(200);
/// The longest wait before a restart.
pub const RESTART_PAUSE_MAX: Duration = Duration::from_secs(10);
/// How long a task that was restarted must run until it counts as running again, where it reports no
/// progress.
pub const STEADY_AFTER: Duration = Duration::from_secs(10);
/// The most characters kept of the reason why a task ended.
const REASON_CHARS_MAX: usize = 1_000;

/// Tasks that belong to the process rather than to one service, such as the committers of logs.
static PROCESS: LazyLock<Supervisor> = LazyLock::new(|| Supervisor::new(CancellationToken::new()));

/// What a service does with a task when it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It is dropped wherever it waits; what it does must survive that.
    Drop,
    /// It sees the shutdown itself and ends when what is under way is finished.
    Drain,
    /// As [`Stop::Drain`]; it may also be done before, and is then not started again.
    MayEnd,
}

/// Why a task ended before its service did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct TaskFailure {
    pub reason: String,
    /// Whether only an operator can help.
    pub halts: bool,
}

impl TaskFailure {
    /// A failure that may pass by itself.
    pub fn passing(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), halts: false }
    }

    /// A failure that only an operator can mend.
    pub fn halting(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), halts: true }
    }

    /// A failure that may pass by itself, from an error with its causes.
    pub fn of(error: &dyn std::error::Error) -> Self {
        Self::passing(chain(error))
    }
}

/// Starts and restarts the background tasks of one service.
#[derive(Clone, Debug)]
pub struct Supervisor {
    board: Board,
    parked: ParkedBoard,
    lags: LagBoard,
    shutdown: CancellationToken,
    running: TaskTracker,
}

/// The states of tasks, by name.
#[derive(Clone, Debug, Default)]
struct Board(Arc<Mutex<BTreeMap<String, TaskStatus>>>);

/// What is parked, by what it is kept under.
type ParkedBoard = Arc<Mutex<BTreeMap<String, Vec<ParkedEvent>>>>;

/// How far a task has come in a stream, where that is known.
pub(crate) type LastTaken = Box<dyn Fn() -> Option<u64> + Send + Sync>;

/// How far behind tasks are, by their names and those of the streams that they follow.
type LagBoard = Arc<Mutex<BTreeMap<(String, String), Lag>>>;

impl Supervisor {
    /// A supervisor whose tasks end with `shutdown`.
    pub fn new(shutdown: CancellationToken) -> Self {
        let (board, parked) = (Board::default(), ParkedBoard::default());
        let (lags, running) = (LagBoard::default(), TaskTracker::new());
        Self { board, parked, lags, shutdown, running }
    }

    /// The supervisor of what belongs to the process and not to one service.
    pub(crate) fn of_process() -> &'static Self {
        &PROCESS
    }

    /// A supervisor on the same board whose tasks are waited for by themselves.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self { running: TaskTracker::new(), ..self.clone() }
    }

    /// The token that stops the tasks.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }

    /// Runs what `start` makes until the service stops; started again whenever it fails, panics or ends.
    ///
    /// `name` is unique within the service; it is on the board from now on.
    pub fn supervise<F>(
        &self,
        name: impl Into<String>,
        stop: Stop,
        start: impl FnMut(Task) -> F + Send + 'static,
    ) where
        F: Future<Output = Result<(), TaskFailure>> + Send + 'static,
    {
        let task = self.task(name.into(), true);
        self.spawn(task, stop, start);
    }

    /// As [`Supervisor::supervise`], for one of very many tasks: it is on the board only while it does
    /// not run, and counted under `kind`.
    pub fn supervise_one_of_many<F>(
        &self,
        kind: &'static str,
        name: String,
        stop: Stop,
        start: impl FnMut(Task) -> F + Send + 'static,
    ) where
        F: Future<Output = Result<(), TaskFailure>> + Send + 'static,
    {
        let task = Task { kind: kind.to_owned(), ..self.task(name, false) };
        self.spawn(task, stop, start);
    }

    fn behind(&self) -> Vec<TaskBehind> {
        let lags = self.lags.lock().unwrap_or_else(PoisonError::into_inner);
        let behind = lags.iter().filter_map(|((task, stream), lag)| {
            let Behind { messages, since } = lag.behind()?;
            Some(TaskBehind { task: task.clone(), stream: stream.clone(), messages, since })
        });
        behind.collect()
    }

    fn spawn<F>(&self, task: Task, stop: Stop, start: impl FnMut(Task) -> F + Send + 'static)
    where
        F: Future<Output = Result<(), TaskFailure>> + Send + 'static,
    {
        let shutdown = self.shutdown.clone();
        self.running.spawn(task.keep_running(stop, shutdown, start));
    }

    fn task(&self, name: String, listed: bool) -> Task {
        let task = Task {
            kind: name.clone(),
            name,
            listed,
            board: self.board.clone(),
            parked: self.parked.clone(),
            lags: self.lags.clone(),
            taken: Arc::default(),
            progressed: Arc::new(AtomicBool::new(true)),
        };
        if listed {
            task.is_now(TaskState::Running, None);
            metrics::counter!("samvirke_task_restarts", "task" => task.kind.clone()).absolute(0);
        }
        task
    }

    /// The state of every task.
    pub fn tasks(&self) -> Tasks {
        let parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
        Tasks {
            tasks: self.board.all(),
            of_process: PROCESS.board.all(),
            parked: parked.values().flatten().cloned().collect(),
            behind: self.behind(),
            stores: troubled(),
        }
    }

    /// Waits until every task has ended; they do once the shutdown is cancelled.
    pub async fn finished(&self) {
        self.running.close();
        self.running.wait().await;
    }
}

impl Board {
    fn all(&self) -> Vec<TaskStatus> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

/// A supervised task, as it is itself given it: where it reports how it does.
#[derive(Clone, Debug)]
pub struct Task {
    /// What restarts are counted under.
    kind: String,
    name: String,
    /// Whether it is on the board while it runs.
    listed: bool,
    board: Board,
    parked: ParkedBoard,
    lags: LagBoard,
    /// How far it has come in each stream that it follows.
    taken: Arc<Mutex<BTreeMap<String, u64>>>,
    /// Whether something was done since it was last started.
    progressed: Arc<AtomicBool>,
}

impl Task {
    /// A task that is on no board, for whoever runs the same work without a supervisor.
    pub fn unsupervised(name: &str) -> Self {
        Supervisor::new(CancellationToken::new()).task(name.to_owned(), false)
    }

    /// Reports that something was done: the next restart comes soon again.
    pub fn progress(&self) {
        if !self.progressed.swap(true, Ordering::AcqRel) {
            self.is_now(TaskState::Running, None);
        }
    }

    /// Reports that it cannot go on now, though it has not ended.
    pub fn is_hindered(&self, failure: &TaskFailure) {
        self.progressed.store(false, Ordering::Release);
        let state = if failure.halts { TaskState::Halted } else { TaskState::Restarting };
        self.is_now(state, Some(&failure.reason));
    }

    /// Reports what is parked now under the name that its records are kept under.
    pub fn has_parked(&self, name: &str, parked: Vec<ParkedEvent>) {
        metrics::gauge!("samvirke_parked", "task" => name.to_owned()).set(parked.len() as f64);
        let mut board = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
        board.insert(name.to_owned(), parked);
    }

    /// Reports from now on how far it is behind the end of a stream: what `watch` returns, given its name and what
    /// [`Task::has_taken`] says of the stream.
    pub(crate) fn reports_lag(&self, stream: &str, watch: impl FnOnce(String, LastTaken) -> Lag) {
        let key = (self.name.clone(), stream.to_owned());
        let mut lags = self.lags.lock().unwrap_or_else(PoisonError::into_inner);
        // One that is started again goes on with what is known of it.
        lags.entry(key).or_insert_with(|| {
            let (taken, stream) = (self.taken.clone(), stream.to_owned());
            let at =
                move || taken.lock().unwrap_or_else(PoisonError::into_inner).get(&stream).copied();
            watch(self.name.clone(), Box::new(at))
        });
    }

    /// Reports how far it has come in a stream.
    pub fn has_taken(&self, stream: &str, sequence: u64) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(stream) {
            Some(at) => *at = sequence,
            None => drop(taken.insert(stream.to_owned(), sequence)),
        }
    }

    fn is_now(&self, state: TaskState, reason: Option<&str>) {
        let halted = f64::from(u8::from(state == TaskState::Halted));
        if self.listed {
            metrics::gauge!("samvirke_task_halted", "task" => self.kind.clone()).set(halted);
            let running = f64::from(u8::from(state == TaskState::Running));
            metrics::gauge!("samvirke_task_running", "task" => self.kind.clone()).set(running);
        }
        let mut board = self.board.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state == TaskState::Running && !self.listed {
            board.remove(&self.name);
            return;
        }
        let now = clock::now();
        let status = board.entry(self.name.clone()).or_insert_with(|| TaskStatus {
            task: self.name.clone(),
            state,
            reason: None,
            since: now,
            restarts: 0,
        });
        if status.state != state {
            (status.state, status.since) = (state, now);
        }
        if let Some(reason) = reason {
            status.reason = Some(reason.chars().take(REASON_CHARS_MAX).collect());
        }
    }

    fn forget(&self) {
        self.board.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }

    async fn keep_running<F>(
        self,
        stop: Stop,
        shutdown: CancellationToken,
        mut start: impl FnMut(Self) -> F + Send,
    ) where
        F: Future<Output = Result<(), TaskFailure>> + Send,
    {
        let mut failures = 0;
        loop {
            let failure = match self.run_once(stop, &shutdown, &mut start).await {
                Ok(()) if shutdown.is_cancelled() || stop == Stop::MayEnd => {
                    return self.forget();
                }
                Ok(()) => TaskFailure::passing("it ended by itself"),
                Err(failure) => failure,
            };
            if shutdown.is_cancelled() {
                return;
            }
            failures = if self.progressed.load(Ordering::Acquire) { 0 } else { failures + 1 };
            self.has_failed(&failure);
            let pause = match failure.halts {
                true => RESTART_PAUSE_MAX,
                false => backoff::pause(failures, RESTART_PAUSE_MIN, RESTART_PAUSE_MAX),
            };
            if shutdown.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    /// Runs it until it ends; a panic is a failure like any other.
    async fn run_once<F>(
        &self,
        stop: Stop,
        shutdown: &CancellationToken,
        start: &mut (impl FnMut(Self) -> F + Send),
    ) -> Result<(), TaskFailure>
    where
        F: Future<Output = Result<(), TaskFailure>> + Send,
    {
        let task = self.clone();
        let work = AssertUnwindSafe(async { start(task).await }).catch_unwind();
        let mut work = std::pin::pin!(work);
        let dropped = async {
            match stop {
                Stop::Drop => shutdown.cancelled().await,
                Stop::Drain | Stop::MayEnd => std::future::pending().await,
            }
        };
        let steady = async {
            if !self.progressed.load(Ordering::Acquire) {
                tokio::time::sleep(STEADY_AFTER).await;
                self.progress();
            }
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            ended = &mut work => ended,
            () = dropped => return Ok(()),
            () = steady => return Ok(()),
        };
        ended.unwrap_or_else(|panic| Err(TaskFailure::passing(panic_message(panic.as_ref()))))
    }

    fn has_failed(&self, failure: &TaskFailure) {
        let (task, reason) = (&self.name, &failure.reason);
        if failure.halts {
            error!(task, reason, "a task has halted; an operator must look");
        } else {
            warn!(task, reason, "a task is interrupted and is started again");
        }
        metrics::counter!("samvirke_task_restarts", "task" => self.kind.clone()).increment(1);
        self.is_hindered(failure);
        let mut board = self.board.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(status) = board.get_mut(&self.name) {
            status.restarts += 1;
        }
    }
}

/// Runs work that must not take anything else with it: a panic is returned as its message.
///
/// # Errors
///
/// The panic's message.
pub async fn caught<T>(work: impl Future<Output = T>) -> Result<T, String> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|panic| panic_message(panic.as_ref()))
}

/// What a panic said, as the reason why something ended.
pub fn panic_message(panic: &(dyn Any + Send)) -> String {
    let message = panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned());
    format!("it panicked: {}", message.as_deref().unwrap_or("without a message"))
}

#[cfg(test)]
mod tests;
