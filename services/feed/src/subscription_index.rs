//! Who subscribes to what: all subscriptions as they are now, in memory.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

use samvirke_kernel::{
    Decider,
    envelope::{Envelope, EnvelopeError},
    in_memory_projection::InMemoryProjection,
    log::Stored,
};
use samvirke_schemas::{
    id::{AggregateId, CooperationId},
    subscriptions::subscription::terms::Owner,
};

use crate::subscription::{Subscription, SubscriptionState};

/// All subscriptions, those that have ended too.
#[derive(Debug, Default)]
pub struct SubscriptionIndex {
    entries: BTreeMap<AggregateId, Entry>,
    /// The commit that each was last changed by.
    changes: BTreeMap<u64, AggregateId>,
}

/// One subscription.
#[derive(Clone, Debug)]
pub struct Entry {
    pub state: Arc<SubscriptionState>,
    /// How many events it has.
    pub version: u64,
    sequence: u64,
}

impl Entry {
    /// The commit that it was last changed by.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }
}

impl SubscriptionIndex {
    pub fn get(&self, id: &AggregateId) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// Those of a cooperation, by id, after one of them.
    pub fn of<'a>(
        &'a self,
        cooperation: &'a CooperationId,
        after: Option<&AggregateId>,
    ) -> impl Iterator<Item = (&'a AggregateId, &'a Entry)> {
        let from = after.map_or(Unbounded, Excluded);
        let later = self.entries.range::<AggregateId, _>((from, Unbounded));
        later.filter(move |(id, _)| id.cooperation == *cooperation)
    }

    /// Every subscription.
    pub fn all(&self) -> impl Iterator<Item = (&AggregateId, &Entry)> {
        self.entries.iter()
    }

    /// How many an owner has that have not ended.
    pub fn owned(&self, cooperation: &CooperationId, owner: &Owner) -> usize {
        let own = |entry: &Entry| entry.state.owner == *owner && !entry.state.has_ended();
        self.of(cooperation, None).filter(|(_, entry)| own(entry)).count()
    }

    /// Those that were changed after a commit.
    pub fn changed_after(&self, sequence: u64) -> impl Iterator<Item = (&AggregateId, &Entry)> {
        let changes = self.changes.range((Excluded(sequence), Unbounded));
        changes.filter_map(|(_, id)| self.entries.get_key_value(id))
    }
}

impl InMemoryProjection for SubscriptionIndex {
    fn take(&mut self, commit: &Stored, envelope: &Envelope) -> Result<(), EnvelopeError> {
        if envelope.aggregate.kind != Subscription::KIND {
            return Ok(());
        }
        let id = &envelope.aggregate.id;
        let before = self.entries.get(id);
        let mut state = before.map_or(Subscription::Uncreated, |entry| {
            Subscription::Created(Box::new(entry.state.as_ref().clone()))
        });
        for event in envelope.events(commit.sequence)? {
            state.evolve(&event);
        }
        if let Some(before) = before {
            self.changes.remove(&before.sequence);
        }
        if let Subscription::Created(state) = state {
            let version = envelope.aggregate.version_to;
            let entry = Entry { state: Arc::new(*state), version, sequence: commit.sequence };
            self.changes.insert(commit.sequence, id.clone());
            self.entries.insert(id.clone(), entry);
        }
        Ok(())
    }
}
