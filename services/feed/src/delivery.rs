//! Deliveries: a worker for each subscription, woken when an event is published that it may want.
//!
//! Invariant: workers share nothing but the limit of requests at once, so a dead endpoint delays nobody.
//! A worker with nothing to do asks the server nothing.

pub mod history;
mod sending;
mod test_event;
mod worker;

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::{StreamExt, stream::BoxStream};
use samvirke_access::Directory;
use samvirke_kernel::{
    error_chain::chain,
    in_memory_projection::ProjectionRunner,
    log::ReadError,
    publication::{Publication, Published},
    repository::Repository,
    supervision::{Stop, Supervisor, TaskFailure},
};
use samvirke_schemas::{
    feed::{self, Audience, Subject},
    id::{AggregateId, CooperationId},
};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    erasing::Withheld,
    settings::Settings,
    subscription::{Subscription, SubscriptionState},
    subscription_index::SubscriptionIndex,
    webhook::{Sender, secret::MasterKey},
};
use history::History;
use worker::DeliveryWorker;

/// The names of subscriptions' durable consumers begin so.
const CONSUMER_PREFIX: &str = "subscription_";
/// The most workers that look up or create their consumers at once: the server drops what waits in too long a queue.
pub(crate) const OPENINGS_MAX: usize = 64;
/// How long what was interrupted waits.
const RETRY: Duration = Duration::from_secs(1);
/// How long deliveries under way are waited for when the service stops.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// What all delivery workers share.
pub(crate) struct DeliveryContext {
    pub(crate) publication: Publication,
    pub(crate) withheld: Withheld,
    pub(crate) members: ProjectionRunner<Directory>,
    pub(crate) subscriptions: Arc<Repository<Subscription>>,
    pub(crate) history: History,
    pub(crate) sender: Sender,
    pub(crate) master: MasterKey,
    pub(crate) settings: Arc<Settings>,
    /// One permit for each request to an endpoint that may be under way.
    pub(crate) requests: Arc<Semaphore>,
    /// One permit for each worker that may be looking up its consumer.
    pub(crate) openings: Semaphore,
    pub(crate) shutdown: CancellationToken,
}

/// Delivers to all subscriptions, as tasks of `supervisor`: one that wakes the others, and a worker
/// for each subscription.
pub(crate) fn supervise(
    supervisor: &Supervisor,
    context: Arc<DeliveryContext>,
    index: ProjectionRunner<SubscriptionIndex>,
) {
    let workers = supervisor.clone();
    supervisor.supervise("deliveries", Stop::Drain, move |_| {
        let (context, index, workers) = (context.clone(), index.clone(), workers.apart());
        async move { run(context, index, workers).await }
    });
}

async fn run(
    context: Arc<DeliveryContext>,
    index: ProjectionRunner<SubscriptionIndex>,
    workers: Supervisor,
) -> Result<(), TaskFailure> {
    let shutdown = context.shutdown.clone();
    let begun = shutdown.run_until_cancelled(begin(&context, &index, workers)).await;
    let Some((mut subscriber, mut deliveries)) = begun else { return Ok(()) };
    let mut reached = index.reached();
    loop {
        deliveries.take(&*index.now().await);
        tokio::select! {
            () = shutdown.cancelled() => break,
            changed = reached.changed() => if changed.is_err() { break },
            subject = subscriber.next() => deliveries.wake(&subject),
        }
    }
    if tokio::time::timeout(DRAIN_MAX, deliveries.finish()).await.is_err() {
        warn!("some deliveries were still under way when the feed stopped; they will be repeated");
    }
    Ok(())
}

/// Listens before any worker looks for itself, so that nothing falls between.
async fn begin(
    context: &Arc<DeliveryContext>,
    index: &ProjectionRunner<SubscriptionIndex>,
    workers: Supervisor,
) -> (FeedSubscriber, DeliveryWorkers) {
    let after = loop {
        match context.publication.last_sequence().await {
            Ok(last) => break last,
            Err(error) => warn!(error = %chain(&error), "the feed cannot be read yet"),
        }
        tokio::time::sleep(RETRY).await;
    };
    // What is known only in part must not be acted upon.
    while let Err(behind) = index.at(&[]).await {
        warn!(%behind, "the subscriptions are not known yet");
        // A stream that is damaged is refused at once.
        tokio::time::sleep(RETRY).await;
    }
    let known = index.now().await;
    info!(subscriptions = known.all().count(), feed = after, "delivering");
    if let Err(error) = leave_unused(&context.publication, &known).await {
        warn!(error = %chain(&error), "places that nobody uses stay");
    }
    let deliveries = DeliveryWorkers::new(context.clone(), workers);
    (FeedSubscriber { publication: context.publication.clone(), after, messages: None }, deliveries)
}

/// Deletes the consumers of subscriptions that have ended, or that have a newer one.
async fn leave_unused(
    publication: &Publication,
    index: &SubscriptionIndex,
) -> Result<(), ReadError> {
    let names = publication.consumer_names(CONSUMER_PREFIX).await?;
    let mut used = std::collections::HashSet::new();
    for (id, entry) in index.all().filter(|(_, entry)| !entry.state.has_ended()) {
        let run = entry.state.run;
        let newest = consumer_name(id, run.number);
        if names.contains(&newest) {
            used.insert(newest);
        } else {
            // The consumer of an earlier run says where the next one begins.
            used.extend((run.placed..run.number).map(|number| consumer_name(id, number)));
        }
    }
    for unused in names.iter().filter(|name| !used.contains(*name)) {
        publication.delete_consumer(unused).await?;
    }
    Ok(())
}

/// Returns the name of the durable consumer of one run of a subscription.
pub(crate) fn consumer_name(id: &AggregateId, run: u32) -> String {
    // An id holds no underscore, so two ids never share a name.
    format!("{CONSUMER_PREFIX}{}_{}_{run}", id.cooperation, id.local)
}

/// Follows the feed, and gives the subject of each new event.
struct FeedSubscriber {
    publication: Publication,
    after: u64,
    messages: Option<BoxStream<'static, Result<Published, ReadError>>>,
}

impl FeedSubscriber {
    /// The next subject; what was interrupted is taken up where it was.
    async fn next(&mut self) -> String {
        loop {
            let reason = match self.observe().await {
                Ok(Some(published)) => {
                    self.after = published.sequence;
                    return published.subject;
                }
                Ok(None) => "the feed's messages ended".to_owned(),
                Err(error) => chain(&error),
            };
            self.messages = None;
            warn!(reason, "hearing the feed is interrupted");
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn observe(&mut self) -> Result<Option<Published>, ReadError> {
        if self.messages.is_none() {
            let all = vec![feed::SUBJECTS.to_owned()];
            let messages = self.publication.follow(all, self.after).await?;
            self.messages = Some(messages.boxed());
        }
        match &mut self.messages {
            Some(messages) => messages.next().await.transpose(),
            None => Ok(None),
        }
    }
}

/// The workers of all subscriptions that have not ended.
struct DeliveryWorkers {
    context: Arc<DeliveryContext>,
    deliveries: HashMap<CooperationId, HashMap<AggregateId, Handle>>,
    workers: Supervisor,
    /// The last change that was taken.
    taken: u64,
}

struct Handle {
    state: watch::Sender<Arc<SubscriptionState>>,
    wake: Arc<Notify>,
}

impl DeliveryWorkers {
    fn new(context: Arc<DeliveryContext>, workers: Supervisor) -> Self {
        Self { context, deliveries: HashMap::new(), workers, taken: 0 }
    }

    /// Notifies each worker of what has changed, and opens and closes workers.
    fn take(&mut self, index: &SubscriptionIndex) {
        let changed: Vec<_> = index
            .changed_after(self.taken)
            .map(|(id, entry)| (id.clone(), entry.state.clone(), entry.sequence()))
            .collect();
        for (id, state, sequence) in changed {
            self.taken = sequence;
            let ended = state.has_ended();
            let deliveries = self.deliveries.entry(id.cooperation.clone()).or_default();
            match deliveries.get(&id) {
                Some(handle) => {
                    handle.state.send_replace(state);
                }
                // Its consumers were deleted when the service started, or by the worker that saw its end.
                None if ended => (),
                None => {
                    let (sender, receiver) = watch::channel(state);
                    let wake = Arc::new(Notify::new());
                    let handle = Handle { state: sender, wake: wake.clone() };
                    deliveries.insert(id.clone(), handle);
                    start(&self.workers, &id, &self.context, receiver, wake);
                }
            }
            if ended {
                deliveries.remove(&id);
            }
        }
    }

    /// Wakes the workers that may want what was published.
    fn wake(&self, subject: &str) {
        let Ok(subject) = subject.parse::<Subject>() else { return };
        let deliveries = self.deliveries.get(&subject.cooperation).into_iter().flatten();
        for (_, handle) in deliveries {
            if may_want(&handle.state.borrow(), &subject) {
                handle.wake.notify_one();
            }
        }
    }

    async fn finish(mut self) {
        self.deliveries.clear();
        self.workers.finished().await;
    }
}

/// Starts the worker of one subscription.
fn start(
    workers: &Supervisor,
    id: &AggregateId,
    context: &Arc<DeliveryContext>,
    state: watch::Receiver<Arc<SubscriptionState>>,
    wake: Arc<Notify>,
) {
    let (id, context, name) = (id.clone(), context.clone(), format!("delivery {id}"));
    workers.supervise_one_of_many("delivery", name, Stop::MayEnd, move |task| {
        let delivery =
            DeliveryWorker::new(id.clone(), context.clone(), state.clone(), wake.clone(), task);
        async move {
            delivery.run().await;
            Ok(())
        }
    });
}

fn may_want(state: &SubscriptionState, subject: &Subject) -> bool {
    let types = &state.filters.types;
    let fits = match (&subject.audience, state.owner.member()) {
        (Audience::Public, _) | (Audience::Member(_), None) => true,
        (Audience::Member(to), Some(own)) => to == own,
    };
    fits && (types.is_empty() || types.contains(&subject.tag))
}

/// The subjects of the feed that a subscription is for.
pub(crate) fn subjects(cooperation: &CooperationId, state: &SubscriptionState) -> Vec<String> {
    let types = &state.filters.types;
    let tags: Vec<&str> = match types.is_empty() {
        true => vec![">"],
        false => types.iter().map(String::as_str).collect(),
    };
    let member = state.owner.member().map_or("*", |member| member.as_str());
    tags.iter()
        .flat_map(|tag| {
            [
                format!("feed.{cooperation}.public.{tag}"),
                format!("feed.{cooperation}.member.{member}.{tag}"),
            ]
        })
        .collect()
}
