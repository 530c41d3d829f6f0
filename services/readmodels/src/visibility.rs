//! Who sees what: the one place that decides what is left out of an answer.
//!
//! Restricted material reaches the secretariat, those who watch over the system, and the delegates and
//! systems of the members taking part; everyone else sees the public title and no restricted text.
//! An answer is built from the veiled copy, so that what is forgotten is hidden rather than shown.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use samvirke_schemas::{
    id::CooperationId,
    organisation::OrganisationNumber,
    principal::{Principal, Role},
};
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder};

mod case;
mod meeting;
#[cfg(test)]
mod tests;

pub(crate) use case::{parties as veil_parties, veil as veil_case};
pub(crate) use meeting::{CoveredCase, veil as veil_meeting};

/// Those who see everything in a cooperation.
const SEE_ALL: &[Role] =
    &[Role::Secretariat, Role::Auditor, Role::Archivist, Role::Operator, Role::System];

/// How much a principal sees in one cooperation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    All,
    /// What concerns this member.
    Member(OrganisationNumber),
    Public,
}

impl Sight {
    pub fn of(principal: &Principal, cooperation: &CooperationId) -> Self {
        if principal.is_any(SEE_ALL, cooperation) {
            return Self::All;
        }
        match &principal.member {
            Some(member) if principal.speaks_for(member, cooperation) => {
                Self::Member(member.clone())
            }
            Some(_) | None => Self::Public,
        }
    }

    /// Whether what `veil` covers is seen on a day.
    pub fn sees(&self, veil: &Veil, today: NaiveDate) -> bool {
        !veil.restricted
            || veil.until.is_some_and(|last| last < today)
            || match self {
                Self::All => true,
                Self::Member(member) => {
                    veil.parties.as_ref().is_none_or(|parties| parties.contains(member))
                }
                Self::Public => false,
            }
    }

    /// The answer that may be given.
    pub fn pick<T>(&self, veiled: Veiled<T>, today: NaiveDate) -> T {
        let seen = self.sees(&veiled.veil, today);
        if seen { veiled.open } else { veiled.covered.unwrap_or(veiled.open) }
    }

    /// As [`Sight::sees`], as a condition on a table with a [`Veil`]'s columns.
    pub(crate) fn push_sees(&self, sql: &mut QueryBuilder<'_, Postgres>, today: NaiveDate) {
        sql.push("(NOT restricted OR until < ").push_bind(today.to_string());
        match self {
            Self::All => {
                sql.push(" OR true");
            }
            Self::Member(member) => {
                sql.push(" OR parties IS NULL OR parties ? ").push_bind(member.to_string());
            }
            Self::Public => (),
        }
        sql.push(")");
    }

    /// Narrows a list to where words are found in what is seen. Nobody learns by searching what
    /// they may not read.
    pub(crate) fn push_search(
        &self,
        sql: &mut QueryBuilder<'_, Postgres>,
        words: &str,
        today: NaiveDate,
    ) {
        sql.push(" AND (public_search @@ websearch_to_tsquery('norwegian', ")
            .push_bind(words.to_owned())
            .push(") OR (search @@ websearch_to_tsquery('norwegian', ")
            .push_bind(words.to_owned())
            .push(") AND ");
        self.push_sees(sql, today);
        sql.push("))");
    }
}

/// Whether something is restricted, until when, and for whom it is not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Veil {
    pub restricted: bool,
    /// The last day of the restriction.
    pub until: Option<NaiveDate>,
    /// The members taking part; absent where every member of the cooperation does.
    pub parties: Option<BTreeSet<OrganisationNumber>>,
}

/// An answer with the copy for those who may not see it all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Veiled<T> {
    #[serde(flatten)]
    pub veil: Veil,
    pub open: T,
    /// Absent where nothing is restricted.
    pub covered: Option<T>,
}

/// The columns of a [`Veil`], and the words that are searched.
macro_rules! veil_columns {
    () => {
        "    restricted boolean NOT NULL GENERATED ALWAYS AS ((document->>'restricted')::boolean) STORED,
    until text COLLATE \"C\" GENERATED ALWAYS AS (document->>'until') STORED,
    parties jsonb GENERATED ALWAYS AS (NULLIF(document->'parties', 'null'::jsonb)) STORED"
    };
}

/// Generated columns for the words that are searched, open and public.
macro_rules! search_columns {
    () => {
        "    search tsvector GENERATED ALWAYS AS (to_tsvector('norwegian', document->>'words')) STORED,
    public_search tsvector
        GENERATED ALWAYS AS (to_tsvector('norwegian', document->>'public_words')) STORED"
    };
}

pub(crate) use {search_columns, veil_columns};
