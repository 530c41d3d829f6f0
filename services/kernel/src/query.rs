//! What every query shares: its parameters, how many rows a page has, and the cursor to the next page.
//!
//! Invariant: a cursor names the query that gave it, and no other query takes it.

use std::str::FromStr;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use samvirke_schemas::{
    queries::page::{CURSOR_CHARS_MAX, Cursor, PAGE_ROWS, PAGE_ROWS_MAX, Page},
    reply::Refused,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::form;

/// Reads a query's parameters.
///
/// # Errors
///
/// [`Refused::Invalid`] with the parameter at fault.
pub fn parameters<P: DeserializeOwned>(given: Map<String, Value>) -> Result<P, Refused> {
    form::read(given.into()).map_err(|(parameter, error)| form::refusal(&parameter, &error))
}

/// Returns how many rows are answered: as many as are asked for, or [`PAGE_ROWS`].
///
/// # Errors
///
/// [`Refused::Invalid`] of `limit`, where it is 0 or above [`PAGE_ROWS_MAX`].
pub fn rows(limit: Option<u32>) -> Result<usize, Refused> {
    match limit.unwrap_or(PAGE_ROWS) {
        rows @ 1..=PAGE_ROWS_MAX => Ok(rows as usize),
        rows => {
            Err(form::invalid("limit", format!("a page has 1 to {PAGE_ROWS_MAX} rows, not {rows}")))
        }
    }
}

/// Which page of a list is asked for. Each row of the list has a key that no other row has, and a page begins
/// after a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    query: &'static str,
    after: Option<String>,
    rows: usize,
}

impl PageRequest {
    /// The page of `query` after a cursor, with as many rows as `limit`.
    ///
    /// # Errors
    ///
    /// [`Refused::Invalid`] of `after`, where the cursor is not one of this query, and as [`rows`].
    pub fn try_new(
        query: &'static str,
        after: Option<&Cursor>,
        limit: Option<u32>,
    ) -> Result<Self, Refused> {
        let after = after.map(|cursor| read(query, cursor).ok_or_else(not_a_cursor)).transpose()?;
        Ok(Self { query, after, rows: rows(limit)? })
    }

    /// The key after which the page begins; none for the first page.
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// As [`PageRequest::after`], for keys that are more than a text.
    ///
    /// # Errors
    ///
    /// [`Refused::Invalid`] of `after`, where it is not such a key.
    pub fn after_key<K: FromStr>(&self) -> Result<Option<K>, Refused> {
        self.after().map(|key| key.parse().map_err(|_| not_a_cursor())).transpose()
    }

    /// The most rows on the page.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many rows to read: one more than the page has, to know whether there is a next one.
    pub fn to_read(&self) -> usize {
        self.rows + 1
    }

    /// The page of the rows that were read.
    pub fn page<T>(&self, read: Vec<T>, key: impl Fn(&T) -> String) -> Page<T> {
        self.page_of(read, self.rows, key)
    }

    /// As [`PageRequest::page`], with the first `fit` rows only, where more have no room.
    pub fn page_of<T>(&self, mut read: Vec<T>, fit: usize, key: impl Fn(&T) -> String) -> Page<T> {
        let more = read.len() > fit;
        read.truncate(fit);
        let next = read.last().filter(|_| more).map(|last| write(self.query, &key(last)));
        Page { items: read, next }
    }
}

fn write(query: &str, key: &str) -> Cursor {
    Cursor(URL_SAFE_NO_PAD.encode(format!("{query}\n{key}")))
}

fn read(query: &str, cursor: &Cursor) -> Option<String> {
    if cursor.0.len() > CURSOR_CHARS_MAX {
        return None;
    }
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(&cursor.0).ok()?).ok()?;
    let (own, key) = text.split_once('\n')?;
    // The database takes no text with a NUL in it.
    (own == query && !key.contains('\0')).then(|| key.to_owned())
}

fn not_a_cursor() -> Refused {
    let detail = "a cursor is taken as it is from next in an answer to the same query";
    form::invalid("after", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(query: &'static str, text: &str) -> Result<PageRequest, Refused> {
        PageRequest::try_new(query, Some(&Cursor(text.to_owned())), None)
    }

    #[track_caller]
    fn refused_for<T: std::fmt::Debug>(wrong: Result<T, Refused>, parameter: &str) {
        assert!(
            matches!(&wrong, Err(Refused::Invalid { field, .. }) if field == parameter),
            "{wrong:?}"
        );
    }

    #[test]
    fn a_cursor_is_good_only_for_the_query_that_gave_it() {
        let Cursor(cursor) = write("decisions", "2017/000024a/vestregionen:24a-2017");
        let request = after("decisions", &cursor).unwrap();
        assert_eq!(request.after(), Some("2017/000024a/vestregionen:24a-2017"));
        refused_for(after("hearings", &cursor), "after");
        refused_for(request.after_key::<u64>(), "after");
    }

    #[test]
    fn what_is_not_a_cursor_is_refused() {
        for text in ["", "=", "2017", "Å", &"A".repeat(CURSOR_CHARS_MAX + 1)] {
            refused_for(after("decisions", text), "after");
        }
        let Cursor(nul) = write("decisions", "a\0b");
        refused_for(after("decisions", &nul), "after");
    }

    #[test]
    fn a_page_has_at_least_one_row_and_at_most_the_limit() {
        assert_eq!(rows(None).unwrap(), PAGE_ROWS as usize);
        assert_eq!(rows(Some(PAGE_ROWS_MAX)).unwrap(), PAGE_ROWS_MAX as usize);
        refused_for(rows(Some(0)), "limit");
        refused_for(rows(Some(PAGE_ROWS_MAX + 1)), "limit");
    }

    #[test]
    fn a_page_that_is_not_the_last_leads_to_the_next() {
        let request = PageRequest::try_new("bodies", None, Some(2)).unwrap();
        let page = |keys: &[u8]| request.page(keys.to_vec(), u8::to_string);
        assert_eq!(page(&[1, 2]), Page { items: vec![1, 2], next: None });
        let next = Some(write("bodies", "2"));
        assert_eq!(page(&[1, 2, 3]), Page { items: vec![1, 2], next });
        let next = Some(write("bodies", "1"));
        let cut = request.page_of(vec![1, 2], 1, u8::to_string);
        assert_eq!(cut, Page { items: vec![1], next }, "what has no room comes next");
    }
}
