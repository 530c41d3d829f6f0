//! What is kept of a meeting, and what is published about it.
//!
//! Invariant: what is told of an item is what [`MeetingAccess`] lets the audience read on the day: of one that is
//! restricted, or treated behind closed doors, the public title only; of one that is about a restricted case, so
//! does everyone but the case's parties.

mod agenda;
mod renderer;

use std::collections::HashMap;

use samvirke_access::MeetingAccess;
use samvirke_schemas::{
    feed::fact::meeting::Day,
    id::{AggregateId, LocalId},
    meetings::{
        agenda::AgendaItem,
        meeting::Event,
        schedule::{HeldDay, Sitting, Venue},
    },
    text::Line,
};

use super::{message_builder::MessageBuilder, state::TranslationState, withholding::Withholding};
use agenda::Agenda;
use renderer::{Addendum, Renderer};

/// What is remembered of a meeting.
#[derive(Debug)]
pub(super) struct Meeting {
    /// Who may read what of it.
    access: MeetingAccess,
    title: Option<Line>,
    days: Vec<Day>,
    /// Before it was moved last.
    earlier_days: Vec<Day>,
    venue: Option<Venue>,
    agenda: Agenda,
}

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
    if let Some(access) = MeetingAccess::begin(event) {
        state.meetings.entry(id.clone()).or_insert_with(|| Meeting {
            access,
            title: None,
            days: Vec::new(),
            earlier_days: Vec::new(),
            venue: None,
            agenda: Agenda::pinned(state.pin.as_ref()),
        });
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

impl Meeting {
    /// The cases on the agenda.
    pub(super) fn cases(&self) -> impl Iterator<Item = &AggregateId> {
        self.agenda.items.iter().filter_map(|item| item.entry.subject.case())
    }

    /// The items as they are called and restricted now.
    pub(super) fn items_today(&self) -> HashMap<LocalId, AgendaItem> {
        let items = self.agenda.items.iter();
        items.map(|item| (item.entry.item.clone(), item.entry.clone())).collect()
    }

    fn learn(&mut self, event: &Event) {
        self.access.take(event);
        self.agenda.learn(event);
        self.agenda.restrict_as_today(&mut self.access);
        if let Event::Planned { title, sittings, venue, .. } = event {
            self.title = title.clone();
            self.days = sittings.iter().map(planned).collect();
            self.venue = Some(venue.clone());
        }
        if let Event::Moved { sittings, venue, .. } = event {
            let days = sittings.iter().map(planned).collect();
            self.earlier_days = std::mem::replace(&mut self.days, days);
            self.venue = Some(venue.clone());
        }
        if let Event::Adjourned { until, .. } = event {
            self.days.retain(|day| day.day != until.start.day());
            self.days.push(planned(until));
            self.days.sort_by_key(|day| (day.day, day.start));
        }
        if let Event::HeldReported { title, days, venue, .. } = event {
            self.title = title.clone().or_else(|| self.title.take());
            self.days = days.iter().map(held).collect();
            self.venue = venue.clone().or_else(|| self.venue.take());
        }
    }
}

fn planned(sitting: &Sitting) -> Day {
    Day { day: sitting.start.day(), start: Some(sitting.start), end: Some(sitting.end) }
}

fn held(held: &HeldDay) -> Day {
    Day { day: held.day, start: held.start, end: held.end }
}
