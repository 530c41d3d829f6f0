//! What restricts a meeting and its items, and what of it is public already, as its events add up to it.
//!
//! An agenda is public from the notice on, votes and conflicts of interest when the item is concluded, the
//! minutes when they are approved, drafts never (kommuneloven §§ 11-3, 11-5). A meeting that a source only
//! reports was called and held before it was registered.

use std::collections::BTreeMap;

use samvirke_schemas::{
    id::{AggregateId, LocalId},
    meetings::{
        agenda::{AgendaItem, ItemRestriction},
        meeting::Event,
    },
};
use serde::{Deserialize, Serialize};

use crate::{Viewer, WithheldFromCase};

/// Who may read what of a meeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeetingAccess {
    body: AggregateId,
    called: bool,
    reported: bool,
    minutes_approved: bool,
    items: BTreeMap<LocalId, Item>,
    /// What is treated now: what the doors close on goes on behind them.
    taken_up: Option<LocalId>,
    doors_closed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Item {
    restriction: Option<ItemRestriction>,
    case: Option<AggregateId>,
    /// Put there after notice, and not accepted by the body (kommuneloven § 11-3).
    late: bool,
    behind_doors: bool,
    concluded: bool,
    /// Whether the published minutes leave its texts out.
    left_out: bool,
}

/// What a viewer may read of an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ItemAccess {
    /// That it is on the agenda, with its public title.
    pub listed: bool,
    /// The full title.
    pub title: bool,
    /// What was decided, in its words.
    pub texts: bool,
    /// Proposals, votes, conflicts of interest, and whether there was a quorum.
    pub treatment: bool,
}

impl ItemAccess {
    const FULL: Self = Self { listed: true, title: true, texts: true, treatment: true };
}

impl MeetingAccess {
    /// The access to a meeting that an event begins; none unless it begins one.
    pub fn begin(event: &Event) -> Option<Self> {
        let (Event::Planned { body, .. } | Event::HeldReported { body, .. }) = event else {
            return None;
        };
        let mut access = Self {
            body: body.clone(),
            called: false,
            reported: false,
            minutes_approved: false,
            items: BTreeMap::new(),
            taken_up: None,
            doors_closed: false,
        };
        access.take(event);
        Some(access)
    }

    /// Takes an event of the meeting.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::NoticeIssued { .. } => self.called = true,
            Event::HeldReported { .. } => self.reported = true,
            Event::MinutesApproved { .. } => self.minutes_approved = true,
            Event::MinutesPublished { withheld, .. } => {
                for left_out in withheld {
                    self.with(&left_out.item, |item| item.left_out = true);
                }
            }
            Event::DoorsClosed { .. } => self.close_doors(),
            Event::DoorsOpened { .. } | Event::Closed { .. } => self.doors_closed = false,
            Event::ItemPut { .. }
            | Event::ItemRemoved { .. }
            | Event::ItemWithdrawn { .. }
            | Event::ItemRestricted { .. }
            | Event::LateItemAccepted { .. }
            | Event::ItemTakenUp { .. }
            | Event::ItemConcluded { .. } => self.take_item(event),
            Event::Planned { .. }
            | Event::Moved { .. }
            | Event::Cancelled { .. }
            | Event::ItemsReordered { .. }
            // What an item is called now is in the meeting's row; who reads it is as it was.
            | Event::ItemCorrected { .. }
            | Event::AbsenceReported { .. }
            | Event::SeatTaken { .. }
            | Event::SeatLeft { .. }
            | Event::OtherArrived { .. }
            | Event::OtherLeft { .. }
            | Event::Opened { .. }
            | Event::ChairChanged { .. }
            | Event::Adjourned { .. }
            | Event::Resumed { .. }
            | Event::LateItemRefused { .. }
            | Event::ConflictRecorded { .. }
            | Event::RecommendationRecorded { .. }
            | Event::ProposalMade { .. }
            | Event::VoteTaken { .. }
            | Event::VoteAnnulled { .. }
            | Event::ConflictingDateNoted { .. }
            | Event::MinutesDrafted { .. }
            | Event::AddendumAdded { .. } => (),
        }
    }

    fn take_item(&mut self, event: &Event) {
        if let Event::ItemPut { item, late } = event {
            self.items.insert(item.item.clone(), put(item, *late));
        } else if let Event::ItemRemoved { item } = event {
            self.items.remove(item);
        } else if let Event::ItemWithdrawn { item, .. } = event {
            self.taken_up.take_if(|up| up == item);
        } else if let Event::ItemRestricted { item, restriction, .. } = event {
            let restriction = restriction.clone();
            self.with(item, |item| item.restriction = Some(restriction));
        } else if let Event::LateItemAccepted { item, .. } = event {
            self.with(item, |item| item.late = false);
        } else if let Event::ItemTakenUp { item, .. } = event {
            self.taken_up = Some(item.clone());
            let behind_doors = self.doors_closed;
            self.with(item, |item| {
                item.late = false;
                item.behind_doors |= behind_doors;
            });
        } else if let Event::ItemConcluded { item, .. } = event {
            self.taken_up.take_if(|up| up == item);
            self.with(item, |item| item.concluded = true);
        }
    }

    fn close_doors(&mut self) {
        self.doors_closed = true;
        if let Some(item) = self.taken_up.clone() {
            self.with(&item, |item| item.behind_doors = true);
        }
    }

    fn with(&mut self, item: &LocalId, change: impl FnOnce(&mut Item)) {
        if let Some(item) = self.items.get_mut(item) {
            change(item);
        }
    }

    /// An item is restricted so, whatever the meeting's events have said.
    pub fn stand_restricted(&mut self, item: &LocalId, restriction: Option<&ItemRestriction>) {
        self.with(item, |item| item.restriction = restriction.cloned());
    }

    pub fn body(&self) -> &AggregateId {
        &self.body
    }

    /// Whether the viewer takes part in the meeting: everything of it is theirs but what is restricted in a
    /// case in which they take no part.
    pub fn takes_part(&self, viewer: &Viewer) -> bool {
        viewer.sees_all() || viewer.sits_in(&self.body)
    }

    /// Whether the viewer may read the agenda.
    pub fn agenda_for(&self, viewer: &Viewer) -> bool {
        self.is_agenda_public() || self.takes_part(viewer)
    }

    /// Whether everyone may read the agenda: the body was called, or the meeting reported.
    fn is_agenda_public(&self) -> bool {
        self.called || self.reported
    }

    /// Whether everyone may read that an item is on the agenda. One that came after notice is the body's alone
    /// until it takes it up (kommuneloven § 11-3).
    pub fn is_listed(&self, item: &LocalId) -> bool {
        self.is_agenda_public() && self.items.get(item).is_some_and(|item| !item.late)
    }

    /// Whether the viewer may read the minutes and who was there.
    pub fn minutes_for(&self, viewer: &Viewer) -> bool {
        self.minutes_approved || self.takes_part(viewer)
    }

    /// Whether the viewer may read who was there.
    pub fn attendance_for(&self, viewer: &Viewer) -> bool {
        self.reported || self.minutes_for(viewer)
    }

    /// Whether an item was treated behind closed doors, wholly or in part.
    pub fn behind_doors(&self, item: &LocalId) -> bool {
        self.items.get(item).is_some_and(|item| item.behind_doors)
    }

    /// The case that an item is about.
    pub fn case_of(&self, item: &LocalId) -> Option<&AggregateId> {
        self.items.get(item)?.case.as_ref()
    }

    /// What a viewer may read of an item. `case` is what is withheld from them of the case that it is about;
    /// [`WithheldFromCase::Nothing`] for an item about no case. An unknown item is not listed.
    pub fn item_for(&self, item: &LocalId, viewer: &Viewer, case: &WithheldFromCase) -> ItemAccess {
        if viewer.sees_all() {
            return ItemAccess::FULL;
        }
        let Some(item) = self.items.get(item) else { return ItemAccess::default() };
        let by_case = ItemAccess {
            listed: true,
            title: !case.title(),
            texts: !case.texts(),
            treatment: !case.texts(),
        };
        if self.takes_part(viewer) {
            return by_case;
        }
        let restricted = item.restriction.as_ref().is_some_and(|it| viewer.is_within(it.until));
        // Who is in an access group of the body reads what is restricted, and no sooner than the public what is not.
        let is_named = viewer.reads_restricted_of(&self.body);
        let open = is_named || (!restricted && !item.left_out);
        let open = open && !item.behind_doors;
        let listed = self.agenda_for(viewer) && !item.late;
        ItemAccess {
            listed,
            title: listed && open && by_case.title,
            texts: listed && open && by_case.texts && item.concluded,
            treatment: listed && open && by_case.treatment && item.concluded,
        }
    }
}

fn put(item: &AgendaItem, late: bool) -> Item {
    Item {
        restriction: item.restriction.clone(),
        case: item.subject.case().cloned(),
        late,
        behind_doors: false,
        concluded: false,
        left_out: false,
    }
}
