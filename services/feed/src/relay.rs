//! From the event streams to the feed: each fact once, in one order.
//!
//! Invariant: what is published and how far the streams are told move together, since the one travels in
//! the other's headers. A message is accepted only right after the one it was written to follow, so two
//! relays at once publish what one would.

mod speech;

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    ops::ControlFlow,
    time::Duration,
};

use futures::{future, never::Never};
use samvirke_kernel::{
    checkpoint::Stands,
    committer::{AppendError, BATCH_MESSAGES_MAX},
    envelope::{Envelope, EnvelopeError},
    log::{Log, ReadError, Stored},
    publication::{Publication, Sent},
    stream::stream_name,
    supervision::{Stop, Supervisor, Task, TaskFailure},
};
use samvirke_schemas::feed::{Fact, Said};
use tokio::{
    sync::mpsc,
    task::{JoinError, JoinSet},
};
use tracing::{info, warn};
use uuid::Uuid;

use crate::{
    sources::{Commit, InvalidReached, Reached, Sources},
    translation::{Affected, Translation, Withholding},
};
use speech::{Place, Speech};

/// The header that says how far the event streams are told.
pub const SOURCES: &str = "Samvirke-Sources";
/// How many portions of the streams are read and put into words before they are told.
const HEARD_AHEAD_MAX: usize = 2;
/// Up to so many commits that are not told, what they withhold of each other is published and erased a
/// moment later; beyond it, the streams are read once more before anything is published.
const FEW_UNTOLD: u64 = 1_000;
/// From this many commits on that are not told, no more are taken in hand.
const UNTOLD_MAX: usize = 4_000;
/// The most batches on their way at once; more are no faster.
const BATCHES_ON_THEIR_WAY_MAX: usize = 2;
/// How often a relay with nothing to tell makes sure that the streams have what it told.
const CHECKED_EVERY: Duration = Duration::from_secs(5);

/// Why the relay was interrupted.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted {
    #[error("an event stream or the feed cannot be read")]
    Read(#[from] ReadError),
    #[error("an event cannot be read, and what cannot be read cannot be told")]
    Event(#[from] EnvelopeError),
    #[error("an event cannot be written as JSON")]
    Write(#[from] serde_json::Error),
    #[error("the feed does not take a message")]
    Publish(#[from] AppendError),
    #[error("reading the event streams has ended")]
    Deaf(#[source] Option<JoinError>),
    #[error(transparent)]
    Checkpoint(#[from] InvalidReached),
    #[error(
        "the feed was made from another stream {stream} than the one here, or what it told last there cannot be read: restore the stream"
    )]
    OtherStream { stream: String },
    #[error(
        "the feed has told {stream} to {told}, but it ends at {last}: the stream has lost its tail; restore it"
    )]
    Truncated { stream: String, told: u64, last: u64 },
}

/// Relays as a task of `supervisor`.
pub fn supervise(supervisor: &Supervisor, publication: Publication, logs: Vec<Log>) {
    supervisor.supervise("relay", Stop::Drop, move |task| {
        let (publication, logs) = (publication.clone(), logs.clone());
        async move {
            let Err(interrupted) = relay(&publication, &logs, &task).await;
            Err(interrupted.into())
        }
    });
}

impl From<Interrupted> for TaskFailure {
    fn from(interrupted: Interrupted) -> Self {
        let failure = Self::of(&interrupted);
        let halts = match interrupted {
            Interrupted::OtherStream { .. } | Interrupted::Truncated { .. } => true,
            Interrupted::Read(_)
            | Interrupted::Event(_)
            | Interrupted::Write(_)
            | Interrupted::Publish(_)
            | Interrupted::Deaf(_)
            | Interrupted::Checkpoint(_) => false,
        };
        Self { halts, ..failure }
    }
}

/// Relays until it is interrupted; nothing is lost if it is then called again.
///
/// # Errors
///
/// [`Interrupted`].
pub async fn relay(
    publication: &Publication,
    logs: &[Log],
    task: &Task,
) -> Result<Never, Interrupted> {
    let told = end(publication, logs).await?;
    info!(feed = told.sequence, reached = %told.reached, "relaying");
    let (heard, speeches) = mpsc::channel(HEARD_AHEAD_MAX);
    let mut hearing = JoinSet::new();
    hearing.spawn(hear(logs.to_vec(), told.reached.clone(), heard));
    let mut teller = Teller {
        publication,
        logs,
        task,
        speeches,
        untold: VecDeque::new(),
        sent: told.clone(),
        told,
        on_their_way: VecDeque::new(),
    };
    loop {
        teller.send().await?;
        if let ControlFlow::Break(()) = teller.wait().await? {
            return Err(match hearing.join_next().await {
                Some(Ok(Err(interrupted))) => interrupted,
                Some(Err(failed)) => Interrupted::Deaf(Some(failed)),
                Some(Ok(Ok(()))) | None => Interrupted::Deaf(None),
            });
        }
    }
}

/// Reads the streams and puts what they say into words, some way ahead of the telling.
async fn hear(
    logs: Vec<Log>,
    already: Reached,
    heard: mpsc::Sender<VecDeque<Speech>>,
) -> Result<(), Interrupted> {
    let withheld = withheld_later(&logs, &already).await?;
    let mut sources = Sources::follow(&logs).await?;
    let mut wording = Wording::new(logs, already);
    let mut digests: HashMap<String, String> = HashMap::new();
    loop {
        let mut speeches = VecDeque::new();
        for commit in sources.next().await? {
            let said = wording.take(&commit).await?;
            let skipped = withheld.skipped(&said, wording.commits);
            let digest = commit.stored.digest();
            let (stream, sequence) = (commit.stream, commit.stored.sequence);
            let before = digests.insert(stream.clone(), digest.clone());
            speeches.push_back(Speech { stream, sequence, digest, before, said, skipped });
        }
        if heard.send(speeches).await.is_err() {
            return Ok(());
        }
    }
}

/// Puts commits into words, one after the other.
struct Wording {
    translation: Translation,
    logs: Vec<Log>,
    /// What is in the feed already need not be withheld again.
    already: Reached,
    /// How far each stream was read.
    read: HashMap<String, u64>,
    /// How many commits were taken.
    commits: u64,
}

impl Wording {
    fn new(logs: Vec<Log>, already: Reached) -> Self {
        let translation = Translation::default();
        Self { translation, logs, already, read: HashMap::new(), commits: 0 }
    }

    async fn take(&mut self, commit: &Commit) -> Result<Vec<Said>, Interrupted> {
        let Commit { stream, stored } = commit;
        let envelope = Envelope::read(stored.sequence, &stored.payload)?;
        let mut said = self.translation.take(stored, &envelope)?;
        if let Some(withholding) = self.translation.withholding()
            && self.already.told(stream, stored.sequence) < usize::MAX
        {
            let histories = histories(&self.logs, &withholding, &self.read).await?;
            said.append(&mut self.translation.withhold(&withholding, &histories)?);
        }
        self.read.insert(stream.clone(), stored.sequence);
        self.commits += 1;
        Ok(said)
    }
}

/// The events that commits already stored have withheld, each with the number of the last commit that
/// did. What is published late must not say first what is known to be withheld.
#[derive(Debug, Default)]
struct WithheldLater(HashMap<Uuid, u64>);

impl WithheldLater {
    /// The places of what is not to be published of what commit `number` says.
    fn skipped(&self, said: &[Said], number: u64) -> BTreeSet<usize> {
        let later = |said: &Said| self.0.get(&said.id()).is_some_and(|by| number < *by);
        (0..said.len()).filter(|index| said.get(*index).is_some_and(later)).collect()
    }
}

/// Reads the streams to their end where much is to be told, to know what was withheld later.
async fn withheld_later(logs: &[Log], already: &Reached) -> Result<WithheldLater, Interrupted> {
    let mut withheld = WithheldLater::default();
    let mut ends = HashMap::new();
    let mut untold = 0;
    for log in logs {
        let (name, last) = (log.identity().name.clone(), log.last_sequence().await?);
        untold += last.saturating_sub(already.sequence(&name));
        ends.insert(name, last);
    }
    if untold <= FEW_UNTOLD {
        return Ok(withheld);
    }
    let mut sources = Sources::follow(logs).await?;
    let mut wording = Wording::new(logs.to_vec(), already.clone());
    let reached = |wording: &Wording| {
        ends.iter()
            .all(|(name, end)| wording.read.get(name).is_some_and(|at| at >= end) || *end == 0)
    };
    while !reached(&wording) {
        for commit in sources.next().await? {
            for said in wording.take(&commit).await? {
                let events = if let Fact::CaseWithheld(fact) = said.fact {
                    fact.events
                } else if let Fact::MeetingItemWithheld(fact) = said.fact {
                    fact.events
                } else {
                    continue;
                };
                withheld.0.extend(events.into_iter().map(|id| (id, wording.commits)));
            }
        }
    }
    Ok(withheld)
}

/// The commits of all that are affected, as far as the streams were read before this commit.
async fn histories(
    logs: &[Log],
    withholding: &Withholding,
    read: &HashMap<String, u64>,
) -> Result<Vec<(Affected, Vec<(Stored, Envelope)>)>, Interrupted> {
    let mut histories = Vec::new();
    for affected in &withholding.affected {
        let context = match affected.kind {
            "case" => "cases",
            _ => "meetings",
        };
        let name = stream_name(context);
        let Some(log) = logs.iter().find(|log| log.identity().name == name) else { continue };
        let until = read.get(&name).copied().unwrap_or_default();
        let subject = log.subject(affected.kind, &affected.id);
        let mut commits = Vec::new();
        for stored in log.read_from_leader(&subject, 0).await? {
            if stored.sequence <= until {
                let envelope = Envelope::read(stored.sequence, &stored.payload)?;
                commits.push((stored, envelope));
            }
        }
        histories.push((affected.clone(), commits));
    }
    Ok(histories)
}

/// Tells what is heard. Batches follow each other before the first is acknowledged; each expects the
/// one before it, so where one is not stored, none after it is.
struct Teller<'a> {
    publication: &'a Publication,
    logs: &'a [Log],
    task: &'a Task,
    speeches: mpsc::Receiver<VecDeque<Speech>>,
    /// What is not acknowledged yet.
    untold: VecDeque<Speech>,
    /// The end of what is acknowledged.
    told: Place,
    /// The end of what is on its way.
    sent: Place,
    on_their_way: VecDeque<(Sent, Place)>,
}

impl Teller<'_> {
    /// Sends what is heard, as far as there is room.
    async fn send(&mut self) -> Result<(), Interrupted> {
        while self.on_their_way.len() < BATCHES_ON_THEIR_WAY_MAX {
            let (messages, place) = self.sent.next(&self.untold, BATCH_MESSAGES_MAX)?;
            let expected = std::mem::replace(&mut self.sent, place.clone()).sequence;
            if messages.is_empty() {
                break;
            }
            match self.publication.send(expected, &messages).await {
                Ok(sent) => self.on_their_way.push_back((sent, place)),
                Err(error) => return self.begin_again(error).await,
            }
        }
        if self.on_their_way.is_empty() {
            // Nobody acknowledges what had nothing to say.
            self.told = self.sent.clone();
            self.forget_told();
        }
        Ok(())
    }

    /// Waits until something is heard or acknowledged; breaks when nothing will be heard any more.
    async fn wait(&mut self) -> Result<ControlFlow<()>, Interrupted> {
        let has_room = self.untold.len() < UNTOLD_MAX;
        let acknowledged = async {
            match self.on_their_way.front_mut() {
                Some((sent, _)) => sent.acknowledged().await,
                None => future::pending().await,
            }
        };
        let idle = tokio::time::sleep(CHECKED_EVERY);
        let acknowledged = tokio::select! {
            acknowledged = acknowledged => acknowledged,
            () = idle => {
                check(&self.told.reached, self.logs).await?;
                return Ok(ControlFlow::Continue(()));
            }
            speeches = self.speeches.recv(), if has_room => {
                let Some(mut speeches) = speeches else { return Ok(ControlFlow::Break(())) };
                self.untold.append(&mut speeches);
                return Ok(ControlFlow::Continue(()));
            }
        };
        match (acknowledged, self.on_their_way.pop_front()) {
            (Ok(sequence), Some((_, place))) if sequence == place.sequence => {
                metrics::counter!("samvirke_feed_published")
                    .increment(sequence - self.told.sequence);
                self.told = place;
                self.task.progress();
                self.forget_told();
            }
            (Ok(_), _) => self.look_again().await?,
            (Err(error), _) => self.begin_again(error).await?,
        }
        Ok(ControlFlow::Continue(()))
    }

    fn forget_told(&mut self) {
        while self.untold.pop_front_if(|speech| self.told.has_told(speech)).is_some() {}
    }

    /// Goes on where the feed ends, unless the server will not have a message whatever is done.
    async fn begin_again(&mut self, error: AppendError) -> Result<(), Interrupted> {
        match error {
            // Someone else has published, or this has and was not told: the feed itself knows.
            AppendError::Conflict { .. } | AppendError::Unknown { .. } => self.look_again().await,
            AppendError::Overloaded
            | AppendError::Held(_)
            | AppendError::TooLarge { .. }
            | AppendError::Refused { .. } => Err(error.into()),
        }
    }

    async fn look_again(&mut self) -> Result<(), Interrupted> {
        self.on_their_way.clear();
        self.told = end(self.publication, self.logs).await?;
        self.sent = self.told.clone();
        self.forget_told();
        Ok(())
    }
}

/// Reads where the feed ends, and that it was made from these streams.
async fn end(publication: &Publication, logs: &[Log]) -> Result<Place, Interrupted> {
    let identities = || logs.iter().map(Log::identity);
    let Some(last) = publication.last().await? else {
        return Ok(Place { sequence: 0, reached: Reached::nothing(identities()) });
    };
    let mut reached: Reached = last.header(SOURCES).unwrap_or_default().parse()?;
    for log in logs {
        let Some(kept) = reached.checkpoint(&log.identity().name) else { continue };
        if log.stands(&kept).await? != Stands::Here
            && let Some(accepted) = log.accepted_before(&kept).await?
        {
            warn!(
                stream = kept.stream.name,
                from = accepted.sequence,
                "telling an accepted stream"
            );
            reached.go_back(&accepted);
        }
    }
    check(&reached, logs).await?;
    reached.know(identities());
    Ok(Place { sequence: last.sequence, reached })
}

/// Whether the streams still have the last commits that were told.
async fn check(reached: &Reached, logs: &[Log]) -> Result<(), Interrupted> {
    for log in logs {
        let stream = log.identity().name.clone();
        let Some(kept) = reached.checkpoint(&stream) else { continue };
        match log.stands(&kept).await? {
            Stands::Here => (),
            Stands::Beyond { last } => {
                return Err(Interrupted::Truncated { stream, told: kept.sequence, last });
            }
            Stands::Elsewhere | Stands::Unreadable => {
                return Err(Interrupted::OtherStream { stream });
            }
        }
    }
    Ok(())
}
