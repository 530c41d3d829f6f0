//! Pages of a list: each row has one sort key that no other row has, and a page begins after a key.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use samvirke_schemas::queries::page::{CURSOR_CHARS_MAX, Cursor, PAGE_ROWS, PAGE_ROWS_MAX, Page};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use sqlx::{FromRow, PgPool, Postgres, QueryBuilder, postgres::PgRow, types::Json};

use crate::query::QueryError;

/// The most bytes of rows on a page, as they are kept. What is beyond comes on the next page.
const PAGE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Which end of the order a list begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Ascending,
    Descending,
}

/// Which page is asked for.
pub(crate) struct Wanted<'a> {
    /// The query's name: a cursor is good only for the query that gave it.
    pub(crate) query: &'static str,
    pub(crate) after: Option<&'a Cursor>,
    pub(crate) limit: Option<u32>,
    pub(crate) order: Order,
}

/// A row as it is read, before it is known whether it has a place on the page.
pub(crate) trait Placed: for<'r> FromRow<'r, PgRow> + Send + Unpin {
    /// The key that no other row has.
    fn sort(&self) -> &str;

    /// Its size, as it is kept.
    fn bytes(&self) -> usize;
}

impl Placed for (String, Json<Box<RawValue>>) {
    fn sort(&self) -> &str {
        &self.0
    }

    fn bytes(&self) -> usize {
        self.1.get().len()
    }
}

/// Fetches a page of documents; `sql` is a selection of `sort` and `document` that may be narrowed further.
///
/// # Errors
///
/// [`QueryError::Invalid`] when cursor or limit is not one.
pub(crate) async fn fetch<R: DeserializeOwned>(
    pool: &PgPool,
    sql: QueryBuilder<'_, Postgres>,
    wanted: Wanted<'_>,
) -> Result<Page<R>, QueryError> {
    let found = fetch_rows::<(String, Json<Box<RawValue>>)>(pool, sql, wanted).await?;
    try_map(found, |(_, Json(row))| serde_json::from_str(row.get()))
}

/// Fetches a page of rows; `sql` is a selection that may be narrowed further, of a table with a column `sort`.
///
/// # Errors
///
/// As [`fetch`].
pub(crate) async fn fetch_rows<R: Placed>(
    pool: &PgPool,
    mut sql: QueryBuilder<'_, Postgres>,
    wanted: Wanted<'_>,
) -> Result<Page<R>, QueryError> {
    let limit = limit(wanted.limit)?;
    let (beyond, direction) = match wanted.order {
        Order::Ascending => (" AND sort > ", " ORDER BY sort LIMIT "),
        Order::Descending => (" AND sort < ", " ORDER BY sort DESC LIMIT "),
    };
    if let Some(cursor) = wanted.after {
        sql.push(beyond).push_bind(read(wanted.query, cursor)?);
    }
    // One more than a page, to know whether there is a next one.
    sql.push(direction).push_bind(i64::from(limit) + 1);
    let mut items: Vec<R> = sql.build_query_as().fetch_all(pool).await?;
    let found = items.len();
    items.truncate(fit(items.iter().map(Placed::bytes), limit));
    let more = found > items.len();
    let next = items.last().filter(|_| more).map(|row| write(wanted.query, row.sort()));
    Ok(Page { items, next })
}

/// How many rows of these sizes a page holds: as many as are asked for, unless they have more bytes than
/// [`PAGE_BYTES_MAX`]; one at least.
fn fit(sizes: impl Iterator<Item = usize>, limit: u32) -> usize {
    let mut bytes = 0;
    let fits = sizes.take(limit as usize).take_while(|size| {
        let is_first = bytes == 0;
        bytes += size;
        is_first || bytes <= PAGE_BYTES_MAX
    });
    fits.count()
}

/// The page with each row turned into what is answered.
pub(crate) fn map<R, T>(page: Page<R>, change: impl FnMut(R) -> T) -> Page<T> {
    Page { items: page.items.into_iter().map(change).collect(), next: page.next }
}

/// As [`map`], where a row may not be what it should be.
///
/// # Errors
///
/// The first row's that cannot be read or written.
pub(crate) fn try_map<R, T>(
    page: Page<R>,
    change: impl FnMut(R) -> serde_json::Result<T>,
) -> Result<Page<T>, QueryError> {
    let unread = |error| sqlx::Error::Decode(Box::new(error));
    let items: serde_json::Result<_> = page.items.into_iter().map(change).collect();
    Ok(Page { items: items.map_err(unread)?, next: page.next })
}

fn limit(wanted: Option<u32>) -> Result<u32, QueryError> {
    match wanted {
        None => Ok(PAGE_ROWS),
        Some(rows) if (1..=PAGE_ROWS_MAX).contains(&rows) => Ok(rows),
        Some(rows) => Err(QueryError::Invalid {
            field: "limit".into(),
            detail: format!("a page has 1 to {PAGE_ROWS_MAX} rows, not {rows}"),
        }),
    }
}

fn write(query: &str, sort: &str) -> Cursor {
    Cursor(URL_SAFE_NO_PAD.encode(format!("{query}\n{sort}")))
}

fn read(query: &str, cursor: &Cursor) -> Result<String, QueryError> {
    let text = Some(&cursor.0)
        .filter(|text| text.len() <= CURSOR_CHARS_MAX)
        .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        // The database takes no text with a NUL in it.
        .filter(|text| !text.contains('\0'));
    text.as_deref()
        .and_then(|text| text.split_once('\n'))
        .filter(|(own, _)| *own == query)
        .map(|(_, sort)| sort.to_owned())
        .ok_or_else(|| QueryError::Invalid {
            field: "after".into(),
            detail: "a cursor is taken as it is from next in an answer to the same query".into(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_for_the_query_that_gave_it() {
        let cursor = write("decisions", "2017/000024a/vestregionen:24a-2017");
        assert_eq!(read("decisions", &cursor).unwrap(), "2017/000024a/vestregionen:24a-2017");
        assert!(read("hearings", &cursor).is_err());
    }

    #[test]
    fn what_is_not_a_cursor_is_refused() {
        for text in ["", "=", "2017", "Å", &"A".repeat(CURSOR_CHARS_MAX + 1)] {
            assert!(read("decisions", &Cursor(text.to_owned())).is_err(), "{text:?} passed");
        }
        let nul = Cursor(URL_SAFE_NO_PAD.encode("decisions\na\0b"));
        assert!(read("decisions", &nul).is_err());
    }

    #[test]
    fn a_page_ends_at_so_many_bytes_as_well_as_at_so_many_rows() {
        let large = PAGE_BYTES_MAX / 2;
        assert_eq!(fit([10; 9].into_iter(), 5), 5);
        assert_eq!(fit([10; 3].into_iter(), 5), 3);
        assert_eq!(fit([large, large, 1, 1].into_iter(), 50), 2);
        assert_eq!(fit([PAGE_BYTES_MAX * 3, 1].into_iter(), 50), 1, "one row at least");
        assert_eq!(fit([0, PAGE_BYTES_MAX, 1].into_iter(), 50), 2);
        assert_eq!(fit(std::iter::empty(), 50), 0);
    }

    #[test]
    fn a_page_has_at_least_one_row_and_at_most_the_limit() {
        assert_eq!(limit(None).unwrap(), PAGE_ROWS);
        assert!(limit(Some(PAGE_ROWS_MAX)).is_ok());
        assert!(limit(Some(0)).is_err());
        assert!(limit(Some(PAGE_ROWS_MAX + 1)).is_err());
    }
}
