//! What a policy has parked, as far as it knows, and what waits behind it.

use std::collections::HashMap;

use samvirke_schemas::id::CooperationId;

use crate::{
    parking::{EventPlace, Parked, Parking, Record, cooperation_of},
    supervision::{Task, TaskFailure},
};

/// The records of one policy.
pub(super) struct Records<'a> {
    parking: Parking,
    policy: &'static str,
    task: &'a Task,
    parked: HashMap<CooperationId, Parked>,
}

impl<'a> Records<'a> {
    pub(super) async fn read(
        parking: Parking,
        policy: &'static str,
        task: &'a Task,
    ) -> Result<Self, TaskFailure> {
        let mut records = Self { parking, policy, task, parked: HashMap::new() };
        records.refresh().await?;
        Ok(records)
    }

    /// Reads the records anew.
    pub(super) async fn refresh(&mut self) -> Result<(), TaskFailure> {
        let all = self.parking.all(Some(self.policy)).await?;
        let parked =
            all.into_iter().filter_map(|kept| Some((kept.cooperation, kept.record.parked?)));
        self.parked = parked.collect();
        self.report();
        Ok(())
    }

    /// What an operator has decided about.
    pub(super) fn decided(&self) -> Vec<(CooperationId, Parked)> {
        let decided = self.parked.iter().filter(|(_, parked)| parked.decision.is_some());
        decided.map(|(cooperation, parked)| (cooperation.clone(), parked.clone())).collect()
    }

    /// Whether an event has to wait behind a parked one; then that it does is written down.
    pub(super) async fn holds(&mut self, event: &EventPlace) -> Result<bool, TaskFailure> {
        let Some(cooperation) = cooperation_of(&event.subject) else { return Ok(false) };
        if !self.parked.contains_key(&cooperation) {
            return Ok(false);
        }
        let waits = |record: &mut Record| {
            if let Some(parked) = &mut record.parked {
                parked.waits_to = parked.waits_to.max(event.sequence);
            }
        };
        let record = self.parking.change(self.policy, &cooperation, waits).await?;
        Ok(self.knows(cooperation, record.parked))
    }

    /// Parks an event of which nothing is parked for its cooperation.
    pub(super) async fn park(
        &mut self,
        event: &EventPlace,
        reason: &str,
    ) -> Result<(), TaskFailure> {
        let Some(cooperation) = cooperation_of(&event.subject) else {
            return Err(TaskFailure::halting(format!("{} is no event: {reason}", event.subject)));
        };
        let record = self.parking.park(self.policy, &cooperation, event, reason).await?;
        self.knows(cooperation, record.parked);
        Ok(())
    }

    /// Parks an event that waited behind another one, in its place.
    pub(super) async fn park_instead(
        &mut self,
        of: &Parked,
        event: &EventPlace,
        reason: &str,
    ) -> Result<(), TaskFailure> {
        if of.event != *event
            && let Some(cooperation) = cooperation_of(&event.subject)
        {
            let is_same =
                |record: &Record| record.parked.as_ref().map(|one| &one.event) == Some(&of.event);
            let release = |record: &mut Record| {
                if is_same(record) {
                    let waits_to = record.parked.as_ref().map_or(0, |parked| parked.waits_to);
                    record.release();
                    record.park(event.clone(), reason, crate::clock::now());
                    if let Some(parked) = &mut record.parked {
                        parked.waits_to = parked.waits_to.max(waits_to);
                    }
                }
            };
            let record = self.parking.change(self.policy, &cooperation, release).await?;
            self.knows(cooperation, record.parked);
            return Ok(());
        }
        self.park(event, reason).await
    }

    /// Takes a parked event off when all that waits behind it up to `worked` is worked; returns up to
    /// where something waits still.
    pub(super) async fn release(
        &mut self,
        cooperation: &CooperationId,
        of: &Parked,
        worked: u64,
    ) -> Result<u64, TaskFailure> {
        let release = |record: &mut Record| {
            let all = |parked: &Parked| parked.event == of.event && parked.waits_to <= worked;
            if record.parked.as_ref().is_some_and(all) {
                record.release();
            }
        };
        let record = self.parking.change(self.policy, cooperation, release).await?;
        let waits_to = record.parked.as_ref().filter(|parked| parked.event == of.event);
        let waits_to = waits_to.map_or(worked, |parked| parked.waits_to);
        self.knows(cooperation.clone(), record.parked);
        Ok(waits_to)
    }

    /// Takes in what is parked for a cooperation; says whether something is.
    fn knows(&mut self, cooperation: CooperationId, parked: Option<Parked>) -> bool {
        let is_parked = parked.is_some();
        match parked {
            Some(parked) => self.parked.insert(cooperation, parked),
            None => self.parked.remove(&cooperation),
        };
        self.report();
        is_parked
    }

    fn report(&self) {
        let report = |(cooperation, parked): (&CooperationId, &Parked)| {
            parked.reported(self.policy, cooperation)
        };
        self.task.has_parked(self.policy, self.parked.iter().map(report).collect());
    }
}
