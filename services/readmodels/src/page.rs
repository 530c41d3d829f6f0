//! Pages of a list: each row has one sort key that no other row has, and a page begins after a key.

use samvirke_kernel::query::PageRequest;
use samvirke_schemas::queries::page::{Cursor, Page};
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
    /// The query's name, to which its cursors are bound.
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
    let Wanted { query, after, limit, order } = wanted;
    let request = PageRequest::try_new(query, after, limit).map_err(QueryError::Invalid)?;
    let (beyond, direction) = match order {
        Order::Ascending => (" AND sort > ", " ORDER BY sort LIMIT "),
        Order::Descending => (" AND sort < ", " ORDER BY sort DESC LIMIT "),
    };
    if let Some(key) = request.after() {
        sql.push(beyond).push_bind(key.to_owned());
    }
    sql.push(direction).push_bind(request.to_read() as i64);
    let read: Vec<R> = sql.build_query_as().fetch_all(pool).await?;
    let fit = fit(read.iter().map(Placed::bytes), request.rows());
    Ok(request.page_of(read, fit, |row| row.sort().to_owned()))
}

/// How many rows of these sizes a page holds: as many as are asked for, unless they have more bytes than
/// [`PAGE_BYTES_MAX`]; one at least.
fn fit(sizes: impl Iterator<Item = usize>, rows: usize) -> usize {
    let mut bytes = 0;
    let fits = sizes.take(rows).take_while(|size| {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
