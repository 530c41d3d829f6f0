//! Answering commands and queries over NATS, as a NATS service that standard tools discover.
//!
//! Instances of a service share a queue group. What was accepted is finished before a service stops.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_nats::{Client, service::ServiceExt};
use bytes::Bytes;
use futures::StreamExt;
use samvirke_schemas::{
    message::{self, CommandMessage, QueryMessage},
    reply::{Accepted, Refused},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::{OnceCell, Semaphore};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use tracing::{Instrument, error, info, info_span, warn};

use crate::{
    answer, clock, deadline,
    error_chain::chain,
    log::{Log, ReadError},
    parking::Parking,
    permissions,
    publication::{
        Publication,
        erasure::Erasures,
        recent::{Recent, Retention},
    },
    signature::MessageVerifier,
    snapshot,
    stream::StreamError,
    supervision::{Stop, Supervisor, TaskFailure, caught},
};

/// The most requests one instance works on at once; beyond it the caller is told to try again.
pub const CONCURRENT_MAX: usize = 4_096;
/// How long a service waits for what its tasks need before it serves without them.
const TASKS_FIRST_MAX: Duration = Duration::from_secs(2);
/// How often a service tries again to open a stream that is missing, or that the server does not answer for.
const OPEN_RETRY: Duration = Duration::from_secs(2);
/// The subjects and the queue group of commands and queries start so.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What every service is given by the process it runs in.
#[derive(Clone, Debug)]
pub struct Host {
    pub client: Client,
    /// How many servers keep each stream: 1 alone, 3 in a cluster.
    pub replicas: usize,
    /// Checks that messages come from the gateway.
    pub verifier: MessageVerifier,
    pub shutdown: CancellationToken,
    logs: Logs,
}

/// The event streams that services of the process have opened, by context: one that several use is opened and
/// read once.
type Logs = Arc<Mutex<HashMap<&'static str, Arc<OnceCell<Log>>>>>;

/// Why a service that decides ended.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("an event stream cannot be used")]
    Stream(#[from] StreamError),
    #[error(transparent)]
    Serve(#[from] ServeError),
}

impl Host {
    pub fn new(
        client: Client,
        replicas: usize,
        verifier: MessageVerifier,
        shutdown: CancellationToken,
    ) -> Self {
        Self { client, replicas, verifier, shutdown, logs: Logs::default() }
    }

    /// The stream of a service's own context, and that of its snapshots.
    ///
    /// # Errors
    ///
    /// When one of them cannot be used.
    pub async fn own_log(&self, context: &'static str) -> Result<Log, ServiceError> {
        let log = self.log(context).await?;
        self.wait_for(|| snapshot::open(log.jetstream(), self.replicas)).await?;
        log.guard().start();
        Ok(log)
    }

    /// The records of what is parked. They are waited for where they are missing or not reached.
    ///
    /// # Errors
    ///
    /// As [`Host::log`].
    pub async fn parking(&self) -> Result<Parking, StreamError> {
        self.wait_for(|| Parking::open(self.client.clone(), self.replicas)).await
    }

    /// The records of what was erased of a published stream. They are waited for where they are missing
    /// or not reached.
    ///
    /// # Errors
    ///
    /// As [`Host::log`].
    pub async fn erasures(&self, publication: &Publication) -> Result<Erasures, StreamError> {
        self.wait_for(|| Erasures::open(publication, self.replicas)).await
    }

    /// The stream of another context. One that is missing or not reached is waited for, so that the other
    /// services of the process go on and an operator can look.
    ///
    /// # Errors
    ///
    /// When it cannot be used, or is still not there at the end.
    pub async fn log(&self, context: &'static str) -> Result<Log, StreamError> {
        let opened = {
            let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
            logs.entry(context).or_default().clone()
        };
        let open = || self.wait_for(|| Log::open(self.client.clone(), context, self.replicas));
        opened.get_or_try_init(open).await.cloned()
    }

    /// A stream that one service publishes to. One that is missing is waited for.
    ///
    /// # Errors
    ///
    /// As [`Host::log`].
    pub async fn publication(
        &self,
        name: &str,
        subjects: &str,
    ) -> Result<Publication, StreamError> {
        self.wait_for(|| Publication::open(self.client.clone(), name, subjects, self.replicas))
            .await
    }

    /// The newest messages of each subject of a stream that nothing is lost with.
    ///
    /// # Errors
    ///
    /// As [`Host::log`].
    pub async fn recent(
        &self,
        name: &str,
        subjects: &str,
        retention: Retention,
    ) -> Result<Recent, StreamError> {
        let client = || self.client.clone();
        self.wait_for(|| Recent::open(client(), name, subjects, retention, self.replicas)).await
    }

    /// Does what a service needs at its start, as opening a stream. What fails because a stream is missing or the
    /// server does not answer is tried again, which every service of the process reports meanwhile.
    ///
    /// # Errors
    ///
    /// What does not pass by itself, or has not passed at the end.
    pub async fn wait_for<T, E, F>(&self, attempt: impl Fn() -> F) -> Result<T, E>
    where
        E: StartError,
        F: Future<Output = Result<T, E>>,
    {
        let mut waiting: Option<(TaskFailure, DropGuard)> = None;
        let mut error = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error.explained(),
        };
        while let Some(failure) = error.waited_for() {
            error!(reason = failure.reason, "a service waits for a stream");
            if waiting.as_ref().is_none_or(|(reported, _)| *reported != failure) {
                waiting = Some((failure.clone(), report_wait(failure)));
            }
            let again = async {
                tokio::time::sleep(OPEN_RETRY).await;
                attempt().await
            };
            error = tokio::select! {
                () = self.shutdown.cancelled() => return Err(error),
                done = again => match done {
                    Ok(done) => return Ok(done),
                    Err(error) => error.explained(),
                },
            };
        }
        Err(error)
    }
}

/// Why a service cannot do what it needs at its start.
pub trait StartError: std::error::Error + Sized {
    /// What is reported while it is waited for to pass; none where that would be in vain.
    fn waited_for(&self) -> Option<TaskFailure>;

    /// The same, or what was found to be behind it.
    #[must_use]
    fn explained(self) -> Self {
        self
    }
}

impl StartError for StreamError {
    fn waited_for(&self) -> Option<TaskFailure> {
        if matches!(self, Self::Missing { .. }) {
            // An operator restores or accepts it.
            return Some(TaskFailure::halting(chain(self)));
        }
        self.may_pass().then(|| TaskFailure::of(self))
    }

    fn explained(self) -> Self {
        if let Self::Unreachable { stream, .. } = &self
            && let Some(subject) = permissions::refused_of(stream)
        {
            return Self::NotPermitted { stream: stream.clone(), subject };
        }
        self
    }
}

impl StartError for ReadError {
    fn waited_for(&self) -> Option<TaskFailure> {
        self.may_pass().then(|| TaskFailure::of(self))
    }
}

/// Starts `tasks` before `serving` begins; where they still wait for a stream after a moment, beside it.
///
/// # Errors
///
/// That of either.
pub async fn tasks_first<E>(
    tasks: impl Future<Output = Result<(), E>>,
    serving: impl Future<Output = Result<(), E>>,
) -> Result<(), E> {
    let mut tasks = std::pin::pin!(tasks);
    match tokio::time::timeout(TASKS_FIRST_MAX, tasks.as_mut()).await {
        Ok(started) => {
            started?;
            serving.await
        }
        Err(_waiting) => tokio::try_join!(tasks, serving).map(|_| ()),
    }
}

/// Reports that a service waits for a stream, until what is returned is dropped.
fn report_wait(failure: TaskFailure) -> DropGuard {
    let found = CancellationToken::new();
    let name = format!("start of a service, number {}", rand::random::<u32>());
    let until = found.clone();
    let supervisor = Supervisor::of_process();
    supervisor.supervise_one_of_many("start of a service", name, Stop::MayEnd, move |task| {
        let (until, failure) = (until.clone(), failure.clone());
        async move {
            task.is_hindered(&failure);
            until.cancelled().await;
            Ok(())
        }
    });
    found.drop_guard()
}

/// Why a service cannot be offered.
#[derive(Debug, thiserror::Error)]
#[error("the service {name} could not be offered on NATS")]
pub struct ServeError {
    name: String,
    #[source]
    source: async_nats::Error,
}

/// What arrives at a service, once its signature is checked.
pub trait Request: DeserializeOwned + Send + 'static {
    fn deadline(&self) -> chrono::DateTime<chrono::Utc>;
    fn span(&self) -> tracing::Span;
}

impl Request for CommandMessage {
    fn deadline(&self) -> chrono::DateTime<chrono::Utc> {
        self.deadline
    }

    fn span(&self) -> tracing::Span {
        info_span!(
            "command", command = %format_args!("{}.{}", self.kind, self.command),
            aggregate.id = %self.id, command.id = %self.command_id,
            traceparent = self.traceparent.as_deref().unwrap_or_default(),
        )
    }
}

impl Request for QueryMessage {
    fn deadline(&self) -> chrono::DateTime<chrono::Utc> {
        self.deadline
    }

    fn span(&self) -> tracing::Span {
        info_span!(
            "query",
            query = self.name,
            traceparent = self.traceparent.as_deref().unwrap_or_default(),
        )
    }
}

/// What answers the commands of a context.
pub trait CommandHandler: Send + Sync + 'static {
    /// Carries out a command.
    ///
    /// # Errors
    ///
    /// [`Refused`], ready to be sent.
    fn answer(
        &self,
        message: CommandMessage,
    ) -> impl Future<Output = Result<Accepted, Refused>> + Send;
}

impl Host {
    /// A supervisor for the tasks of a service, which is answered for as long as the service runs.
    pub fn supervisor(&self, service: &'static str) -> Supervisor {
        let supervisor = Supervisor::new(self.shutdown.clone());
        report_tasks(&supervisor, self.client.clone(), service, self.verifier.clone());
        supervisor
    }

    /// Answers the commands of a context until told to stop.
    ///
    /// # Errors
    ///
    /// When the service cannot be offered.
    pub async fn serve_commands(
        &self,
        context: &'static str,
        handler: Arc<impl CommandHandler>,
    ) -> Result<(), ServeError> {
        self.serve(context, format!("cmd.{context}.>"), move |message| {
            let handler = handler.clone();
            async move { handler.answer(message).await }
        })
        .await
    }

    /// Answers the queries that `service` keeps the answers to, until told to stop. An answer that is written
    /// already (`RawValue`) goes out as it is.
    ///
    /// # Errors
    ///
    /// When the service cannot be offered.
    pub async fn serve_queries<A, F>(
        &self,
        service: &'static str,
        handle: impl Fn(QueryMessage) -> F + Send + Sync + 'static,
    ) -> Result<(), ServeError>
    where
        A: Serialize + Send,
        F: Future<Output = Result<A, Refused>> + Send,
    {
        self.serve(service, format!("qry.{service}.>"), handle).await
    }

    async fn serve<M, A, F>(
        &self,
        name: &'static str,
        subject: String,
        handle: impl Fn(M) -> F + Send + Sync + 'static,
    ) -> Result<(), ServeError>
    where
        M: Request,
        A: Serialize + Send,
        F: Future<Output = Result<A, Refused>> + Send,
    {
        let Self { client, verifier, shutdown, .. } = self;
        let failed = |source| ServeError { name: name.to_owned(), source };
        let service = client
            .service_builder()
            .description(format!("Samvirke {name}"))
            .queue_group(format!("samvirke-{name}"))
            .start(format!("samvirke-{name}"), VERSION)
            .await
            .map_err(failed)?;
        let mut endpoint = service
            .endpoint_builder()
            .name(name)
            .queue_group(format!("samvirke-{name}"))
            .add(subject.as_str())
            .await
            .map_err(failed)?;
        info!(service = name, subject, "answering");
        let handle = Arc::new(handle);
        let places = Arc::new(Semaphore::new(CONCURRENT_MAX));
        let tasks = TaskTracker::new();
        loop {
            let request = tokio::select! {
                () = shutdown.cancelled() => break,
                request = endpoint.next() => match request {
                    Some(request) => request,
                    None => break,
                },
            };
            let (client, handle, verifier) = (client.clone(), handle.clone(), verifier.clone());
            let place = places.clone().try_acquire_owned();
            let arrived = Instant::now();
            tasks.spawn(async move {
                let answer = match place {
                    Err(_) => write(Err::<A, _>(Refused::unavailable_as(
                        "too-busy",
                        format!("{CONCURRENT_MAX} requests are under way; try again"),
                        format!("{CONCURRENT_MAX} forespørsler er i gang; prøv igjen"),
                    ))),
                    Ok(_place) => {
                        let answered = async {
                            let signature = signature(&request.message);
                            let message =
                                read::<M>(&request.message.payload, signature, &verifier)?;
                            let span = message.span();
                            handle(message).instrument(span).await
                        };
                        bordered(name, async { write(answered.await) }).await
                    }
                };
                metrics::histogram!("samvirke_service_request_seconds", "service" => name)
                    .record(arrived.elapsed().as_secs_f64());
                let Some(reply) = request.message.reply else { return };
                if let Err(err) = answer::send(&client, reply, answer).await {
                    warn!(%err, "an answer could not be sent");
                }
            });
        }
        // Stop hearing, finish what was heard.
        if let Err(err) = service.stop().await {
            warn!(%err, service = name, "the service did not stop cleanly");
        }
        tasks.close();
        tasks.wait().await;
        let _ = client.flush().await;
        info!(service = name, "stopped");
        Ok(())
    }
}

/// Answers how the tasks of `supervisor` are, until the service stops.
///
/// Not under `qry.`, where a service that answers queries is subscribed to everything.
fn report_tasks(
    supervisor: &Supervisor,
    client: Client,
    service: &'static str,
    verifier: MessageVerifier,
) {
    let reported = supervisor.clone();
    supervisor.supervise("report of tasks", Stop::Drop, move |_| {
        let (client, verifier, reported) = (client.clone(), verifier.clone(), reported.clone());
        async move {
            let failed = |reason: String| TaskFailure::passing(reason);
            let mut questions = client
                .queue_subscribe(tasks_subject(service), format!("samvirke-{service}"))
                .await
                .map_err(|err| failed(err.to_string()))?;
            while let Some(question) = questions.next().await {
                let signature = signature(&question);
                let read = read::<QueryMessage>(&question.payload, signature, &verifier);
                let answer = read.map(|_| reported.tasks());
                if let Some(reply) = question.reply {
                    let sent = client.publish(reply, write(answer)).await;
                    sent.map_err(|err| failed(err.to_string()))?;
                }
            }
            Err(failed("the subscription ended".into()))
        }
    });
}

/// The subject on which a service is asked for its tasks.
pub fn tasks_subject(service: &str) -> String {
    format!("tasks.{service}")
}

fn signature(message: &async_nats::Message) -> Option<&str> {
    let headers = message.headers.as_ref()?;
    headers.get(message::SIGNATURE).map(async_nats::HeaderValue::as_str)
}

/// The answer to a request, whatever happens on the way: a panic takes only its own request with it, and
/// the caller learns of it.
async fn bordered(service: &'static str, answered: impl Future<Output = Bytes>) -> Bytes {
    caught(answered).await.unwrap_or_else(|reason| {
        error!(service, reason, "a request made the program panic");
        metrics::counter!("samvirke_requests_panicked", "service" => service).increment(1);
        write(Err::<(), _>(Refused::Broken { detail: reason }))
    })
}

fn read<M: Request>(
    payload: &[u8],
    signature: Option<&str>,
    verifier: &MessageVerifier,
) -> Result<M, Refused> {
    verifier.check(payload, signature).map_err(|untrusted| {
        warn!(%untrusted, "a message was not trusted");
        Refused::Broken { detail: untrusted.to_string() }
    })?;
    let message: M = serde_json::from_slice(payload).map_err(|err| Refused::Broken {
        detail: format!("the gateway's message cannot be read: {err}"),
    })?;
    if message.deadline() < clock::now() {
        return Err(deadline::passed());
    }
    Ok(message)
}

fn write<A: Serialize>(answer: Result<A, Refused>) -> Bytes {
    let refused = |refused: Refused| {
        serde_json::to_vec(&Err::<A, Refused>(refused.shortened())).unwrap_or_default()
    };
    let written = match answer.map(|answer| serde_json::to_vec(&Ok::<A, Refused>(answer))) {
        Ok(Ok(written)) => answer::too_large(written.len()).map_or(written, refused),
        Ok(Err(error)) => refused(Refused::Broken {
            detail: format!("the answer cannot be written as JSON: {error}"),
        }),
        Err(error) => refused(error),
    };
    written.into()
}
