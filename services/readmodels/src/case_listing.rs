//! What the lists derived from the case file share: each line as it is, with what tells who may read it.
//!
//! What is answered to those who may not see all of a line is built field by field on the day that they ask.

use samvirke_access::{CaseAccess, Viewer, WithheldFromCase};
use samvirke_schemas::{
    id::CooperationId,
    queries::{case::Case, page::Page},
    text::Line as Title,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};
use sqlx::{FromRow, PgPool, Postgres, QueryBuilder, Row as _, postgres::PgRow};

use crate::{
    access_columns::Access,
    case_file::row::Row,
    listing::Line,
    page::{self, Placed, Wanted},
    query::QueryError,
};

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

/// A line as its row stores it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredRow<T> {
    cooperation: CooperationId,
    sort: String,
    words: String,
    public_words: String,
    #[serde(flatten)]
    access: Access,
    public_title: Title,
    full: T,
}

impl<T: Redact> StoredRow<T> {
    /// The line as a viewer may read it.
    pub(crate) fn for_viewer(self, viewer: &Viewer) -> T {
        let withheld = CaseAccess::withheld(self.access.known(), viewer);
        if withheld == WithheldFromCase::Nothing {
            return self.full;
        }
        self.full.redacted(&self.public_title, &withheld)
    }
}

/// The columns that a page of lines is read from: text, since it is passed on as it is to whoever may read all of it.
macro_rules! line_columns {
    ($full:literal, $public_title:literal) => {
        concat!(
            "    line text NOT NULL GENERATED ALWAYS AS ((",
            $full,
            ")::text) STORED,
    public_title text NOT NULL GENERATED ALWAYS AS (",
            $public_title,
            ") STORED"
        )
    };
}

pub(crate) use line_columns;

/// A selection of what [`fetch`] reads, to be narrowed.
pub(crate) fn select<'a>(table: &str) -> QueryBuilder<'a, Postgres> {
    QueryBuilder::new(format!(
        "SELECT sort, access, late, line, public_title FROM {table} WHERE cooperation = "
    ))
}

/// A line as it is read from [`line_columns`].
struct Read {
    sort: String,
    access: String,
    late: bool,
    line: String,
    public_title: String,
}

impl FromRow<'_, PgRow> for Read {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            sort: row.try_get("sort")?,
            access: row.try_get("access")?,
            late: row.try_get("late")?,
            line: row.try_get("line")?,
            public_title: row.try_get("public_title")?,
        })
    }
}

impl Placed for Read {
    fn sort(&self) -> &str {
        &self.sort
    }

    fn bytes(&self) -> usize {
        self.access.len() + self.line.len() + self.public_title.len()
    }
}

impl Read {
    /// The line as a viewer may read it. One of which nothing is withheld is not read, only passed on.
    fn for_viewer<T>(self, viewer: &Viewer) -> serde_json::Result<Box<RawValue>>
    where
        T: Redact + Serialize + DeserializeOwned,
    {
        let access: Option<CaseAccess> = match viewer.sees_all() || self.late {
            true => None,
            false => Some(serde_json::from_str(&self.access)?),
        };
        let withheld = CaseAccess::withheld(access.as_ref(), viewer);
        if withheld == WithheldFromCase::Nothing {
            return RawValue::from_string(self.line);
        }
        let full: T = serde_json::from_str(&self.line)?;
        let public_title: Title = serde_json::from_value(self.public_title.into())?;
        to_raw_value(&full.redacted(&public_title, &withheld))
    }
}

/// Fetches a page of the lines that `sql`, a narrowed [`select`], is about, each as the viewer may read it.
///
/// # Errors
///
/// As [`page::fetch`].
pub(crate) async fn fetch<T>(
    pool: &PgPool,
    sql: QueryBuilder<'_, Postgres>,
    wanted: Wanted<'_>,
    viewer: &Viewer,
) -> Result<Page<Box<RawValue>>, QueryError>
where
    T: Redact + Serialize + DeserializeOwned,
{
    let found: Page<Read> = page::fetch_rows(pool, sql, wanted).await?;
    page::try_map(found, |line| line.for_viewer::<T>(viewer))
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
        let kept = StoredRow {
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
