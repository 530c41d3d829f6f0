//! `GET /v1/feed/stream`: the feed as server-sent events (WHATWG HTML § 9.2), as long as the reader
//! takes them.
//!
//! Invariant: whoever comes back with the last id goes on where it was, with no gap and no repetition.
//! Nothing is written ahead of a reader: it takes an event from what all share when it can, so a slow
//! one costs no memory; one that takes nothing at all is cut off by its connection.

use std::{collections::VecDeque, convert::Infallible, sync::Arc};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::stream;
use samvirke_kernel::{error_chain::chain, supervision::caught};
use samvirke_schemas::feed::FeedPosition;
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::Instant,
};

use super::{
    Feed,
    feed_event::FeedEvent,
    feed_query::FeedQuery,
    reading::Reading,
    rights::{Rights, RightsUnknown},
    unreadable,
};
use crate::{
    Gateway, clock, fault::Fault, observe, problem::Problem, query, query::Route,
    request_context::RequestContext, shares::Share,
};

/// The events that are taken out of what is shared at a time.
const TAKEN_MAX: usize = 64;
/// How long a reader should wait before it comes back, in milliseconds.
const RETRY_MS: u32 = 2_000;
/// The last event that a reader has got, as browsers send it.
const LAST_EVENT_ID: &str = "Last-Event-ID";

/// Answers with a stream that goes on until the reader leaves, its token expires or the process stops.
pub(crate) async fn stream(
    gateway: &Gateway,
    route: &Route,
    query: Option<&str>,
    headers: &HeaderMap,
    context: &RequestContext,
) -> Result<Response, Problem> {
    let caller = gateway.0.identity.verify(headers).await?;
    let left = caller.time_left(clock::now());
    let parameters = route.parameters(Vec::new(), query.unwrap_or_default())?;
    let wanted: samvirke_schemas::queries::feed::Wanted = query::typed(parameters)?;
    let feed = Arc::clone(&gateway.0.feed);
    let share = gateway.share_of_feed(&caller.principal, context)?;
    let permit = Arc::clone(&feed.readers).try_acquire_owned().map_err(|_| Fault::TooBusy)?;
    let last = match headers.get(LAST_EVENT_ID) {
        // What makes no sense is no position, and is told so.
        Some(id) => Some(id.to_str().unwrap_or_default().trim()),
        None => wanted.after.as_deref(),
    };
    let position = match (feed.position(last).await?, wanted.since) {
        (Some(position), _) => position,
        (None, Some(_)) => 0,
        (None, None) => feed.publication().await?.last_sequence().await.map_err(unreadable)?,
    };
    let rights = Rights::new(caller.clone(), gateway.0.offices.clone());
    let principal = gateway.principal(caller, wanted.cooperation.as_ref(), context).await?;
    let mut asked = FeedQuery::new(&principal, rights, wanted)?;
    asked.look_up().await.map_err(|RightsUnknown| Fault::RightsUnknown)?;
    let publication = feed.publication().await?.clone();
    let ends = left.map(|left| clock::instant() + left);
    let flow = Flow {
        news: feed.newest.watch(),
        reading: Reading::new(publication, Arc::clone(&feed.newest), asked, position),
        waiting: VecDeque::new(),
        begun: false,
        ends,
        quiet_since: clock::instant(),
        feed,
        _permit: permit,
        _share: share,
    };
    let body = stream::unfold(flow, async |mut flow| {
        // Nobody sees a panic here but this reader, whose stream ends and who comes back.
        let frame = caught(flow.next()).await.unwrap_or_else(|reason| {
            observe::has_panicked(&reason);
            None
        })?;
        Some((Ok::<_, Infallible>(frame), flow))
    });
    let mut response = Body::from_stream(Box::pin(body)).into_response();
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather what they pass on would hold events back.
    answer.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// The end of a stream whose reader comes back, and finds the feed or is told that it is away.
fn sent_away(reason: &(dyn std::error::Error + 'static)) -> Option<Bytes> {
    tracing::warn!(reason = chain(reason), "a reader of the feed is sent away");
    None
}

/// What one reader is being sent.
struct Flow {
    feed: Arc<Feed>,
    reading: Reading,
    news: watch::Receiver<u64>,
    /// Found and not taken yet.
    waiting: VecDeque<Arc<FeedEvent>>,
    begun: bool,
    /// When the reader's token expires.
    ends: Option<Instant>,
    /// When something was last sent.
    quiet_since: Instant,
    _permit: OwnedSemaphorePermit,
    _share: Share,
}

impl Flow {
    /// What is sent next; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        let frame = match std::mem::replace(&mut self.begun, true) {
            false => Some(self.beginning()),
            true => self.event_or_sign().await,
        };
        self.quiet_since = clock::instant();
        frame
    }

    /// How long to wait before coming back, and from where: also for who leaves before an event came.
    fn beginning(&self) -> Bytes {
        let position = FeedPosition(self.reading.position);
        format!("retry: {RETRY_MS}\nid: {position}\n\n").into()
    }

    async fn event_or_sign(&mut self) -> Option<Bytes> {
        let sign_at = self.quiet_since + self.feed.limits.feed_heartbeat();
        loop {
            if self.feed.draining.is_cancelled() || self.has_expired() {
                return None;
            }
            if let Some(event) = self.waiting.pop_front() {
                match self.reading.still_gives(&event).await {
                    Ok(true) => return Some(event.frame()),
                    Ok(false) => continue,
                    Err(unknown) => return sent_away(&unknown),
                }
            }
            self.news.mark_unchanged();
            let found = match self.reading.next(TAKEN_MAX).await {
                Ok(found) => found,
                Err(interrupted) => return sent_away(&interrupted),
            };
            self.waiting.extend(found.events);
            if !self.waiting.is_empty() {
                continue;
            }
            if clock::instant() >= sign_at {
                return Some(self.sign_of_life());
            }
            if found.at_end {
                let ends = self.ends.unwrap_or(sign_at).min(sign_at);
                tokio::select! {
                    () = self.feed.draining.cancelled() => (),
                    () = tokio::time::sleep_until(ends) => (),
                    _ = self.news.changed() => (),
                }
            }
        }
    }

    /// Keeps the connection open, and tells how far was looked, so that nobody looks there again.
    fn sign_of_life(&self) -> Bytes {
        format!(":\nid: {}\n\n", FeedPosition(self.reading.position)).into()
    }

    fn has_expired(&self) -> bool {
        self.ends.is_some_and(|ends| clock::instant() >= ends)
    }
}
