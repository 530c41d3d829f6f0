//! How each event changes a meeting's record. Total: what finds nothing to change changes nothing.

use samvirke_access::MeetingAccess;
use samvirke_schemas::{
    id::LocalId,
    local_time::LocalTime,
    meetings::{
        attendance::{AttendanceKnown, ChairAs},
        meeting::Event,
        schedule::{HeldDay, Sitting},
    },
    networks::rules::BodyInForce,
    queries::meeting::{
        Addendum, Attendance, Chair, ClosedDoors, Day, Meeting, MeetingState, Minutes, Move, Notice,
    },
};

use super::{Row, attendance, item};
use crate::fact::Fact;

pub(super) fn begin(event: Event, fact: &Fact) -> Option<Row> {
    let (Event::Planned { body, .. } | Event::HeldReported { body, .. }) = &event else {
        return None;
    };
    let access = MeetingAccess::begin(&event)?;
    let body = body.clone();
    let id = fact.id().clone();
    let mut row = Row {
        cooperation: id.cooperation.clone(),
        sort: String::new(),
        access,
        late: false,
        changed_at: fact.envelope.recorded_at,
        meeting: Meeting {
            id,
            version: fact.version(),
            body,
            title: None,
            state: MeetingState::Planned,
            days: Vec::new(),
            venue: None,
            moves: Vec::new(),
            cancelled: None,
            notice: None,
            chair: None,
            opened_at: None,
            closed_at: None,
            agenda: Vec::new(),
            attendance: Attendance::default(),
            closed_doors: Vec::new(),
            conflicting_dates: Vec::new(),
            minutes: Minutes::default(),
            withheld: false,
        },
    };
    fold(&mut row, event);
    Some(row)
}

pub(super) fn fold(row: &mut Row, event: Event) {
    match event {
        Event::Planned { .. }
        | Event::Moved { .. }
        | Event::Cancelled { .. }
        | Event::HeldReported { .. }
        | Event::NoticeIssued { .. } => schedule(&mut row.meeting, event),
        Event::Opened { .. }
        | Event::ChairChanged { .. }
        | Event::Adjourned { .. }
        | Event::Resumed { .. }
        | Event::Closed { .. }
        | Event::DoorsClosed { .. }
        | Event::DoorsOpened { .. } => sitting(&mut row.meeting, event),
        Event::AbsenceReported { .. }
        | Event::SeatTaken { .. }
        | Event::SeatLeft { .. }
        | Event::OtherArrived { .. }
        | Event::OtherLeft { .. } => attendance::fold(&mut row.meeting.attendance, event),
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
        | Event::ItemConcluded { .. } => item::fold(row, event),
        Event::ConflictingDateNoted { date, .. } => row.meeting.conflicting_dates.push(date),
        Event::MinutesDrafted { .. }
        | Event::MinutesApproved { .. }
        | Event::MinutesPublished { .. }
        | Event::AddendumAdded { .. } => minutes(&mut row.meeting.minutes, event),
    }
}

fn schedule(meeting: &mut Meeting, event: Event) {
    if let Event::Planned { title, sittings, venue, .. } = event {
        meeting.title = title;
        meeting.days = sittings.iter().map(planned_day).collect();
        meeting.venue = Some(venue);
    } else if let Event::Moved { sittings, venue, reason, body, .. } = event {
        let days = sittings.iter().map(planned_day).collect();
        let earlier_days = std::mem::replace(&mut meeting.days, days);
        meeting.moves.push(Move { earlier_days, reason });
        meeting.venue = Some(venue);
        rely_on(meeting, body.as_deref());
    } else if let Event::Cancelled { reason } = event {
        meeting.state = MeetingState::Cancelled;
        meeting.cancelled = Some(reason);
    } else if let Event::HeldReported { title, days, venue, attendance, named, .. } = event {
        meeting.state = MeetingState::Reported;
        meeting.title = title.or_else(|| meeting.title.take());
        meeting.days = days.iter().map(held_day).collect();
        meeting.venue = venue.or_else(|| meeting.venue.take());
        meeting.attendance.unknown = attendance == AttendanceKnown::Unknown;
        meeting.attendance.named = named;
    } else if let Event::NoticeIssued { on, days_before, urgent, body, .. } = event {
        meeting.state = MeetingState::Called;
        let rules_version = body.rules_version;
        meeting.notice = Some(Notice { on, days_before, urgent, rules_version });
    }
}

fn planned_day(sitting: &Sitting) -> Day {
    Day { day: sitting.start.day(), start: Some(sitting.start), end: Some(sitting.end) }
}

fn held_day(held: &HeldDay) -> Day {
    Day { day: held.day, start: held.start, end: held.end }
}

/// The rules are those of the body on the day, also where that day was moved.
fn rely_on(meeting: &mut Meeting, body: Option<&BodyInForce>) {
    if let (Some(notice), Some(body)) = (&mut meeting.notice, body) {
        notice.rules_version = body.rules_version;
    }
}

fn sitting(meeting: &mut Meeting, event: Event) {
    if let Event::Opened { chair, chairs_as, at, body } = event {
        rely_on(meeting, body.as_deref());
        meeting.opened_at = Some(at);
        led_by(meeting, chair, chairs_as);
    } else if let Event::ChairChanged { chair, chairs_as, .. } = event {
        meeting.chair = Some(Chair { seat: chair, chairs_as });
    } else if let Event::Resumed { chair, chairs_as, .. } = event {
        led_by(meeting, chair, chairs_as);
    } else if let Event::Adjourned { until, at } = event {
        meeting.state = MeetingState::Adjourned;
        meeting.days.retain(|day| day.day != until.start.day());
        meeting.days.push(planned_day(&until));
        attendance::everyone_leaves(&mut meeting.attendance, at);
    } else if let Event::Closed { at } = event {
        meeting.state = MeetingState::Closed;
        meeting.closed_at = Some(at);
        doors_open(meeting, at);
    } else if let Event::DoorsClosed { legal_basis, at } = event {
        meeting.closed_doors.push(ClosedDoors { legal_basis, from: at, to: None });
    } else if let Event::DoorsOpened { at } = event {
        doors_open(meeting, at);
    }
}

fn led_by(meeting: &mut Meeting, seat: LocalId, chairs_as: ChairAs) {
    meeting.state = MeetingState::Open;
    meeting.chair = Some(Chair { seat, chairs_as });
}

fn doors_open(meeting: &mut Meeting, at: LocalTime) {
    for closed in meeting.closed_doors.iter_mut().filter(|closed| closed.to.is_none()) {
        closed.to = Some(at);
    }
}

fn minutes(minutes: &mut Minutes, event: Event) {
    if let Event::MinutesDrafted { draft, document, .. } = event {
        minutes.draft = draft;
        minutes.document = document;
    } else if let Event::MinutesApproved { approval, on, .. } = event {
        minutes.approved_on = Some(on);
        minutes.approval = Some(approval);
    } else if let Event::MinutesPublished { withheld, on, .. } = event {
        minutes.published_on = Some(on);
        minutes.left_out = withheld;
    } else if let Event::AddendumAdded { number, text, item, public, on } = event {
        minutes.addenda.push(Addendum { number, text: Some(text), item, public, on });
    }
}
