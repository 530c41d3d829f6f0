//! The change feed: what Samvirke tells the world, one CloudEvent for each fact and audience.
//!
//! A fact is said in the feed's own words, so that the services' events may change without breaking
//! those who listen. A published version of a type is never changed; a breaking change is a new version.

pub mod asyncapi;
mod audience;
mod cloud_event;
mod concerns;
pub mod fact;
mod filters;
mod position;
pub mod schema;
mod withheld;

pub use audience::{Audience, InvalidSubject, Reader, Subject, filter};
pub use cloud_event::{CloudEvent, Said, UnknownType, data_schema, event_id, type_name};
pub use concerns::Concerns;
pub use fact::Fact;
pub use filters::{FILTER_IDS_MAX, FILTER_TYPES_MAX, Filters, Reach};
pub use position::{FeedPosition, InvalidFeedPosition};
pub use withheld::WithheldEvents;

/// The stream that holds the feed.
pub const STREAM: &str = "FEED";
/// Every subject of the feed begins so.
pub const SUBJECTS: &str = "feed.>";
/// Every subject of an event. What else stands in the stream is the stream's own.
pub const EVENT_SUBJECTS: &str = "feed.*.>";
/// Names the stream for good: the subject of its first message, which is never erased.
pub const SET_UP_SUBJECT: &str = "feed.set-up";
/// The subjects of the facts that name events to be forgotten.
pub const WITHHELD_SUBJECTS: [&str; 4] = [
    "feed.*.public.case.withheld",
    "feed.*.public.meeting.item-withheld",
    "feed.*.member.*.case.withheld",
    "feed.*.member.*.meeting.item-withheld",
];
/// The most bytes that an event has as JSON. What a fact may hold is bounded so that none is larger; a
/// message of the server has room for it and for what the relay notes in its headers.
pub const EVENT_BYTES_MAX: usize = 768 * 1024;
/// The header that names, separated by commas, the members that got the same fact with more in it
/// just before. Whoever sees both leaves this one out.
pub const RESTATED: &str = "Samvirke-Restated";
