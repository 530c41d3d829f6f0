//! Which events of the feed are to be forgotten.

use std::collections::HashMap;

use uuid::Uuid;

use super::{CloudEvent, Fact};

/// The events that were named as withheld, each with the place of the fact that named it last.
///
/// An event with a withheld id counts for nothing before that place; after it, the same id stands for what
/// may still be known.
#[derive(Clone, Debug, Default)]
pub struct WithheldEvents {
    places: HashMap<Uuid, u64>,
    /// The last of the places.
    last: u64,
}

impl WithheldEvents {
    /// Takes an event at a place in the feed; returns the ids that it names as withheld.
    pub fn take(&mut self, sequence: u64, event: &CloudEvent) -> Vec<Uuid> {
        let events = named(event);
        for id in &events {
            self.places.insert(*id, sequence);
        }
        if !events.is_empty() {
            self.last = self.last.max(sequence);
        }
        events
    }

    /// Whether any event at a place may be withheld. Where none may, it need not be read.
    pub fn concern(&self, sequence: u64) -> bool {
        sequence < self.last
    }

    /// Whether the event `id` at a place is withheld.
    pub fn hold(&self, id: Uuid, sequence: u64) -> bool {
        self.places.get(&id).is_some_and(|place| sequence < *place)
    }
}

/// The ids that an event names as withheld.
fn named(event: &CloudEvent) -> Vec<Uuid> {
    match event.fact() {
        Ok(Fact::CaseWithheld(withheld)) => withheld.events,
        Ok(Fact::MeetingItemWithheld(withheld)) => withheld.events,
        Ok(_) | Err(_) => Vec::new(),
    }
}
