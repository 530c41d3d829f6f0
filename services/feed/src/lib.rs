//! The change feed: facts in one order, and subscriptions to them.
//!
//! The relay reads what the services have committed and publishes facts of them; deliveries
//! bring it to those who subscribe.

pub mod relay;
pub mod sources;
pub mod translation;

pub mod subscription;

mod inbox;
pub mod subscription_index;

pub mod delivery;
mod erasing;
mod queries;
pub mod webhook;

mod settings;

use std::sync::Arc;

use samvirke_kernel::{
    Decider,
    in_memory_projection::ProjectionRunner,
    log::ReadError,
    repository::Repository,
    service::{self, Host, ServeError, tasks_first},
    stream::StreamError,
};
use samvirke_schemas::feed;
use tokio::sync::Semaphore;

pub use settings::Settings;
pub use webhook::secret::MasterKey;

use crate::{
    delivery::{DeliveryContext, OPENINGS_MAX, history::History},
    erasing::Withheld,
    inbox::Inbox,
    queries::QueryHandler,
    subscription::Subscription,
    webhook::Sender,
};

/// The contexts whose events are published.
pub const CONTEXTS: [&str; 4] = ["networks", "cases", "meetings", Subscription::CONTEXT];
/// The service's name, a token of the subjects of its queries.
const NAME: &str = "feed";

/// Why the service ended.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("a stream cannot be used")]
    Stream(#[from] StreamError),
    #[error("the feed cannot be read")]
    Read(#[from] ReadError),
    #[error(transparent)]
    Service(#[from] service::ServiceError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("deliveries cannot be sent")]
    Http(#[from] reqwest::Error),
}

/// Runs the feed until told to stop: relay, deliveries, commands to subscriptions and queries on them.
///
/// # Errors
///
/// When a stream or NATS cannot be used.
pub async fn service(
    host: Host,
    settings: Settings,
    master: MasterKey,
) -> Result<(), ServiceError> {
    let publication = host.publication(feed::STREAM, feed::SUBJECTS).await?;
    let own = host.own_log(Subscription::CONTEXT).await?;
    let mut logs = Vec::new();
    for context in CONTEXTS {
        logs.push(host.log(context).await?);
    }
    let history = History::open(&host).await?;
    let settings = Arc::new(settings);
    let supervisor = host.supervisor(NAME);
    let index = ProjectionRunner::start("subscriptions", own.clone(), &supervisor);
    let members = ProjectionRunner::start("members", logs[0].clone(), &supervisor);
    let subscriptions = Arc::new(Repository::new(own));
    let withheld = host.wait_for(|| Withheld::read(&publication)).await?;
    let context = Arc::new(DeliveryContext {
        publication: publication.clone(),
        withheld: withheld.clone(),
        members: members.clone(),
        subscriptions: subscriptions.clone(),
        history: history.clone(),
        sender: Sender::new(settings.clone())?,
        master: master.clone(),
        requests: Arc::new(Semaphore::new(settings.requests_max)),
        openings: Semaphore::new(OPENINGS_MAX),
        settings: settings.clone(),
        shutdown: host.shutdown.clone(),
    });
    let inbox = Arc::new(Inbox {
        subscriptions,
        index: index.clone(),
        members,
        publication: publication.clone(),
        settings,
    });
    let handler = Arc::new(QueryHandler {
        index: index.clone(),
        publication: publication.clone(),
        history,
        master,
    });

    delivery::supervise(&supervisor, context, index);
    let erasing = async {
        let erasures = host.erasures(&publication).await?;
        erasing::supervise(&supervisor, publication.clone(), erasures, withheld);
        Ok::<_, ServiceError>(())
    };
    let relay = async {
        relay::supervise(&supervisor, publication.clone(), logs, host.parking().await?);
        Ok(())
    };
    let queries = host.serve_queries(NAME, move |message| handler.clone().answer(message));
    let commands = host.serve_commands(Subscription::CONTEXT, inbox);
    let tasks = async { tokio::try_join!(erasing, relay).map(|_| ()) };
    let serving = async { Ok(tokio::try_join!(queries, commands).map(|_| ())?) };
    tasks_first(tasks, serving).await?;
    supervisor.finished().await;
    Ok(())
}
