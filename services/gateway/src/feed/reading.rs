//! One reader's way through the feed: out of what is at hand, or in pages until it has come so far.
//!
//! Invariant: the position moves past an event only when it was looked at. A page may come from a
//! replica that lags, so that it ends early says nothing; what the leader does not have is not there.

use std::sync::Arc;

use samvirke_kernel::{
    log::ReadError,
    publication::{Publication, Published},
    stream::guard::Held,
};

use super::{feed_event::FeedEvent, feed_query::FeedQuery, newest::Newest, rights::RightsUnknown};

/// The events in one page of the stream.
const PAGE_EVENTS: usize = 500;

/// Why a reader cannot go on now. Its position stands, so that it loses nothing by coming back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Interrupted {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Rights(#[from] RightsUnknown),
    /// The feed is damaged: what it holds may have been withheld since.
    #[error(transparent)]
    Held(#[from] Held),
}

/// A reader and where it is.
pub(crate) struct Reading {
    publication: Publication,
    newest: Arc<Newest>,
    asked: FeedQuery,
    /// All up to here was looked at.
    pub(crate) position: u64,
    /// How many events were looked at that were not at hand.
    pub(crate) scanned: usize,
}

/// What was found in one look.
pub(crate) struct Found {
    pub(crate) events: Vec<Arc<FeedEvent>>,
    /// Whether there is nothing more now.
    pub(crate) at_end: bool,
}

impl Reading {
    pub(crate) fn new(
        publication: Publication,
        newest: Arc<Newest>,
        asked: FeedQuery,
        position: u64,
    ) -> Self {
        Self { publication, newest, asked, position, scanned: 0 }
    }

    /// Looks at what comes next, and returns at most `most` events that are wanted.
    ///
    /// What the reader may read is looked up before: whoever lost a seat or a membership a moment ago
    /// gets what is public.
    ///
    /// # Errors
    ///
    /// [`Interrupted`].
    pub(crate) async fn next(&mut self, most: usize) -> Result<Found, Interrupted> {
        self.publication.is_whole().await?;
        self.asked.look_up().await?;
        if let Some(found) = self.at_hand(most) {
            return Ok(found);
        }
        let reach = self.newest.reach();
        let filter = self.asked.subjects();
        let page = self.publication.page(&filter, self.position, PAGE_EVENTS).await?;
        self.know_withheld(page.last()).await?;
        let mut events = Vec::new();
        for published in &page {
            self.scanned += 1;
            self.position = published.sequence;
            events.extend(self.wanted(published));
            if events.len() == most {
                return Ok(Found { events, at_end: false });
            }
        }
        if page.len() == PAGE_EVENTS {
            return Ok(Found { events, at_end: false });
        }
        let Some(published) = self.publication.next(&filter, self.position).await? else {
            // What was at hand when the page was asked for had been published before.
            if let Some((floor, _)) = reach {
                self.position = self.position.max(floor);
            }
            // It is the end unless what is at hand goes further.
            let at_end = self.newest.reach().is_none_or(|(_, head)| head <= self.position);
            return Ok(Found { events, at_end });
        };
        self.know_withheld(Some(&published)).await?;
        self.scanned += 1;
        self.position = published.sequence;
        events.extend(self.wanted(&published));
        Ok(Found { events, at_end: false })
    }

    /// Makes known what the feed withholds up to here, before anything up to here is given.
    async fn know_withheld(&self, last: Option<&Published>) -> Result<(), ReadError> {
        let Some(last) = last else { return Ok(()) };
        self.newest.know_withheld(&self.publication, last.sequence).await
    }

    /// A message as an event, if it is given to the reader.
    fn wanted(&self, published: &Published) -> Option<Arc<FeedEvent>> {
        let event = FeedEvent::read(published)?;
        (self.asked.wants(&event) && !self.newest.is_withheld(&event)).then(|| Arc::new(event))
    }

    /// Whether an event that was found a while ago is still given to the reader.
    ///
    /// # Errors
    ///
    /// [`RightsUnknown`].
    pub(crate) async fn still_gives(&mut self, event: &FeedEvent) -> Result<bool, RightsUnknown> {
        self.asked.look_up().await?;
        Ok(self.asked.wants(event) && !self.newest.is_withheld(event))
    }

    fn at_hand(&mut self, most: usize) -> Option<Found> {
        let wanted = |event: &FeedEvent| self.asked.wants(event) && !self.newest.is_withheld(event);
        let (events, position) = self.newest.after(self.position, most, wanted)?;
        self.position = position;
        Some(Found { at_end: events.len() < most, events })
    }
}

#[cfg(test)]
mod tests;
