//! Renders the events of one meeting as facts, for each audience with what it may know.

use std::collections::BTreeSet;

use samvirke_access::{CaseAccess, Viewer, WithheldFromCase};
use samvirke_schemas::{
    date::Date,
    feed::{
        Audience, Concerns, Fact,
        fact::{
            brief,
            meeting::{self as fact, TreatedItem},
        },
    },
    id::{AggregateId, LocalId},
    meetings::{
        agenda::{AgendaItem, ItemRestriction},
        schedule::Venue,
    },
    text::Prose,
};

use crate::translation::{
    message_builder::{MessageBuilder, Recipients},
    state::{TranslationState, agenda, case::Case, meeting::Meeting},
};

/// What was added to the minutes, and whether the public may read it.
#[derive(Clone, Copy)]
pub(super) struct Addendum<'a> {
    pub(super) number: u32,
    pub(super) text: &'a Prose,
    pub(super) item: Option<&'a LocalId>,
    pub(super) public: bool,
    pub(super) on: Date,
}

/// Renders the facts of one meeting as of a day.
pub(super) struct Renderer<'a> {
    state: &'a TranslationState,
    meeting: &'a Meeting,
    id: &'a AggregateId,
    day: Date,
}

impl<'a> Renderer<'a> {
    /// None for a meeting that was never planned or reported.
    pub(super) fn new(state: &'a TranslationState, builder: &MessageBuilder<'a>) -> Option<Self> {
        let id = builder.about();
        Some(Self { state, meeting: state.meetings.get(id)?, id, day: builder.day() })
    }

    pub(super) fn planned(&self, venue: &Venue, builder: &mut MessageBuilder<'_>) {
        let planned = fact::Planned {
            meeting: self.brief(),
            days: self.meeting.days.clone(),
            venue: venue.clone(),
        };
        builder.publicly(self.concerns(), Fact::MeetingPlanned(planned));
    }

    pub(super) fn moved(
        &self,
        venue: &Venue,
        reason: &Prose,
        urgent: Option<&Prose>,
        builder: &mut MessageBuilder<'_>,
    ) {
        let moved = fact::Moved {
            meeting: self.brief(),
            earlier_days: self.meeting.earlier_days.clone(),
            days: self.meeting.days.clone(),
            venue: venue.clone(),
            reason: reason.clone(),
            urgent: urgent.cloned(),
        };
        builder.publicly(self.concerns(), Fact::MeetingMoved(moved));
    }

    pub(super) fn cancelled(&self, reason: &Prose, builder: &mut MessageBuilder<'_>) {
        let cancelled = fact::Cancelled {
            meeting: self.brief(),
            days: self.meeting.days.clone(),
            reason: reason.clone(),
        };
        builder.publicly(self.concerns(), Fact::MeetingCancelled(cancelled));
    }

    pub(super) fn held(&self, reported: bool, builder: &mut MessageBuilder<'_>) {
        let held = fact::Held {
            meeting: self.brief(),
            days: self.meeting.days.clone(),
            venue: self.meeting.venue.clone(),
            reported,
        };
        builder.publicly(self.concerns(), Fact::MeetingHeld(held));
    }

    /// `when` is the day of the notice, and how many days that is before the meeting.
    pub(super) fn notice_issued(
        &self,
        when: (Date, u16),
        urgent: Option<&Prose>,
        agenda: &[AgendaItem],
        builder: &mut MessageBuilder<'_>,
    ) {
        let (on, days_before) = when;
        let agenda: Vec<&AgendaItem> =
            agenda.iter().map(|entry| self.meeting.agenda.called(entry)).collect();
        self.tell(builder, agenda.iter().copied(), |audience| {
            let items = agenda.iter().map(|entry| self.item(entry, audience));
            Fact::MeetingNoticeIssued(fact::NoticeIssued {
                meeting: self.brief(),
                days: self.meeting.days.clone(),
                venue: self.meeting.venue.clone(),
                on,
                days_before,
                urgent: urgent.cloned(),
                agenda: items.collect(),
            })
        });
    }

    pub(super) fn item_corrected(&self, item: &LocalId, builder: &mut MessageBuilder<'_>) {
        let Some(item) = self.item_told(item) else { return };
        self.tell(builder, [&item.entry], |audience| {
            Fact::MeetingItemCorrected(fact::ItemCorrected {
                meeting: self.brief(),
                days: self.meeting.days.clone(),
                item: self.item(&item.entry, audience),
            })
        });
    }

    pub(super) fn item_restricted(
        &self,
        item: &LocalId,
        restriction: &ItemRestriction,
        builder: &mut MessageBuilder<'_>,
    ) {
        let Some(item) = self.item_told(item) else { return };
        self.tell(builder, [&item.entry], |audience| {
            Fact::MeetingItemRestricted(fact::ItemRestricted {
                meeting: self.brief(),
                days: self.meeting.days.clone(),
                item: self.item(&item.entry, audience),
                legal_basis: restriction.legal_basis.clone(),
                until: restriction.until,
            })
        });
    }

    pub(super) fn minutes_published(
        &self,
        addenda: u32,
        on: Date,
        builder: &mut MessageBuilder<'_>,
    ) {
        let items = self.meeting.agenda.items.iter();
        let listed = |item: &&agenda::Item| self.meeting.access.is_listed(&item.entry.item);
        let items: Vec<_> = items.filter(listed).collect();
        self.tell(builder, items.iter().map(|item| &item.entry), |audience| {
            let treated = items.iter().map(|item| TreatedItem {
                item: self.item(&item.entry, audience),
                outcome: item.outcome,
            });
            Fact::MeetingMinutesPublished(fact::MinutesPublished {
                meeting: self.brief(),
                days: self.meeting.days.clone(),
                on,
                items: treated.collect(),
                addenda,
            })
        });
    }

    pub(super) fn addendum_added(&self, addendum: &Addendum<'_>, builder: &mut MessageBuilder<'_>) {
        let Addendum { number, text, item, public, on } = *addendum;
        let about = item.and_then(|item| self.meeting.agenda.item(item)).map(|item| &item.entry);
        self.tell(builder, about, |audience| {
            let shows = |entry: &AgendaItem| {
                self.is_open(&entry.item, audience) && !self.withheld(entry, audience).texts()
            };
            let shown = public && about.is_none_or(shows);
            Fact::MeetingAddendumAdded(fact::AddendumAdded {
                meeting: self.brief(),
                days: self.meeting.days.clone(),
                number,
                item: item.cloned(),
                text: shown.then(|| text.clone()),
                on,
            })
        });
    }
}

impl Renderer<'_> {
    fn brief(&self) -> brief::Meeting {
        brief::Meeting {
            id: self.id.clone(),
            body: self.state.body(self.meeting.access.body()),
            title: self.meeting.title.clone(),
        }
    }

    /// An item, where it is on the agenda that everyone may read.
    fn item_told(&self, item: &LocalId) -> Option<&agenda::Item> {
        self.meeting.agenda.item(item).filter(|_| self.meeting.access.is_listed(item))
    }

    fn concerns(&self) -> Concerns {
        Concerns {
            meetings: [self.id.clone()].into(),
            bodies: [self.meeting.access.body().clone()].into(),
            ..Concerns::default()
        }
    }

    /// The item as `audience` may know it.
    fn item(&self, entry: &AgendaItem, audience: &Audience) -> fact::Item {
        let case = self.case(entry);
        let shown = self.is_open(&entry.item, audience) && !self.withheld(entry, audience).title();
        let title = if shown {
            Some(&entry.title)
        } else {
            entry.public_title.as_ref().or(case.map(Case::public_title))
        };
        fact::Item {
            item: entry.item.clone(),
            kind: entry.kind,
            title: title.cloned(),
            case: entry.subject.case().cloned(),
            number: case.map(Case::number),
            withheld: !shown,
        }
    }

    /// What is withheld of the case that an item is about: all of it where the case is not known.
    fn withheld(&self, entry: &AgendaItem, audience: &Audience) -> WithheldFromCase {
        if entry.subject.case().is_none() {
            return WithheldFromCase::Nothing;
        }
        CaseAccess::withheld(self.case(entry).map(Case::access), &self.viewer(audience))
    }

    /// Whether the meeting's own rules let `audience` read an item, whatever its case says. A member's system
    /// has no seat: whoever has one reads what is restricted in the meeting.
    fn is_open(&self, item: &LocalId, audience: &Audience) -> bool {
        let viewer = self.viewer(audience);
        self.meeting.access.item_for(item, &viewer, &WithheldFromCase::Nothing).title
    }

    fn viewer(&self, audience: &Audience) -> Viewer {
        self.state.viewer(&self.id.cooperation, audience, self.day)
    }

    /// The case that an item is about.
    fn case(&self, entry: &AgendaItem) -> Option<&Case> {
        self.state.cases.get(entry.subject.case()?)
    }

    /// Tells of items: of each, everyone what they may know.
    fn tell<'e>(
        &self,
        builder: &mut MessageBuilder<'_>,
        entries: impl IntoIterator<Item = &'e AgendaItem>,
        fact: impl Fn(&Audience) -> Fact,
    ) {
        let cases: BTreeSet<_> =
            entries.into_iter().filter_map(|entry| entry.subject.case().cloned()).collect();
        let members = self.state.members(&self.id.cooperation, self.day);
        let parties = cases_of(self.state, &cases).flat_map(|case| case.access().members());
        let privy = parties.filter(|party| members.contains(*party)).cloned().collect();
        let recipients = Recipients { privy, ..Recipients::default() };
        builder.tell(recipients, Concerns { cases, ..self.concerns() }, fact);
    }
}

/// The cases among these that are known.
fn cases_of<'a>(
    state: &'a TranslationState,
    ids: &'a BTreeSet<AggregateId>,
) -> impl Iterator<Item = &'a Case> {
    ids.iter().filter_map(|id| state.cases.get(id))
}
