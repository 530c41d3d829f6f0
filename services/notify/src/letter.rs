//! A notice as a mail to one person: text, HTML and, for a meeting, a calendar file.
//!
//! Pure but for the templates: the same notice to the same person is the same mail, so that one
//! that is sent again after a crash is recognised by its `Message-ID`.

use chrono::{DateTime, Utc};
use lettre::{
    Address, Message,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use samvirke_calendar::{Calendar, Meeting, Organizer};
use samvirke_schemas::{
    contacts::person::Person,
    feed::fact::{brief, meeting},
    id::AggregateId,
    queries,
};
use uuid::Uuid;

use crate::{
    hypertext,
    notice::{Changes, Notice},
    settings::Key,
    unsubscribe,
    wording::{self, Words},
};

/// What the calendar file is called.
const CALENDAR_FILE: &str = "samvirke.ics";
/// The way of the calendar file (RFC 5546): told, not asked.
const CALENDAR_TYPE: &str = "text/calendar; charset=utf-8; method=PUBLISH";

/// Why a mail cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnwritableError {
    #[error("a template does not fit its notice")]
    Template(#[from] minijinja::Error),
    #[error("the mail cannot be put together")]
    Mail(#[from] lettre::error::Error),
    #[error("the address cannot be written to")]
    Address(#[from] lettre::address::AddressError),
    #[error("a part of the mail has no type")]
    Type(#[from] lettre::message::header::ContentTypeErr),
}

/// Who writes, and where links lead.
#[derive(Clone, Debug)]
pub struct Sender {
    pub from: Mailbox,
    /// Where the API is reached.
    pub url: String,
    pub key: Key,
}

/// What a mail is made of.
pub(crate) struct Letter<'a> {
    /// The outbox row.
    pub(crate) id: Uuid,
    pub(crate) contact: &'a AggregateId,
    pub(crate) person: &'a Person,
    pub(crate) notice: &'a Notice,
}

impl Sender {
    /// Makes the mail.
    ///
    /// # Errors
    ///
    /// [`UnwritableError`]; then the same again helps nobody.
    pub(crate) fn write(
        &self,
        letter: &Letter<'_>,
        now: DateTime<Utc>,
    ) -> Result<Message, UnwritableError> {
        let language = letter.person.language;
        let declinable = letter.notice.declinable();
        let link = (!declinable.is_empty()).then(|| {
            let token = unsubscribe::token(&self.key, letter.contact, &declinable);
            format!("{}/v1/unsubscribe/{token}", self.url)
        });
        let Words { subject, body } = wording::words(letter.notice, language, &self.url)?;
        let footer = wording::footer(language, link.as_deref())?;
        let html = hypertext::page(&language.to_string(), &subject, &body, &footer);
        let parts = MultiPart::alternative_plain_html(format!("{body}\n\n-- \n{footer}\n"), html);
        let address: Address = letter.person.email.as_str().parse()?;
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(letter.person.name.to_string()), address))
            .subject(subject)
            .date(now.into())
            .message_id(Some(self.message_id(letter.id)))
            // RFC 3834 § 5: nobody's absence is answered to us.
            .raw_header(header("Auto-Submitted", "auto-generated".to_owned()))
            .raw_header(header("Content-Language", language.to_string()));
        if let Some(link) = link {
            message = message
                .raw_header(header("List-Unsubscribe", format!("<{link}>")))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into()));
        }
        Ok(match self.calendar(letter.notice, &body) {
            None => message.multipart(parts)?,
            Some(calendar) => {
                let file = calendar_file(calendar)?;
                message.multipart(MultiPart::mixed().multipart(parts).singlepart(file))?
            }
        })
    }

    /// `<id@domain>`: the same for every attempt.
    fn message_id(&self, id: Uuid) -> String {
        format!("<{id}@{}>", self.from.email.domain())
    }

    /// The calendar file that goes with a notice of a meeting.
    fn calendar(&self, notice: &Notice, body: &str) -> Option<String> {
        let (meeting, days, dropped, venue, changes, cancelled) = planned(notice)?;
        let organizer = Organizer {
            name: self.from.name.clone().unwrap_or_else(|| self.from.email.to_string()),
            address: self.from.email.to_string(),
        };
        let body_name = name_of(&meeting.body);
        let place = venue.map(|venue| {
            let parts = [&venue.place, &venue.remote];
            parts.into_iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        });
        let event = Meeting {
            id: meeting.id.clone(),
            sequence: changes.sequence,
            cancelled,
            days: days.iter().map(day).collect(),
            dropped: dropped.iter().map(day).collect(),
            summary: meeting.title.as_ref().map_or_else(|| body_name.clone(), ToString::to_string),
            description: Some(body.to_owned()),
            place,
            url: Some(format!("{}/v1/meetings/{}", self.url, meeting.id)),
            changed_at: changes.at,
        };
        let calendar =
            Calendar { name: body_name, organizer: Some(organizer), meetings: vec![event] };
        Some(calendar.render())
    }
}

type Planned<'a> = (
    &'a brief::Meeting,
    &'a [meeting::Day],
    &'a [meeting::Day],
    Option<&'a samvirke_schemas::meetings::schedule::Venue>,
    Changes,
    bool,
);

/// The plan that a notice tells of, with the days of an earlier plan that are left out of it.
fn planned(notice: &Notice) -> Option<Planned<'_>> {
    if let Notice::MeetingCalled { called, changes } = notice {
        Some((&called.meeting, &called.days, &[], called.venue.as_ref(), *changes, false))
    } else if let Notice::MeetingMoved { moved, changes } = notice {
        let dropped = moved.earlier_days.get(moved.days.len()..).unwrap_or_default();
        Some((&moved.meeting, &moved.days, dropped, Some(&moved.venue), *changes, false))
    } else if let Notice::MeetingCancelled { cancelled, changes } = notice {
        Some((&cancelled.meeting, &cancelled.days, &[], None, *changes, true))
    } else {
        None
    }
}

fn day(day: &meeting::Day) -> queries::meeting::Day {
    queries::meeting::Day { day: day.day, start: day.start, end: day.end }
}

fn name_of(body: &brief::Body) -> String {
    body.names.as_ref().map_or_else(|| body.id.to_string(), |names| names.nb.to_string())
}

fn calendar_file(calendar: String) -> Result<SinglePart, UnwritableError> {
    let kind = ContentType::parse(CALENDAR_TYPE)?;
    Ok(Attachment::new(CALENDAR_FILE.to_owned()).body(calendar, kind))
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}
