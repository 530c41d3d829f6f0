//! Erases from the feed what is withheld: members' programs read the stream itself, and nobody stands
//! between.
//!
//! Invariant: an event that a fact names as withheld is erased only after it is recorded, and what
//! replaces it follows that fact. Until it is erased, no delivery passes it on ([`Withheld`]).

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use samvirke_kernel::{
    log::ReadError,
    publication::{
        Publication, Published,
        erasure::{EraseError, Erasures},
    },
    supervision::{Stop, Supervisor, Task, TaskFailure},
};
use samvirke_schemas::feed::{CloudEvent, Subject, WITHHELD_SUBJECTS, WithheldEvents, filter};
use tracing::info;
use uuid::Uuid;

/// The eraser's durable consumer.
const CONSUMER: &str = "erasing";
/// The events read at a time while the withheld ones are looked for.
const PAGE_EVENTS: usize = 500;
/// How long a fact is waited for.
const WAIT: Duration = Duration::from_secs(30);

/// Why erasing was interrupted.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error("the feed cannot be read")]
    Read(#[from] ReadError),
    #[error(transparent)]
    Erase(#[from] EraseError),
    #[error("an event that names what is withheld cannot be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The events that are withheld, as far as the feed names them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Withheld(Arc<RwLock<WithheldEvents>>);

impl Withheld {
    /// Reads what the feed has named until now.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub(crate) async fn read(publication: &Publication) -> Result<Self, ReadError> {
        let withheld = Self::default();
        for subjects in WITHHELD_SUBJECTS {
            let mut after = 0;
            while let Some(message) = publication.next(subjects, after).await? {
                after = message.sequence;
                withheld.take(&message);
            }
        }
        Ok(withheld)
    }

    /// Whether an event at a place in the feed is withheld.
    pub(crate) fn holds(&self, id: Uuid, sequence: u64) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).hold(id, sequence)
    }

    /// Takes a fact; returns the ids that it names.
    fn take(&self, message: &Published) -> Vec<Uuid> {
        let Ok(event) = serde_json::from_slice::<CloudEvent>(&message.payload) else {
            return Vec::new();
        };
        let mut withheld = self.0.write().unwrap_or_else(PoisonError::into_inner);
        withheld.take(message.sequence, &event)
    }
}

/// Erases what is withheld, as a task of `supervisor`.
pub(crate) fn supervise(
    supervisor: &Supervisor,
    publication: Publication,
    erasures: Erasures,
    withheld: Withheld,
) {
    supervisor.supervise("erasing", Stop::Drop, move |task| {
        let eraser = Eraser {
            publication: publication.clone(),
            erasures: erasures.clone(),
            withheld: withheld.clone(),
        };
        async move {
            let Err(interrupted) = eraser.follow(&task).await;
            Err(interrupted.into())
        }
    });
}

impl From<Interrupted> for TaskFailure {
    fn from(interrupted: Interrupted) -> Self {
        let failure = Self::of(&interrupted);
        // A stream that denies deletion denies it for good.
        let halts = matches!(interrupted, Interrupted::Erase(EraseError::Lasting { .. }));
        Self { halts, ..failure }
    }
}

struct Eraser {
    publication: Publication,
    erasures: Erasures,
    withheld: Withheld,
}

impl Eraser {
    async fn follow(&self, task: &Task) -> Result<futures::never::Never, Interrupted> {
        let subjects = WITHHELD_SUBJECTS.map(str::to_owned);
        let consumer = match self.publication.find_consumer(CONSUMER, &subjects).await? {
            Some(consumer) => consumer,
            None => self.publication.create_consumer(CONSUMER, &subjects, 0).await?,
        };
        loop {
            let Some(delivery) = consumer.within(WAIT).await? else { continue };
            let events = self.withheld.take(&delivery.published);
            delivery.work(self.erase(&delivery.published, events)).await?;
            delivery.ack().await?;
            task.progress();
        }
    }

    /// Erases the events that a fact names and that stand before it.
    async fn erase(&self, fact: &Published, events: Vec<Uuid>) -> Result<(), Interrupted> {
        let unreadable =
            |error: Box<dyn std::error::Error + Send + Sync>| Interrupted::Unreadable(error);
        let subject: Subject = fact
            .subject
            .parse()
            .map_err(|error: samvirke_schemas::feed::InvalidSubject| unreadable(error.into()))?;
        let cause: CloudEvent =
            serde_json::from_slice(&fact.payload).map_err(|error| unreadable(error.into()))?;
        let events: HashSet<Uuid> = events.into_iter().collect();
        let filter = filter(Some(&subject.cooperation), Some(&subject.audience), None);
        let mut after = 0;
        let mut erased = 0;
        loop {
            let mut page = self.publication.page(&filter, after, PAGE_EVENTS).await?;
            if page.is_empty() {
                // A replica may lag; what the leader does not have is not there.
                page.extend(self.publication.next(&filter, after).await?);
            }
            let before = page.iter().take_while(|message| message.sequence < fact.sequence);
            let before: Vec<&Published> = before.collect();
            let Some(last) = before.last() else { break };
            after = last.sequence;
            for message in before {
                let event = serde_json::from_slice::<CloudEvent>(&message.payload);
                if event.is_ok_and(|event| events.contains(&event.id))
                    && self.erasures.erase(message.sequence, cause.id).await?
                {
                    erased += 1;
                }
            }
        }
        info!(cause = %cause.id, erased, "what is withheld was erased from the feed");
        metrics::counter!("samvirke_feed_erased").increment(erased);
        Ok(())
    }
}
