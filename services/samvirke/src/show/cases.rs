//! The register of cases: one line a case, by number; numbers that collide are marked (R33, R35).

use samvirke_schemas::queries::case_register::CaseEntry;

use super::{known::Known, sheet::Sheet, words};

/// Stands behind a number that another case bears too.
const COLLIDES: &str = " (!)";

/// Lays the register out.
pub(super) fn lay_out(entries: &[CaseEntry], known: &Known, sheet: &mut Sheet) {
    sheet.heading(&format!("Saker ({})", entries.len()));
    let row = |entry: &CaseEntry| {
        vec![
            numbers(entry, entries.iter()),
            format!("{}{}", title(entry), own_id(entry)),
            words::case_kind(entry.kind).to_owned(),
            words::case_state(entry.state).to_owned(),
            known.body(&entry.owner),
        ]
    };
    let heads = ["Nummer", "Tittel", "Slag", "Tilstand", "Organ"];
    sheet.table(2, &heads, entries.iter().map(row).collect());
    explain_collisions(|| entries.iter(), sheet);
}

/// Says what the mark means, where it stands somewhere.
pub(super) fn explain_collisions<'a, I: Iterator<Item = &'a CaseEntry>>(
    entries: impl Fn() -> I,
    sheet: &mut Sheet,
) {
    if entries().any(|entry| collides(entry, entries())) {
        sheet.line(2, "(!) Flere saker har fått dette nummeret; alle er beholdt som de er.");
    }
}

/// The case's numbers, marked where another case bears the first of them.
pub(super) fn numbers<'a>(entry: &CaseEntry, among: impl Iterator<Item = &'a CaseEntry>) -> String {
    let mark = if collides(entry, among) { COLLIDES } else { "" };
    let others: String = entry.other_numbers.iter().map(|other| format!(", {other}")).collect();
    format!("{}{others}{mark}", entry.number)
}

/// Whether another case bears its number. The register tells it of the later one only.
fn collides<'a>(entry: &CaseEntry, mut among: impl Iterator<Item = &'a CaseEntry>) -> bool {
    !entry.collides_with.is_empty() || among.any(|other| other.collides_with.contains(&entry.id))
}

/// The id on a line of its own, where the number does not tell it already.
fn own_id(entry: &CaseEntry) -> String {
    let id = &entry.id.local;
    if id.as_str() == entry.number.to_string().replace('/', "-") {
        return String::new();
    }
    format!("\n({id})")
}

/// The title, marked where the full one is withheld.
pub(super) fn title(entry: &CaseEntry) -> String {
    let mark = if entry.withheld { " (skjermet)" } else { "" };
    format!("{}{mark}", entry.title)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r33_both_cases_of_a_number_are_marked() {
        let case = |id: &str, number: &str, title: &str, collides: serde_json::Value| {
            json!({"id": id, "number": number, "other_numbers": [], "kind": "decision",
                   "state": "closed", "title": title, "owner": "v:rg", "opened_on": "2017-09-07",
                   "collides_with": collides, "withheld": false})
        };
        let mut entries: Vec<CaseEntry> = serde_json::from_value(json!([
            case("v:6-2017", "6/2017", "Det framtidige samarbeidet", json!([])),
            case("v:24-2017", "24/2017", "Videreføring", json!([])),
            case("v:24-2017-t", "24/2017", "Tertialrapport 2", json!(["v:24-2017"]))
        ]))
        .unwrap();
        entries[1].other_numbers.push("24a/2017".parse().unwrap());
        entries[2].withheld = true;
        let mut sheet = Sheet::default();
        lay_out(&entries, &Known::default(), &mut sheet);
        let wanted = "\
Saker (3)
  Nummer                 Tittel                       Slag        Tilstand   Organ
  6/2017                 Det framtidige samarbeidet   vedtakssak  avsluttet  v:rg
  24/2017, 24a/2017 (!)  Videreføring                 vedtakssak  avsluttet  v:rg
  24/2017 (!)            Tertialrapport 2 (skjermet)  vedtakssak  avsluttet  v:rg
                         (24-2017-t)
  (!) Flere saker har fått dette nummeret; alle er beholdt som de er.";
        assert_eq!(sheet.lines().join("\n"), wanted);
    }
}
