//! Deliveries: a lane for each subscription, woken when the feed says something that it may want.
//!
//! Invariant: lanes share nothing but the limit of requests at once, so a dead endpoint delays nobody.
//! A lane with nothing to do asks the server nothing.

pub mod history;
mod lane;
mod sending;
mod test_event;

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::{StreamExt, stream::BoxStream};
use samvirke_access::Directory;
use samvirke_kernel::{
    follower::Follower,
    inbox::chain,
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
    roll::Roll,
    settings::Settings,
    subscription::{Standing, Subscription},
    webhook::{Sender, secret::MasterKey},
};
use history::History;
use lane::Lane;

/// The names of subscriptions' places in the feed begin so.
const PLACE_PREFIX: &str = "subscription_";
/// The most lanes that take up their places at once: the server drops what waits in too long a queue.
pub(crate) const OPENINGS_MAX: usize = 64;
/// How long what was interrupted waits.
const RETRY: Duration = Duration::from_secs(1);
/// How long deliveries under way are waited for when the service stops.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// What all lanes stand on.
pub(crate) struct Ground {
    pub(crate) publication: Publication,
    pub(crate) withheld: Withheld,
    pub(crate) members: Follower<Directory>,
    pub(crate) subscriptions: Arc<Repository<Subscription>>,
    pub(crate) history: History,
    pub(crate) sender: Sender,
    pub(crate) master: MasterKey,
    pub(crate) settings: Arc<Settings>,
    /// One permit for each request to an endpoint that may be under way.
    pub(crate) requests: Arc<Semaphore>,
    /// One permit for each lane that may be taking up its place.
    pub(crate) openings: Semaphore,
    pub(crate) shutdown: CancellationToken,
}

/// Delivers to all subscriptions, as tasks of `supervisor`: one that wakes the others, and a worker
/// for each subscription.
pub(crate) fn supervise(supervisor: &Supervisor, ground: Arc<Ground>, roll: Follower<Roll>) {
    let workers = supervisor.clone();
    supervisor.supervise("deliveries", Stop::Drain, move |_| {
        let (ground, roll, workers) = (ground.clone(), roll.clone(), workers.apart());
        async move { run(ground, roll, workers).await }
    });
}

async fn run(
    ground: Arc<Ground>,
    roll: Follower<Roll>,
    workers: Supervisor,
) -> Result<(), TaskFailure> {
    let shutdown = ground.shutdown.clone();
    let begun = shutdown.run_until_cancelled(begin(&ground, &roll, workers)).await;
    let Some((mut ears, mut lanes)) = begun else { return Ok(()) };
    let mut reached = roll.reached();
    loop {
        lanes.take(&*roll.now().await);
        tokio::select! {
            () = shutdown.cancelled() => break,
            changed = reached.changed() => if changed.is_err() { break },
            subject = ears.next() => lanes.wake(&subject),
        }
    }
    if tokio::time::timeout(DRAIN_MAX, lanes.finish()).await.is_err() {
        warn!("some deliveries were still under way when the feed stopped; they will be repeated");
    }
    Ok(())
}

/// Listens before any lane looks for itself, so that nothing falls between.
async fn begin(ground: &Arc<Ground>, roll: &Follower<Roll>, workers: Supervisor) -> (Ears, Lanes) {
    let after = loop {
        match ground.publication.last_sequence().await {
            Ok(last) => break last,
            Err(error) => warn!(error = %chain(&error), "the feed cannot be read yet"),
        }
        tokio::time::sleep(RETRY).await;
    };
    // What is known only in part must not be acted upon.
    while let Err(behind) = roll.at(&[]).await {
        warn!(%behind, "the subscriptions are not known yet");
    }
    let known = roll.now().await;
    info!(subscriptions = known.all().count(), feed = after, "delivering");
    if let Err(error) = leave_unused(&ground.publication, &known).await {
        warn!(error = %chain(&error), "places that nobody uses stay");
    }
    let lanes = Lanes::new(ground.clone(), workers);
    (Ears { publication: ground.publication.clone(), after, messages: None }, lanes)
}

/// Gives up the places of subscriptions that have ended, or that have a newer one.
async fn leave_unused(publication: &Publication, roll: &Roll) -> Result<(), ReadError> {
    let places = publication.places(PLACE_PREFIX).await?;
    let mut used = std::collections::HashSet::new();
    for (id, entry) in roll.all().filter(|(_, entry)| !entry.standing.has_ended()) {
        let run = entry.standing.run;
        let newest = place_name(id, run.number);
        if places.contains(&newest) {
            used.insert(newest);
        } else {
            // The place of an earlier run tells where the next one begins.
            used.extend((run.placed..run.number).map(|number| place_name(id, number)));
        }
    }
    for unused in places.iter().filter(|name| !used.contains(*name)) {
        publication.leave(unused).await?;
    }
    Ok(())
}

/// The place of one run of a subscription.
pub(crate) fn place_name(id: &AggregateId, run: u32) -> String {
    // An id holds no underscore, so two ids never share a name.
    format!("{PLACE_PREFIX}{}_{}_{run}", id.cooperation, id.local)
}

/// The feed as it goes on, of which only the subjects are heard.
struct Ears {
    publication: Publication,
    after: u64,
    messages: Option<BoxStream<'static, Result<Published, ReadError>>>,
}

impl Ears {
    /// The next subject; what was interrupted is taken up where it was.
    async fn next(&mut self) -> String {
        loop {
            let reason = match self.hear().await {
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

    async fn hear(&mut self) -> Result<Option<Published>, ReadError> {
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

/// The lanes of all subscriptions that have not ended.
struct Lanes {
    ground: Arc<Ground>,
    lanes: HashMap<CooperationId, HashMap<AggregateId, Handle>>,
    workers: Supervisor,
    /// The last change that was taken.
    taken: u64,
}

struct Handle {
    standing: watch::Sender<Arc<Standing>>,
    wake: Arc<Notify>,
}

impl Lanes {
    fn new(ground: Arc<Ground>, workers: Supervisor) -> Self {
        Self { ground, lanes: HashMap::new(), workers, taken: 0 }
    }

    /// Tells each lane what has changed, and opens and closes lanes.
    fn take(&mut self, roll: &Roll) {
        let changed: Vec<_> = roll
            .changed_after(self.taken)
            .map(|(id, entry)| (id.clone(), entry.standing.clone(), entry.sequence()))
            .collect();
        for (id, standing, sequence) in changed {
            self.taken = sequence;
            let ended = standing.has_ended();
            let lanes = self.lanes.entry(id.cooperation.clone()).or_default();
            match lanes.get(&id) {
                Some(handle) => {
                    handle.standing.send_replace(standing);
                }
                // Its places were given up when the service started, or by the lane that saw its end.
                None if ended => (),
                None => {
                    let (sender, receiver) = watch::channel(standing);
                    let wake = Arc::new(Notify::new());
                    let handle = Handle { standing: sender, wake: wake.clone() };
                    lanes.insert(id.clone(), handle);
                    start(&self.workers, &id, &self.ground, receiver, wake);
                }
            }
            if ended {
                lanes.remove(&id);
            }
        }
    }

    /// Wakes the lanes that may want what was said.
    fn wake(&self, subject: &str) {
        let Ok(subject) = subject.parse::<Subject>() else { return };
        let lanes = self.lanes.get(&subject.cooperation).into_iter().flatten();
        for (_, handle) in lanes {
            if may_want(&handle.standing.borrow(), &subject) {
                handle.wake.notify_one();
            }
        }
    }

    async fn finish(mut self) {
        self.lanes.clear();
        self.workers.finished().await;
    }
}

/// Starts the worker of one subscription.
fn start(
    workers: &Supervisor,
    id: &AggregateId,
    ground: &Arc<Ground>,
    standing: watch::Receiver<Arc<Standing>>,
    wake: Arc<Notify>,
) {
    let (id, ground, name) = (id.clone(), ground.clone(), format!("delivery {id}"));
    workers.supervise_one_of_many("delivery", name, Stop::MayEnd, move |task| {
        let lane = Lane::new(id.clone(), ground.clone(), standing.clone(), wake.clone(), task);
        async move {
            lane.run().await;
            Ok(())
        }
    });
}

fn may_want(standing: &Standing, subject: &Subject) -> bool {
    let types = &standing.filters.types;
    let heard = match (&subject.audience, standing.owner.member()) {
        (Audience::Public, _) | (Audience::Member(_), None) => true,
        (Audience::Member(to), Some(own)) => to == own,
    };
    heard && (types.is_empty() || types.contains(&subject.tag))
}

/// The subjects of the feed that a subscription is for.
pub(crate) fn subjects(cooperation: &CooperationId, standing: &Standing) -> Vec<String> {
    let types = &standing.filters.types;
    let tags: Vec<&str> = match types.is_empty() {
        true => vec![">"],
        false => types.iter().map(String::as_str).collect(),
    };
    let member = standing.owner.member().map_or("*", |member| member.as_str());
    tags.iter()
        .flat_map(|tag| {
            [
                format!("feed.{cooperation}.public.{tag}"),
                format!("feed.{cooperation}.member.{member}.{tag}"),
            ]
        })
        .collect()
}
