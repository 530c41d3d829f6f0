//! What is published about a meeting.
//!
//! Invariant: what is told of an item is what [`samvirke_access::MeetingAccess`] lets the audience read on the day: of one that is
//! restricted, or treated behind closed doors, the public title only; of one that is about a restricted case, so
//! does everyone but the case's parties.

mod renderer;

use samvirke_schemas::meetings::meeting::Event;

use super::{
    message_builder::MessageBuilder,
    state::{TranslationState, meeting::Meeting, withholding::Withholding},
};
use renderer::{Addendum, Renderer};

pub(super) fn observe(
    state: &mut TranslationState,
    event: &Event,
    builder: &mut MessageBuilder<'_>,
) {
    let id = builder.about();
    if let Event::ItemPut { item, .. } = event
        && let Some(case) = item.subject.case()
        && state.pin.is_none()
    {
        state.mention(case, "meeting", id);
    }
    if let Some(begun) = Meeting::begin(event, state.pin.as_ref()) {
        state.meetings.entry(id.clone()).or_insert(begun);
    }
    if let Some(meeting) = state.meetings.get_mut(id) {
        meeting.learn(event);
    }
    if let Some(renderer) = Renderer::new(state, builder) {
        tell(&renderer, event, builder);
    }
    if let Event::ItemCorrected { item, .. } | Event::ItemRestricted { item, .. } = event
        && state.pin.is_none()
        && state.meetings.get(id).is_some_and(|meeting| meeting.access.is_listed(item))
    {
        state.withholding = Some(Withholding::of_item(state, item, builder));
    }
}

fn tell(renderer: &Renderer<'_>, event: &Event, builder: &mut MessageBuilder<'_>) {
    match event {
        Event::Planned { venue, .. } => renderer.planned(venue, builder),
        Event::Moved { venue, reason, urgent, .. } => {
            renderer.moved(venue, reason, urgent.as_ref(), builder);
        }
        Event::Cancelled { reason } => renderer.cancelled(reason, builder),
        Event::NoticeIssued { on, days_before, urgent, agenda, .. } => {
            renderer.notice_issued((*on, *days_before), urgent.as_ref(), agenda, builder);
        }
        Event::ItemCorrected { item, .. } => renderer.item_corrected(item, builder),
        Event::ItemRestricted { item, restriction, .. } => {
            renderer.item_restricted(item, restriction, builder);
        }
        Event::Closed { .. } => renderer.held(false, builder),
        Event::HeldReported { .. } => renderer.held(true, builder),
        Event::MinutesPublished { addenda, on, .. } => {
            renderer.minutes_published(*addenda, *on, builder);
        }
        Event::AddendumAdded { number, text, item, public, on } => {
            let (number, item, public, on) = (*number, item.as_ref(), *public, *on);
            renderer.addendum_added(&Addendum { number, text, item, public, on }, builder);
        }
        // The agenda is told as it is called, and as it was treated.
        Event::ItemPut { .. }
        | Event::ItemRemoved { .. }
        | Event::ItemsReordered { .. }
        | Event::ItemWithdrawn { .. }
        | Event::LateItemAccepted { .. }
        | Event::LateItemRefused { .. } => (),
        // Who was there, and what they said and voted, is for the minutes.
        Event::AbsenceReported { .. }
        | Event::SeatTaken { .. }
        | Event::SeatLeft { .. }
        | Event::OtherArrived { .. }
        | Event::OtherLeft { .. }
        | Event::ConflictRecorded { .. }
        | Event::RecommendationRecorded { .. }
        | Event::ProposalMade { .. }
        | Event::VoteTaken { .. }
        | Event::VoteAnnulled { .. } => (),
        // How a sitting goes; that it ended is told.
        Event::Opened { .. }
        | Event::ChairChanged { .. }
        | Event::Adjourned { .. }
        | Event::Resumed { .. }
        | Event::DoorsClosed { .. }
        | Event::DoorsOpened { .. }
        | Event::ItemTakenUp { .. } => (),
        // The case tells what came of its treatment.
        Event::ItemConcluded { .. } => (),
        // Drafts may change.
        Event::MinutesDrafted { .. } | Event::MinutesApproved { .. } => (),
        Event::ConflictingDateNoted { .. } => (),
    }
}
