//! One meeting of a body, from plan to published minutes.
//!
//! Nothing is decided before the meeting is opened, after it is closed, or without a quorum; and
//! what was relied on (the body's rules and seats on that day) is in the meeting's own history.

use samvirke_kernel::{Decider, aggregate};
use samvirke_schemas::{
    date::Date,
    id::AggregateId,
    legal_basis::LegalBasis,
    meetings::{
        attendance::NamedAttendance,
        meeting::{Event, Request},
        schedule::{ConflictingDate, HeldDay, Sitting, Venue},
    },
    networks::rules::BodyInForce,
    principal::Role,
    reply::Warning,
    text::Line,
};
use serde::{Deserialize, Serialize};

pub mod agenda;
pub mod attendance;
mod history;
mod item;
pub mod majority;
pub mod minutes;
mod notice;
mod plan;
pub mod quorum;
mod rejection;
mod sitting;
mod vote;
mod warnings;

pub use rejection::Rejection;

use agenda::Agenda;
use attendance::Roll;
use minutes::Minutes;

#[cfg(test)]
mod tests;

/// A meeting as its history describes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Meeting {
    #[default]
    Unplanned,
    /// Planned, but the body is not called yet.
    Planned(Record),
    /// Notice is issued.
    Called(Record),
    Open(Record),
    Adjourned(Record),
    Closed(Record),
    /// Known only from a source that tells that it was held.
    Reported(Record),
    Cancelled(Record),
}

/// What is recorded of a meeting, whatever its phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub body: AggregateId,
    pub title: Option<Line>,
    pub schedule: Schedule,
    pub venue: Option<Venue>,
    /// The body as in force on the first day, known from the notice on.
    pub in_force: Option<BodyInForce>,
    pub agenda: Agenda,
    pub roll: Roll,
    /// Those whom the source names, of a meeting that is only reported.
    pub named: Option<NamedAttendance>,
    /// What the doors are closed on, while they are (kommuneloven § 11-5).
    pub closed_doors: Option<LegalBasis>,
    /// When the meeting goes on, while it is adjourned.
    pub resumes: Option<Sitting>,
    pub minutes: Minutes,
    pub conflicting_dates: Vec<ConflictingDate>,
    /// How many events there are that the minutes tell of.
    pub recorded: u64,
}

/// The days of a meeting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Schedule {
    Planned(Vec<Sitting>),
    /// As a source tells them.
    Held(Vec<HeldDay>),
}

/// What a meeting must know of its body.
///
/// The inbox asks [`Meeting::body_wanted`] which body, on which day, before it builds the command.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub body: Option<BodyInForce>,
}

type Command = samvirke_kernel::Command<Request, Facts>;
type Decision = Result<Vec<Event>, Rejection>;

impl Decider for Meeting {
    const CONTEXT: &'static str = "meetings";
    const KIND: &'static str = "meeting";
    const REDUCER: &'static [&'static str] = &[
        include_str!("meeting.rs"),
        include_str!("meeting/agenda.rs"),
        include_str!("meeting/attendance.rs"),
        include_str!("meeting/history.rs"),
        include_str!("meeting/minutes.rs"),
        include_str!("../../../schemas/src/meetings/agenda.rs"),
        include_str!("../../../schemas/src/meetings/attendance.rs"),
        include_str!("../../../schemas/src/meetings/meeting/event.rs"),
        include_str!("../../../schemas/src/meetings/minutes.rs"),
        include_str!("../../../schemas/src/meetings/schedule.rs"),
        include_str!("../../../schemas/src/meetings/vote.rs"),
        include_str!("../../../schemas/src/networks/rules.rs"),
    ];

    type Request = Request;
    type Facts = Facts;
    type Event = Event;
    type Rejection = Rejection;

    fn authorise(&self, command: &Command) -> Result<(), Rejection> {
        if command.is_from(&[Role::Secretariat]) {
            return Ok(());
        }
        let Request::ReportAbsence { seat } = &command.request else {
            return Err(Rejection::OnlyTheSecretariat);
        };
        let body = self.record().and_then(|record| record.in_force.as_ref());
        let own = body.into_iter().flat_map(|body| &body.seats).any(|held| {
            held.seat == *seat
                && command.principal.speaks_for(&held.member, &command.id.cooperation)
        });
        if own { Ok(()) } else { Err(Rejection::NotOwnSeat { seat: seat.clone() }) }
    }

    fn decide(&self, command: &Command) -> Decision {
        match &command.request {
            Request::Plan { .. } => self.plan(command),
            Request::Move { .. } => self.moved(command),
            Request::Cancel { reason } => self.cancel(reason),
            Request::PutItem { item } => self.put_item(command, item),
            Request::RemoveItem { item } => self.remove_item(item),
            Request::ReorderItems { order } => self.reorder_items(order),
            Request::WithdrawItem { item, reason } => self.withdraw_item(item, reason),
            Request::CorrectItem { item, title, public_title, reason } => {
                self.correct_item(item, title, public_title.as_ref(), reason)
            }
            Request::RestrictItem { item, public_title, restriction, reason } => {
                self.restrict_item(item, public_title, restriction, reason)
            }
            Request::IssueNotice { urgent } => self.issue_notice(command, urgent.as_ref()),
            Request::ReportAbsence { seat } => self.report_absence(command, seat),
            Request::RegisterArrivals { seats, others } => self.arrivals(command, seats, others),
            Request::RegisterDepartures { seats, others } => {
                self.departures(command, seats, others)
            }
            Request::Open { chair } => self.open(command, chair),
            Request::ChangeChair { chair } => self.change_chair(command, chair),
            Request::Adjourn { until } => self.adjourn(command, until),
            Request::Resume { chair } => self.resume(command, chair),
            Request::Close {} => self.close(command),
            Request::CloseDoors { legal_basis } => self.close_doors(command, legal_basis),
            Request::OpenDoors {} => self.open_doors(command),
            Request::AskConsent { item, objecting } => self.ask_consent(item, objecting),
            Request::TakeUpItem { item } => self.take_up_item(command, item),
            Request::RecordConflict { item, seat, legal_basis } => {
                self.record_conflict(item, seat, legal_basis.as_ref())
            }
            Request::RecordRecommendation { .. } => self.record_recommendation(&command.request),
            Request::Propose { .. } => self.propose(&command.request),
            Request::TakeVote { item, proposal, method, claimed } => {
                self.take_vote(item, proposal, method, *claimed)
            }
            Request::AnnulVote { item, proposal, reason } => {
                self.annul_vote(item, proposal, reason)
            }
            Request::ConcludeItem { item, conclusion } => {
                self.conclude_item(command, item, conclusion)
            }
            Request::ReportHeld { .. } => self.report_held(command),
            Request::RecordOutcome { .. } => self.record_outcome(command),
            Request::NoteConflictingDate { date } => self.note_conflicting_date(date),
            Request::DraftMinutes { document } => self.draft_minutes(document.as_ref()),
            Request::ApproveMinutes { draft, approval } => {
                self.approve_minutes(command, *draft, approval)
            }
            Request::PublishMinutes {} => self.publish_minutes(command),
            Request::AddAddendum { text, item } => self.add_addendum(command, text, item.as_ref()),
        }
    }

    fn evolve(&mut self, event: &Event) {
        self.take_in(event);
    }

    fn warnings(events: &[Event]) -> Vec<Warning> {
        warnings::of(events)
    }
}

aggregate!(Meeting);

impl Meeting {
    /// The body that a request is decided by, and the day it must be known on, if there is one.
    pub fn body_wanted(&self, request: &Request) -> Option<(AggregateId, Date)> {
        if let Request::Plan { body, sittings, .. } = request {
            return Some((body.clone(), sittings.first()?.start.day()));
        }
        let record = self.record()?;
        let day = if let Request::Move { sittings, .. } = request {
            sittings.first()?.start.day()
        } else if matches!(request, Request::IssueNotice { .. } | Request::Open { .. }) {
            record.first_day()?
        } else {
            return None;
        };
        Some((record.body.clone(), day))
    }

    /// What is recorded of the meeting, if it was ever planned or reported.
    pub fn record(&self) -> Option<&Record> {
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

    /// The record of an open meeting, in which things can still be recorded.
    fn in_session(&self) -> Result<&Record, Rejection> {
        let Self::Open(record) = self else { return Err(self.refusal()) };
        if record.minutes.is_approved() {
            return Err(Rejection::MinutesAreApproved);
        }
        Ok(record)
    }

    /// What a phase says to a command that it has no room for.
    fn refusal(&self) -> Rejection {
        match self {
            Self::Unplanned => Rejection::NotPlanned,
            Self::Planned(_) => Rejection::NotCalled,
            Self::Called(_) => Rejection::NotOpened,
            Self::Open(_) => Rejection::IsOpen,
            Self::Adjourned(_) => Rejection::IsAdjourned,
            Self::Closed(_) => Rejection::IsClosed,
            Self::Reported(_) => Rejection::IsOnlyReported,
            Self::Cancelled(_) => Rejection::IsCancelled,
        }
    }
}

impl Record {
    /// The days on which the body sits or sat, in order.
    pub fn days(&self) -> Vec<Date> {
        match &self.schedule {
            Schedule::Planned(sittings) => sittings.iter().map(|own| own.start.day()).collect(),
            Schedule::Held(days) => days.iter().map(|held| held.day).collect(),
        }
    }

    /// The first of the days, by which the body and its rules are chosen.
    pub fn first_day(&self) -> Option<Date> {
        self.days().first().copied()
    }

    /// The body as in force on the meeting's day.
    fn body(&self) -> Result<&BodyInForce, Rejection> {
        self.in_force.as_ref().ok_or(Rejection::NotCalled)
    }

    /// Checks that the body sits on `day`.
    fn sits_on(&self, day: Date) -> Result<(), Rejection> {
        if self.days().contains(&day) { Ok(()) } else { Err(Rejection::NotOnItsDay { day }) }
    }
}

impl Facts {
    /// The body that the meeting is of, as in force on `day`.
    fn body(&self, body: &AggregateId, day: Date) -> Result<&BodyInForce, Rejection> {
        self.body
            .as_ref()
            .filter(|known| known.body == *body && known.on == day)
            .ok_or_else(|| Rejection::BodyNotKnown { body: body.clone(), day })
    }
}
