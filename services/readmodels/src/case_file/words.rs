//! The words that a case is found by: its titles and what was decided.

use samvirke_schemas::queries::case::Case;

/// The most characters that are searched; an index entry has at most a megabyte.
pub(super) const SEARCH_CHARS_MAX: usize = 100_000;

/// The titles and the wording of every outcome, as they stand in `case`.
pub(super) fn of(case: &Case) -> String {
    let outcomes = case
        .treatments
        .iter()
        .flat_map(|treatment| &treatment.outcomes)
        .filter_map(|outcome| outcome.text.as_ref());
    let adopted = case.hearing.iter().filter_map(|hearing| hearing.adoption.as_ref());
    let settled = case.joint.iter().filter_map(|joint| joint.settlement.as_ref());
    let titles = [case.title.as_str(), case.public_title.as_str()];
    let words: Vec<&str> = titles
        .into_iter()
        .chain(outcomes.map(|text| text.as_str()))
        .chain(adopted.map(|adoption| adoption.text.as_str()))
        .chain(settled.filter_map(|settled| settled.text.as_ref()).map(|text| text.as_str()))
        .collect();
    words.join("\n").chars().take(SEARCH_CHARS_MAX).collect()
}
