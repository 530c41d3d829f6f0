//! How events become the state of a meeting: the phase, the sitting and those who sit, the items.
//!
//! Total: an event that finds nothing to change changes nothing.

use samvirke_schemas::{
    id::{AggregateId, LocalId},
    meetings::{attendance::OtherPresent, meeting::Event, schedule::Sitting},
};

use super::{
    Meeting, Record, Schedule,
    agenda::{Agenda, AgendaItemStatus, Conflict, End, Item, Proposal},
    attendance::{Presence, Roll},
    minutes::{Addendum, Minutes},
};

impl Meeting {
    /// Takes an event in: first what it does to the phase, then what it does to the record.
    pub(super) fn take_in(&mut self, event: &Event) {
        match event {
            Event::Planned { body, sittings, .. } => {
                *self = Self::Planned(Record::new(body, Schedule::Planned(sittings.clone())));
            }
            Event::HeldReported { body, days, .. } => {
                let held = Schedule::Held(days.clone());
                *self = Self::Reported(match self.take_record() {
                    Some(record) => Record { schedule: held, ..record },
                    None => Record::new(body, held),
                });
            }
            Event::NoticeIssued { .. } => self.turn(Self::Called),
            Event::Cancelled { .. } => self.turn(Self::Cancelled),
            Event::Opened { .. } | Event::Resumed { .. } => self.turn(Self::Open),
            Event::Adjourned { .. } => self.turn(Self::Adjourned),
            Event::Closed { .. } => self.turn(Self::Closed),
            Event::Moved { .. }
            | Event::ItemPut { .. }
            | Event::ItemRemoved { .. }
            | Event::ItemsReordered { .. }
            | Event::ItemWithdrawn { .. }
            | Event::ItemCorrected { .. }
            | Event::ItemRestricted { .. }
            | Event::AbsenceReported { .. }
            | Event::SeatTaken { .. }
            | Event::SeatLeft { .. }
            | Event::OtherArrived { .. }
            | Event::OtherLeft { .. }
            | Event::ChairChanged { .. }
            | Event::DoorsClosed { .. }
            | Event::DoorsOpened { .. }
            | Event::LateItemAccepted { .. }
            | Event::LateItemRefused { .. }
            | Event::ItemTakenUp { .. }
            | Event::ConflictRecorded { .. }
            | Event::RecommendationRecorded { .. }
            | Event::ProposalMade { .. }
            | Event::VoteTaken { .. }
            | Event::VoteAnnulled { .. }
            | Event::ItemConcluded { .. }
            | Event::ConflictingDateNoted { .. }
            | Event::MinutesDrafted { .. }
            | Event::MinutesApproved { .. }
            | Event::MinutesPublished { .. }
            | Event::AddendumAdded { .. } => (),
        }
        if let Some(record) = self.record_mut() {
            record.take_in(event);
        }
    }

    fn turn(&mut self, phase: fn(Record) -> Self) {
        if let Some(record) = self.take_record() {
            *self = phase(record);
        }
    }

    fn take_record(&mut self) -> Option<Record> {
        match std::mem::take(self) {
            Self::Unplanned => None,
            Self::Planned(record)
            | Self::Called(record)
            | Self::Open(record)
            | Self::Adjourned(record)
            | Self::Closed(record)
            | Self::Reported(record)
            | Self::Cancelled(record) => Some(record),
        }
    }

    fn record_mut(&mut self) -> Option<&mut Record> {
        match self {
            Self::Unplanned => None,
            Self::Planned(record)
            | Self::Called(record)
            | Self::Open(record)
            | Self::Adjourned(record)
            | Self::Closed(record)
            | Self::Reported(record)
            | Self::Cancelled(record) => Some(record),
        }
    }
}

impl Record {
    fn new(body: &AggregateId, schedule: Schedule) -> Self {
        Self {
            body: body.clone(),
            title: None,
            schedule,
            venue: None,
            in_force: None,
            agenda: Agenda::default(),
            roll: Roll::default(),
            named: None,
            closed_doors: None,
            resumes: None,
            minutes: Minutes::default(),
            conflicting_dates: Vec::new(),
            recorded: 0,
        }
    }

    fn take_in(&mut self, event: &Event) {
        match event {
            Event::MinutesDrafted { .. }
            | Event::MinutesApproved { .. }
            | Event::MinutesPublished { .. }
            | Event::AddendumAdded { .. }
            | Event::ConflictingDateNoted { .. } => return self.take_in_paper(event),
            Event::AbsenceReported { .. }
            | Event::SeatTaken { .. }
            | Event::SeatLeft { .. }
            | Event::OtherArrived { .. }
            | Event::OtherLeft { .. } => self.roll.take_in(event),
            Event::ItemPut { .. }
            | Event::ItemRemoved { .. }
            | Event::ItemsReordered { .. }
            | Event::ItemWithdrawn { .. }
            | Event::ItemCorrected { .. }
            | Event::ItemRestricted { .. }
            | Event::LateItemAccepted { .. }
            | Event::LateItemRefused { .. }
            | Event::ItemTakenUp { .. }
            | Event::ConflictRecorded { .. }
            | Event::RecommendationRecorded { .. }
            | Event::ProposalMade { .. }
            | Event::VoteTaken { .. }
            | Event::VoteAnnulled { .. }
            | Event::ItemConcluded { .. } => {
                self.agenda.take_in(event, self.closed_doors.is_some());
            }
            Event::Planned { title, venue, .. } => {
                self.title = title.clone();
                self.venue = Some(venue.clone());
            }
            Event::HeldReported { title, venue, named, .. } => {
                self.named = named.clone().or_else(|| self.named.take());
                self.title = title.clone().or_else(|| self.title.take());
                self.venue = venue.clone().or_else(|| self.venue.take());
            }
            Event::Moved { sittings, venue, body, .. } => {
                self.schedule = Schedule::Planned(sittings.clone());
                self.venue = Some(venue.clone());
                if let Some(body) = body {
                    self.in_force = Some((**body).clone());
                }
            }
            Event::NoticeIssued { body, .. } => self.in_force = Some((**body).clone()),
            Event::Opened { chair, body, .. } => {
                self.roll.chair = Some(chair.clone());
                if let Some(body) = body {
                    self.in_force = Some((**body).clone());
                }
            }
            Event::ChairChanged { chair, .. } => self.roll.chair = Some(chair.clone()),
            Event::Resumed { chair, .. } => {
                self.roll.chair = Some(chair.clone());
                self.resumes = None;
            }
            Event::Adjourned { until, .. } => self.adjourn(until),
            Event::DoorsClosed { legal_basis, .. } => {
                self.closed_doors = Some(legal_basis.clone());
                self.agenda.close_doors();
            }
            Event::DoorsOpened { .. } => self.closed_doors = None,
            Event::Closed { .. } | Event::Cancelled { .. } => (),
        }
        self.recorded += 1;
    }

    /// Everyone leaves; the day on which they meet again is one of the meeting's days.
    fn adjourn(&mut self, until: &Sitting) {
        self.roll = Roll::default();
        self.resumes = Some(*until);
        if let Schedule::Planned(sittings) = &mut self.schedule {
            sittings.retain(|own| own.start.day() != until.start.day());
            sittings.push(*until);
            sittings.sort_unstable_by_key(|own| own.start);
        }
    }

    /// What is done with papers afterwards is nothing that the minutes tell of.
    fn take_in_paper(&mut self, event: &Event) {
        if let Event::ConflictingDateNoted { date, .. } = event {
            self.conflicting_dates.push(date.clone());
        }
        if let Event::MinutesDrafted { draft, rests_on, document } = event {
            self.minutes =
                Minutes::Drafted { draft: *draft, rests_on: *rests_on, document: document.clone() };
        }
        if let Event::MinutesApproved { draft, approval, .. } = event {
            self.minutes = Minutes::Approved {
                draft: *draft,
                approval: approval.clone(),
                addenda: Vec::new(),
                published: None,
            };
        }
        let Minutes::Approved { addenda, published, .. } = &mut self.minutes else { return };
        if let Event::AddendumAdded { text, item, .. } = event {
            addenda.push(Addendum { text: text.clone(), item: item.clone() });
        }
        if let Event::MinutesPublished { addenda: with, .. } = event {
            *published = Some(*with);
        }
    }
}

impl Roll {
    fn take_in(&mut self, event: &Event) {
        if let Event::AbsenceReported { seat, .. } = event {
            self.seats.insert(seat.clone(), Presence::Absent);
        }
        if let Event::SeatTaken { seat, stand_in, remote, .. } = event {
            self.take(seat, stand_in.as_ref(), *remote);
        }
        if let Event::SeatLeft { seat, .. } = event {
            self.seats.insert(seat.clone(), Presence::Left);
        }
        if let Event::OtherArrived { attendee, office, member, rights, .. } = event {
            let who = OtherPresent {
                attendee: attendee.clone(),
                office: *office,
                member: member.clone(),
            };
            self.welcome(who, rights.clone());
        }
        if let Event::OtherLeft { attendee, .. } = event
            && let Some(other) = self.others.get_mut(attendee)
        {
            other.here = false;
        }
    }
}

impl Agenda {
    fn take_in(&mut self, event: &Event, behind_doors: bool) {
        if let Event::ItemPut { item, late } = event {
            self.removed.remove(&item.item);
            self.items.push(Item {
                entry: item.clone(),
                status: if *late { AgendaItemStatus::Late } else { AgendaItemStatus::CalledFor },
                proposals: Vec::new(),
                conflicts: Vec::new(),
                behind_doors: false,
                end: None,
            });
        }
        if let Event::ItemRemoved { item } = event {
            self.items.retain(|own| own.entry.item != *item);
            self.removed.insert(item.clone());
        }
        if let Event::ItemsReordered { order } = event {
            let place = |item: &Item| order.iter().position(|id| *id == item.entry.item);
            self.items.sort_by_key(place);
        }
        if let Event::ItemTakenUp { item, .. } = event {
            self.up = Some(item.clone());
            self.with(item, |own| own.behind_doors |= behind_doors);
        }
        if let Event::LateItemAccepted { item, .. } = event {
            self.with(item, |own| own.status = AgendaItemStatus::Accepted);
        }
        if let Event::LateItemRefused { item, .. } = event {
            self.with(item, |own| own.status = AgendaItemStatus::Refused);
        }
        if let Event::ItemWithdrawn { item, .. } = event {
            self.end(item, End::Withdrawn);
        }
        if let Event::ItemCorrected { item, title, public_title, .. } = event {
            self.with(item, |own| {
                own.entry.title = title.clone();
                own.entry.public_title = public_title.clone();
            });
        }
        if let Event::ItemRestricted { item, public_title, restriction, .. } = event {
            self.with(item, |own| {
                own.entry.public_title = Some(public_title.clone());
                own.entry.restriction = Some(restriction.clone());
            });
        }
        if let Event::ItemConcluded { item, outcome, text, to, .. } = event {
            self.end(
                item,
                End::Concluded { outcome: *outcome, text: text.clone(), to: to.clone() },
            );
        }
        self.take_in_treatment(event);
    }

    fn take_in_treatment(&mut self, event: &Event) {
        if let Event::ConflictRecorded { item, seat, stand_in, .. } = event {
            let conflict = Conflict { seat: seat.clone(), stand_in: stand_in.clone() };
            self.with(item, |own| own.conflicts.push(conflict));
        }
        if let Event::RecommendationRecorded { item, proposal, text, .. }
        | Event::ProposalMade { item, proposal, text, .. } = event
        {
            let proposal = Proposal { proposal: proposal.clone(), text: text.clone(), vote: None };
            self.with(item, |own| own.proposals.push(proposal));
        }
        if let Event::VoteTaken { item, proposal, vote, .. } = event {
            self.with_proposal(item, proposal, |own| own.vote = Some(vote.clone()));
        }
        if let Event::VoteAnnulled { item, proposal, .. } = event {
            self.with_proposal(item, proposal, |own| own.vote = None);
        }
    }

    fn end(&mut self, item: &LocalId, end: End) {
        self.up.take_if(|up| up == item);
        self.with(item, |own| own.end = Some(end));
    }

    /// What is being treated when the doors close goes on behind them.
    fn close_doors(&mut self) {
        if let Some(up) = self.up.clone() {
            self.with(&up, |own| own.behind_doors = true);
        }
    }

    fn with(&mut self, item: &LocalId, change: impl FnOnce(&mut Item)) {
        if let Some(own) = self.items.iter_mut().find(|own| own.entry.item == *item) {
            change(own);
        }
    }

    fn with_proposal(
        &mut self,
        item: &LocalId,
        proposal: &LocalId,
        change: impl FnOnce(&mut Proposal),
    ) {
        self.with(item, |own| {
            if let Some(own) = own.proposals.iter_mut().find(|own| own.proposal == *proposal) {
                change(own);
            }
        });
    }
}
