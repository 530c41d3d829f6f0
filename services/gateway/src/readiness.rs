//! Whether all that an answer needs is there: the connection, the streams, the read models; and whether
//! every background task of every service runs.
//!
//! Bounded: nothing is waited for longer than [`ANSWER_MAX`], and however often it is asked, the
//! services are not asked more often than once in [`FRESH`].

use std::{collections::BTreeSet, time::Duration};

use async_nats::connection::State as Connection;
use chrono::{DateTime, Utc};
use samvirke_kernel::{error_chain::chain, service::tasks_subject, stream};
use samvirke_schemas::{
    catalogue::COLLECTIONS,
    message::QueryMessage,
    principal::Principal,
    standing::{
        self, ParkedEvent, ReadModels, SERVICES, StoreState, StoreStatus, TaskBehind, TaskState,
        TaskStatus, Tasks,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{sync::Mutex, time::Instant};

use crate::{Gateway, clock, fault::Fault};

/// How long the services may take to tell how they stand.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// For how long an answer is given again.
const FRESH: Duration = Duration::from_secs(1);

/// The streams that commands and most queries do without, named as those of the contexts are: the feed, what was
/// erased of it, and what is parked.
const DISPENSABLE: &[&str] = &["feed", "feed_erased", "parked"];

/// What was found of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    what: String,
    state: Found,
    /// The last commit, of a stream or taken by a read model.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<u64>,
    /// How many messages a read model or a background task has yet to take.
    #[serde(skip_serializing_if = "Option::is_none")]
    behind: Option<u64>,
    /// Why a background task does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Since when a background task does not run, or something is behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<DateTime<Utc>>,
    /// Whether commands and most queries are answered without it.
    #[serde(skip)]
    dispensable: bool,
    /// Whether it is of the process, whose services all report it.
    #[serde(skip)]
    is_of_the_process: bool,
}

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Found {
    Ok,
    /// Has not kept up with its stream's end for some time ([`samvirke_kernel::lag::BEHIND_AFTER`]).
    Behind,
    /// Cannot go on until an operator acts.
    Halted,
    /// A background task that failed and is started again.
    Restarting,
    /// An event that could not be worked; the later ones of its cooperation wait.
    Parked,
    /// A stream that takes no commits: the server says to try later, it is full, or it keeps silent.
    Busy,
    Full,
    Silent,
    /// A service whose tasks nobody reports.
    NotRunning,
    /// It takes no commands until it is restored or accepted.
    Damaged,
    /// It is not there.
    Missing,
    /// It did not answer in time.
    Away,
    /// The process is about to stop.
    Stopping,
}

/// A stream's name and its last commit: none where it is missing, an error where it did not answer.
type End = (String, Result<Option<u64>, ()>);

/// The last answer of the services.
#[derive(Debug, Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Vec<Check>)>>);

impl Check {
    fn new(what: impl Into<String>, state: Found) -> Self {
        let what = what.into();
        Self {
            what,
            state,
            at: None,
            behind: None,
            reason: None,
            since: None,
            dispensable: false,
            is_of_the_process: false,
        }
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.state == Found::Ok
    }

    /// Whether commands or queries cannot be answered for it. A read model that is behind or halted, or
    /// a background task that does not run, hinders neither commands nor the other queries, a damaged
    /// stream only its own commands, a missing feed only its readers, and no other gateway would know
    /// more.
    pub(crate) fn hinders(&self) -> bool {
        if self.dispensable {
            return false;
        }
        match self.state {
            Found::Ok
            | Found::Behind
            | Found::Halted
            | Found::Restarting
            | Found::Parked
            | Found::NotRunning
            | Found::Damaged => false,
            Found::Busy
            | Found::Full
            | Found::Silent
            | Found::Missing
            | Found::Away
            | Found::Stopping => true,
        }
    }
}

impl Gateway {
    /// Checks everything, a line each.
    pub(crate) async fn readiness(&self) -> Vec<Check> {
        let gateway = match self.0.draining.is_cancelled() {
            true => Found::Stopping,
            false => Found::Ok,
        };
        let connected = self.0.nats.connection_state() == Connection::Connected;
        let nats = if connected { Found::Ok } else { Found::Away };
        let mut checks = vec![Check::new("gateway", gateway), Check::new("nats", nats)];
        if connected {
            checks.extend(self.services().await);
        }
        checks
    }

    /// What the services say, or said a moment ago. Whoever comes meanwhile waits for the same answer.
    async fn services(&self) -> Vec<Check> {
        let mut last = self.0.readiness.0.lock().await;
        if let Some((at, checks)) = &*last
            && at.elapsed() < FRESH
        {
            return checks.clone();
        }
        let (ends, models, tasks) = tokio::join!(self.ends(), self.read_models(), self.tasks());
        let mut checks: Vec<Check> = ends.iter().map(of_stream).collect();
        self.find_damage(&mut checks, &ends).await;
        checks.extend(of_read_models(&ends, models));
        for (service, tasks) in tasks {
            checks.extend(of_tasks(service, tasks));
        }
        checks.extend(of_tasks("gateway", Some(self.0.tasks.tasks())));
        // Services in one process report the same stores and tasks of the process.
        let mut seen = BTreeSet::new();
        checks.retain(|check| !check.is_of_the_process || seen.insert(check.what.clone()));
        *last = Some((clock::instant(), checks.clone()));
        checks
    }

    /// The streams' last commits; none where a stream is missing.
    async fn ends(&self) -> Vec<End> {
        let mut contexts: Vec<&str> = COLLECTIONS.iter().map(|one| one.context).collect();
        contexts.sort_unstable();
        contexts.dedup();
        contexts.extend(DISPENSABLE);
        let asked = contexts.into_iter().map(async |context| {
            let end = stream::end(&self.0.nats, context);
            let end = match tokio::time::timeout(ANSWER_MAX, end).await {
                Ok(Ok(end)) => Ok(end),
                Ok(Err(error)) => {
                    tracing::warn!(context, error = chain(&error), "a stream cannot be asked");
                    Err(())
                }
                Err(_) => Err(()),
            };
            (stream::stream_name(context), end)
        });
        futures::future::join_all(asked).await
    }

    /// Notes which streams are not what they were.
    async fn find_damage(&self, checks: &mut [Check], ends: &[End]) {
        let there = checks.iter_mut().zip(ends).filter(|(check, _)| check.is_ok());
        let asked = there.map(async |(check, (name, _))| {
            let damage = stream::damage(&self.0.nats, name);
            match tokio::time::timeout(ANSWER_MAX, damage).await {
                Ok(Ok(None)) => (),
                Ok(Ok(Some(damage))) => {
                    tracing::error!(stream = name, %damage, "a stream takes no commands");
                    check.state = Found::Damaged;
                }
                Ok(Err(_)) | Err(_) => check.state = Found::Away,
            }
        });
        futures::future::join_all(asked).await;
    }

    async fn read_models(&self) -> Option<ReadModels> {
        let subject = format!("qry.readmodels.{}", standing::QUERY);
        self.ask_service(subject, standing::QUERY).await
    }

    /// The background tasks of each service; none where nobody reports them.
    async fn tasks(&self) -> Vec<(&'static str, Option<Tasks>)> {
        let asked = SERVICES.into_iter().map(async |service| {
            (service, self.ask_service(tasks_subject(service), standing::TASKS).await)
        });
        futures::future::join_all(asked).await
    }

    /// The answer of a service about itself, if it comes in time.
    async fn ask_service<T: DeserializeOwned>(&self, subject: String, name: &str) -> Option<T> {
        let until = clock::instant() + ANSWER_MAX;
        let message = QueryMessage {
            name: name.to_owned(),
            cooperation: None,
            parameters: serde_json::Map::new(),
            principal: Principal::public(),
            person: None,
            after: Vec::new(),
            traceparent: None,
            deadline: clock::now() + ANSWER_MAX,
        };
        let answer = self.ask(subject, &message, until, Fault::AnswerLate).await.ok()?;
        serde_json::from_str(answer.get()).ok()
    }
}

/// A line for the tasks of a service that all run, and one for each that does not.
fn of_tasks(service: &str, tasks: Option<Tasks>) -> Vec<Check> {
    let what = format!("tasks of {service}");
    let Some(Tasks { tasks, of_process, parked, behind, stores }) = tasks else {
        return vec![Check::new(what, Found::NotRunning)];
    };
    let hindered = |status: TaskStatus, of: &str| {
        let TaskStatus { task, state, reason, since, .. } = status;
        let state = match state {
            TaskState::Running => return None,
            TaskState::Restarting => Found::Restarting,
            TaskState::Halted => Found::Halted,
        };
        let check = Check::new(format!("task {task}{of}"), state);
        Some(Check { reason, since: Some(since), ..check })
    };
    let of = format!(" of {service}");
    let mut hindering: Vec<Check> =
        tasks.into_iter().filter_map(|status| hindered(status, &of)).collect();
    let of_process = of_process.into_iter().filter_map(|status| hindered(status, ""));
    hindering.extend(of_process.map(|check| Check { is_of_the_process: true, ..check }));
    hindering.extend(parked.into_iter().map(|one| {
        let ParkedEvent { task, cooperation, event, reason, since } = one;
        let check = Check::new(format!("{event} for {task} in {cooperation}"), Found::Parked);
        Check { reason: Some(reason), since: Some(since), ..check }
    }));
    hindering.extend(behind.into_iter().map(|one| {
        let TaskBehind { task, stream, messages, since } = one;
        let check = Check::new(format!("task {task} on {stream}{of}"), Found::Behind);
        Check { behind: Some(messages), since: Some(since), ..check }
    }));
    let mut checks =
        if hindering.is_empty() { vec![Check::new(what, Found::Ok)] } else { hindering };
    checks.extend(stores.into_iter().map(|store| {
        let StoreStatus { stream, state, reason, since } = store;
        let state = match state {
            StoreState::Busy => Found::Busy,
            StoreState::Full => Found::Full,
            StoreState::Silent => Found::Silent,
        };
        let check = Check::new(format!("store of {stream}"), state);
        Check { reason: Some(reason), since: Some(since), is_of_the_process: true, ..check }
    }));
    checks
}

fn of_stream((name, end): &End) -> Check {
    let what = format!("stream {name}");
    let check = match end {
        Ok(Some(at)) => Check { at: Some(*at), ..Check::new(what, Found::Ok) },
        Ok(None) => Check::new(what, Found::Missing),
        Err(()) => Check::new(what, Found::Away),
    };
    let dispensable = DISPENSABLE.iter().any(|context| stream::stream_name(context) == *name);
    Check { dispensable, ..check }
}

fn of_read_models(ends: &[End], models: Option<ReadModels>) -> Vec<Check> {
    let Some(models) = models else { return vec![Check::new("read models", Found::Away)] };
    let database = if models.database { Found::Ok } else { Found::Away };
    let mut checks = vec![Check::new("read models' database", database)];
    for standing in models.read_models {
        let end = ends.iter().find(|(stream, _)| *stream == standing.stream);
        let end = end.and_then(|(_, end)| end.ok().flatten()).unwrap_or(0);
        let behind = end.saturating_sub(standing.sequence);
        let state = match (standing.halted, standing.behind_since) {
            (true, _) => Found::Halted,
            (false, Some(_)) => Found::Behind,
            (false, None) => Found::Ok,
        };
        checks.push(Check {
            at: Some(standing.sequence),
            behind: (behind > 0).then_some(behind),
            since: standing.behind_since,
            ..Check::new(format!("read model {} on {}", standing.name, standing.stream), state)
        });
    }
    checks
}

#[cfg(test)]
mod tests;
