//! From the event streams to the feed: each fact once, in one order.
//!
//! Invariant: what is published and how far the streams are published move together, since the one travels in
//! the other's headers. A message is accepted only right after the one it was written to follow, so two
//! relays at once publish what one would.
//!
//! A commit that cannot be rendered is parked for its cooperation ([`samvirke_kernel::parking`]): nothing more
//! of that cooperation is published until an operator has decided, and how far it is published stands beside how far
//! the others are, in every message. What waits is read from the streams again when it is its turn.

mod pending_messages;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    ops::ControlFlow,
    time::Duration,
};

use futures::{future, never::Never};
use samvirke_kernel::{
    checkpoint::Stands,
    committer::AppendError,
    envelope::{Envelope, EnvelopeError},
    error_chain::chain,
    log::{Log, ReadError, Stored},
    parking::{Decision, EventPlace, Parking, ParkingError, Record, StoredRecord, cooperation_of},
    publication::{PendingAcks, Publication},
    stream::stream_name,
    supervision::{Stop, Supervisor, Task, TaskFailure, caught},
};
use samvirke_schemas::{
    feed::{self, Said},
    id::CooperationId,
};
use tokio::{
    sync::mpsc,
    task::{JoinError, JoinSet},
    time::{Interval, interval},
};
use tracing::{info, warn};

use crate::{
    sources::{Commit, InvalidSourceOffsets, SourceOffsets, Sources},
    translation::{Affected, Translation, Withholding},
};
use pending_messages::{
    BEHIND_MAX, Held, PendingMessages, Place, Unrenderable, Withheld, read_behind,
};

/// The header that says how far the event streams are published.
pub const SOURCES: &str = "Samvirke-Sources";
/// The header that says how far they are published of the cooperations that are behind, where some are.
pub const BEHIND: &str = "Samvirke-Behind";
/// What its records of parked commits are kept under.
pub const TASK: &str = "relay";
/// How often it is looked whether an operator has decided something.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How many portions of the streams are read and rendered before they are published.
const HEARD_AHEAD_MAX: usize = 2;
/// Up to so many commits that are not published, they are all in hand before the first is published, so that
/// what they withhold of each other never is; beyond it, the streams are read once more before.
const FEW_UNTOLD: u64 = 1_000;
/// From this many commits on that are not published, no more are taken in hand.
const UNTOLD_MAX: usize = 4_000;
/// The most batches on their way at once; more are no faster.
const BATCHES_IN_FLIGHT_MAX: usize = 2;
/// How often a relay makes sure that the streams have what it published.
const CHECKED_EVERY: Duration = Duration::from_secs(5);

/// Why the relay was interrupted.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted {
    #[error("an event stream or the feed cannot be read")]
    Read(#[from] ReadError),
    #[error("an event cannot be read, and what cannot be read cannot be told")]
    Event(#[from] EnvelopeError),
    #[error("the records of parked commits cannot be read or written")]
    Parking(#[from] ParkingError),
    #[error("an operator has decided about a parked commit")]
    Decided,
    #[error(
        "commits of more than {BEHIND_MAX} cooperations are parked: retry or skip some with samvirke parked"
    )]
    TooManyBehind,
    #[error("the subject {subject} in an event stream names no cooperation")]
    Subject { subject: String },
    #[error("the feed does not take a message")]
    Publish(#[from] AppendError),
    #[error("reading the event streams has ended")]
    Deaf(#[source] Option<JoinError>),
    #[error(transparent)]
    Checkpoint(#[from] InvalidSourceOffsets),
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
pub fn supervise(
    supervisor: &Supervisor,
    publication: Publication,
    logs: Vec<Log>,
    parking: Parking,
) {
    supervisor.supervise(TASK, Stop::Drop, move |task| {
        let (publication, logs, parking) = (publication.clone(), logs.clone(), parking.clone());
        async move {
            publication.set_up(feed::SET_UP_SUBJECT).await.map_err(Interrupted::from)?;
            loop {
                let Err(interrupted) = relay(&publication, &logs, &parking, &task).await;
                if !matches!(interrupted, Interrupted::Decided) {
                    return Err(interrupted.into());
                }
            }
        }
    });
}

impl From<Interrupted> for TaskFailure {
    fn from(interrupted: Interrupted) -> Self {
        let failure = Self::of(&interrupted);
        let halts = match interrupted {
            Interrupted::OtherStream { .. }
            | Interrupted::Truncated { .. }
            | Interrupted::TooManyBehind
            | Interrupted::Subject { .. } => true,
            Interrupted::Read(error) => error.stays(),
            Interrupted::Event(_)
            | Interrupted::Parking(_)
            | Interrupted::Decided
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
    parking: &Parking,
    task: &Task,
) -> Result<Never, Interrupted> {
    logs.iter().for_each(|log| log.reports_lag_of(task));
    let (held, retried) = records(parking, task).await?;
    let told = end(publication, logs).await?;
    info!(feed = told.sequence, offsets = %told.offsets, held = held.parked.len(), "relaying");
    let (state, observed) = mpsc::channel(HEARD_AHEAD_MAX);
    let mut hearing = JoinSet::new();
    hearing.spawn(observe(logs.to_vec(), told.clone(), held.skipped.clone(), state));
    let mut publisher = Publisher {
        publication,
        logs,
        parking,
        task,
        held,
        retried,
        observed,
        unacknowledged: VecDeque::new(),
        read: HashMap::new(),
        ends: ends(logs).await?,
        sent: told.clone(),
        told,
        in_flight: VecDeque::new(),
        look: interval(LOOK_EVERY),
        check: interval(CHECKED_EVERY),
    };
    loop {
        publisher.send().await?;
        if let ControlFlow::Break(()) = publisher.wait().await? {
            return Err(match hearing.join_next().await {
                Some(Ok(Err(interrupted))) => interrupted,
                Some(Err(failed)) => Interrupted::Deaf(Some(failed)),
                Some(Ok(Ok(()))) | None => Interrupted::Deaf(None),
            });
        }
    }
}

/// A commit that an operator wants published once more.
struct Retried {
    cooperation: CooperationId,
    stream: String,
    sequence: u64,
}

/// Which cooperations are held and which commits are passed over, and what is tried once more.
async fn records(parking: &Parking, task: &Task) -> Result<(Held, Vec<Retried>), ParkingError> {
    let (mut held, mut retried) = (Held::default(), Vec::new());
    for kept in parking.all(Some(TASK)).await? {
        let (cooperation, mut record) = (kept.cooperation, kept.record);
        if let Some(parked) = &record.parked {
            let (stream, sequence) = (parked.event.stream.clone(), parked.event.sequence);
            match &parked.decision {
                None => {
                    held.parked.insert(cooperation, (stream, sequence));
                }
                Some(Decision::Retry { .. }) => {
                    retried.push(Retried { cooperation, stream, sequence });
                }
                Some(Decision::Skip { .. }) => {
                    let release = |record: &mut Record| {
                        let skips = |decision| matches!(decision, &Decision::Skip { .. });
                        let decision = record.parked.as_ref().and_then(|one| one.decision.as_ref());
                        if decision.is_some_and(skips) {
                            record.release();
                        }
                    };
                    record = parking.change(TASK, &cooperation, release).await?;
                }
            }
        }
        let skipped = record.skipped.into_iter().map(|one| one.event);
        held.skipped.extend(skipped.map(|event| (event.stream, event.sequence)));
    }
    report(parking, task).await?;
    Ok((held, retried))
}

async fn report(parking: &Parking, task: &Task) -> Result<(), ParkingError> {
    let all = parking.all(Some(TASK)).await?;
    let report =
        |kept: &StoredRecord| Some(kept.record.parked.as_ref()?.reported(TASK, &kept.cooperation));
    task.has_parked(TASK, all.iter().filter_map(report).collect());
    Ok(())
}

/// Reads the streams and renders what they have, some way ahead of publishing.
///
/// An aggregate of which a commit was passed over that could not be read is not known well enough to
/// publish more of it: what was passed over may have restricted it.
async fn observe(
    logs: Vec<Log>,
    already: Place,
    passed_over: HashSet<(String, u64)>,
    state: mpsc::Sender<VecDeque<PendingMessages>>,
) -> Result<(), Interrupted> {
    let withheld = withheld_later(&logs, &already).await?;
    let mut sources = Sources::follow(&logs).await?;
    let mut wording = Wording::new(logs, already);
    let mut unknown: HashSet<String> = HashSet::new();
    let mut digests: HashMap<String, String> = HashMap::new();
    loop {
        let mut observed = VecDeque::new();
        for commit in sources.next().await? {
            let subject = commit.stored.subject.clone();
            let Some(cooperation) = cooperation_of(&subject) else {
                return Err(Interrupted::Subject { subject });
            };
            let mut said = Ok(Vec::new());
            if unknown.contains(&subject) {
                wording.pass_over(&commit);
            } else {
                said = wording.take(&commit).await?;
            }
            let digest = commit.stored.digest();
            let (stream, sequence) = (commit.stream, commit.stored.sequence);
            if said.is_err() && passed_over.contains(&(stream.clone(), sequence)) {
                unknown.insert(subject.clone());
                said = Ok(Vec::new());
            }
            let before = digests.insert(stream.clone(), digest.clone());
            let mut pending = PendingMessages {
                stream,
                sequence,
                digest,
                before,
                subject,
                cooperation,
                said,
                skipped: BTreeSet::new(),
            };
            pending.withhold(&withheld, wording.commits);
            observed.push_back(pending);
        }
        if state.send(observed).await.is_err() {
            return Ok(());
        }
    }
}

/// Renders commits, one after the other.
struct Wording {
    translation: Translation,
    logs: Vec<Log>,
    /// What is in the feed already need not be withheld again.
    already: Place,
    /// How far each stream was read.
    read: HashMap<String, u64>,
    /// How many commits were taken.
    commits: u64,
}

impl Wording {
    fn new(logs: Vec<Log>, already: Place) -> Self {
        let translation = Translation::default();
        Self { translation, logs, already, read: HashMap::new(), commits: 0 }
    }

    /// Renders a commit, or returns why that cannot be done.
    async fn take(&mut self, commit: &Commit) -> Result<Result<Vec<Said>, String>, Interrupted> {
        let said = caught(self.words(commit)).await;
        self.pass_over(commit);
        match said {
            Ok(Ok(said)) => Ok(Ok(said)),
            Ok(Err(Interrupted::Event(error))) => Ok(Err(chain(&error))),
            Ok(Err(interrupted)) => Err(interrupted),
            Err(panicked) => Ok(Err(panicked)),
        }
    }

    async fn words(&mut self, commit: &Commit) -> Result<Vec<Said>, Interrupted> {
        let Commit { stream, stored } = commit;
        let envelope = Envelope::read(stored.sequence, &stored.payload)?;
        let mut said = self.translation.take(stored, &envelope)?;
        let cooperation = &envelope.aggregate.id.cooperation;
        if let Some(withholding) = self.translation.withholding()
            && !self.already.has_told(cooperation, stream, stored.sequence)
        {
            let histories = histories(&self.logs, &withholding, &self.read).await?;
            said.append(&mut self.translation.withhold(&withholding, &histories)?);
        }
        Ok(said)
    }

    /// Counts a commit as read.
    fn pass_over(&mut self, commit: &Commit) {
        self.read.insert(commit.stream.clone(), commit.stored.sequence);
        self.commits += 1;
    }
}

/// Reads the streams to their end where much is to be published, to know what was withheld later.
async fn withheld_later(logs: &[Log], already: &Place) -> Result<Withheld, Interrupted> {
    let mut withheld = Withheld::default();
    let ends = ends(logs).await?;
    let untold = |(name, end): (&String, &u64)| end.saturating_sub(already.told_of_all(name));
    let unacknowledged: u64 = ends.iter().map(untold).sum();
    if unacknowledged <= FEW_UNTOLD {
        return Ok(withheld);
    }
    let mut sources = Sources::follow(logs).await?;
    let mut wording = Wording::new(logs.to_vec(), already.clone());
    let offsets = |wording: &Wording| {
        ends.iter().all(|(name, end)| wording.read.get(name).is_some_and(|at| at >= end))
    };
    while !offsets(&wording) {
        for commit in sources.next().await? {
            // What cannot be read is parked when it is its turn.
            for said in wording.take(&commit).await?.unwrap_or_default() {
                withheld.take(&said, wording.commits);
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

/// Publishes what is rendered. Batches follow each other before the first is acknowledged; each expects the
/// one before it, so where one is not stored, none after it is.
struct Publisher<'a> {
    publication: &'a Publication,
    logs: &'a [Log],
    parking: &'a Parking,
    task: &'a Task,
    held: Held,
    retried: Vec<Retried>,
    observed: mpsc::Receiver<VecDeque<PendingMessages>>,
    /// What is not acknowledged yet.
    unacknowledged: VecDeque<PendingMessages>,
    /// How far each stream was read.
    read: HashMap<String, u64>,
    /// How far each stream is read before anything is sent: what is stored there may withhold what is not sent yet.
    ends: HashMap<String, u64>,
    /// The end of what is acknowledged.
    told: Place,
    /// The end of what is on its way.
    sent: Place,
    in_flight: VecDeque<(PendingAcks, Place)>,
    look: Interval,
    check: Interval,
}

impl Publisher<'_> {
    /// Sends what is rendered, as far as there is room.
    async fn send(&mut self) -> Result<(), Interrupted> {
        while self.has_room()
            && let Ok(observed) = self.observed.try_recv()
        {
            self.take(observed);
        }
        while self.may_send() && self.in_flight.len() < BATCHES_IN_FLIGHT_MAX {
            let next = self.sent.next(&self.unacknowledged, &self.held);
            let (messages, place) = match next {
                Ok(next) => next,
                Err(unrenderable) => {
                    self.park(unrenderable).await?;
                    continue;
                }
            };
            let expected = std::mem::replace(&mut self.sent, place.clone()).sequence;
            if messages.is_empty() {
                break;
            }
            match self.publication.send(expected, &messages).await {
                Ok(sent) => self.in_flight.push_back((sent, place)),
                Err(error) => return self.begin_again(error).await,
            }
        }
        if self.in_flight.is_empty() {
            // Nobody acknowledges what had nothing to say.
            self.told = self.sent.clone();
            self.forget_told();
        }
        self.report_progress();
        self.note_what_was_retried().await
    }

    fn has_room(&self) -> bool {
        self.unacknowledged.len() < UNTOLD_MAX
    }

    /// Whether the streams were read to where they had come. Where no more fits in hand, there were many to begin
    /// with, and what they withhold of each other was read before.
    fn may_send(&self) -> bool {
        let is_read =
            |(name, end): (&String, &u64)| self.read.get(name).is_some_and(|at| at >= end);
        !self.has_room() || self.ends.iter().all(is_read)
    }

    /// Takes commits in hand. What they withhold is not published any more of those before them.
    fn take(&mut self, observed: VecDeque<PendingMessages>) {
        for pending in observed {
            let withheld = pending.withheld();
            if !withheld.is_empty() {
                self.unacknowledged.iter_mut().for_each(|before| before.withhold(&withheld, 0));
            }
            self.read.insert(pending.stream.clone(), pending.sequence);
            self.unacknowledged.push_back(pending);
        }
    }

    /// Reports how far the streams are published, cooperations apart of which a commit is parked.
    fn report_progress(&self) {
        for log in self.logs {
            let stream = &log.identity().name;
            self.task.has_taken(stream, self.told.offsets.sequence(stream));
        }
    }

    /// Parks a commit: from now on nothing more of its cooperation is published.
    async fn park(&mut self, unrenderable: Unrenderable) -> Result<(), Interrupted> {
        let Unrenderable { cooperation, stream, sequence, subject, reason } = unrenderable;
        if self.held.parked.len() >= BEHIND_MAX {
            return Err(Interrupted::TooManyBehind);
        }
        let event = EventPlace { stream: stream.clone(), sequence, subject };
        self.parking.park(TASK, &cooperation, &event, &reason).await?;
        self.retried.retain(|one| one.cooperation != cooperation);
        self.held.parked.insert(cooperation, (stream, sequence));
        Ok(report(self.parking, self.task).await?)
    }

    /// Takes the records off of commits that were tried once more and are published now.
    async fn note_what_was_retried(&mut self) -> Result<(), Interrupted> {
        let told = &self.told;
        let is_told = |one: &Retried| told.has_told(&one.cooperation, &one.stream, one.sequence);
        let (done, open): (Vec<_>, Vec<_>) = self.retried.drain(..).partition(is_told);
        self.retried = open;
        for Retried { cooperation, stream, sequence } in &done {
            let release = |record: &mut Record| {
                let event = record.parked.as_ref().map(|parked| &parked.event);
                if event.is_some_and(|one| one.stream == *stream && one.sequence == *sequence) {
                    record.release();
                }
            };
            self.parking.change(TASK, cooperation, release).await?;
        }
        if !done.is_empty() {
            report(self.parking, self.task).await?;
        }
        Ok(())
    }

    /// Looks whether an operator has decided something, or another relay has done what was decided.
    async fn look_for_decisions(&self) -> Result<(), Interrupted> {
        if self.held.parked.is_empty() {
            return Ok(());
        }
        let all = self.parking.all(Some(TASK)).await?;
        let is_held = |cooperation: &CooperationId| {
            let kept = all.iter().find(|kept| kept.cooperation == *cooperation);
            let parked = kept.and_then(|kept| kept.record.parked.as_ref());
            parked.is_some_and(|parked| parked.decision.is_none())
        };
        match self.held.parked.keys().all(is_held) {
            true => Ok(()),
            false => Err(Interrupted::Decided),
        }
    }

    /// Waits until something is rendered or acknowledged; breaks when nothing more will be.
    async fn wait(&mut self) -> Result<ControlFlow<()>, Interrupted> {
        let has_room = self.has_room();
        let acknowledged = async {
            match self.in_flight.front_mut() {
                Some((sent, _)) => sent.acknowledged().await,
                None => future::pending().await,
            }
        };
        let acknowledged = tokio::select! {
            acknowledged = acknowledged => acknowledged,
            _ = self.look.tick() => {
                self.look_for_decisions().await?;
                return Ok(ControlFlow::Continue(()));
            }
            _ = self.check.tick() => {
                check(&self.told.offsets, self.logs).await?;
                return Ok(ControlFlow::Continue(()));
            }
            observed = self.observed.recv(), if has_room => {
                let Some(observed) = observed else { return Ok(ControlFlow::Break(())) };
                self.take(observed);
                return Ok(ControlFlow::Continue(()));
            }
        };
        match (acknowledged, self.in_flight.pop_front()) {
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
        while self
            .unacknowledged
            .pop_front_if(|pending| self.told.is_past(pending, &self.held))
            .is_some()
        {}
    }

    /// Goes on where the feed ends, unless the server will not have a message whatever is done.
    async fn begin_again(&mut self, error: AppendError) -> Result<(), Interrupted> {
        match error {
            // Someone else has published, or this has and was not told: the feed itself knows.
            AppendError::Conflict { .. } | AppendError::Unknown { .. } => self.look_again().await,
            AppendError::Overloaded
            | AppendError::Held(_)
            | AppendError::Late
            | AppendError::Busy { .. }
            | AppendError::NoRoom { .. }
            | AppendError::TooLarge { .. }
            | AppendError::Refused { .. } => Err(error.into()),
        }
    }

    async fn look_again(&mut self) -> Result<(), Interrupted> {
        self.in_flight.clear();
        self.told = end(self.publication, self.logs).await?;
        self.sent = self.told.clone();
        // Time may have passed, and what was stored meanwhile may withhold what waits here.
        self.ends = ends(self.logs).await?;
        self.forget_told();
        Ok(())
    }
}

/// Where the streams end that have anything.
async fn ends(logs: &[Log]) -> Result<HashMap<String, u64>, ReadError> {
    let mut ends = HashMap::new();
    for log in logs {
        ends.insert(log.identity().name.clone(), log.last_sequence().await?);
    }
    ends.retain(|_, end| *end > 0);
    Ok(ends)
}

/// Reads where the feed ends, and that it was made from these streams.
async fn end(publication: &Publication, logs: &[Log]) -> Result<Place, Interrupted> {
    let identities = || logs.iter().map(Log::identity);
    let Some(last) = publication.last().await? else {
        let offsets = SourceOffsets::nothing(identities());
        return Ok(Place { sequence: 0, offsets, behind: BTreeMap::new() });
    };
    let mut offsets: SourceOffsets = last.header(SOURCES).unwrap_or_default().parse()?;
    let mut behind = read_behind(last.header(BEHIND).unwrap_or_default())?;
    for log in logs {
        let Some(kept) = offsets.checkpoint(&log.identity().name) else { continue };
        if log.stands(&kept).await? != Stands::Here
            && let Some(accepted) = log.accepted_before(&kept).await?
        {
            warn!(
                stream = kept.stream.name,
                from = accepted.sequence,
                "telling an accepted stream"
            );
            offsets.go_back(&accepted);
            for own in behind.values_mut() {
                if own.sequence(&kept.stream.name) > accepted.sequence {
                    own.go_back(&accepted);
                }
            }
        }
    }
    check(&offsets, logs).await?;
    offsets.know(identities());
    behind.values_mut().for_each(|own| own.know(identities()));
    Ok(Place { sequence: last.sequence, offsets, behind })
}

/// Whether the streams still have the last commits that were published.
async fn check(offsets: &SourceOffsets, logs: &[Log]) -> Result<(), Interrupted> {
    for log in logs {
        let stream = log.identity().name.clone();
        let Some(kept) = offsets.checkpoint(&stream) else { continue };
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
