//! The bodies that treat a case, and what came of it.

use samvirke_schemas::{
    cases::case::treatment::{Outcome, RecordedOutcome},
    feed::{
        Fact,
        fact::case::{self as fact, DecisionResult, TreatmentOutcome},
    },
    id::{AggregateId, LocalId},
};

use super::renderer::Renderer;
use crate::translation::message_builder::MessageBuilder;

impl Renderer<'_> {
    pub(super) fn treatment_due(
        &self,
        treatment: &LocalId,
        body: &AggregateId,
        builder: &mut MessageBuilder<'_>,
    ) {
        self.tell(builder, self.concerns_body(body), |audience| {
            Fact::CaseTreatmentDue(fact::TreatmentDue {
                case: self.case(audience),
                treatment: self.treatment(treatment, body),
            })
        });
    }

    pub(super) fn outcome_recorded(
        &self,
        recorded: &RecordedOutcome,
        builder: &mut MessageBuilder<'_>,
    ) {
        match recorded.outcome {
            Outcome::Decided => self.decided(recorded, DecisionResult::Adopted, builder),
            Outcome::Rejected => self.decided(recorded, DecisionResult::Rejected, builder),
            Outcome::Recommended => self.treated(recorded, TreatmentOutcome::Recommended, builder),
            Outcome::TookNote => self.treated(recorded, TreatmentOutcome::TookNote, builder),
            Outcome::Forwarded => self.treated(recorded, TreatmentOutcome::Forwarded, builder),
            Outcome::Postponed => self.treated(recorded, TreatmentOutcome::Postponed, builder),
            Outcome::SentBack => self.treated(recorded, TreatmentOutcome::SentBack, builder),
        }
    }

    fn decided(
        &self,
        recorded: &RecordedOutcome,
        result: DecisionResult,
        builder: &mut MessageBuilder<'_>,
    ) {
        let mut concerns = self.concerns_body(&recorded.body);
        concerns.meetings.insert(recorded.meeting.clone());
        self.tell(builder, concerns, |audience| {
            Fact::CaseDecided(fact::Decided {
                case: self.case(audience),
                treatment: self.treatment(&recorded.treatment, &recorded.body),
                held: held(recorded),
                result,
                text: self.text(audience, recorded.text.as_ref()),
            })
        });
    }

    fn treated(
        &self,
        recorded: &RecordedOutcome,
        outcome: TreatmentOutcome,
        builder: &mut MessageBuilder<'_>,
    ) {
        let mut concerns = self.concerns_body(&recorded.body);
        concerns.meetings.insert(recorded.meeting.clone());
        self.tell(builder, concerns, |audience| {
            Fact::CaseTreated(fact::Treated {
                case: self.case(audience),
                treatment: self.treatment(&recorded.treatment, &recorded.body),
                held: held(recorded),
                outcome,
                text: self.text(audience, recorded.text.as_ref()),
            })
        });
    }

    fn treatment(&self, id: &LocalId, body: &AggregateId) -> fact::Treatment {
        let planned = self.case.treatment(id);
        let own = planned.and_then(|planned| planned.number);
        fact::Treatment {
            treatment: id.clone(),
            body: self.state.body(body),
            number: own.unwrap_or(self.case.number),
            authority: planned.map(|planned| planned.authority),
        }
    }
}

fn held(recorded: &RecordedOutcome) -> fact::Held {
    fact::Held {
        meeting: recorded.meeting.clone(),
        item: recorded.item.clone(),
        on: recorded.day,
        unanimous: recorded.unanimous,
    }
}
