//! Building the read models and answering queries on them.

use std::{sync::Arc, time::Duration};

use samvirke_kernel::{
    inbox::{chain, positions},
    log::Log,
    projection::{self, Progress, Projection},
    service::{Host, ServeError, serve_queries},
    stream::{StreamError, stream_name},
};
use samvirke_schemas::{message::QueryMessage, reply::Refused};
use serde_json::Value;
use sqlx::PgPool;
use tokio::{sync::watch, task::JoinSet};
use tracing::{info, warn};

use crate::{
    audit_copy::{self, AuditCopy},
    cooperation_overview::{self, CooperationOverview},
    database::{self, Layout},
    model::{Projected, ReadModel, Rows, Table},
    query::{Asked, ProgressBoard, QueryError, parameters},
};

const RETRY: Duration = Duration::from_millis(500);

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

/// The streams, each opened once.
struct Streams {
    logs: Vec<(&'static str, Log)>,
}

impl Streams {
    async fn open(host: &Host) -> Result<Self, StreamError> {
        let mut logs = Vec::new();
        for context in audit_copy::CONTEXTS {
            logs.push((*context, Log::open(host.client.clone(), context, host.replicas).await?));
        }
        Ok(Self { logs })
    }

    fn of<'a>(&'a self, contexts: &'a [&'static str]) -> impl Iterator<Item = &'a Log> {
        self.logs.iter().filter(|(context, _)| contexts.contains(context)).map(|(_, log)| log)
    }
}

/// Every read model's layout.
pub fn layouts() -> Vec<Layout> {
    vec![audit_copy::LAYOUT, CooperationOverview::layout()]
}

/// Runs the service until the host shuts down.
///
/// # Errors
///
/// When the streams or NATS cannot be used. A database that is away is waited for.
pub async fn service(host: Host, database_url: &str) -> Result<(), ServiceError> {
    let schemas: Vec<String> = layouts().iter().map(Layout::schema).collect();
    let pool = database::connect(database_url, &schemas).map_err(ServiceError::Address)?;
    let streams = Streams::open(&host).await?;
    let mut running =
        Running { host: &host, pool: &pool, tasks: JoinSet::new(), board: ProgressBoard::new() };
    running.start(audit_copy::LAYOUT, || AuditCopy, streams.of(audit_copy::CONTEXTS));
    running.start_model::<CooperationOverview>(&streams);
    let Running { mut tasks, board, .. } = running;
    let (client, verifier, shutdown) =
        (host.client.clone(), host.verifier.clone(), host.shutdown.clone());
    let answering = Arc::new((pool.clone(), board));
    serve_queries(client, verifier, shutdown, move |message| {
        let answering = answering.clone();
        async move { answer(&answering.0, &answering.1, message).await }
    })
    .await?;
    while tasks.join_next().await.is_some() {}
    pool.close().await;
    Ok(())
}

struct Running<'a> {
    host: &'a Host,
    pool: &'a PgPool,
    tasks: JoinSet<()>,
    board: ProgressBoard,
}

impl Running<'_> {
    fn start_model<M: ReadModel>(&mut self, streams: &Streams) {
        self.start(M::layout(), Rows::<M>::default, streams.of(M::CONTEXTS));
    }

    /// Starts a runner for each stream of a table.
    fn start<'s, T: Table>(
        &mut self,
        layout: Layout,
        table: impl Fn() -> T,
        logs: impl Iterator<Item = &'s Log>,
    ) {
        for log in logs {
            let (progress, watched) = watch::channel(Progress::default());
            self.board.insert((layout.name, log.identity().name.clone()), watched);
            let projected = Projected::new(table(), self.pool.clone(), layout.schema());
            let (pool, log) = (self.pool.clone(), log.clone());
            let shutdown = self.host.shutdown.clone();
            self.tasks.spawn(async move {
                while let Err(err) = database::prepare(&pool, &layout.schema(), layout.tables).await
                {
                    warn!(projection = projected.name(), error = %chain(&err),
                        "the database is waited for");
                    tokio::select! {
                        () = shutdown.cancelled() => return,
                        () = tokio::time::sleep(RETRY) => (),
                    }
                }
                // A halted projection has said why; the others go on.
                let _ = projection::run(&projected, &log, &progress, &shutdown).await;
                info!(projection = projected.name(), stream = log.identity().name, "stopped");
            });
        }
    }
}

async fn answer(
    pool: &PgPool,
    board: &ProgressBoard,
    message: QueryMessage,
) -> Result<Value, Refused> {
    let after = positions(&message.after)?;
    let asked = Asked { pool, principal: &message.principal, after: &after, board };
    macro_rules! answered {
        ($module:ident) => {
            json($module::answer(&asked, parameters(&message)?).await?)
        };
    }
    match message.name.as_str() {
        "cooperation-overview" => answered!(cooperation_overview),
        _ => Err(Refused::Broken { detail: format!("there is no query {:?}", message.name) }),
    }
}

fn json(answer: impl serde::Serialize) -> Result<Value, Refused> {
    serde_json::to_value(answer).map_err(|err| Refused::Broken { detail: err.to_string() })
}

/// How far every read model has come, for operators.
///
/// # Errors
///
/// When the database does not answer.
pub async fn status(pool: &PgPool) -> Result<Vec<(String, String, i64, i64)>, QueryError> {
    let mut told = Vec::new();
    for layout in layouts() {
        let schema = layout.schema();
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(&format!(
            "SELECT stream, sequence, (SELECT count(*) FROM \"{schema}\".parked p WHERE p.stream = c.stream)
             FROM \"{schema}\".checkpoint c ORDER BY stream"
        ))
        .fetch_all(pool)
        .await?;
        told.extend(
            rows.into_iter()
                .map(|(stream, at, parked)| (layout.name.to_owned(), stream, at, parked)),
        );
    }
    Ok(told)
}

/// The stream that a context's positions are in.
pub fn stream_of(context: &str) -> String {
    stream_name(context)
}
