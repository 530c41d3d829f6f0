//! `GET /v1/feed`: a page of the feed after a position.
//!
//! Invariant: `next` can always be gone on from. One request looks at a bounded part of the feed, so
//! that a filter which finds little cannot make one answer read everything.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::{BufMut, Bytes, BytesMut};
use samvirke_schemas::{
    feed::FeedPosition,
    queries::feed::{EVENTS, EVENTS_MAX, Paging, WAIT_S_MAX, Wanted},
};
use serde_json::{Map, Value};
use std::{sync::Arc, time::Duration};

use super::{
    Feed,
    feed_event::FeedEvent,
    feed_query::{FeedQuery, invalid},
    reading::{Found, Interrupted, Reading},
    rights::{Rights, RightsUnknown},
    unavailable, unreadable,
};
use crate::{
    Gateway, clock, fault::Fault, problem::Problem, query, query::Route,
    request_context::RequestContext,
};

/// The most events that one request looks at, of those that are not at hand anyway.
const SCANNED_MAX: usize = 5_000;
/// The most bytes of events in one answer; it may be larger by one event.
const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What was asked for, apart from who asks.
struct Request {
    wanted: Wanted,
    limit: usize,
    wait: Duration,
}

/// Answers with a page of the feed.
pub(crate) async fn page(
    gateway: &Gateway,
    route: &Route,
    query: Option<&str>,
    headers: &HeaderMap,
    context: &RequestContext,
) -> Result<Response, Problem> {
    let caller = gateway.0.identity.verify(headers).await?;
    let left = caller.time_left(clock::now());
    let request = Request::read(route.parameters(Vec::new(), query.unwrap_or_default())?)?;
    let _share = match request.wait.is_zero() {
        true => gateway.share_of_requests(&caller.principal, context)?,
        false => gateway.share_of_feed(&caller.principal, context)?,
    };
    let feed = &gateway.0.feed;
    let after = request.wanted.after.clone();
    let rights = Rights::new(caller.clone(), gateway.0.offices.clone());
    let principal = gateway.principal(caller, request.wanted.cooperation.as_ref(), context).await?;
    let asked = FeedQuery::new(&principal, rights, request.wanted)?;
    let position = feed.position(after.as_deref()).await?.unwrap_or_default();
    let publication = feed.publication().await?.clone();
    let mut reading = Reading::new(publication, Arc::clone(&feed.newest), asked, position);
    // A wait outlives neither the caller's token nor the process.
    let wait = left.map_or(request.wait, |left| left.min(request.wait));
    let (events, more) = feed.collect(&mut reading, request.limit, wait).await?;
    let json = HeaderValue::from_static("application/json");
    let mut response = answer(&events, FeedPosition(reading.position), more).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    Ok(response)
}

impl Request {
    fn read(mut parameters: Map<String, Value>) -> Result<Self, Problem> {
        let mut paging = Map::new();
        for name in ["limit", "wait"] {
            paging.extend(parameters.remove_entry(name));
        }
        let paging: Paging = query::typed(paging)?;
        let limit = paging.limit.unwrap_or(EVENTS);
        if !(1..=EVENTS_MAX).contains(&limit) {
            return Err(invalid(
                "limit",
                &format!("a page has 1 to {EVENTS_MAX} events"),
                &format!("en side har 1 til {EVENTS_MAX} hendelser"),
            ));
        }
        let wait = paging.wait.unwrap_or_default();
        if wait > WAIT_S_MAX {
            return Err(invalid(
                "wait",
                &format!("an answer waits at most {WAIT_S_MAX} seconds"),
                &format!("et svar venter høyst {WAIT_S_MAX} sekunder"),
            ));
        }
        Ok(Self {
            wanted: query::typed(parameters)?,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            wait: Duration::from_secs(wait.into()),
        })
    }
}

impl Feed {
    /// The sequence of a position that was given out, or of none.
    pub(super) async fn position(&self, given: Option<&str>) -> Result<Option<u64>, Problem> {
        let Some(given) = given else { return Ok(None) };
        let position = given.parse::<FeedPosition>().ok();
        let come = self.newest.reach().map_or(0, |(_, head)| head);
        if let Some(FeedPosition(sequence)) = position
            && sequence <= come
        {
            return Ok(Some(sequence));
        }
        let last = self.publication().await?.last_sequence().await.map_err(unreadable)?;
        match position {
            Some(FeedPosition(sequence)) if sequence <= last => Ok(Some(sequence)),
            Some(_) | None => Err(Fault::PositionUnknown { last: FeedPosition(last) }.into()),
        }
    }

    /// Looks on until something was found, there is nothing and the wait is over, or enough was looked
    /// at; returns what was found, and whether to ask again at once.
    async fn collect(
        &self,
        reading: &mut Reading,
        limit: usize,
        wait: Duration,
    ) -> Result<(Vec<Arc<FeedEvent>>, bool), Problem> {
        let until = clock::instant() + wait;
        let mut news = self.newest.watch();
        let mut events: Vec<Arc<FeedEvent>> = Vec::new();
        let mut bytes = 0;
        let _permit = match wait.is_zero() {
            true => None,
            false => Some(self.readers.try_acquire().map_err(|_| Fault::TooBusy)?),
        };
        loop {
            news.mark_unchanged();
            let found = reading.next(limit - events.len()).await.map_err(interrupted)?;
            let Found { events: more, at_end } = found;
            for event in more {
                if bytes >= PAGE_BYTES_MAX {
                    reading.position = events.last().map_or(0, |last| last.sequence);
                    return Ok((events, true));
                }
                bytes += event.json.len();
                events.push(event);
            }
            if events.len() == limit || (!at_end && reading.scanned >= SCANNED_MAX) {
                return Ok((events, true));
            }
            if !at_end {
                continue;
            }
            if !events.is_empty() || clock::instant() >= until {
                return Ok((events, false));
            }
            tokio::select! {
                () = self.draining.cancelled() => return Ok((events, false)),
                () = tokio::time::sleep_until(until) => (),
                _ = news.changed() => (),
            }
        }
    }
}

fn interrupted(interrupted: Interrupted) -> Problem {
    match interrupted {
        Interrupted::Read(error) => unreadable(error),
        Interrupted::Rights(RightsUnknown) => Fault::RightsUnknown.into(),
        Interrupted::Held(held) => unavailable(&held),
    }
}

/// The answer, of the events as they were published.
fn answer(events: &[Arc<FeedEvent>], next: FeedPosition, more: bool) -> Bytes {
    let mut text = BytesMut::new();
    text.put_slice(b"{\"events\":[");
    for (index, event) in events.iter().enumerate() {
        if index > 0 {
            text.put_u8(b',');
        }
        text.put_slice(&event.json);
    }
    text.put_slice(format!("],\"next\":\"{next}\",\"more\":{more}}}").as_bytes());
    text.freeze()
}
