//! What was told by e-mail, what waits to be, and what did not arrive.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    contacts::contact::Topic,
    id::{AggregateId, CooperationId},
    queries::page::{Cursor, PAGE_ROWS_MAX, Page},
};

/// How a notification stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum NotificationState {
    /// To be sent at `next_attempt`.
    Waiting,
    /// To be gathered with others into the daily digest at `next_attempt`.
    Daily,
    /// Went into the daily digest `digest`.
    Gathered,
    /// The mail server took it.
    Sent,
    /// The mail server refused it for good, or it was tried too often.
    Refused,
    /// It came back, or mail to the same address did.
    Bounced,
    /// The contact was forgotten, or does not want to be told of it any longer.
    Dropped,
}

/// Asks for notifications. Only the secretariat and the operator may.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NotificationsParameters")]
pub struct Parameters {
    pub cooperation: CooperationId,
    #[serde(default)]
    pub state: Option<NotificationState>,
    #[serde(default)]
    pub contact: Option<AggregateId>,
    #[serde(default)]
    pub after: Option<Cursor>,
    #[serde(default)]
    #[schemars(range(min = 1, max = PAGE_ROWS_MAX))]
    pub limit: Option<u32>,
}

/// The answer: newest first.
pub type Answer = Page<Notification>;

/// One notification. It names the contact; name and address are where they can be forgotten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Notification {
    /// The mail's `Message-ID` begins so.
    pub id: Uuid,
    pub contact: AggregateId,
    pub topic: Topic,
    /// What is told: `meeting-called`.
    pub notice: String,
    /// The event of the feed that it tells of, `FEED:42`; absent where the calendar is the reason.
    pub position: Option<String>,
    pub state: NotificationState,
    pub attempts: u32,
    /// What the mail server, or the receiving side, said last.
    pub last_answer: Option<String>,
    pub created_at: DateTime<Utc>,
    /// When it is tried next, while it waits.
    pub next_attempt: Option<DateTime<Utc>>,
    /// When it was sent, refused or dropped.
    pub settled_at: Option<DateTime<Utc>>,
    /// The digest it went into.
    pub digest: Option<Uuid>,
}
