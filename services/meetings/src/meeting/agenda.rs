//! The agenda: what is called for, what came late, and in which order.
//!
//! What the body was called to stands: after notice an item can only be withdrawn, corrected in what it
//! is called, or restricted; one that comes later is marked and needs the meeting's consent
//! (kommuneloven § 11-3).

use std::collections::BTreeSet;

use samvirke_kernel::envelope::DECISION_BYTES_MAX;
use samvirke_schemas::{
    id::{AggregateId, LocalId},
    meetings::{
        agenda::{AgendaItem, ITEMS_MAX, ItemRestriction, Outcome, Subject},
        attendance::StandIn,
        meeting::Event,
        vote::{Vote, VoteResult},
    },
    text::{Line, Prose},
};
use serde::{Deserialize, Serialize};

use super::{Command, Decision, Meeting, Rejection};

/// The most bytes that the items of an agenda may have as JSON before notice, which is one decision and carries
/// all of them. The other half of a decision is for the body as in force and for why it is urgent.
pub(super) const AGENDA_BYTES_MAX: usize = DECISION_BYTES_MAX / 2;

/// The items of a meeting in order, and the one being treated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Agenda {
    pub items: Vec<Item>,
    /// The item that is taken up and not ended.
    pub up: Option<LocalId>,
    /// What was removed before notice, so that removing it again changes nothing.
    pub removed: BTreeSet<LocalId>,
}

/// One item with what has come of it so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub entry: AgendaItem,
    pub status: AgendaItemStatus,
    /// In the order they were put forward; recommendations too.
    pub proposals: Vec<Proposal>,
    pub conflicts: Vec<Conflict>,
    /// Whether any of it was treated behind closed doors.
    pub behind_doors: bool,
    pub end: Option<End>,
}

/// Whether an item may be treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AgendaItemStatus {
    /// The body was called to it.
    CalledFor,
    /// It came after notice and the meeting agreed to it.
    Accepted,
    /// It came after notice and nobody has asked yet.
    Late,
    /// The meeting would not have it.
    Refused,
}

/// What can be voted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    pub proposal: LocalId,
    pub text: Prose,
    pub vote: Option<Vote>,
}

/// Whoever sat in a seat and was disqualified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    pub seat: LocalId,
    pub stand_in: Option<StandIn>,
}

/// How the treatment of an item ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum End {
    Concluded { outcome: Outcome, text: Option<Prose>, to: Option<AggregateId> },
    Withdrawn,
}

impl Meeting {
    pub(super) fn put_item(&self, command: &Command, item: &AgendaItem) -> Decision {
        let (record, late) = match self {
            Self::Planned(record) | Self::Reported(record) => (record, false),
            Self::Called(record) | Self::Adjourned(record) => (record, true),
            Self::Open(_) => (self.in_session()?, true),
            Self::Unplanned | Self::Closed(_) | Self::Cancelled(_) => return Err(self.refusal()),
        };
        if let Ok(known) = record.agenda.item(&item.item) {
            let same = known.entry == *item;
            return if same {
                Ok(Vec::new())
            } else {
                Err(Rejection::ItemExists { item: item.item.clone() })
            };
        }
        if record.minutes.is_approved() {
            return Err(Rejection::MinutesAreApproved);
        }
        if record.agenda.items.len() >= ITEMS_MAX {
            return Err(Rejection::TooManyItems);
        }
        if item.restriction.is_some() && item.public_title.is_none() {
            return Err(Rejection::PublicTitleNeeded { item: item.item.clone() });
        }
        if let (Some(case), _) = item.case()
            && case.cooperation != command.id.cooperation
        {
            return Err(Rejection::CaseOfAnotherCooperation { case });
        }
        if matches!(&item.subject, Subject::EarlierMinutes { meeting } if *meeting == command.id) {
            return Err(Rejection::OwnMinutes { item: item.item.clone() });
        }
        if let Some(bytes) = self.beyond_a_notice(None, item) {
            return Err(Rejection::AgendaTooLarge { bytes, bytes_max: AGENDA_BYTES_MAX });
        }
        Ok(vec![Event::ItemPut { item: item.clone(), late }])
    }

    /// How many bytes the agenda would have with `new` in the place of `old`, where that is more than a notice
    /// carries and more than before. Only a meeting that is not called yet is still to have a notice.
    fn beyond_a_notice(&self, old: Option<&AgendaItem>, new: &AgendaItem) -> Option<usize> {
        let Self::Planned(record) = self else { return None };
        let grown = bytes_of(new).checked_sub(old.map_or(0, bytes_of)).filter(|more| *more > 0)?;
        let bytes = record.agenda.bytes() + grown;
        (bytes > AGENDA_BYTES_MAX).then_some(bytes)
    }

    pub(super) fn remove_item(&self, item: &LocalId) -> Decision {
        let agenda = self.agenda_before_notice()?;
        if agenda.removed.contains(item) {
            return Ok(Vec::new());
        }
        agenda.item(item)?.not_ended()?;
        Ok(vec![Event::ItemRemoved { item: item.clone() }])
    }

    pub(super) fn reorder_items(&self, order: &[LocalId]) -> Decision {
        let agenda = self.agenda_before_notice()?;
        let present: Vec<_> = agenda.items.iter().map(|item| &item.entry.item).collect();
        if present.iter().copied().eq(order) {
            return Ok(Vec::new());
        }
        let named: BTreeSet<_> = order.iter().collect();
        if order.len() != present.len() || named != present.into_iter().collect() {
            return Err(Rejection::NotTheSameItems);
        }
        Ok(vec![Event::ItemsReordered { order: order.to_vec() }])
    }

    fn agenda_before_notice(&self) -> Result<&Agenda, Rejection> {
        match self {
            Self::Reported(record) if record.minutes.is_approved() => {
                Err(Rejection::MinutesAreApproved)
            }
            Self::Planned(record) | Self::Reported(record) => Ok(&record.agenda),
            Self::Called(_) | Self::Open(_) | Self::Adjourned(_) => Err(Rejection::AlreadyCalled),
            Self::Unplanned | Self::Closed(_) | Self::Cancelled(_) => Err(self.refusal()),
        }
    }

    pub(super) fn withdraw_item(&self, item: &LocalId, reason: &Prose) -> Decision {
        let record = match self {
            Self::Called(record) | Self::Adjourned(record) => record,
            Self::Open(_) => self.in_session()?,
            Self::Unplanned
            | Self::Planned(_)
            | Self::Closed(_)
            | Self::Reported(_)
            | Self::Cancelled(_) => return Err(self.refusal()),
        };
        match record.agenda.item(item)?.end {
            None => Ok(vec![Event::ItemWithdrawn { item: item.clone(), reason: reason.clone() }]),
            Some(End::Withdrawn) => Ok(Vec::new()),
            Some(End::Concluded { .. }) => Err(Rejection::AlreadyConcluded { item: item.clone() }),
        }
    }

    /// What an item is called may be corrected until the minutes are approved; then it is restricted.
    pub(super) fn correct_item(
        &self,
        item: &LocalId,
        title: &Line,
        public_title: Option<&Line>,
        reason: &Prose,
    ) -> Decision {
        let record = self.record().ok_or_else(|| self.refusal())?;
        let entry = &record.agenda.item(item)?.entry;
        if entry.title == *title && entry.public_title.as_ref() == public_title {
            return Ok(Vec::new());
        }
        if record.minutes.is_approved() {
            return Err(Rejection::MinutesAreApproved);
        }
        if entry.restriction.is_some() && public_title.is_none() {
            return Err(Rejection::PublicTitleNeeded { item: item.clone() });
        }
        let corrected = AgendaItem {
            title: title.clone(),
            public_title: public_title.cloned(),
            ..entry.clone()
        };
        if let Some(bytes) = self.beyond_a_notice(Some(entry), &corrected) {
            return Err(Rejection::TitlesTooLong { bytes, bytes_max: AGENDA_BYTES_MAX });
        }
        Ok(vec![Event::ItemCorrected {
            item: item.clone(),
            title: title.clone(),
            public_title: public_title.cloned(),
            reason: reason.clone(),
        }])
    }

    /// An item may be restricted at any time: what must not be public is not kept public by how far
    /// the meeting has come (offentleglova § 13), nor by how long the agenda is.
    pub(super) fn restrict_item(
        &self,
        item: &LocalId,
        public_title: &Line,
        restriction: &ItemRestriction,
        reason: &Prose,
    ) -> Decision {
        let record = self.record().ok_or_else(|| self.refusal())?;
        let entry = &record.agenda.item(item)?.entry;
        if entry.restriction.as_ref() == Some(restriction)
            && entry.public_title.as_ref() == Some(public_title)
        {
            return Ok(Vec::new());
        }
        Ok(vec![Event::ItemRestricted {
            item: item.clone(),
            public_title: public_title.clone(),
            restriction: restriction.clone(),
            reason: reason.clone(),
        }])
    }

    pub(super) fn ask_consent(&self, item: &LocalId, objecting: &[LocalId]) -> Decision {
        let record = self.in_session()?;
        match record.agenda.item(item)?.status {
            AgendaItemStatus::Late => (),
            AgendaItemStatus::Accepted | AgendaItemStatus::Refused => return Ok(Vec::new()),
            AgendaItemStatus::CalledFor => return Err(Rejection::NotLate { item: item.clone() }),
        }
        let objecting: BTreeSet<&LocalId> = objecting.iter().collect();
        if let Some(seat) = objecting.iter().find(|seat| !record.roll.is_present(seat)) {
            return Err(Rejection::NotPresent { seat: (*seat).clone() });
        }
        let present = record.sitting_for(None).len();
        let by_chair = record.roll.chair.as_ref().is_some_and(|chair| objecting.contains(chair));
        let refused = by_chair || (!objecting.is_empty() && 3 * objecting.len() >= present);
        let objecting = objecting.into_iter().cloned().collect();
        let item = item.clone();
        Ok(vec![if refused {
            Event::LateItemRefused { item, objecting }
        } else {
            Event::LateItemAccepted { item, objecting }
        }])
    }
}

impl Agenda {
    /// How many bytes the items have as JSON.
    fn bytes(&self) -> usize {
        self.items.iter().map(|item| bytes_of(&item.entry)).sum()
    }

    pub(super) fn item(&self, item: &LocalId) -> Result<&Item, Rejection> {
        self.items
            .iter()
            .find(|own| own.entry.item == *item)
            .ok_or_else(|| Rejection::NoSuchItem { item: item.clone() })
    }

    /// The first item that has come to nothing yet.
    pub(super) fn first_left(&self) -> Option<&LocalId> {
        self.items
            .iter()
            .find(|item| item.end.is_none() && item.status != AgendaItemStatus::Refused)
            .map(|item| &item.entry.item)
    }

    /// Checks that no item is being treated, or only `item`.
    pub(super) fn nothing_else_up(&self, item: Option<&LocalId>) -> Result<(), Rejection> {
        match &self.up {
            Some(up) if item != Some(up) => Err(Rejection::ItemIsUp { item: up.clone() }),
            Some(_) | None => Ok(()),
        }
    }
}

/// How many bytes an item has as JSON, with what parts it from the next.
fn bytes_of(item: &AgendaItem) -> usize {
    serde_json::to_vec(item).map_or(usize::MAX, |json| json.len() + 1)
}

impl Item {
    /// Whether the item may be treated at this meeting.
    pub(super) fn in_order(&self) -> Result<(), Rejection> {
        let item = self.entry.item.clone();
        match self.status {
            AgendaItemStatus::CalledFor | AgendaItemStatus::Accepted => Ok(()),
            AgendaItemStatus::Late => Err(Rejection::NeedsConsent { item }),
            AgendaItemStatus::Refused => Err(Rejection::ConsentRefused { item }),
        }
    }

    pub(super) fn proposal(&self, proposal: &LocalId) -> Option<&Proposal> {
        self.proposals.iter().find(|own| own.proposal == *proposal)
    }

    /// The votes that carried a proposal, with the proposals.
    pub(super) fn carried(&self) -> impl Iterator<Item = (&Proposal, &Vote)> {
        self.proposals.iter().filter_map(|proposal| {
            let vote = proposal.vote.as_ref()?;
            (vote.result == VoteResult::Carried).then_some((proposal, vote))
        })
    }
}
