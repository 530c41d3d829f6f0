//! The calendar: one line a meeting, by day.

use samvirke_schemas::{
    meetings::schedule::Venue,
    queries::{
        calendar::Entry,
        meeting::{Day, MeetingState},
    },
};

use super::{known::Known, sheet::Sheet, words};

/// Lays the calendar out.
pub(super) fn lay_out(entries: &[Entry], known: &Known, sheet: &mut Sheet) {
    sheet.heading(&format!("Møter ({})", entries.len()));
    let row = |entry: &Entry| {
        let mark = if entry.conflicting_dates { " (!)" } else { "" };
        vec![
            format!("{}{mark}", days(&entry.days)),
            known.body(&entry.body),
            place(entry.venue.as_ref()),
            state(entry).to_owned(),
            entry.items.to_string(),
            entry.id.local.to_string(),
        ]
    };
    let heads = ["Dag", "Organ", "Sted", "Tilstand", "Punkter", "Møte"];
    sheet.table(2, &heads, entries.iter().map(row).collect());
    if entries.iter().any(|entry| entry.conflicting_dates) {
        sheet.line(2, "(!) Papirene oppgir også en annen dato; møtet viser hvilke.");
    }
}

/// `28.09.2017 10.00–13.00`; the days of a longer meeting are joined.
pub(super) fn days(days: &[Day]) -> String {
    let one = |day: &Day| {
        let hours = match (day.start, day.end) {
            (Some(start), Some(end)) => {
                format!(" {}–{}", words::clock(start), words::clock(end))
            }
            (Some(start), None) => format!(" {}", words::clock(start)),
            (None, Some(_) | None) => String::new(),
        };
        format!("{}{hours}", words::day(day.day))
    };
    days.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Where it is, and how one takes part from elsewhere.
pub(super) fn place(venue: Option<&Venue>) -> String {
    let Some(venue) = venue else { return String::new() };
    let remote = venue.remote.as_ref().map(|how| format!("fjernmøte ({how})"));
    let both = [venue.place.as_ref().map(ToString::to_string), remote];
    both.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Published minutes say more than that the meeting has ended.
fn state(entry: &Entry) -> &'static str {
    match (entry.minutes_published, entry.state) {
        (true, MeetingState::Closed) => "protokoll lagt ut",
        (true | false, state) => words::meeting_state(state),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r30_a_meeting_with_conflicting_dates_is_marked() {
        let entries: Vec<Entry> = serde_json::from_value(json!([
            {"id": "v:rg-2015-02-26", "body": "v:rg", "title": null, "state": "reported",
             "days": [{"day": "2015-02-26", "start": "2015-02-26T09:00", "end": "2015-02-26T11:00"}],
             "venue": {"place": "Asker rådhus"}, "items": 2, "conflicting_dates": true,
             "minutes_published": false, "moves": 0, "dropped": [],
             "changed_at": "2015-03-01T12:00:00Z"},
            {"id": "v:sg-2017-06-15", "body": "v:sg", "title": null, "state": "closed",
             "days": [{"day": "2017-06-15", "start": null, "end": null},
                      {"day": "2017-06-16", "start": null, "end": null}],
             "venue": {"remote": "Teams"}, "items": 1, "conflicting_dates": false,
             "minutes_published": true, "moves": 0, "dropped": [],
             "changed_at": "2017-06-17T12:00:00Z"}]))
        .unwrap();
        let mut sheet = Sheet::default();
        lay_out(&entries, &Known::default(), &mut sheet);
        let wanted = "\
Møter (2)
  Dag                         Organ  Sted               Tilstand            Punkter  Møte
  26.02.2015 09.00–11.00 (!)  v:rg   Asker rådhus       holdt, etter kilde  2        rg-2015-02-26
  15.06.2017, 16.06.2017      v:sg   fjernmøte (Teams)  protokoll lagt ut   1        sg-2017-06-15
  (!) Papirene oppgir også en annen dato; møtet viser hvilke.";
        assert_eq!(sheet.lines().join("\n"), wanted);
    }
}
