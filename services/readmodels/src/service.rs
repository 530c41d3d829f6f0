//! Building the read models and answering queries on them.

use std::{sync::Arc, time::Duration};

use samvirke_access::{Directory, Sittings};
use samvirke_kernel::{
    clock,
    error_chain::chain,
    in_memory_projection::{InMemoryProjection, ProjectionRunner},
    inbox::positions,
    lag::Lag,
    log::Log,
    projection::{self, Progress},
    query::parameters,
    service::{Host, ServeError},
    stream::{StreamError, stream_name},
    supervision::{Stop, Supervisor, Task, TaskFailure},
};
use samvirke_schemas::{
    local_time::day_of,
    message::QueryMessage,
    reply::Refused,
    standing::{self, ReadModelStatus, ReadModels},
};
use serde_json::value::{RawValue, to_raw_value};
use sqlx::PgPool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    audit_copy, bodies, calendar, case_file, case_register, case_way, cooperation_overview,
    database::{self, Layout},
    decisions, follow_ups, hearings, inbox, meeting_record,
    model::Table,
    networks,
    projected::Projected,
    query::{LagBoard, ProgressBoard, QueryContext, Sources},
    receipts, tables,
};

const RETRY: Duration = Duration::from_millis(500);
/// How long the database may take to answer before it counts as away; less than the gateway waits.
const DATABASE_ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// Why the service ended.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("the address of the database is not one")]
    Address(#[source] sqlx::Error),
    #[error("an event stream cannot be used")]
    Stream(#[from] StreamError),
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// Runs the service until the host shuts down.
///
/// # Errors
///
/// When the streams or NATS cannot be used. A database that is away is waited for.
pub async fn service(host: Host, database_url: &str) -> Result<(), ServiceError> {
    let schemas: Vec<String> = tables::layouts().iter().map(Layout::schema).collect();
    let pool = database::connect(database_url, &schemas).map_err(ServiceError::Address)?;
    let mut logs = Vec::new();
    for context in audit_copy::CONTEXTS {
        logs.push(host.log(context).await?);
    }
    let supervisor = host.supervisor("readmodels");
    let (board, lags) = (ProgressBoard::new(), LagBoard::new());
    let mut running = Running { supervisor: supervisor.clone(), pool: pool.clone(), board, lags };
    for table in tables::ALL {
        running.start(*table, &logs);
    }
    let Running { board, lags, .. } = running;
    let (directory, sittings): (ProjectionRunner<Directory>, ProjectionRunner<Sittings>) = (
        follow("members and seats", &logs, "networks", &supervisor),
        follow("deputies sitting in", &logs, "meetings", &supervisor),
    );
    let answering = Sources { pool: pool.clone(), board, lags, logs, directory, sittings };
    let answering = Arc::new(answering);
    host.serve_queries("readmodels", move |message| {
        let answering = answering.clone();
        async move { answer(&answering, message).await }
    })
    .await?;
    supervisor.finished().await;
    pool.close().await;
    Ok(())
}

/// An in-memory projection of one of the streams.
fn follow<P: InMemoryProjection>(
    name: &str,
    logs: &[Log],
    context: &str,
    supervisor: &Supervisor,
) -> ProjectionRunner<P> {
    let stream = stream_name(context);
    let log = logs.iter().find(|log| log.identity().name == stream);
    let log = log.expect("every stream that the read models are built from was opened");
    ProjectionRunner::start(name, log.clone(), supervisor)
}

struct Running {
    supervisor: Supervisor,
    pool: PgPool,
    board: ProgressBoard,
    lags: LagBoard,
}

impl Running {
    /// Starts a runner for each stream of a table, and what tidies up when all have caught up.
    fn start(&mut self, table: &'static dyn Table, logs: &[Log]) {
        let layout = table.layout();
        let contexts = table.contexts().iter().map(|context| stream_name(context));
        let streams: Vec<String> = contexts.collect();
        let mut catching_up = Vec::new();
        for log in logs.iter().filter(|log| streams.contains(&log.identity().name)) {
            let (progress, watched) = watch::channel(Progress::default());
            let (place, at) = ((layout.name, log.identity().name.clone()), watched.clone());
            self.board.insert(place.clone(), watched.clone());
            let lag = log
                .lag_of(format!("read model {}", layout.name), move || Some(at.borrow().sequence));
            self.lags.insert(place, lag);
            catching_up.push((log.clone(), watched));
            let runner = Arc::new(Runner {
                layout,
                projected: Projected::new(table, self.pool.clone(), layout.schema()),
                pool: self.pool.clone(),
                log: log.clone(),
                progress,
            });
            let shutdown = self.supervisor.shutdown().clone();
            let name = format!("read model {} on {}", layout.name, log.identity().name);
            self.supervisor.supervise(name, Stop::Drop, move |task| {
                let (runner, shutdown) = (runner.clone(), shutdown.clone());
                async move { runner.run(&shutdown, &task).await }
            });
        }
        let (pool, shutdown) = (self.pool.clone(), self.supervisor.shutdown().clone());
        let name = format!("earlier versions of {}", layout.name);
        self.supervisor.supervise(name, Stop::MayEnd, move |_| {
            let (pool, shutdown) = (pool.clone(), shutdown.clone());
            let catching_up = catching_up.clone();
            async move {
                let tidied = tidy_up(layout, &pool, catching_up);
                shutdown.run_until_cancelled(tidied).await.unwrap_or(Ok(()))
            }
        });
    }
}

/// One table's way through one stream.
struct Runner {
    layout: Layout,
    projected: Projected,
    pool: PgPool,
    log: Log,
    progress: watch::Sender<Progress>,
}

impl Runner {
    /// Takes the stream until the service stops. A halted one is tried again now and then, in case an
    /// operator has rebuilt it; the others go on meanwhile.
    async fn run(&self, shutdown: &CancellationToken, task: &Task) -> Result<(), TaskFailure> {
        let name = self.layout.name;
        let schema = self.layout.schema();
        while let Err(err) = database::prepare(&self.pool, &schema, self.layout).await {
            warn!(projection = name, error = %chain(&err), "the database is waited for");
            task.is_hindered(&TaskFailure::of(&err));
            tokio::time::sleep(RETRY).await;
        }
        let (log, progress) = (&self.log, &self.progress);
        projection::run_as(&self.projected, log, progress, shutdown, task)
            .await
            .map_err(|halted| TaskFailure::halting(chain(&halted)))?;
        info!(projection = name, stream = log.identity().name, "stopped");
        Ok(())
    }
}

/// Drops the schemas of earlier versions once the present one has what the streams held at the start.
async fn tidy_up(
    layout: Layout,
    pool: &PgPool,
    streams: Vec<(Log, watch::Receiver<Progress>)>,
) -> Result<(), TaskFailure> {
    for (log, mut progress) in streams {
        let last = log.last_sequence().await.map_err(|err| TaskFailure::of(&err))?;
        if progress.wait_for(|progress| progress.sequence >= last).await.is_err() {
            return Ok(());
        }
    }
    match database::drop_earlier(pool, layout).await {
        Ok(dropped) if dropped.is_empty() => (),
        Ok(dropped) => info!(projection = layout.name, ?dropped, "earlier versions are gone"),
        // The next start tries again.
        Err(err) => {
            warn!(projection = layout.name, error = %chain(&err), "an earlier version stays")
        }
    }
    Ok(())
}

/// Answers one query, written once: nothing on the way to the caller reads it again.
///
/// # Errors
///
/// The refusal that the caller is given.
pub async fn answer(sources: &Sources, message: QueryMessage) -> Result<Box<RawValue>, Refused> {
    let Sources { pool, .. } = sources;
    let after = positions(&message.after)?;
    let today = day_of(clock::now());
    let (principal, person) = (&message.principal, message.person);
    let context = QueryContext { pool, sources, principal, person, after: &after, today };
    macro_rules! answered {
        ($module:ident) => {
            json($module::answer(&context, parameters(message.parameters)?).await?)
        };
    }
    match message.name.as_str() {
        "cooperation-overview" => answered!(cooperation_overview),
        "networks" => answered!(networks),
        "bodies" => json(bodies::answer_list(&context, parameters(message.parameters)?).await?),
        "body" => answered!(bodies),
        "case-register" => answered!(case_register),
        "case" => answered!(case_file),
        "case-way" => answered!(case_way),
        "decisions" => answered!(decisions),
        "receipts" => answered!(receipts),
        "inbox" => answered!(inbox),
        "follow-ups" => answered!(follow_ups),
        "hearings" => answered!(hearings),
        "calendar" => answered!(calendar),
        "meeting" => answered!(meeting_record),
        standing::QUERY => json(read_models_status(sources).await),
        _ => Err(Refused::Broken { detail: format!("there is no query {:?}", message.name) }),
    }
}

/// Returns the status of the read models, from what their runners last reported.
async fn read_models_status(sources: &Sources) -> ReadModels {
    let Sources { pool, board, lags, .. } = sources;
    let asked =
        tokio::time::timeout(DATABASE_ANSWERS_WITHIN, sqlx::query("SELECT 1").execute(pool));
    let database = matches!(asked.await, Ok(Ok(_)));
    let mut read_models: Vec<ReadModelStatus> = board
        .iter()
        .map(|(place, progress)| {
            let Progress { sequence, halted, .. } = *progress.borrow();
            let (name, stream) = (place.0.to_owned(), place.1.clone());
            let behind_since = lags.get(place).and_then(Lag::behind).map(|behind| behind.since);
            ReadModelStatus { name, stream, sequence, halted, behind_since }
        })
        .collect();
    read_models.sort_by(|a, b| (&a.name, &a.stream).cmp(&(&b.name, &b.stream)));
    ReadModels { database, read_models }
}

fn json(answer: impl serde::Serialize) -> Result<Box<RawValue>, Refused> {
    to_raw_value(&answer).map_err(|err| Refused::Broken { detail: err.to_string() })
}
