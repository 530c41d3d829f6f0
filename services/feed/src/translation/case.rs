//! What is published about a case.
//!
//! Invariant: what is restricted on the day of an event is published only to the members taking
//! part; everyone else gets the public title and no restricted text. Who takes part follows from the
//! same rule as where a case is read.

mod follow_up;
mod hearing;
mod joint;
mod renderer;
mod standing;
mod treatment;

use samvirke_schemas::{cases::case::Event, id::AggregateId, local_time::day_of};

use super::{
    message_builder::MessageBuilder,
    state::{
        TranslationState,
        case::Case,
        withholding::{Pin, Withholding},
    },
};
use renderer::Renderer;

/// Hears an event, and knows what `following` are in the same commit: what is restricted together with
/// its opening is never published.
pub(super) fn observe(
    state: &mut TranslationState,
    event: &Event,
    following: &[Event],
    builder: &mut MessageBuilder<'_>,
) {
    let id = builder.about();
    if let Event::Opened(opened) = event {
        let mut case = Case::opened(opened);
        if let Some(Pin::Case(pin)) = &state.pin {
            case.stand_as(pin.clone());
        }
        for event in following.iter().filter(|event| matches!(event, Event::Restricted(_))) {
            case.learn(event);
        }
        state.cases.insert(id.clone(), case);
    }
    if let Some(case) = state.cases.get_mut(id) {
        case.learn(event);
    }
    if let Some(renderer) = Renderer::new(state, builder) {
        tell(&renderer, event, builder);
    }
    if state.pin.is_none() {
        note_mentions(state, id, event);
        let today = day_of(builder.recorded_at());
        if state.cases.get(id).is_some_and(|case| case.withholds(event, today)) {
            state.withholding = Some(Withholding::of_case(state, id, builder));
        }
    }
    if let Some(case) = state.cases.get_mut(id) {
        case.forget(event);
    }
}

/// Notes which other cases a fact of this one names.
fn note_mentions(state: &mut TranslationState, id: &AggregateId, event: &Event) {
    if let Event::Related(relation) | Event::RelationRemoved { relation, .. } = event {
        state.mention(&relation.to, "case", id);
    }
    if let Event::ForceEnded(end) = event
        && let Some(other) = &end.replaced_by
    {
        state.mention(other, "case", id);
    }
}

fn tell(renderer: &Renderer<'_>, event: &Event, builder: &mut MessageBuilder<'_>) {
    match event {
        Event::Opened(opened) => renderer.opened(opened, builder),
        Event::Amended(description) => renderer.amended(description, builder),
        Event::Withdrawn { reason } => renderer.withdrawn(reason, builder),
        Event::Closed {} => renderer.closed(builder),
        Event::Reopened { reason } => renderer.reopened(reason, builder),
        Event::Related(relation) => renderer.related(relation, builder),
        Event::RelationRemoved { relation, reason } => {
            renderer.relation_removed(relation, reason, builder);
        }
        Event::PutInForce { from } => renderer.in_force(*from, builder),
        Event::ForceEnded(end) => renderer.force_ended(end, builder),
        Event::Restricted(restriction) => renderer.restricted(restriction, builder),
        Event::RestrictionLifted { reason } => renderer.restriction_lifted(reason, builder),
        Event::StatementSent(statement) => renderer.statement_sent(statement, builder),

        Event::TreatmentDue { treatment, body } => {
            renderer.treatment_due(treatment, body, builder);
        }
        Event::OutcomeRecorded(outcome) => renderer.outcome_recorded(outcome, builder),

        Event::SentToMembers(asked) => renderer.sent_to_members(asked, builder),
        Event::ReceiptRegistered(receipt) => renderer.receipt_registered(receipt, builder),
        Event::ReferenceRegistered(reference) => renderer.reference_registered(reference, builder),
        Event::MemberDecisionRegistered(decision) => renderer.member_decided(decision, builder),
        Event::MemberDecisionCorrected(decision) => renderer.member_corrected(decision, builder),
        Event::MemberIncluded { recipient, reason } => {
            renderer.member_included(recipient, reason, builder);
        }
        Event::MemberReleased { member, reason } => {
            renderer.member_released(member, reason, builder);
        }
        Event::Settled(settlement) => renderer.settled(settlement, builder),

        Event::HearingOpened(opened) => renderer.hearing_opened(opened, builder),
        Event::HearingExtended { deadline, reason } => {
            renderer.hearing_extended(*deadline, reason.as_ref(), builder);
        }
        Event::HearingClosed { on, silent } => renderer.hearing_closed(*on, silent, builder),
        Event::HearingSummedUp(summary) => renderer.hearing_summed_up(summary, builder),
        Event::AdoptedAfterHearing(adoption) => renderer.hearing_adopted(adoption, builder),
        Event::StatementReceived(received) => renderer.statement_received(received, builder),

        Event::FollowUpAssigned(task) => renderer.assigned(&task.follow_up, builder),
        Event::FollowUpReported { follow_up, on, text } => {
            renderer.reported(follow_up, *on, text, builder);
        }
        Event::FollowUpRescheduled { follow_up, reason, .. } => {
            renderer.rescheduled(follow_up, reason, builder);
        }
        Event::FollowUpDone { follow_up, on, text } => {
            renderer.done(follow_up, *on, text.as_ref(), builder);
        }
        Event::FollowUpDropped { follow_up, reason } => {
            renderer.dropped(follow_up, reason, builder);
        }

        // Papers and recommendations are found in the case; their text may still change.
        Event::PaperAdded { .. } | Event::Recommended(_) => (),
        // A plan is told when it comes to a body's turn.
        Event::TreatmentsPlanned { .. } | Event::PlanChanged { .. } => (),
        // That it will go to the members is told when it does.
        Event::JointDeclared { .. } | Event::ReadyForMembers { .. } => (),
    }
}
