//! What is remembered of a meeting: when and where it is, who may read what of it, and its agenda.

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

use super::{agenda::Agenda, withholding::Pin};

/// What is remembered of a meeting.
#[derive(Debug)]
pub(in crate::translation) struct Meeting {
    /// Who may read what of it.
    pub(in crate::translation) access: MeetingAccess,
    pub(in crate::translation) title: Option<Line>,
    pub(in crate::translation) days: Vec<Day>,
    /// Before it was moved last.
    pub(in crate::translation) earlier_days: Vec<Day>,
    pub(in crate::translation) venue: Option<Venue>,
    pub(in crate::translation) agenda: Agenda,
}

impl Meeting {
    /// A meeting that an event begins, its items called and restricted as `pin` says; none unless it begins one.
    pub(in crate::translation) fn begin(event: &Event, pin: Option<&Pin>) -> Option<Self> {
        Some(Self {
            access: MeetingAccess::begin(event)?,
            title: None,
            days: Vec::new(),
            earlier_days: Vec::new(),
            venue: None,
            agenda: Agenda::pinned(pin),
        })
    }

    /// The cases on the agenda.
    pub(in crate::translation) fn cases(&self) -> impl Iterator<Item = &AggregateId> {
        self.agenda.items.iter().filter_map(|item| item.entry.subject.case())
    }

    /// The items as they are called and restricted now.
    pub(in crate::translation) fn items_today(&self) -> HashMap<LocalId, AgendaItem> {
        let items = self.agenda.items.iter();
        items.map(|item| (item.entry.item.clone(), item.entry.clone())).collect()
    }

    pub(in crate::translation) fn learn(&mut self, event: &Event) {
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
