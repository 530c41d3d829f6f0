//! The agenda as it is remembered: what is on it, what it is called, what came of it.

use std::collections::HashMap;

use samvirke_access::MeetingAccess;
use samvirke_schemas::{
    id::LocalId,
    meetings::{
        agenda::{AgendaItem, Outcome},
        meeting::Event,
    },
};

use super::withholding::Pin;

/// The items of a meeting, in order.
#[derive(Debug, Default)]
pub(in crate::translation) struct Agenda {
    pub(in crate::translation) items: Vec<Item>,
    /// How items are called and restricted today, whatever the history says.
    today: HashMap<LocalId, AgendaItem>,
}

/// An item.
#[derive(Debug)]
pub(in crate::translation) struct Item {
    pub(in crate::translation) entry: AgendaItem,
    pub(in crate::translation) outcome: Option<Outcome>,
}

impl Agenda {
    /// An agenda whose items are called and restricted as `pin` says.
    pub(in crate::translation) fn pinned(pin: Option<&Pin>) -> Self {
        let today = match pin {
            Some(Pin::Agenda(items)) => items.clone(),
            Some(Pin::Case(_)) | None => HashMap::new(),
        };
        Self { today, ..Self::default() }
    }

    /// An item as it is called: as the history has it, or as of today.
    pub(in crate::translation) fn called<'a>(&'a self, entry: &'a AgendaItem) -> &'a AgendaItem {
        self.today.get(&entry.item).unwrap_or(entry)
    }

    pub(in crate::translation) fn item(&self, id: &LocalId) -> Option<&Item> {
        self.items.iter().find(|own| own.entry.item == *id)
    }

    fn item_mut(&mut self, id: &LocalId) -> Option<&mut Item> {
        self.items.iter_mut().find(|own| own.entry.item == *id)
    }

    pub(in crate::translation) fn learn(&mut self, event: &Event) {
        if let Event::ItemPut { item, .. } = event {
            let entry = self.called(item).clone();
            self.items.push(Item { entry, outcome: None });
        }
        if let Event::ItemRemoved { item } = event {
            self.items.retain(|own| own.entry.item != *item);
        }
        if let Event::ItemsReordered { order } = event {
            self.items.sort_by_key(|own| order.iter().position(|item| *item == own.entry.item));
        }
        if let Event::ItemCorrected { item, title, public_title, .. } = event
            && !self.today.contains_key(item)
            && let Some(own) = self.item_mut(item)
        {
            own.entry.title = title.clone();
            own.entry.public_title = public_title.clone();
        }
        if let Event::ItemRestricted { item, public_title, restriction, .. } = event
            && !self.today.contains_key(item)
            && let Some(own) = self.item_mut(item)
        {
            own.entry.public_title = Some(public_title.clone());
            own.entry.restriction = Some(restriction.clone());
        }
        if let Event::ItemConcluded { item, outcome, .. } = event
            && let Some(own) = self.item_mut(item)
        {
            own.outcome = Some(*outcome);
        }
    }

    /// Restricts the items as they are restricted today.
    pub(in crate::translation) fn restrict_as_today(&self, access: &mut MeetingAccess) {
        for (item, entry) in &self.today {
            access.stand_restricted(item, entry.restriction.as_ref());
        }
    }
}
