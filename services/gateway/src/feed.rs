//! The change feed over HTTP: in pages, and as a stream that goes on.
//!
//! Invariants: a reader is given what it may read and wants, in the feed's order, each event once; a
//! position that was given out is never beyond something that was not looked at. However many read,
//! an event is read from NATS once and written as text once.

mod feed_event;
mod feed_query;
mod newest;
mod pull;
mod reading;
mod rights;
mod stream;

use std::sync::Arc;

use samvirke_kernel::{
    error_chain::chain,
    log::ReadError,
    publication::Publication,
    stream::StreamError,
    supervision::{Stop, Supervisor},
};
use samvirke_schemas::reply::Refused;
use samvirke_schemas::{catalogue::Query, feed, queries};
use tokio::sync::{OnceCell, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::{problem::Problem, settings::Limits};
use newest::Newest;

pub(crate) use pull::page;
pub(crate) use stream::stream;

/// The feed in pages; what it takes and gives, for the routes and the document.
pub(crate) static PAGES: Query = Query {
    service: "gateway",
    name: "feed",
    path: "/v1/feed",
    summary: "The change feed after a position, oldest first; it may wait for the next event.",
    parameters: |generator| generator.subschema_for::<queries::feed::Parameters>(),
    answer: |generator| generator.subschema_for::<queries::feed::Answer>(),
};

/// The feed as a stream.
pub(crate) static STREAM: Query = Query {
    service: "gateway",
    name: "feed-stream",
    path: "/v1/feed/stream",
    summary: "The change feed as server-sent events, from a position or from now on.",
    parameters: |generator| generator.subschema_for::<queries::feed::Wanted>(),
    answer: |generator| generator.subschema_for::<feed::CloudEvent>(),
};

/// What all readers of the feed have in common.
pub(crate) struct Feed {
    nats: async_nats::Client,
    limits: Limits,
    publication: OnceCell<Publication>,
    newest: Arc<Newest>,
    /// One permit for each reader that stays.
    readers: Arc<Semaphore>,
    draining: CancellationToken,
    tasks: Supervisor,
}

impl Feed {
    pub(crate) fn new(
        nats: async_nats::Client,
        limits: Limits,
        draining: CancellationToken,
        tasks: Supervisor,
    ) -> Self {
        Self {
            nats,
            limits,
            publication: OnceCell::new(),
            newest: Arc::default(),
            readers: Arc::new(Semaphore::new(limits.feed_readers_max)),
            draining,
            tasks,
        }
    }

    /// How many stay with the feed now.
    pub(crate) fn readers(&self) -> usize {
        self.limits.feed_readers_max - self.readers.available_permits()
    }

    /// The feed's stream. From the first time on, what is newest in it is kept at hand.
    async fn publication(&self) -> Result<&Publication, Problem> {
        let open = async || {
            let publication = Publication::reading(self.nats.clone(), feed::STREAM).await?;
            let (newest, nats) = (Arc::clone(&self.newest), self.nats.clone());
            let draining = self.draining.clone();
            self.tasks.supervise("newest events of the feed", Stop::MayEnd, move |task| {
                Arc::clone(&newest).keep_up(nats.clone(), draining.clone(), task)
            });
            Ok(publication)
        };
        self.publication
            .get_or_try_init(open)
            .await
            .map_err(|error: StreamError| unavailable(&error))
    }
}

fn unreadable(error: ReadError) -> Problem {
    unavailable(&error)
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> Problem {
    let reason = chain(error);
    let detail_nb = format!("hendelsesstrømmen kan ikke leses: {reason}");
    Refused::unavailable(format!("the feed cannot be read: {reason}"), detail_nb).into()
}
