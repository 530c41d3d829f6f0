//! What a commit withholds of what was published before it, and how what it concerns stands today.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use samvirke_schemas::{
    id::{AggregateId, LocalId},
    meetings::agenda::AgendaItem,
    organisation::OrganisationNumber,
};
use uuid::Uuid;

use super::case::CasePin;

/// An aggregate whose facts are rendered again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Affected {
    /// `case` or `meeting`.
    pub kind: &'static str,
    pub id: AggregateId,
}

/// What is withheld.
#[derive(Clone, Debug)]
pub(in crate::translation) enum Cause {
    Case(AggregateId),
    Item { meeting: AggregateId, item: LocalId },
}

/// Something that is withheld from a commit on.
#[derive(Clone, Debug)]
pub struct Withholding {
    pub(in crate::translation) cause: Cause,
    /// Those who may have got more than the public.
    pub(in crate::translation) members: BTreeSet<OrganisationNumber>,
    /// Whose facts may have published it.
    pub affected: BTreeSet<Affected>,
    pub(in crate::translation) origin: Uuid,
    pub(in crate::translation) occurred_at: DateTime<Utc>,
    pub(in crate::translation) recorded_at: DateTime<Utc>,
}

/// How an aggregate stands today, while its history is rendered again.
#[derive(Debug)]
pub(in crate::translation) enum Pin {
    Case(CasePin),
    Agenda(HashMap<LocalId, AgendaItem>),
}
