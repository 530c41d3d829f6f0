//! An event of the feed as it is passed on: taken apart once, written once, shared by all who get it.

use std::sync::OnceLock;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use samvirke_kernel::publication::Published;
use samvirke_schemas::feed::{CloudEvent, Concerns, FeedPosition, RESTATED, Subject};
use uuid::Uuid;

/// An event with its place.
#[derive(Debug)]
pub(crate) struct FeedEvent {
    pub(crate) sequence: u64,
    pub(crate) subject: Subject,
    /// The members that were told the same with more in it.
    pub(crate) restated: Option<String>,
    /// The CloudEvent as it was published.
    pub(crate) json: Bytes,
    about: OnceLock<Option<FilterFields>>,
    frame: OnceLock<Bytes>,
}

/// What filters look at beyond the subject.
#[derive(Debug)]
pub(crate) struct FilterFields {
    pub(crate) id: Uuid,
    pub(crate) concerns: Concerns,
    /// When it happened.
    pub(crate) time: DateTime<Utc>,
}

impl FeedEvent {
    /// Reads a message; none where it is no event of the feed.
    pub(crate) fn read(published: &Published) -> Option<Self> {
        Some(Self {
            sequence: published.sequence,
            subject: published.subject.parse().ok()?,
            restated: published.header(RESTATED).map(str::to_owned),
            json: published.payload.clone(),
            about: OnceLock::new(),
            frame: OnceLock::new(),
        })
    }

    /// The whole event; none where it is not of the feed's form.
    pub(crate) fn event(&self) -> Option<CloudEvent> {
        serde_json::from_slice(&self.json).ok()
    }

    /// Whether it names events that are withheld.
    pub(crate) fn names_withheld(&self) -> bool {
        matches!(self.subject.tag.as_str(), "case.withheld" | "meeting.item-withheld")
    }

    /// What it is about; none where it is not of the feed's form, and then no filter finds it.
    pub(crate) fn about(&self) -> Option<&FilterFields> {
        let read = || {
            let event = self.event()?;
            Some(FilterFields { id: event.id, concerns: event.concerns().ok()?, time: event.time })
        };
        self.about.get_or_init(read).as_ref()
    }

    /// The event as a server-sent one, named by its type.
    pub(crate) fn frame(&self) -> Bytes {
        let write = || {
            let position = FeedPosition(self.sequence);
            let mut frame = format!("id: {position}\nevent: {}\n", self.subject.tag).into_bytes();
            for line in self.json.split(|byte| *byte == b'\n') {
                frame.extend_from_slice(b"data: ");
                frame.extend_from_slice(line);
                frame.push(b'\n');
            }
            frame.push(b'\n');
            frame.into()
        };
        self.frame.get_or_init(write).clone()
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        2 * self.json.len()
    }
}
