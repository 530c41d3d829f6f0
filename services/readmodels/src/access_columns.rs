//! What a row keeps so that readers can be told apart: in Rust where it is answered, in SQL where words are
//! searched. Who may see what is decided by `samvirke_access`; here its answer becomes columns.

use chrono::Datelike;
use samvirke_access::{CaseAccess, Viewer};
use samvirke_schemas::date::Date;
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder};

/// The access to a case with what the database compares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Access {
    pub access: CaseAccess,
    /// Whether something is restricted, on whatever day.
    restricted: bool,
    /// The last day of the restriction as a number, so that days compare as days whatever their year.
    until_day: Option<i32>,
    /// Everyone taking part, as [`keys`] names them.
    taking_part: Vec<String>,
    /// Whether a commit of it is parked: then not everything that has happened to it is known.
    #[serde(default)]
    late: bool,
}

impl Access {
    pub(crate) fn of(access: &CaseAccess) -> Self {
        let restriction = access.restriction();
        let bodies = access.bodies().map(|body| format!("body {body}"));
        let members = access.members().map(|member| format!("member {member}"));
        let people = access.people().map(|person| format!("person {person}"));
        let mut taking_part: Vec<String> = bodies.chain(members).chain(people).collect();
        taking_part.sort_unstable();
        taking_part.dedup();
        Self {
            access: access.clone(),
            restricted: restriction.is_some(),
            until_day: restriction.and_then(|it| it.until).map(number),
            taking_part,
            late: false,
        }
    }

    /// The access, where everything that has happened to the case is known.
    pub(crate) fn known(&self) -> Option<&CaseAccess> {
        (!self.late).then_some(&self.access)
    }
}

/// A day as a number.
fn number(day: Date) -> i32 {
    day.num_days_from_ce()
}

/// How a viewer can be named among those taking part.
fn keys(viewer: &Viewer) -> Vec<String> {
    let bodies = viewer.bodies().map(|body| format!("body {body}"));
    let member = viewer.member().map(|member| format!("member {member}"));
    let person = viewer.person().map(|person| format!("person {person}"));
    bodies.chain(member).chain(person).collect()
}

/// The columns of an [`Access`], and the words that are searched. `access` is text, since it is read with every line.
macro_rules! access_columns {
    () => {
        "    access text NOT NULL GENERATED ALWAYS AS ((document->'access')::text) STORED,
    restricted boolean NOT NULL GENERATED ALWAYS AS ((document->>'restricted')::boolean) STORED,
    until_day integer GENERATED ALWAYS AS ((document->>'until_day')::integer) STORED,
    taking_part jsonb NOT NULL GENERATED ALWAYS AS (document->'taking_part') STORED,
    late boolean NOT NULL GENERATED ALWAYS AS ((document->>'late')::boolean) STORED"
    };
}

/// Generated columns for the words that are searched, all of them and those that are public.
macro_rules! search_columns {
    () => {
        "    search tsvector GENERATED ALWAYS AS (to_tsvector('norwegian', document->>'words')) STORED,
    public_search tsvector
        GENERATED ALWAYS AS (to_tsvector('norwegian', document->>'public_words')) STORED"
    };
}

pub(crate) use {access_columns, search_columns};

/// Narrows a list to rows in which nothing is withheld from a viewer.
pub(crate) fn push_unwithheld(sql: &mut QueryBuilder<'_, Postgres>, viewer: &Viewer) {
    if viewer.sees_all() {
        sql.push("true");
        return;
    }
    sql.push("(NOT late AND (NOT restricted OR until_day < ")
        .push_bind(number(viewer.day()))
        .push(" OR taking_part ?| ")
        .push_bind(keys(viewer))
        .push("))");
}

/// Narrows a list to where words are found in what a viewer may read. Nobody learns by searching what
/// they may not read.
pub(crate) fn push_search(sql: &mut QueryBuilder<'_, Postgres>, viewer: &Viewer, words: &str) {
    // A subselect is worked out once; outside one, a plan that is kept for any words works them out for each row.
    sql.push(" AND ((NOT late AND public_search @@ (SELECT websearch_to_tsquery('norwegian', ")
        .push_bind(words.to_owned())
        .push("))) OR (search @@ (SELECT websearch_to_tsquery('norwegian', ")
        .push_bind(words.to_owned())
        .push(")) AND ");
    push_unwithheld(sql, viewer);
    sql.push("))");
}
