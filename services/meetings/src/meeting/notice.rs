//! Calling the body: in time, with an agenda, unless it is urgent.

use samvirke_kernel::envelope::DECISION_BYTES_MAX;
use samvirke_schemas::{date::Date, meetings::meeting::Event, text::Prose};

use super::{Command, Decision, Meeting, Rejection, Schedule};

/// The most bytes of a notice as JSON: what a decision may have, without what is kept of who decided it and when.
pub(super) const NOTICE_BYTES_MAX: usize = DECISION_BYTES_MAX - 16 * 1024;

impl Meeting {
    pub(super) fn issue_notice(&self, command: &Command, urgent: Option<&Prose>) -> Decision {
        let record = match self {
            Self::Called(_) => return Ok(Vec::new()),
            Self::Planned(record) => record,
            Self::Unplanned
            | Self::Open(_)
            | Self::Adjourned(_)
            | Self::Closed(_)
            | Self::Reported(_)
            | Self::Cancelled(_) => return Err(self.refusal()),
        };
        let Schedule::Planned(sittings) = &record.schedule else { return Err(self.refusal()) };
        let first = sittings.first().ok_or(Rejection::NoDays)?;
        let body = command.facts.body(&record.body, first.start.day())?;
        if body.paused {
            return Err(Rejection::BodyIsPaused { body: record.body.clone() });
        }
        if first.start.instant() <= command.at {
            return Err(Rejection::HasBegun);
        }
        if record.agenda.items.is_empty() {
            return Err(Rejection::NothingOnTheAgenda);
        }
        let days_before =
            in_time(command.day(), first.start.day(), body.rules.notice_days, urgent)?;
        let notice = Event::NoticeIssued {
            on: command.day(),
            days_before,
            urgent: urgent.cloned(),
            body: Box::new(body.clone()),
            agenda: record.agenda.items.iter().map(|item| item.entry.clone()).collect(),
        };
        // Items are restricted however long the agenda becomes, and an older samvirke let it become longer.
        let bytes = serde_json::to_vec(&notice).map_or(usize::MAX, |json| json.len());
        if bytes > NOTICE_BYTES_MAX {
            return Err(Rejection::NoticeTooLarge { bytes, bytes_max: NOTICE_BYTES_MAX });
        }
        Ok(vec![notice])
    }
}

/// Counts the calendar days in Norway between notice and meeting; too few need a reason
/// (R18, R19, kommuneloven § 11-8).
pub(super) fn in_time(
    issued: Date,
    meeting: Date,
    needed: u16,
    urgent: Option<&Prose>,
) -> Result<u16, Rejection> {
    let given = (*meeting - *issued).num_days();
    if given < i64::from(needed) && urgent.is_none() {
        let latest = meeting.minus_days(needed);
        return Err(Rejection::NoticeTooLate { needed, latest });
    }
    Ok(u16::try_from(given).unwrap_or(u16::MAX))
}
