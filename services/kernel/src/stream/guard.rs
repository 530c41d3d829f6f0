//! What stands between a damaged stream and those who would write to it.
//!
//! Invariants: nothing is appended to a stream before it was compared with the list, and again whenever
//! the connection is new; nothing is created in a stream before all of it was read through and every gap
//! in it is accepted. What was seen at the stream's end is noted about once in [`NOTED_EVERY`], so that
//! a tail that is lost is missed.

use std::{
    sync::{Arc, OnceLock, atomic::Ordering},
    time::Duration,
};

use async_nats::{Client, Statistics, connection::State, jetstream};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior},
};
use tracing::{error, info, warn};

use super::{
    StreamError,
    examine::{Damage, Examined, examine, read_through},
    record::{self, Gap, Mark, Record, digest_at},
};
use crate::{
    error_chain::chain,
    supervision::{Stop, Supervisor, Task, TaskFailure},
};

/// How often what is at the stream's end is noted in the list, where it has moved.
pub const NOTED_EVERY: Duration = Duration::from_secs(1);
/// How often a stream is read through anew.
pub const READ_THROUGH_EVERY: Duration = Duration::from_secs(6 * 3600);
/// How often a damaged stream is looked at again: an operator may have restored or accepted it.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(2);
/// How soon a stream is looked at again that could not be looked at.
const RETRY: Duration = Duration::from_millis(200);
/// How long an append waits until the stream was looked at.
pub const WAIT_MAX: Duration = Duration::from_secs(5);
/// How many gaps are told by name.
const GAPS_TOLD_MAX: usize = 5;

/// Why a commit is not sent. Nothing is stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Held {
    #[error(
        "stream {stream} takes no commands: {damage}; restore it, or accept it with samvirke streams adopt {stream}"
    )]
    Damaged { stream: String, damage: Damage },
    #[error(
        "nothing new is made in stream {stream}, since what is stored at {gaps} cannot be read and may be what is asked for; restore the stream, or accept it with samvirke streams adopt {stream}"
    )]
    Gaps { stream: String, gaps: String },
    /// It may pass by itself.
    #[error("stream {stream} is not reached, or still being read through; try again")]
    Unread { stream: String },
}

/// How a stream was found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    /// Not looked at yet.
    Unknown,
    Damaged(Damage),
    /// It is the stream that is listed, and is being read through.
    Reading,
    /// Read through.
    Gaps(Vec<Gap>),
    Sound,
}

/// What was found, and on which connection.
#[derive(Clone, Debug)]
struct Found {
    condition: Condition,
    connects: u64,
}

/// A handle on what is known of one stream. It is looked at from the first time somebody asks.
#[derive(Clone, Debug)]
pub struct Guard {
    name: String,
    js: jetstream::Context,
    client: Client,
    statistics: Arc<Statistics>,
    read_through_every: Duration,
    found: Arc<OnceLock<watch::Receiver<Found>>>,
}

impl Guard {
    /// A guard of the stream `name`.
    pub(crate) fn new(js: jetstream::Context, name: String) -> Self {
        let client = js.client();
        let statistics = client.statistics();
        let read_through_every = READ_THROUGH_EVERY;
        Self { name, js, client, statistics, read_through_every, found: Arc::default() }
    }

    /// Starts to look at the stream, if nobody has asked yet.
    pub fn start(&self) {
        self.found();
    }

    fn found(&self) -> watch::Receiver<Found> {
        let started = self.found.get_or_init(|| {
            let (told, found) =
                watch::channel(Found { condition: Condition::Unknown, connects: 0 });
            let watch = Arc::new(Watch::new(self, told));
            let name = format!("guard of {}, number {}", self.name, rand::random::<u32>());
            let supervisor = Supervisor::of_process();
            supervisor.supervise_one_of_many("stream guard", name, Stop::MayEnd, move |task| {
                let watch = watch.clone();
                async move {
                    watch.run(&task).await;
                    Ok(())
                }
            });
            found
        });
        started.clone()
    }

    /// Whether commits may be appended to what exists.
    ///
    /// # Errors
    ///
    /// [`Held`], why not.
    pub async fn appends(&self) -> Result<(), Held> {
        self.wait(|condition| match condition {
            Condition::Unknown => None,
            Condition::Damaged(damage) => Some(Err(self.damaged(damage))),
            Condition::Reading | Condition::Gaps(_) | Condition::Sound => Some(Ok(())),
        })
        .await
    }

    /// Whether something new may be made, and what is not found may be said not to exist.
    ///
    /// # Errors
    ///
    /// [`Held`], why not.
    pub async fn creations(&self) -> Result<(), Held> {
        self.wait(|condition| match condition {
            Condition::Unknown | Condition::Reading => None,
            Condition::Damaged(damage) => Some(Err(self.damaged(damage))),
            Condition::Gaps(gaps) => Some(Err(self.gaps(gaps))),
            Condition::Sound => Some(Ok(())),
        })
        .await
    }

    async fn wait(
        &self,
        answer: impl Fn(&Condition) -> Option<Result<(), Held>>,
    ) -> Result<(), Held> {
        let mut found = self.found();
        let now = |found: &Found| {
            // What was found on an earlier connection says nothing of what the server has now, and what
            // is sent without one waits for the next.
            let is_current = found.connects == self.connects()
                && self.client.connection_state() == State::Connected;
            if is_current { answer(&found.condition) } else { None }
        };
        if let Some(answer) = now(&found.borrow()) {
            return answer;
        }
        let answered = async {
            loop {
                if let Some(answer) = now(&found.borrow_and_update()) {
                    return Some(answer);
                }
                found.changed().await.ok()?;
            }
        };
        let waited = tokio::time::timeout(WAIT_MAX, answered).await;
        waited.ok().flatten().unwrap_or_else(|| Err(Held::Unread { stream: self.name.clone() }))
    }

    /// How often the client has connected: another number is another connection.
    fn connects(&self) -> u64 {
        self.statistics.connects.load(Ordering::Relaxed)
    }

    fn damaged(&self, damage: &Damage) -> Held {
        Held::Damaged { stream: self.name.clone(), damage: damage.clone() }
    }

    fn gaps(&self, gaps: &[Gap]) -> Held {
        Held::Gaps { stream: self.name.clone(), gaps: told(gaps) }
    }
}

/// The first of some gaps, in words.
pub fn told(gaps: &[Gap]) -> String {
    let mut words: Vec<String> = gaps.iter().take(GAPS_TOLD_MAX).map(Gap::to_string).collect();
    if gaps.len() > GAPS_TOLD_MAX {
        words.push("…".into());
    }
    words.join(", ")
}

/// The task behind a guard. It ends when nobody holds the guard any more.
struct Watch {
    name: String,
    js: jetstream::Context,
    statistics: Arc<Statistics>,
    read_through_every: Duration,
    told: watch::Sender<Found>,
}

impl Watch {
    fn new(guard: &Guard, told: watch::Sender<Found>) -> Self {
        let Guard { name, js, statistics, read_through_every, .. } = guard.clone();
        Self { name, js, statistics, read_through_every, told }
    }

    async fn run(&self, task: &Task) {
        tokio::select! {
            () = self.told.closed() => (),
            () = self.look_again_and_again(task) => (),
        }
    }

    async fn look_again_and_again(&self, task: &Task) {
        loop {
            let connects = self.statistics.connects.load(Ordering::Relaxed);
            let pause = match self.look(connects, task).await {
                Ok(()) => continue,
                Err(Stopped::Damaged) => {
                    self.halts(task, "takes no commands");
                    LOOKED_AT_EVERY
                }
                Err(Stopped::Failed(error)) => {
                    warn!(
                        stream = self.name,
                        error = chain(&error),
                        "a stream cannot be looked at"
                    );
                    RETRY
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Looks at the stream and watches its end until it has to be looked at anew.
    async fn look(&self, connects: u64, task: &Task) -> Result<(), Stopped> {
        let examined = match examine(&self.js, &self.name).await? {
            Ok(examined) => examined,
            Err(damage) => return Err(self.damaged(damage, connects)),
        };
        self.tell_unless_sound(connects);
        let gaps = self.read_through(&examined).await?;
        let condition = match gaps.is_empty() {
            true => Condition::Sound,
            false => Condition::Gaps(gaps),
        };
        let held = condition != Condition::Sound;
        match held {
            true => self.halts(task, "has messages that cannot be read"),
            false => task.progress(),
        }
        self.tell(condition, connects);
        self.watch_the_end(examined, connects, held).await
    }

    fn halts(&self, task: &Task, why: &str) {
        let reason = format!("stream {} {why}; see samvirke doctor", self.name);
        task.is_hindered(&TaskFailure::halting(reason));
    }

    /// What was sound on this connection stays so while it is read through anew.
    fn tell_unless_sound(&self, connects: u64) {
        let still_sound = {
            let found = self.told.borrow();
            found.connects == connects && found.condition == Condition::Sound
        };
        if !still_sound {
            self.tell(Condition::Reading, connects);
        }
    }

    async fn read_through(&self, examined: &Examined) -> Result<Vec<Gap>, StreamError> {
        let begun = Instant::now();
        let Examined { record, stream, last, .. } = examined;
        let gaps = record.unexplained(&read_through(&self.js, stream, *last).await?);
        let seconds = begun.elapsed().as_secs_f64();
        metrics::gauge!("samvirke_stream_gaps", "stream" => self.name.clone())
            .set(gaps.len() as f64);
        if gaps.is_empty() {
            info!(stream = self.name, messages = last, seconds, "every message can be read");
        } else {
            let told = told(&gaps);
            error!(
                stream = self.name,
                gaps = told,
                "messages cannot be read: nothing new is made here until an operator has looked"
            );
        }
        Ok(gaps)
    }

    async fn watch_the_end(
        &self,
        examined: Examined,
        connects: u64,
        held: bool,
    ) -> Result<(), Stopped> {
        let mut record = examined.record;
        let begun = Instant::now();
        let mut tick = tokio::time::interval(NOTED_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if self.statistics.connects.load(Ordering::Relaxed) != connects {
                return Ok(());
            }
            if begun.elapsed() > self.read_through_every {
                return Ok(());
            }
            let again = held && self.accepted_meanwhile(&record).await?;
            if again {
                return Ok(());
            }
            if let Some(damage) = self.note_the_end(&mut record).await? {
                return Err(self.damaged(damage, connects));
            }
        }
    }

    async fn accepted_meanwhile(&self, known: &Record) -> Result<bool, StreamError> {
        let record = record::known(&self.js, &self.name).await?;
        Ok(record.is_none_or(|record| record.gaps != known.gaps))
    }

    /// Notes what is at the stream's end, if it is still the stream that was looked at.
    async fn note_the_end(&self, record: &mut Record) -> Result<Option<Damage>, StreamError> {
        let examined = match examine(&self.js, &self.name).await? {
            Ok(examined) => examined,
            Err(damage) => return Ok(Some(damage)),
        };
        let Examined { records, record: found, stream, last } = examined;
        *record = found.clone();
        if last <= record.last.as_ref().map_or(0, |mark| mark.sequence) {
            return Ok(None);
        }
        let Some(digest) = digest_at(&stream, last).await? else { return Ok(None) };
        let end = Mark { sequence: last, digest };
        let first = match &found.first {
            Some(first) => Some(first.clone()),
            None => digest_at(&stream, 1).await?,
        };
        let noted = records.change(&self.name, |known| {
            Ok(known.and_then(|known| noted(known, &found, first.as_ref(), &end)))
        });
        *record = noted.await?.unwrap_or(found);
        Ok(None)
    }

    fn damaged(&self, damage: Damage, connects: u64) -> Stopped {
        let condition = Condition::Damaged(damage);
        if self.told.borrow().condition != condition {
            error!(stream = self.name, ?condition, "a stream is damaged: it takes no commands");
        }
        self.tell(condition, connects);
        Stopped::Damaged
    }

    fn tell(&self, condition: Condition, connects: u64) {
        let is_damaged = matches!(condition, Condition::Damaged(_));
        metrics::gauge!("samvirke_stream_damaged", "stream" => self.name.clone())
            .set(f64::from(u8::from(is_damaged)));
        self.told.send_replace(Found { condition, connects });
    }
}

/// The record with what was seen at a stream's end, where somebody else has not noted more. Nothing where an
/// operator has accepted the stream since it was looked at: what was seen may be of the history before.
fn noted(known: &Record, seen: &Record, first: Option<&String>, end: &Mark) -> Option<Record> {
    let is_as_accepted = known.accepted == seen.accepted && known.gaps == seen.gaps;
    let is_further = known.last.as_ref().is_none_or(|last| last.sequence < end.sequence);
    (is_as_accepted && is_further).then(|| Record {
        first: known.first.as_ref().or(first).cloned(),
        last: Some(end.clone()),
        ..known.clone()
    })
}

/// Why looking ended.
enum Stopped {
    Damaged,
    Failed(StreamError),
}

impl From<StreamError> for Stopped {
    fn from(error: StreamError) -> Self {
        Self::Failed(error)
    }
}

#[cfg(test)]
mod tests {
    use samvirke_private_servers::temporary;

    use super::*;
    use crate::stream::{kinds, set_up::set_up};

    #[tokio::test]
    async fn a_stream_is_read_through_again_on_the_same_connection() -> anyhow::Result<()> {
        let server = temporary::nats().await?;
        let client = async_nats::connect(server.url()).await?;
        let js = jetstream::new(client.clone());
        // In a stream of events nothing can be erased.
        let settings = kinds::published_stream("FEED", "feed.>", 1);
        set_up(&client, 1, std::slice::from_ref(&settings), &[]).await?;
        for _ in 0..3 {
            js.publish("feed.test", "message".into()).await?.await?;
        }
        let name = settings.name.clone();
        let guard = Guard { read_through_every: NOTED_EVERY, ..Guard::new(js.clone(), name) };
        guard.creations().await?;
        js.get_stream(&settings.name).await?.delete_message(2).await?;
        let gaps = async {
            loop {
                match guard.creations().await {
                    Ok(()) => tokio::task::yield_now().await,
                    Err(held) => return held,
                }
            }
        };
        let held = tokio::time::timeout(NOTED_EVERY * 30, gaps).await?;
        assert_eq!(held, Held::Gaps { stream: settings.name, gaps: "2".into() });
        Ok(())
    }
}
