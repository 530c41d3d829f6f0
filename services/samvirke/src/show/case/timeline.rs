//! Everything that happened in a case: when, what, who, and where it is known from.

use samvirke_schemas::{
    date::Date,
    local_time,
    queries::case::{Case, TimelineEntry},
};

use crate::show::{known::Known, sheet::Sheet, words};

/// Lays the timeline out, in the order things were recorded.
pub(super) fn lay_out(case: &Case, known: &Known, sheet: &mut Sheet) {
    sheet.heading(&format!("Tidslinje ({})", case.timeline.len()));
    let row = |entry: &TimelineEntry| {
        let member = entry.member.as_ref().map(|member| format!(", {}", known.member(member)));
        vec![
            words::day(local_time::day_of(entry.occurred_at)),
            entry.nb.clone(),
            format!("{}{}", words::role(entry.role), member.unwrap_or_default()),
            source(entry),
        ]
    };
    let heads = ["Dag", "Hendelse", "Hvem", "Kilde"];
    sheet.table(2, &heads, case.timeline.iter().map(row).collect());
    if case.timeline_left_out > 0 {
        sheet.line(2, &format!("Og {} senere hendelser.", case.timeline_left_out));
    }
}

/// Says how much there is to tell, and how much of it no source tells.
pub(super) fn in_short(case: &Case, sheet: &mut Sheet) {
    let illustrative = case.timeline.iter().filter(|entry| is_illustrative(entry)).count();
    let all = case.timeline.len() as u64 + case.timeline_left_out;
    let made_up = match illustrative {
        0 => String::new(),
        some => format!(", hvorav {some} illustrative"),
    };
    sheet.heading(&format!("Historikken har {all} hendelser{made_up}; --timeline viser dem."));
}

/// The day of the last event of a type.
pub(super) fn day_of(case: &Case, event: &str) -> Option<Date> {
    let found = case.timeline.iter().rev().find(|entry| entry.event == event);
    found.map(|entry| local_time::day_of(entry.occurred_at))
}

fn is_illustrative(entry: &TimelineEntry) -> bool {
    entry.provenance.as_ref().is_some_and(|provenance| provenance.illustrative)
}

fn source(entry: &TimelineEntry) -> String {
    let source = entry.provenance.as_ref().and_then(|provenance| provenance.source.as_ref());
    let source = source.map(ToString::to_string);
    let mark = is_illustrative(entry).then(|| "illustrativ".to_owned());
    [mark, source].into_iter().flatten().collect::<Vec<_>>().join("; ")
}
