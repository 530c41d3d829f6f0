//! Planning a meeting, moving it, calling it off; or learning afterwards that it was held.

use chrono::Duration;
use samvirke_schemas::{
    date::Date,
    id::AggregateId,
    local_time::day_of,
    meetings::{
        attendance::{ATTENDEES_MAX, AttendanceKnown, NamedAttendance},
        meeting::{Event, Request},
        schedule::{
            CONFLICTING_DATES_MAX, ConflictingDate, HeldDay, SITTING_HOURS_MAX, SITTINGS_MAX,
            Sitting, Venue,
        },
    },
    text::Prose,
};

use super::{Command, Decision, Meeting, Rejection, Schedule, notice};

impl Meeting {
    pub(super) fn plan(&self, command: &Command) -> Decision {
        let Request::Plan { body, title, sittings, venue } = &command.request else {
            return Ok(Vec::new());
        };
        if let Some(record) = self.record() {
            let same = record.body == *body
                && record.title == *title
                && record.schedule == Schedule::Planned(sittings.clone())
                && record.venue.as_ref() == Some(venue);
            return if same { Ok(Vec::new()) } else { Err(Rejection::AlreadyPlanned) };
        }
        own_cooperation(command, body)?;
        let first = checked_first(sittings)?;
        meets_somewhere(venue)?;
        lies_ahead(command, first)?;
        command.facts.body(body, first.start.day())?;
        Ok(vec![Event::Planned {
            body: body.clone(),
            title: title.clone(),
            sittings: sittings.clone(),
            venue: venue.clone(),
        }])
    }

    pub(super) fn moved(&self, command: &Command) -> Decision {
        let Request::Move { sittings, venue, reason, urgent } = &command.request else {
            return Ok(Vec::new());
        };
        let (Self::Planned(record) | Self::Called(record)) = self else {
            return Err(self.refusal());
        };
        if record.schedule == Schedule::Planned(sittings.clone())
            && record.venue.as_ref() == Some(venue)
        {
            return Ok(Vec::new());
        }
        let first = checked_first(sittings)?;
        meets_somewhere(venue)?;
        lies_ahead(command, first)?;
        let day = first.start.day();
        let mut body = None;
        if matches!(self, Self::Called(_)) && record.first_day() != Some(day) {
            let new = command.facts.body(&record.body, day)?;
            if new.paused {
                return Err(Rejection::BodyIsPaused { body: record.body.clone() });
            }
            // Whoever is given more time than before has nothing to complain of.
            if record.first_day().is_some_and(|old| day < old) {
                notice::in_time(command.day(), day, new.rules.notice_days, urgent.as_ref())?;
            }
            body = Some(Box::new(new.clone()));
        }
        Ok(vec![Event::Moved {
            sittings: sittings.clone(),
            venue: venue.clone(),
            reason: reason.clone(),
            urgent: urgent.clone(),
            body,
        }])
    }

    pub(super) fn cancel(&self, reason: &Prose) -> Decision {
        match self {
            Self::Cancelled(_) => Ok(Vec::new()),
            Self::Planned(_) | Self::Called(_) => {
                Ok(vec![Event::Cancelled { reason: reason.clone() }])
            }
            Self::Unplanned
            | Self::Open(_)
            | Self::Adjourned(_)
            | Self::Closed(_)
            | Self::Reported(_) => Err(self.refusal()),
        }
    }

    pub(super) fn report_held(&self, command: &Command) -> Decision {
        let Request::ReportHeld { body, title, days, venue, attendance } = &command.request else {
            return Ok(Vec::new());
        };
        match self {
            Self::Unplanned => (),
            Self::Planned(record) | Self::Called(record) => {
                if record.body != *body {
                    return Err(Rejection::AnotherBody { body: record.body.clone() });
                }
            }
            Self::Reported(record) => {
                if record.body != *body || record.schedule != Schedule::Held(days.clone()) {
                    return Err(self.refusal());
                }
                if attendance.is_none() || record.named == *attendance {
                    return Ok(Vec::new());
                }
                if record.minutes.is_approved() {
                    return Err(Rejection::MinutesAreApproved);
                }
            }
            Self::Open(_) | Self::Adjourned(_) | Self::Closed(_) | Self::Cancelled(_) => {
                return Err(self.refusal());
            }
        }
        own_cooperation(command, body)?;
        check_held(days, day_of(command.now))?;
        if let Some(venue) = venue {
            meets_somewhere(venue)?;
        }
        let known = match attendance {
            Some(named) => {
                check_named(named)?;
                AttendanceKnown::Partial
            }
            None => AttendanceKnown::Unknown,
        };
        Ok(vec![Event::HeldReported {
            body: body.clone(),
            title: title.clone(),
            days: days.clone(),
            venue: venue.clone(),
            attendance: known,
            named: attendance.clone(),
        }])
    }

    pub(super) fn note_conflicting_date(&self, date: &ConflictingDate) -> Decision {
        let record = self.record().ok_or(Rejection::NotPlanned)?;
        if record.conflicting_dates.contains(date) {
            return Ok(Vec::new());
        }
        let days = record.days();
        if days.contains(&date.says) {
            return Err(Rejection::NotConflicting { day: date.says });
        }
        if record.conflicting_dates.len() >= CONFLICTING_DATES_MAX {
            return Err(Rejection::TooManyDates);
        }
        Ok(vec![Event::ConflictingDateNoted { date: date.clone(), days }])
    }
}

/// Checks that a source names somebody, and at most one who led the meeting.
fn check_named(named: &NamedAttendance) -> Result<(), Rejection> {
    match named.present.len().saturating_add(named.absent.len()) {
        0 => return Err(Rejection::NobodyNamed),
        count if count > ATTENDEES_MAX => return Err(Rejection::TooManyAttendees),
        _ => (),
    }
    if named.present.iter().filter(|one| one.chaired).count() > 1 {
        return Err(Rejection::SeveralChaired);
    }
    Ok(())
}

fn own_cooperation(command: &Command, body: &AggregateId) -> Result<(), Rejection> {
    if body.cooperation == command.id.cooperation {
        Ok(())
    } else {
        Err(Rejection::AnotherCooperation { body: body.clone() })
    }
}

/// Checks that the sittings are in order and returns the first.
fn checked_first(sittings: &[Sitting]) -> Result<&Sitting, Rejection> {
    if sittings.len() > SITTINGS_MAX {
        return Err(Rejection::NoDays);
    }
    for sitting in sittings {
        if !is_sound(sitting) {
            return Err(Rejection::SittingIsWrong { day: sitting.start.day() });
        }
    }
    for pair in sittings.windows(2) {
        if pair[1].start < pair[0].end || pair[1].start.day() == pair[0].start.day() {
            return Err(Rejection::SittingsOverlap { day: pair[1].start.day() });
        }
    }
    sittings.first().ok_or(Rejection::NoDays)
}

/// Whether a sitting ends after it starts, and within the hours that a body can sit.
pub(super) fn is_sound(sitting: &Sitting) -> bool {
    let length = sitting.end.instant() - sitting.start.instant();
    length > Duration::zero() && length <= Duration::hours(SITTING_HOURS_MAX)
}

fn check_held(days: &[HeldDay], today: Date) -> Result<(), Rejection> {
    if days.is_empty() || days.len() > SITTINGS_MAX {
        return Err(Rejection::NoDays);
    }
    for held in days {
        if held.day > today {
            return Err(Rejection::HeldInTheFuture { day: held.day });
        }
        let starts_that_day = held.start.is_none_or(|start| start.day() == held.day);
        let in_order = match (held.start, held.end) {
            (Some(start), Some(end)) => is_sound(&Sitting { start, end }),
            (None, Some(end)) => end.day() == held.day,
            (Some(_) | None, None) => true,
        };
        if !starts_that_day || !in_order {
            return Err(Rejection::SittingIsWrong { day: held.day });
        }
    }
    match days.windows(2).find(|pair| pair[1].day <= pair[0].day) {
        Some(pair) => Err(Rejection::SittingsOverlap { day: pair[1].day }),
        None => Ok(()),
    }
}

fn meets_somewhere(venue: &Venue) -> Result<(), Rejection> {
    if venue.place.is_none() && venue.remote.is_none() {
        return Err(Rejection::NowhereToMeet);
    }
    Ok(())
}

fn lies_ahead(command: &Command, first: &Sitting) -> Result<(), Rejection> {
    if first.start.instant() <= command.at {
        return Err(Rejection::InThePast { day: first.start.day() });
    }
    Ok(())
}
