//! One meeting: when and where, who was there, what was on the agenda and what came of it.
//!
//! People are told by office. What the asker may not see is said to be left out.

mod agenda;
mod attendance;

#[cfg(test)]
mod tests;

use samvirke_schemas::{
    id::LocalId,
    networks::rules::BodyInForce,
    queries::meeting::{Meeting, Minutes},
};

use super::{
    known::Known,
    meetings::{days, place},
    sheet::Sheet,
    words,
};

/// Lays a meeting out; `body` is the body as it stood on its first day.
pub(super) fn lay_out(
    meeting: &Meeting,
    body: Option<&BodyInForce>,
    known: &Known,
    sheet: &mut Sheet,
) {
    let seats = Seats { body, known };
    sheet.heading(&format!("{} {}", known.body(&meeting.body), days(&meeting.days)));
    if let Some(title) = &meeting.title {
        sheet.line(2, title.as_str());
    }
    sheet.facts(
        2,
        &[
            ("Møte", meeting.id.to_string()),
            ("Tilstand", state(meeting)),
            ("Avlyst", meeting.cancelled.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("Sted", place(meeting.venue.as_ref())),
            ("Innkalt", notice(meeting)),
            ("Møteleder", chair(meeting, &seats)),
            ("Protokoll", minutes(&meeting.minutes)),
        ],
    );
    for earlier in &meeting.moves {
        let days = days(&earlier.earlier_days);
        sheet.line(2, &format!("Ny tid; tidligere {days}: {}", earlier.reason));
    }
    for other in &meeting.conflicting_dates {
        let (paper, says) = (&other.paper, words::day(other.says));
        sheet.line(2, &format!("(!) Motstridende dato: {paper} oppgir {says}."));
    }
    for closed in &meeting.closed_doors {
        let to = closed.to.map(|to| format!("–{}", words::clock(to))).unwrap_or_default();
        let (from, basis) = (words::clock(closed.from), words::legal_basis(&closed.legal_basis));
        sheet.line(2, &format!("Lukkede dører kl. {from}{to}, {basis}"));
    }
    if meeting.withheld {
        sheet.line(2, "Noe er skjermet og vises ikke her.");
    }
    attendance::lay_out(&meeting.attendance, &seats, sheet);
    agenda::lay_out(&meeting.agenda, &seats, sheet);
    corrections(&meeting.minutes, sheet);
}

/// The seats of the body, by office and member.
struct Seats<'a> {
    body: Option<&'a BodyInForce>,
    known: &'a Known,
}

impl Seats<'_> {
    /// `ordfører, Bærum kommune`, or the seat's id where the body of the day does not have it.
    fn name(&self, id: &LocalId) -> String {
        let seats = self.body.iter().flat_map(|body| &body.seats);
        let found = seats.into_iter().find(|seat| seat.seat == *id);
        found.map_or_else(|| id.to_string(), |seat| self.known.seat(seat))
    }
}

fn state(meeting: &Meeting) -> String {
    let mut state = words::meeting_state(meeting.state).to_owned();
    for (what, at) in [("åpnet", meeting.opened_at), ("hevet", meeting.closed_at)] {
        if let Some(at) = at {
            state.push_str(&format!("; {what} {} kl. {}", words::day(at.day()), words::clock(at)));
        }
    }
    state
}

fn notice(meeting: &Meeting) -> String {
    let Some(notice) = &meeting.notice else { return String::new() };
    let urgent = notice.urgent.as_ref().map(|why| format!("; haster: {why}"));
    let (on, before) = (words::day(notice.on), notice.days_before);
    format!("{on}, {before} dager før{}", urgent.unwrap_or_default())
}

fn chair(meeting: &Meeting, seats: &Seats<'_>) -> String {
    let chair = meeting.chair.as_ref();
    let told = chair
        .map(|chair| format!("{} ({})", seats.name(&chair.seat), words::chair_as(chair.chairs_as)));
    told.unwrap_or_default()
}

fn minutes(minutes: &Minutes) -> String {
    let steps = [("godkjent", minutes.approved_on), ("lagt ut", minutes.published_on)];
    let mut told: Vec<String> = steps
        .into_iter()
        .filter_map(|(what, on)| Some(format!("{what} {}", words::day(on?))))
        .collect();
    if told.is_empty() && minutes.draft > 0 {
        told.push(format!("utkast {}", minutes.draft));
    }
    told.join(", ")
}

fn corrections(minutes: &Minutes, sheet: &mut Sheet) {
    if minutes.left_out.is_empty() && minutes.addenda.is_empty() {
        return;
    }
    sheet.heading("Til protokollen");
    for item in &minutes.left_out {
        let because = words::withheld(item.because);
        sheet.line(2, &format!("{} er utelatt: {because}", item.item));
    }
    for addendum in &minutes.addenda {
        let text = addendum.text.as_ref().map_or("(skjermet)", |text| text.as_str());
        let (number, on) = (addendum.number, words::day(addendum.on));
        sheet.line(2, &format!("Tillegg {number}, {on}: {text}"));
    }
}
