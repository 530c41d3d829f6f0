//! What happens to meetings.

use samvirke_schemas::{
    feed::fact::{brief, meeting as fact},
    meetings::schedule::Venue,
    queries::meeting::Day,
};

use super::{
    super::super::{meetings, words},
    Tells, body, happened,
};

impl Tells for fact::Planned {
    fn told(&self) -> (String, String) {
        happened("Møte planlagt", meeting(&self.meeting), when(&self.days, Some(&self.venue)))
    }
}

impl Tells for fact::Moved {
    fn told(&self) -> (String, String) {
        let now = when(&self.days, Some(&self.venue));
        let how = format!("{now}; før {}. {}", when(&self.earlier_days, None), self.reason);
        happened("Ny tid", meeting(&self.meeting), how)
    }
}

impl Tells for fact::Cancelled {
    fn told(&self) -> (String, String) {
        let how = format!("{}. {}", when(&self.days, None), self.reason);
        happened("Møte avlyst", meeting(&self.meeting), how)
    }
}

impl Tells for fact::NoticeIssued {
    fn told(&self) -> (String, String) {
        let when = when(&self.days, self.venue.as_ref());
        let how = format!("{when}; {}", counted(self.agenda.len()));
        happened("Innkalling", meeting(&self.meeting), how)
    }
}

impl Tells for fact::Held {
    fn told(&self) -> (String, String) {
        let reported = if self.reported { " (etter kilde)" } else { "" };
        let how = format!("{}{reported}", when(&self.days, self.venue.as_ref()));
        happened("Møte holdt", meeting(&self.meeting), how)
    }
}

impl Tells for fact::MinutesPublished {
    fn told(&self) -> (String, String) {
        let how = format!("{}; {}", when(&self.days, None), counted(self.items.len()));
        happened("Protokoll lagt ut", meeting(&self.meeting), how)
    }
}

impl Tells for fact::ItemCorrected {
    fn told(&self) -> (String, String) {
        happened("Sak på sakslisten rettet", meeting(&self.meeting), item(&self.item))
    }
}

impl Tells for fact::ItemRestricted {
    fn told(&self) -> (String, String) {
        let how = format!("{}, {}", item(&self.item), words::legal_basis(&self.legal_basis));
        happened("Sak på sakslisten skjermet", meeting(&self.meeting), how)
    }
}

impl Tells for fact::ItemWithheld {
    fn told(&self) -> (String, String) {
        let how = format!("sak {}, {} hendelser", self.item, self.events.len());
        happened("Opplysninger trukket tilbake", &self.meeting, how)
    }
}

impl Tells for fact::AddendumAdded {
    fn told(&self) -> (String, String) {
        let how = format!("nr. {}, møtet {}", self.number, when(&self.days, None));
        happened("Tillegg til protokoll", meeting(&self.meeting), how)
    }
}

fn meeting(meeting: &brief::Meeting) -> String {
    match &meeting.title {
        Some(title) => format!("{}, {title}", body(&meeting.body)),
        None => body(&meeting.body),
    }
}

fn when(days: &[fact::Day], venue: Option<&Venue>) -> String {
    let days: Vec<Day> =
        days.iter().map(|day| Day { day: day.day, start: day.start, end: day.end }).collect();
    let place = meetings::place(venue);
    let both = [meetings::days(&days), place];
    both.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
}

fn item(item: &fact::Item) -> String {
    item.title.as_ref().map_or_else(|| item.item.to_string(), ToString::to_string)
}

fn counted(items: usize) -> String {
    match items {
        1 => "1 sak".into(),
        items => format!("{items} saker"),
    }
}
