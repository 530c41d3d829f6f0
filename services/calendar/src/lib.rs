//! Meetings as an iCalendar object (RFC 5545): what calendars subscribe to and what mail carries.
//!
//! Pure: the same meetings are the same bytes, so that an answer can be compared with an earlier one. A
//! meeting of several days is an event a day (R24), and a day keeps its `UID` however often the meeting
//! is moved (R23).

mod content_line;
mod event;
mod zone;

use chrono::{DateTime, Utc};
use samvirke_schemas::{id::AggregateId, queries::meeting::Day};

use content_line::ContentLines;

/// The media type of what [`Calendar::render`] writes.
pub const MEDIA_TYPE: &str = "text/calendar; charset=utf-8";
/// Who wrote it.
const PRODUCT: &str = "-//Samvirke//Samvirke//NB";
/// How often a calendar that subscribes should look again (RFC 7986 § 5.7).
const REFRESH: &str = "PT1H";

/// Meetings under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// What the calendar is called where it is shown: `Styringsgruppen, Vestregionen`.
    pub name: String,
    /// Who publishes it, where it is sent by mail (RFC 5546 § 3.2.1); none where it is fetched.
    ///
    /// The method is always `PUBLISH`: nobody is asked to answer, since nobody would read the answer.
    pub organizer: Option<Organizer>,
    pub meetings: Vec<Meeting>,
}

/// The office that calls to the meetings, never a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organizer {
    pub name: String,
    /// Its e-mail address.
    pub address: String,
}

/// A meeting as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    pub id: AggregateId,
    /// How often the plan was changed: once for each time it was moved, and once more when cancelled.
    pub sequence: u32,
    pub cancelled: bool,
    /// In order.
    pub days: Vec<Day>,
    /// The further days of an earlier plan that had more of them; they are shown as cancelled.
    pub dropped: Vec<Day>,
    /// The one line that is seen in the calendar.
    pub summary: String,
    pub description: Option<String>,
    /// Where it is, or how one takes part from elsewhere.
    pub place: Option<String>,
    /// Where more is told of it: an absolute address.
    pub url: Option<String>,
    /// When something about it was last registered.
    pub changed_at: DateTime<Utc>,
}

impl Calendar {
    /// The calendar as text in lines of at most 75 octets, each ended by CR LF.
    pub fn render(&self) -> String {
        let mut lines = ContentLines::default();
        lines.raw("BEGIN", "VCALENDAR");
        lines.raw("VERSION", "2.0");
        lines.raw("PRODID", PRODUCT);
        lines.raw("CALSCALE", "GREGORIAN");
        if self.organizer.is_some() {
            lines.raw("METHOD", "PUBLISH");
        }
        lines.text("NAME", &self.name);
        // What was used before RFC 7986 had names and intervals, and what most calendars still read.
        lines.text("X-WR-CALNAME", &self.name);
        lines.raw("REFRESH-INTERVAL;VALUE=DURATION", REFRESH);
        lines.raw("X-PUBLISHED-TTL", REFRESH);
        zone::write(&mut lines);
        for meeting in &self.meetings {
            event::write(meeting, self.organizer.as_ref(), &mut lines);
        }
        lines.raw("END", "VCALENDAR");
        lines.finish()
    }
}
