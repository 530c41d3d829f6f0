//! How the read models and the background tasks of a service are, as the service reports to the gateway.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::CooperationId;

/// The query's name on NATS. It is between services and has no address in the API.
pub const QUERY: &str = "read-models-standing";

/// The name on NATS of the query about a service's background tasks. Every service answers it; it is
/// between services and has no address in the API.
pub const TASKS: &str = "tasks";

/// The services that run background tasks and answer [`TASKS`].
pub const SERVICES: [&str; 6] = ["networks", "cases", "meetings", "readmodels", "feed", "notify"];

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadModels {
    /// Whether their database answers.
    pub database: bool,
    /// A line for each read model and each stream that it is built from.
    pub read_models: Vec<ReadModelStatus>,
}

/// How far a read model has come in one of its streams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadModelStatus {
    pub name: String,
    pub stream: String,
    /// The last commit that it has taken; 0 where it has taken none.
    pub sequence: u64,
    /// Whether it stands still until an operator acts.
    pub halted: bool,
    /// Since when it has not kept up with the stream's end, where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind_since: Option<DateTime<Utc>>,
}

/// The answer to [`TASKS`]: the background tasks of one instance of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tasks {
    pub tasks: Vec<TaskStatus>,
    /// Those of its process that do not run; every service of the process reports them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of_process: Vec<TaskStatus>,
    /// Events that a task could not work; the later ones of their cooperation wait behind them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parked: Vec<ParkedEvent>,
    /// Those that do not keep up with the end of a stream.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<TaskBehind>,
    /// Streams that take no commits now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stores: Vec<StoreStatus>,
}

/// A task that does not keep up with the end of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskBehind {
    pub task: String,
    /// `CASES`.
    pub stream: String,
    /// How many messages it has yet to take.
    pub messages: u64,
    pub since: DateTime<Utc>,
}

/// A stream that takes no commits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreStatus {
    /// `CASES`.
    pub stream: String,
    pub state: StoreState,
    pub reason: String,
    pub since: DateTime<Utc>,
}

/// Why a stream takes no commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum StoreState {
    /// The server says to try again later.
    Busy,
    /// There is no room.
    Full,
    /// The server does not say what becomes of a commit, as when a write to its disk failed.
    Silent,
}

/// An event that is parked for its cooperation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedEvent {
    pub task: String,
    pub cooperation: CooperationId,
    /// `CASES:31`.
    pub event: String,
    pub reason: String,
    pub since: DateTime<Utc>,
}

/// One background task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskStatus {
    /// `relay`, `policy cases-outcome-of-a-treatment`, `read model case_file on CASES`.
    pub task: String,
    pub state: TaskState,
    /// Why it does not run, or ended last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it came into this state.
    pub since: DateTime<Utc>,
    /// How often it was restarted since the process began.
    pub restarts: u64,
}

/// Whether a background task does its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum TaskState {
    Running,
    /// It failed, and is started again by itself.
    Restarting,
    /// It cannot go on until an operator acts; it is tried again at the longest interval.
    Halted,
}
