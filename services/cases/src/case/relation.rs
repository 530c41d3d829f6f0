//! How the case hangs together with others (R41), and whether its decision is in force.

use samvirke_schemas::{
    cases::case::{
        Event,
        joint::SettleResult,
        relation::{ForceEnd, Relation, RelationKind},
    },
    date::Date,
    id::AggregateId,
    text::Prose,
};
use serde::{Deserialize, Serialize};

use super::{CaseData, Decision, Rejection, hearing::Hearing, joint::Joint, within};

/// The most relations of one case, those taken back included.
pub const RELATIONS_MAX: usize = 256;

/// A relation, and whether it was taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Related {
    pub relation: Relation,
    pub removed: bool,
}

/// When the decision is in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Force {
    pub from: Date,
    pub end: Option<ForceEnd>,
}

impl Force {
    /// Whether the decision is in force on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.end.as_ref().is_none_or(|end| day <= end.on)
    }
}

impl CaseData {
    pub(super) fn relate(&self, relation: &Relation, id: &AggregateId) -> Decision {
        if relation.to == *id {
            return Err(Rejection::RelatedToItself);
        }
        match self.relations.iter().find(|known| known.relation == *relation) {
            Some(known) if !known.removed => return Ok(Vec::new()),
            Some(_) => (),
            None => within(self.relations.len() + 1, RELATIONS_MAX, "relations")?,
        }
        Ok(vec![Event::Related(relation.clone())])
    }

    pub(super) fn remove_relation(&self, relation: &Relation, reason: &Prose) -> Decision {
        match self.relations.iter().find(|known| known.relation == *relation) {
            None => Err(Rejection::NotRelated),
            Some(known) if known.removed => Ok(Vec::new()),
            Some(_) => Ok(vec![Event::RelationRemoved {
                relation: relation.clone(),
                reason: reason.clone(),
            }]),
        }
    }

    pub(super) fn put_in_force(&self, from: Date) -> Decision {
        if !self.is_decided() {
            return Err(Rejection::NothingDecided);
        }
        match &self.force {
            Some(Force { from: known, end: None }) if *known == from => Ok(Vec::new()),
            Some(_) | None => Ok(vec![Event::PutInForce { from }]),
        }
    }

    pub(super) fn end_force(&self, end: &ForceEnd) -> Decision {
        let force = self.force.as_ref().ok_or(Rejection::NotInForce)?;
        match &force.end {
            Some(known) if known == end => Ok(Vec::new()),
            Some(_) => Err(Rejection::NotInForce),
            None if end.on < force.from => Err(Rejection::EndsBeforeItBegan { from: force.from }),
            None => Ok(vec![Event::ForceEnded(end.clone())]),
        }
    }

    /// The ends of force that follow from an event of this case, `id`: what it replaces is in force
    /// until the day before it is itself (R41).
    ///
    /// A case of another cooperation is none of this one's business.
    pub fn ends(&self, id: &AggregateId, event: &Event) -> Vec<(AggregateId, ForceEnd)> {
        let (from, related) = if let Event::PutInForce { from } = event {
            (*from, None)
        } else if let (Event::Related(relation), Some(Force { from, end: None })) =
            (event, &self.force)
        {
            (*from, Some(relation))
        } else {
            return Vec::new();
        };
        let (Some(on), Ok(reason)) = (from.previous(), format!("Erstattet av sak {id}.").parse())
        else {
            return Vec::new();
        };
        let end = ForceEnd { on, reason, replaced_by: Some(id.clone()) };
        self.relations
            .iter()
            .filter(|known| !known.removed && known.relation.relation == RelationKind::Replaces)
            .filter(|known| related.is_none_or(|related| known.relation == *related))
            .filter(|known| known.relation.to.cooperation == id.cooperation)
            .map(|known| (known.relation.to.clone(), end.clone()))
            .collect()
    }

    /// Whether there is a decision: a body's, the members' together, or one after a hearing.
    fn is_decided(&self) -> bool {
        let by_members = match &self.joint {
            Joint::Settled { settlement, .. } => settlement.result == SettleResult::Adopted,
            Joint::NotJoint | Joint::Declared { .. } | Joint::Sent(_) => false,
        };
        by_members || self.plan.is_decided() || matches!(self.hearing, Hearing::Adopted(_))
    }

    pub(super) fn related(&mut self, relation: &Relation) {
        self.relations.retain(|known| known.relation != *relation);
        self.relations.push(Related { relation: relation.clone(), removed: false });
    }

    pub(super) fn relation_removed(&mut self, relation: &Relation) {
        for known in self.relations.iter_mut().filter(|known| known.relation == *relation) {
            known.removed = true;
        }
    }

    pub(super) fn force_ended(&mut self, end: &ForceEnd) {
        if let Some(force) = &mut self.force {
            force.end = Some(end.clone());
        }
    }
}
