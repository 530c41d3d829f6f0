//! What of a case or a meeting may stand in a mail: what the public sees, and nothing else.
//!
//! Invariant: no text and no title is kept with a notice. A title is looked up when the mail is sent, among
//! those that the public was given last ([`crate::public_titles`]); one that is not found is left out.

use samvirke_schemas::{
    case_number::CaseNumber,
    cases::register::WrittenNumber,
    date::Date,
    feed::fact::{brief, follow_up, hearing, meeting},
    id::{AggregateId, LocalId},
    local_time::LocalTime,
    meetings::{
        agenda::{ItemKind, Outcome},
        schedule::Venue,
    },
    text::{Line, Prose},
};
use serde::{Deserialize, Serialize};

/// A case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PublicCase {
    pub(crate) id: AggregateId,
    pub(crate) number: CaseNumber,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) as_written: Option<WrittenNumber>,
    pub(crate) owner: brief::Body,
    /// Never kept: what was kept by an older program may be restricted.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<Line>,
}

impl From<&brief::Case> for PublicCase {
    fn from(case: &brief::Case) -> Self {
        Self {
            id: case.id.clone(),
            number: case.number,
            as_written: case.as_written.clone(),
            owner: case.owner.clone(),
            title: None,
        }
    }
}

/// An item of an agenda.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PublicItem {
    pub(crate) item: LocalId,
    pub(crate) kind: ItemKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<CaseNumber>,
    /// Never kept, as the title of a case.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<Line>,
    #[serde(skip_deserializing, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) withheld: bool,
}

impl From<&meeting::Item> for PublicItem {
    fn from(item: &meeting::Item) -> Self {
        Self {
            item: item.item.clone(),
            kind: item.kind,
            number: item.number,
            title: None,
            withheld: false,
        }
    }
}

/// A body is called to a meeting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PublicNotice {
    pub(crate) meeting: brief::Meeting,
    pub(crate) days: Vec<meeting::Day>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) venue: Option<Venue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) urgent: Option<Prose>,
    pub(crate) agenda: Vec<PublicItem>,
}

impl From<&meeting::NoticeIssued> for PublicNotice {
    fn from(called: &meeting::NoticeIssued) -> Self {
        Self {
            meeting: called.meeting.clone(),
            days: called.days.clone(),
            venue: called.venue.clone(),
            urgent: called.urgent.clone(),
            agenda: called.agenda.iter().map(PublicItem::from).collect(),
        }
    }
}

/// An item of a called agenda is called otherwise, or restricted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PublicAgendaChange {
    pub(crate) meeting: brief::Meeting,
    pub(crate) days: Vec<meeting::Day>,
    pub(crate) item: PublicItem,
}

/// What came of an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PublicTreatedItem {
    pub(crate) item: PublicItem,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<Outcome>,
}

/// Minutes were published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PublicMinutes {
    pub(crate) meeting: brief::Meeting,
    pub(crate) days: Vec<meeting::Day>,
    pub(crate) items: Vec<PublicTreatedItem>,
}

impl From<&meeting::MinutesPublished> for PublicMinutes {
    fn from(published: &meeting::MinutesPublished) -> Self {
        let item = |treated: &meeting::TreatedItem| PublicTreatedItem {
            item: PublicItem::from(&treated.item),
            outcome: treated.outcome,
        };
        Self {
            meeting: published.meeting.clone(),
            days: published.days.clone(),
            items: published.items.iter().map(item).collect(),
        }
    }
}

/// A case was sent on hearing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PublicHearing {
    pub(crate) case: PublicCase,
    pub(crate) deadline: LocalTime,
}

impl From<&hearing::Opened> for PublicHearing {
    fn from(opened: &hearing::Opened) -> Self {
        Self { case: PublicCase::from(&opened.case), deadline: opened.deadline }
    }
}

/// The deadline of a hearing was moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PublicExtension {
    pub(crate) case: PublicCase,
    pub(crate) earlier_deadline: LocalTime,
    pub(crate) deadline: LocalTime,
}

impl From<&hearing::Extended> for PublicExtension {
    fn from(extended: &hearing::Extended) -> Self {
        Self {
            case: PublicCase::from(&extended.case),
            earlier_deadline: extended.earlier_deadline,
            deadline: extended.deadline,
        }
    }
}

/// A task, without what it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PublicTask {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) due: Option<Date>,
}

impl From<&follow_up::Task> for PublicTask {
    fn from(task: &follow_up::Task) -> Self {
        Self { due: task.due }
    }
}
