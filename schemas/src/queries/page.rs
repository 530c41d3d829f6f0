//! Lists in pages: a stable order, and a cursor to where the last page ended.
//!
//! A cursor names the last row that was seen, not a count of rows, so that rows which come or go
//! meanwhile neither repeat nor hide others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most rows on one page.
pub const PAGE_ROWS_MAX: u32 = 200;
/// The rows on a page where no number is asked for.
pub const PAGE_ROWS: u32 = 50;
/// The most characters in a cursor.
pub const CURSOR_CHARS_MAX: usize = 1_024;

/// Where a page ended. Opaque: take it from `next`, and give it as `after` to the same query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("maxLength" = 1024))]
pub struct Cursor(pub String);

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Page_of_{T}")]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Absent on the last page.
    pub next: Option<Cursor>,
}
