//! What the lists derived from the case file share: each line as it is, with what tells who may read it.
//!
//! What is answered to those who may not see all of a line is built field by field on the day that they ask.

use samvirke_access::{CaseAccess, Viewer, WithheldFromCase};
use samvirke_schemas::{id::CooperationId, queries::case::Case, text::Line as Title};
use serde::{Deserialize, Serialize};

use crate::{access_columns::Access, case_file::Row, listing::Line};

/// A line that can be shown to those who may not see all of its case.
pub(crate) trait Redact {
    /// The line without what is withheld, built field by field.
    fn redacted(&self, public_title: &Title, withheld: &WithheldFromCase) -> Self;

    /// The words that find it.
    fn words(&self) -> String {
        String::new()
    }
}

/// A line of a case with its place in the order.
pub(crate) struct Entry<T> {
    /// Unique within the case.
    pub(crate) key: String,
    /// What the list is sorted by; the case's id and the key make it unique.
    pub(crate) sort: String,
    pub(crate) value: T,
}

/// A line as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept<T> {
    cooperation: CooperationId,
    sort: String,
    words: String,
    public_words: String,
    #[serde(flatten)]
    access: Access,
    public_title: Title,
    full: T,
}

impl<T: Redact> Kept<T> {
    /// The line as a viewer may read it.
    pub(crate) fn for_viewer(self, viewer: &Viewer) -> T {
        let withheld = CaseAccess::withheld(self.access.known(), viewer);
        if withheld == WithheldFromCase::Nothing {
            return self.full;
        }
        self.full.redacted(&self.public_title, &withheld)
    }
}

/// Makes the lines of a case.
pub(crate) fn lines<T: Serialize + Redact>(
    row: &Row,
    make: fn(&Case) -> Vec<Entry<T>>,
) -> Vec<Line> {
    let public_title = &row.case.public_title;
    let from_the_public = row.access.access.withheld_from_those_outside();
    let made = make(&row.case).into_iter().map(|entry| {
        let id = format!("{}/{}", row.case.id, entry.key);
        let kept = Kept {
            cooperation: row.cooperation.clone(),
            sort: format!("{}/{id}", entry.sort),
            words: entry.value.words(),
            public_words: entry.value.redacted(public_title, &from_the_public).words(),
            access: row.access.clone(),
            public_title: public_title.clone(),
            full: entry.value,
        };
        Line::new(id, &kept)
    });
    made.collect()
}
