//! The service: it takes commands and the feed, and sends when something is to be sent.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use samvirke_kernel::{
    clock,
    error_chain::chain,
    log::Log,
    projection::{self, Progress},
    repository::Repository,
    service::{Host, ServeError, ServiceError as KernelError},
    stream::StreamError,
    supervision::{Stop, Supervisor, Task, TaskFailure},
};
use samvirke_schemas::feed;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    address_book,
    contacts::Contacts,
    database, due,
    inbox::{CONTEXT, Inbox},
    intake::Intake,
    letter::Sender,
    mailer::{self, InvalidMailServer, Mailer},
    queries, sender,
    settings::{Key, Settings},
};

const RETRY: Duration = Duration::from_secs(1);
/// The longest that the outbox is not looked at: somebody may have put into it by hand.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How often the address book is swept.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Why the service ended.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("the address of the database is not one")]
    Address(#[source] sqlx::Error),
    #[error("a stream cannot be used")]
    Stream(#[from] StreamError),
    #[error(transparent)]
    Kernel(#[from] KernelError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("the settings of the mail server make no sense")]
    MailServer(#[from] InvalidMailServer),
}

/// The settings and addresses that the service needs besides its host.
#[derive(Clone, Debug)]
pub struct Config {
    pub database_url: String,
    pub settings: Settings,
    /// What links for unsubscribing are signed with.
    pub key: Key,
    /// Where the API is reached from outside.
    pub url: String,
}

/// Runs the service until the host shuts down.
///
/// # Errors
///
/// When the streams, NATS or the mail server's settings cannot be used. A database or a mail server
/// that is away is waited for.
pub async fn service(host: Host, config: Config) -> Result<(), ServiceError> {
    let pool = database::connect(&config.database_url).map_err(ServiceError::Address)?;
    let mail = match &config.settings.mail {
        Some(server) => {
            let (from, url) = (mailer::from(server)?, config.url.clone());
            Some((Mailer::new(server)?, Sender { from, url, key: config.key.clone() }))
        }
        None => None,
    };
    let contacts = host.own_log(CONTEXT).await?;
    let publication = host.publication(feed::STREAM, feed::SUBJECTS).await?;
    if !prepared(&pool, &host.shutdown).await {
        return Ok(());
    }
    let (progress, watched) = watch::channel(Progress::default());
    let (put, waiting) = watch::channel(());
    let shutdown = host.shutdown.clone();
    let supervisor = host.supervisor("notify");
    let progress = Arc::new(progress);
    follow_contacts(&supervisor, pool.clone(), contacts.clone(), progress);
    let intake = Arc::new(Intake {
        pool: pool.clone(),
        publication,
        settings: config.settings.clone(),
        contacts: contacts.clone(),
        progress: watched.clone(),
        put,
    });
    supervisor.supervise("notify intake", Stop::Drop, move |task| {
        let intake = intake.clone();
        async move {
            let Err(interrupted) = intake.follow(&task).await;
            Err(interrupted.into())
        }
    });
    let book = AddressBook { pool: pool.clone(), log: contacts.clone(), progress: watched };
    supervisor.supervise("address book", Stop::Drop, move |task| {
        let book = book.clone();
        async move { book.sweep(&task).await }
    });
    let outbox = Arc::new(Outbox {
        pool: pool.clone(),
        settings: config.settings,
        mail,
        shutdown: shutdown.clone(),
    });
    supervisor.supervise("mail sender", Stop::Drain, move |task| {
        let (outbox, waiting) = (outbox.clone(), waiting.clone());
        async move { outbox.send(waiting, &task).await }
    });
    let contacts = Arc::new(Repository::new(contacts));
    let inbox = Arc::new(Inbox { contacts, pool: pool.clone(), key: config.key });
    let answering = inbox.clone();
    let commands = host.serve_commands(CONTEXT, inbox);
    let queries = host.serve_queries("notify", move |message| {
        let inbox = answering.clone();
        async move { queries::answer(&inbox, message).await }
    });
    tokio::try_join!(commands, queries)?;
    supervisor.finished().await;
    pool.close().await;
    Ok(())
}

/// Makes the schema once the database is there; says whether it was before the end.
async fn prepared(pool: &PgPool, shutdown: &CancellationToken) -> bool {
    while let Err(error) = database::prepare(pool).await {
        warn!(error = %chain(&error), "the database is waited for");
        tokio::select! {
            () = shutdown.cancelled() => return false,
            () = tokio::time::sleep(RETRY) => (),
        }
    }
    true
}

/// Folds the contacts as long as the service runs.
pub(crate) fn follow_contacts(
    supervisor: &Supervisor,
    pool: PgPool,
    log: Log,
    progress: Arc<watch::Sender<Progress>>,
) {
    let (contacts, shutdown) = (Arc::new(Contacts(pool)), supervisor.shutdown().clone());
    supervisor.supervise("contacts", Stop::Drop, move |task| {
        let (contacts, log) = (contacts.clone(), log.clone());
        let (progress, shutdown) = (progress.clone(), shutdown.clone());
        async move {
            let lost = contacts.forget_what_was_lost(&log).await;
            lost.map_err(|err| TaskFailure::of(&err))?;
            log.reports_lag_of(&task);
            projection::run_as(&*contacts, &log, &progress, &shutdown, &task)
                .await
                .map_err(|halted| TaskFailure::halting(chain(&halted)))
        }
    });
}

/// The address book, and how far the contacts are taken that it is for.
#[derive(Clone)]
struct AddressBook {
    pool: PgPool,
    log: Log,
    progress: watch::Receiver<Progress>,
}

impl AddressBook {
    /// Sweeps now and then, when the contacts are taken to the end of their stream.
    async fn sweep(&self, task: &Task) -> Result<(), TaskFailure> {
        let mut again = tokio::time::interval(SWEEP_EVERY);
        loop {
            again.tick().await;
            let last = self.log.last_sequence().await.map_err(|err| TaskFailure::of(&err))?;
            if self.progress.borrow().sequence < last {
                continue;
            }
            let swept = address_book::sweep(&self.pool, clock::now()).await;
            match swept.map_err(|err| TaskFailure::of(&err))? {
                0 => (),
                swept => {
                    info!(swept, "persons that no contact names are gone from the address book")
                }
            }
            task.progress();
        }
    }
}

/// The outbox, and the way out of it.
struct Outbox {
    pool: PgPool,
    settings: Settings,
    mail: Option<(Mailer, Sender)>,
    shutdown: CancellationToken,
}

impl Outbox {
    /// Sends what is to be sent, as it comes and as the time comes.
    async fn send(&self, mut waiting: watch::Receiver<()>, task: &Task) -> Result<(), TaskFailure> {
        if self.mail.is_none() {
            warn!(
                "there is no [notify.mail]: notifications are kept in the outbox, and nothing is sent"
            );
        }
        loop {
            waiting.mark_unchanged();
            // What is on its way is finished: whoever stops in between sends it again.
            let next = match self.round(clock::now()).await {
                Ok(next) => {
                    task.progress();
                    next.filter(|_| self.mail.is_some())
                }
                Err(error) => {
                    warn!(error = %chain(&error), "notifications wait");
                    task.is_hindered(&TaskFailure::of(&error));
                    None
                }
            };
            tokio::select! {
                () = self.shutdown.cancelled() => return Ok(()),
                () = tokio::time::sleep(pause(next)) => (),
                _ = waiting.changed() => (),
            }
        }
    }

    /// Puts what falls due into the outbox and sends what is to be sent now; returns when the next
    /// falls due.
    async fn round(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, sender::RoundError> {
        due::fire(&self.pool, &self.settings, now).await?;
        if let Some((mailer, sender)) = &self.mail {
            sender::round(&self.pool, mailer, sender, now).await?;
        }
        Ok(due::next(&self.pool).await?)
    }
}

/// How long until something falls due, or is looked for.
fn pause(next: Option<DateTime<Utc>>) -> Duration {
    next.and_then(|next| (next - clock::now()).to_std().ok())
        .unwrap_or(LOOK_EVERY)
        .clamp(RETRY, LOOK_EVERY)
}
