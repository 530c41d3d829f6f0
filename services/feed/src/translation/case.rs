//! What is remembered of a case, and what is said of it.
//!
//! Invariant: what is restricted on the day of an event is put into words only for the members taking
//! part; everyone else hears the public title and no restricted text. Who takes part is told by the
//! same rule as where a case is read.

mod follow_up;
mod hearing;
mod joint;
mod memory;
mod speaker;
mod standing;
mod treatment;

use samvirke_schemas::{cases::case::Event, id::AggregateId, local_time::day_of};

pub(super) use memory::{Case, CasePin};

use super::{
    heard::Heard,
    telling::Telling,
    withholding::{Pin, Withholding},
};
use speaker::Speaker;

/// Hears an event, and knows what `following` are in the same commit: what is restricted together with
/// its opening is never told.
pub(super) fn hear(
    heard: &mut Heard,
    event: &Event,
    following: &[Event],
    telling: &mut Telling<'_>,
) {
    let id = telling.about();
    if let Event::Opened(opened) = event {
        let mut case = Case::opened(opened);
        if let Some(Pin::Case(pin)) = &heard.pin {
            case.stand_as(pin.clone());
        }
        for event in following.iter().filter(|event| matches!(event, Event::Restricted(_))) {
            case.learn(event);
        }
        heard.cases.insert(id.clone(), case);
    }
    if let Some(case) = heard.cases.get_mut(id) {
        case.learn(event);
    }
    if let Some(speaker) = Speaker::new(heard, telling) {
        tell(&speaker, event, telling);
    }
    if heard.pin.is_none() {
        note_mentions(heard, id, event);
        let today = day_of(telling.recorded_at());
        if heard.cases.get(id).is_some_and(|case| case.withholds(event, today)) {
            heard.withholding = Some(Withholding::of_case(heard, id, telling));
        }
    }
    if let Some(case) = heard.cases.get_mut(id) {
        case.forget(event);
    }
}

/// Notes which other cases a fact of this one names.
fn note_mentions(heard: &mut Heard, id: &AggregateId, event: &Event) {
    if let Event::Related(relation) | Event::RelationRemoved { relation, .. } = event {
        heard.mention(&relation.to, "case", id);
    }
    if let Event::ForceEnded(end) = event
        && let Some(other) = &end.replaced_by
    {
        heard.mention(other, "case", id);
    }
}

fn tell(speaker: &Speaker<'_>, event: &Event, telling: &mut Telling<'_>) {
    match event {
        Event::Opened(opened) => speaker.opened(opened, telling),
        Event::Amended(description) => speaker.amended(description, telling),
        Event::Withdrawn { reason } => speaker.withdrawn(reason, telling),
        Event::Closed {} => speaker.closed(telling),
        Event::Reopened { reason } => speaker.reopened(reason, telling),
        Event::Related(relation) => speaker.related(relation, telling),
        Event::RelationRemoved { relation, reason } => {
            speaker.relation_removed(relation, reason, telling);
        }
        Event::PutInForce { from } => speaker.in_force(*from, telling),
        Event::ForceEnded(end) => speaker.force_ended(end, telling),
        Event::Restricted(restriction) => speaker.restricted(restriction, telling),
        Event::RestrictionLifted { reason } => speaker.restriction_lifted(reason, telling),
        Event::StatementSent(statement) => speaker.statement_sent(statement, telling),

        Event::TreatmentDue { treatment, body } => {
            speaker.treatment_due(treatment, body, telling);
        }
        Event::OutcomeRecorded(outcome) => speaker.outcome_recorded(outcome, telling),

        Event::SentToMembers(asked) => speaker.sent_to_members(asked, telling),
        Event::ReceiptRegistered(receipt) => speaker.receipt_registered(receipt, telling),
        Event::ReferenceRegistered(reference) => speaker.reference_registered(reference, telling),
        Event::MemberDecisionRegistered(decision) => speaker.member_decided(decision, telling),
        Event::MemberDecisionCorrected(decision) => speaker.member_corrected(decision, telling),
        Event::MemberIncluded { recipient, reason } => {
            speaker.member_included(recipient, reason, telling);
        }
        Event::MemberReleased { member, reason } => {
            speaker.member_released(member, reason, telling);
        }
        Event::Settled(settlement) => speaker.settled(settlement, telling),

        Event::HearingOpened(opened) => speaker.hearing_opened(opened, telling),
        Event::HearingExtended { deadline, reason } => {
            speaker.hearing_extended(*deadline, reason.as_ref(), telling);
        }
        Event::HearingClosed { on, silent } => speaker.hearing_closed(*on, silent, telling),
        Event::HearingSummedUp(summary) => speaker.hearing_summed_up(summary, telling),
        Event::AdoptedAfterHearing(adoption) => speaker.hearing_adopted(adoption, telling),
        Event::StatementReceived(received) => speaker.statement_received(received, telling),

        Event::FollowUpAssigned(task) => speaker.assigned(&task.follow_up, telling),
        Event::FollowUpReported { follow_up, on, text } => {
            speaker.reported(follow_up, *on, text, telling);
        }
        Event::FollowUpRescheduled { follow_up, reason, .. } => {
            speaker.rescheduled(follow_up, reason, telling);
        }
        Event::FollowUpDone { follow_up, on, text } => {
            speaker.done(follow_up, *on, text.as_ref(), telling);
        }
        Event::FollowUpDropped { follow_up, reason } => {
            speaker.dropped(follow_up, reason, telling);
        }

        // Papers and recommendations are found in the case; their text may still change.
        Event::PaperAdded { .. } | Event::Recommended(_) => (),
        // A plan is told when it comes to a body's turn.
        Event::TreatmentsPlanned { .. } | Event::PlanChanged { .. } => (),
        // That it will go to the members is told when it does.
        Event::JointDeclared { .. } | Event::ReadyForMembers { .. } => (),
    }
}
