//! What the lists derived from the case file share: each line twice, as it is and as it looks to those
//! who may not see what is restricted in the case.

use std::collections::BTreeMap;

use samvirke_schemas::{id::CooperationId, queries::case::Case};
use serde::{Deserialize, Serialize};

use crate::{
    case_file::Row,
    listing::Line,
    visibility::{Veiled, veil_case},
};

/// A line of a case with its place in the order and the words that find it.
pub(crate) struct Entry<T> {
    /// Unique within the case.
    pub(crate) key: String,
    /// What the list is sorted by; the case's id and the key make it unique.
    pub(crate) sort: String,
    pub(crate) words: String,
    pub(crate) value: T,
}

/// A line as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept<T> {
    pub(crate) cooperation: CooperationId,
    pub(crate) sort: String,
    words: String,
    public_words: String,
    #[serde(flatten)]
    pub(crate) veiled: Veiled<T>,
}

/// Makes the lines of a case, from the case as it is and from the case as it looks when veiled.
pub(crate) fn lines<T: Serialize>(row: &Row, make: fn(&Case) -> Vec<Entry<T>>) -> Vec<Line> {
    let covered = veil_case(&row.case).map(|case| make(&case)).unwrap_or_default();
    let mut covered: BTreeMap<String, Entry<T>> =
        covered.into_iter().map(|entry| (entry.key.clone(), entry)).collect();
    let open = make(&row.case).into_iter();
    open.map(|entry| {
        let twin = covered.remove(&entry.key);
        let id = format!("{}/{}", row.case.id, entry.key);
        let kept = Kept {
            cooperation: row.cooperation.clone(),
            sort: format!("{}/{id}", entry.sort),
            public_words: twin.as_ref().map_or(&entry.words, |twin| &twin.words).clone(),
            words: entry.words,
            veiled: Veiled {
                veil: row.veil.clone(),
                open: entry.value,
                covered: twin.map(|twin| twin.value),
            },
        };
        Line::new(id, &kept)
    })
    .collect()
}
