//! The cases on the way of a number, and how the one that is shown stands to them.

use samvirke_schemas::{
    case_number::CaseNumber,
    id::AggregateId,
    queries::{
        case::Case,
        case_register::CaseEntry,
        case_way::{Answer, Stop},
    },
};

use crate::show::{
    cases::{explain_collisions, numbers, title},
    sheet::Sheet,
    words,
};

/// The case that a number is about: of several, the one that had it first.
///
/// A letter may belong to one treatment of a case, so a number of its own counts as the case's (R32).
pub(in crate::show) fn main_of(way: &Answer, number: CaseNumber) -> Option<&AggregateId> {
    let named: Vec<&Stop> = way.cases.iter().filter(|stop| stop.steps == 0).collect();
    let bears =
        |stop: &&&Stop| stop.case.number == number || stop.case.other_numbers.contains(&number);
    let exact: Vec<&&Stop> = named.iter().filter(bears).collect();
    let first = exact.iter().find(|stop| stop.case.collides_with.is_empty());
    let found = first.or(exact.first()).map(|stop| **stop).or(named.first().copied());
    found.map(|stop| &stop.case.id)
}

/// Lays out which cases there are, the shown one marked.
pub(super) fn lay_out(way: &Answer, shown: &AggregateId, sheet: &mut Sheet) {
    let entries = || way.cases.iter().map(|stop| &stop.case);
    let row = |entry: &CaseEntry| {
        let here = if entry.id == *shown { ">" } else { "" };
        vec![
            here.to_owned(),
            numbers(entry, entries()),
            title(entry),
            words::case_state(entry.state).to_owned(),
            entry.id.local.to_string(),
        ]
    };
    sheet.heading("Veien: saker med nummeret, og saker i forhold til dem");
    let heads = ["", "Nummer", "Tittel", "Tilstand", "Id"];
    sheet.table(2, &heads, entries().map(row).collect());
    explain_collisions(entries, sheet);
    if way.more {
        sheet.line(2, "Flere saker enn disse er i forhold til dem.");
    }
}

/// Lays out what the case follows up, supplements or replaces, and what does so to it.
pub(super) fn relations(case: &Case, way: &Answer, sheet: &mut Sheet) {
    if case.relations.is_empty() && case.related_by.is_empty() {
        return;
    }
    sheet.heading("Forhold til andre saker");
    for relation in &case.relations {
        let other = named(&relation.to, way);
        sheet.line(2, &format!("{} {other}", words::relates(relation.relation)));
    }
    for relation in &case.related_by {
        let other = named(&relation.from, way);
        sheet.line(2, &format!("{} {other}", words::related_by(relation.relation)));
    }
}

/// `6/2017 Det framtidige samarbeidet`, or the id of a case that is not on the way.
fn named(id: &AggregateId, way: &Answer) -> String {
    let found = way.cases.iter().find(|stop| stop.case.id == *id);
    found.map_or_else(
        || id.to_string(),
        |stop| format!("{} {}", stop.case.number, title(&stop.case)),
    )
}
