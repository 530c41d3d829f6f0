//! Whether a stream takes commits, by what became of the last ones and by looking from time to time.
//!
//! Invariant: a stream that is reported is looked at until it takes commits again, so that nobody has to
//! try a command to find that out. Nothing is ever written to the stream for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_nats::{
    Client,
    client::RequestErrorKind,
    jetstream::{self, stream::Info},
};
use samvirke_schemas::standing::StoreState;
use tokio::{
    sync::watch,
    time::{Instant, interval, timeout},
};
use tracing::{error, info};

use super::{AppendError, troubled};
use crate::{
    jetstream::acknowledgement,
    supervision::{Stop, Supervisor},
};

/// How often a stream that takes no commits is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long one look may take.
const LOOK_MAX: Duration = Duration::from_secs(2);
/// Where nothing but a commit can tell, one is let through after this: the stream no longer counts as one
/// that takes none. After a new connection that is so at once.
const UNKNOWN_MAX: Duration = Duration::from_secs(30);
/// There is room where so many bytes can be stored.
const ROOM_BYTES: usize = 16 * 1024;
/// Where a look writes, in the stream of snapshots, whose messages nobody misses.
const LOOK_SUBJECT: &str = "snap.look";

/// What is known of one stream.
#[derive(Debug)]
pub(super) struct Health {
    stream: String,
    is_troubled: Arc<AtomicBool>,
    suspect: watch::Sender<()>,
}

impl Health {
    /// Starts to look at a stream whenever it is suspected; ends when this goes.
    pub(super) fn start(client: Client, stream: String) -> Self {
        let (suspect, suspected) = watch::channel(());
        let is_troubled = Arc::<AtomicBool>::default();
        let look =
            Look { client, stream: stream.clone(), is_troubled: is_troubled.clone(), suspected };
        let name = format!("look at {stream}, number {}", rand::random::<u32>());
        let supervisor = Supervisor::of_process();
        supervisor.supervise_one_of_many("look at a store", name, Stop::MayEnd, move |_| {
            let look = look.clone();
            async move {
                look.run().await;
                Ok(())
            }
        });
        Self { stream, is_troubled, suspect }
    }

    /// Takes notice of what became of a commit.
    pub(super) fn note(&self, outcome: &Result<u64, AppendError>) {
        let state = match outcome {
            Ok(_) => return forget(&self.stream, &self.is_troubled),
            Err(AppendError::Busy { .. }) => StoreState::Busy,
            Err(AppendError::NoRoom { .. }) => StoreState::Full,
            Err(AppendError::Unknown { .. }) => StoreState::Silent,
            Err(
                AppendError::Conflict { .. }
                | AppendError::Overloaded
                | AppendError::Held(_)
                | AppendError::Late
                | AppendError::TooLarge { .. }
                | AppendError::Refused { .. },
            ) => return,
        };
        let reason = outcome.as_ref().err().map(ToString::to_string).unwrap_or_default();
        if !self.is_troubled.swap(true, Ordering::AcqRel) {
            error!(stream = self.stream, %state, reason, "a stream takes no commits");
        }
        metrics::gauge!("samvirke_store_troubled", "stream" => self.stream.clone()).set(1.0);
        troubled::note(&self.stream, state, reason);
        self.suspect.send_replace(());
    }
}

impl Drop for Health {
    fn drop(&mut self) {
        forget(&self.stream, &self.is_troubled);
    }
}

fn forget(stream: &str, is_troubled: &AtomicBool) {
    if is_troubled.swap(false, Ordering::AcqRel) {
        troubled::forget(stream);
        metrics::gauge!("samvirke_store_troubled", "stream" => stream.to_owned()).set(0.0);
        info!(stream, "a stream takes commits again");
    }
}

#[derive(Clone)]
struct Look {
    client: Client,
    stream: String,
    is_troubled: Arc<AtomicBool>,
    suspected: watch::Receiver<()>,
}

impl Look {
    async fn run(mut self) {
        while self.suspected.changed().await.is_ok() {
            let mut again = interval(LOOK_EVERY);
            let mut last = (self.connections(), Instant::now());
            while self.is_troubled.load(Ordering::Acquire) {
                again.tick().await;
                match self.suspected.has_changed() {
                    Err(_) => return,
                    Ok(true) => {
                        self.suspected.mark_unchanged();
                        last = (self.connections(), Instant::now());
                    }
                    Ok(false) => (),
                }
                let found = self.room().await;
                if found == Some(false) {
                    last = (self.connections(), Instant::now());
                } else if self.is_over(found, last) {
                    forget(&self.stream, &self.is_troubled);
                }
            }
        }
    }

    /// Whether a commit may be tried again, where the look has not found that there is no room.
    fn is_over(&self, found: Option<bool>, (connections, since): (u64, Instant)) -> bool {
        let is_silent = troubled::state_of(&self.stream) == Some(StoreState::Silent);
        let has_room = found == Some(true);
        let is_connected_anew = self.connections() != connections;
        (has_room && (!is_silent || is_connected_anew)) || since.elapsed() >= UNKNOWN_MAX
    }

    fn connections(&self) -> u64 {
        self.client.statistics().connects.load(Ordering::Relaxed)
    }

    /// Whether there is room; none where that cannot be found out.
    async fn room(&self) -> Option<bool> {
        let of_stream = timeout(LOOK_MAX, self.stream_has_room()).await.ok().flatten()?;
        Some(of_stream && timeout(LOOK_MAX, self.server_has_room()).await.ok().flatten()?)
    }

    /// Whether the stream's own limits leave room; none where it does not answer.
    async fn stream_has_room(&self) -> Option<bool> {
        let stream = jetstream::new(self.client.clone()).get_stream(&self.stream).await.ok()?;
        let Info { config, state, .. } = stream.cached_info();
        let bytes = state.bytes.saturating_add(ROOM_BYTES as u64);
        let is_below = |max: i64, used: u64| u64::try_from(max).map_or(true, |max| used <= max);
        Some(is_below(config.max_bytes, bytes) && is_below(config.max_messages, state.messages + 1))
    }

    /// Whether something else can be stored; none where the server does not say.
    async fn server_has_room(&self) -> Option<bool> {
        let subject = format!("{LOOK_SUBJECT}.{}", self.stream);
        match self.client.request(subject, vec![b' '; ROOM_BYTES].into()).await {
            Ok(answer) => acknowledgement::read(&answer.payload).ok().map(|ack| ack.is_ok()),
            // Without snapshots there is nowhere to try.
            Err(error) => (error.kind() == RequestErrorKind::NoResponders).then_some(true),
        }
    }
}
