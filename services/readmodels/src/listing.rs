//! Listings: rows derived from a read model's row and rewritten with it, so that what a document
//! holds in lists can be found, sorted and paged by the database.

use serde::Serialize;
use serde_json::Value;
use sqlx::{PgConnection, types::Json};

/// A table of lines with their owner.
pub struct Listing<R> {
    pub table: &'static str,
    /// All the lines of one row.
    pub lines: fn(&R) -> Vec<Line>,
}

/// One line of a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Unique in the table.
    pub id: String,
    pub document: Value,
}

impl Line {
    pub fn new(id: String, document: &impl Serialize) -> Self {
        let document = serde_json::to_value(document)
            .expect("our documents have only maps with text as keys and finite numbers");
        Self { id, document }
    }
}

/// The columns that every table of a read model's rows has.
macro_rules! row_table {
    ($table:literal $(, $columns:expr)*) => {
        concat!(
            "CREATE TABLE ", $table, " (
    id text PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    digest text NOT NULL,
    document jsonb NOT NULL", $(",\n", $columns,)* "
);"
        )
    };
}

/// The columns that every listing has: whose lines they are, and where they stand in the order.
macro_rules! listing_table {
    ($table:literal $(, $columns:expr)*) => {
        concat!(
            "CREATE TABLE ", $table, " (
    id text PRIMARY KEY,
    owner text NOT NULL,
    document jsonb NOT NULL,
    cooperation text GENERATED ALWAYS AS (document->>'cooperation') STORED,
    sort text COLLATE \"C\" GENERATED ALWAYS AS (document->>'sort') STORED", $(",\n", $columns,)* "
);
CREATE INDEX ON ", $table, " (owner);
CREATE INDEX ON ", $table, " (cooperation, sort);"
        )
    };
}

/// A column of type `date`, from where a [`Date`](samvirke_schemas::date::Date) is in the document.
///
/// A cast from text to `date` depends on a setting of the session, so no generated column may hold
/// one; a date is written in one form, whose parts do not.
macro_rules! date_column {
    ($column:literal, $path:literal) => {
        concat!(
            "    ",
            $column,
            " date GENERATED ALWAYS AS (make_date(
        substr(",
            $path,
            ", 1, 4)::integer,
        substr(",
            $path,
            ", 6, 2)::integer,
        substr(",
            $path,
            ", 9, 2)::integer)) STORED"
        )
    };
}

pub(crate) use {date_column, listing_table, row_table};

/// Puts each owner's lines in the place of those it had.
pub(crate) async fn write(
    connection: &mut PgConnection,
    table: &str,
    owned: Vec<(&str, Vec<Line>)>,
) -> sqlx::Result<()> {
    let owners: Vec<&str> = owned.iter().map(|(owner, _)| *owner).collect();
    sqlx::query(&format!("DELETE FROM {table} WHERE owner = ANY($1)"))
        .bind(&owners)
        .execute(&mut *connection)
        .await?;
    let (mut owners, mut ids, mut documents) = (Vec::new(), Vec::new(), Vec::new());
    for (owner, lines) in owned {
        for line in lines {
            owners.push(owner);
            ids.push(line.id);
            documents.push(Json(line.document));
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(&format!(
        "INSERT INTO {table} (owner, id, document)
         SELECT * FROM unnest($1::text[], $2::text[], $3::jsonb[])"
    ))
    .bind(&owners)
    .bind(&ids)
    .bind(&documents)
    .execute(connection)
    .await?;
    Ok(())
}
