//! The service: it takes commands and the feed, and sends when something is to be sent.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use samvirke_kernel::{
    clock,
    inbox::chain,
    log::Log,
    projection::{self, Progress},
    publication::Publication,
    repository::Repository,
    service::{Host, ServeError, ServiceError as KernelError, serve_commands, serve_queries},
    stream::StreamError,
};
use samvirke_schemas::feed;
use sqlx::PgPool;
use tokio::{sync::watch, task::JoinSet};
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
/// How often a projection that has halted looks whether an operator has helped.
const HALTED_RETRY: Duration = Duration::from_secs(10);
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

/// What the service is given besides its host.
#[derive(Clone, Debug)]
pub struct Given {
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
pub async fn service(host: Host, given: Given) -> Result<(), ServiceError> {
    let pool = database::connect(&given.database_url).map_err(ServiceError::Address)?;
    let mail = match &given.settings.mail {
        Some(server) => {
            let (from, url) = (mailer::from(server)?, given.url.clone());
            Some((Mailer::new(server)?, Sender { from, url, key: given.key.clone() }))
        }
        None => None,
    };
    let contacts = host.own_log(CONTEXT).await?;
    let publication =
        Publication::open(host.client.clone(), feed::STREAM, feed::SUBJECTS, host.replicas).await?;
    if !prepared(&pool, &host.shutdown).await {
        return Ok(());
    }
    let (progress, watched) = watch::channel(Progress::default());
    let (put, waiting) = watch::channel(());
    let mut tasks = JoinSet::new();
    let shutdown = host.shutdown.clone();
    tasks.spawn(follow_contacts(pool.clone(), contacts.clone(), progress, shutdown.clone()));
    let intake = Intake {
        pool: pool.clone(),
        publication,
        settings: given.settings.clone(),
        contacts: contacts.clone(),
        progress: watched.clone(),
        put,
    };
    let stop = shutdown.clone();
    tasks.spawn(async move { intake.run(&stop).await });
    tasks.spawn(sweep(pool.clone(), contacts.clone(), watched, shutdown.clone()));
    tasks.spawn(send(pool.clone(), given.settings, mail, waiting, shutdown.clone()));
    let inbox = Inbox { contacts: Repository::new(contacts), pool: pool.clone(), key: given.key };
    let (inbox, asked) = (Arc::new(inbox), host.verifier.clone());
    let answering = inbox.clone();
    let commands = serve_commands(
        host.client.clone(),
        CONTEXT,
        host.verifier,
        shutdown.clone(),
        move |message| {
            let inbox = inbox.clone();
            async move { inbox.answer(message).await }
        },
    );
    let queries = serve_queries(host.client, "notify", asked, shutdown, move |message| {
        let inbox = answering.clone();
        async move { queries::answer(&inbox, message).await }
    });
    tokio::try_join!(commands, queries)?;
    while tasks.join_next().await.is_some() {}
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
pub(crate) async fn follow_contacts(
    pool: PgPool,
    log: Log,
    progress: watch::Sender<Progress>,
    shutdown: CancellationToken,
) {
    let contacts = Contacts(pool);
    // A halted projection has said why.
    while projection::run(&contacts, &log, &progress, &shutdown).await.is_err() {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(HALTED_RETRY) => (),
        }
    }
}

/// Sweeps the address book now and then, when the contacts are taken to the end of their stream.
async fn sweep(
    pool: PgPool,
    log: Log,
    progress: watch::Receiver<Progress>,
    shutdown: CancellationToken,
) {
    let mut again = tokio::time::interval(SWEEP_EVERY);
    while shutdown.run_until_cancelled(again.tick()).await.is_some() {
        let now = clock::now();
        let Ok(last) = log.last_sequence().await else { continue };
        if progress.borrow().sequence < last {
            continue;
        }
        match address_book::sweep(&pool, now).await {
            Ok(0) => (),
            Ok(swept) => {
                info!(swept, "persons that no contact names are gone from the address book")
            }
            Err(error) => warn!(error = %chain(&error), "the address book could not be swept"),
        }
    }
}

/// Sends what is to be sent, as it comes and as the time comes.
async fn send(
    pool: PgPool,
    settings: Settings,
    mail: Option<(Mailer, Sender)>,
    mut waiting: watch::Receiver<()>,
    shutdown: CancellationToken,
) {
    if mail.is_none() {
        warn!(
            "there is no [notify.mail]: notifications are kept in the outbox, and nothing is sent"
        );
    }
    loop {
        waiting.mark_unchanged();
        let now = clock::now();
        let round = async {
            due::fire(&pool, &settings, now).await?;
            if let Some((mailer, sender)) = &mail {
                sender::round(&pool, mailer, sender, now).await?;
            }
            due::next(&pool).await.map_err(sender::RoundError::from)
        };
        // What is on its way is finished: whoever stops in between sends it again.
        let next = match round.await {
            Ok(next) => next.filter(|_| mail.is_some()),
            Err(error) => {
                warn!(error = %chain(&error), "notifications wait");
                None
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause(next)) => (),
            _ = waiting.changed() => (),
        }
    }
}

/// How long until something falls due, or is looked for.
fn pause(next: Option<DateTime<Utc>>) -> Duration {
    next.and_then(|next| (next - clock::now()).to_std().ok())
        .unwrap_or(LOOK_EVERY)
        .clamp(RETRY, LOOK_EVERY)
}
