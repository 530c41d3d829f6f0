//! A case as it is kept: the answer, and what it is found by.

use std::collections::BTreeSet;

use samvirke_access::{Viewer, case_for, redacted_case};
use samvirke_schemas::{
    case_number::CaseNumber,
    cases::case::opening::Opened,
    id::{AggregateId, CooperationId},
    organisation::OrganisationNumber,
    queries::{case::Case, case_register::CaseEntry},
};
use serde::{Deserialize, Serialize};

use super::{fold, words};
use crate::{access_columns::Access, fact::Fact, model::TableKey};

/// The table as questions name it.
pub(crate) const KEY: TableKey = TableKey { projection: "case_file", contexts: &["cases"] };

/// A case as it is kept: the answer, and what it is found by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub cooperation: CooperationId,
    /// Year, running number and letter, so that text sorts as numbers do.
    pub sort: String,
    /// The owner and everybody who treats it.
    pub bodies: BTreeSet<AggregateId>,
    /// The members asked or invited.
    pub members: BTreeSet<OrganisationNumber>,
    /// The members asked.
    pub asked: BTreeSet<OrganisationNumber>,
    /// Every number it has: as it is, and without its letter (R32, R34).
    pub numbers: BTreeSet<CaseNumber>,
    #[serde(flatten)]
    pub access: Access,
    pub words: String,
    pub public_words: String,
    /// The line of the register that it has for whoever may read all of it.
    pub entry: CaseEntry,
    pub case: Case,
}

impl Row {
    pub(super) fn new(opened: Opened, fact: &Fact) -> Self {
        let case = fold::opened(opened, fact);
        Self {
            cooperation: fact.id().cooperation.clone(),
            sort: String::new(),
            bodies: BTreeSet::new(),
            members: BTreeSet::new(),
            asked: BTreeSet::new(),
            numbers: BTreeSet::new(),
            access: Access::default(),
            words: String::new(),
            public_words: String::new(),
            entry: entry(&case),
            case,
        }
    }

    /// Works out what the case is found by.
    pub(super) fn index(&mut self) {
        let case = &self.case;
        let number = case.number.number;
        self.sort = sort_key(number, &case.id);
        let treating = case.treatments.iter().map(|treatment| treatment.body.clone());
        self.bodies = treating.chain([case.owner.clone()]).collect();
        let access = &self.access.access;
        self.members = access.members().cloned().collect();
        self.asked = access.asked().clone();
        self.numbers = numbers(case)
            .flat_map(|number| [number, CaseNumber { suffix: None, ..number }])
            .collect();
        self.words = words::of(case);
        let from_the_public = access.withheld_from_those_outside();
        self.public_words = words::of(&redacted_case(case, &from_the_public));
        self.access = Access::of(access);
        self.entry = entry(case);
    }
}

/// Sorts by year, running number and letter; unique by the id.
pub(crate) fn sort_key(number: CaseNumber, id: &AggregateId) -> String {
    let suffix = number.suffix.map(String::from).unwrap_or_default();
    format!("{:04}/{:06}{suffix}/{id}", number.year, number.running)
}

/// The case's own number, then those of its treatments.
pub(crate) fn numbers(case: &Case) -> impl Iterator<Item = CaseNumber> + '_ {
    let own = case.treatments.iter().filter_map(|treatment| treatment.number.as_ref());
    std::iter::once(&case.number).chain(own).map(|taken| taken.number)
}

/// The line of the register that a case has, seen as it is.
pub(crate) fn entry(case: &Case) -> CaseEntry {
    CaseEntry {
        id: case.id.clone(),
        number: case.number.number,
        other_numbers: numbers(case).skip(1).collect(),
        kind: case.kind,
        state: case.state,
        title: case.title.clone(),
        owner: case.owner.clone(),
        opened_on: case.opened_on,
        collides_with: case.number.collides_with.clone(),
        withheld: case.withheld,
    }
}

/// The case as a viewer may read it.
pub(crate) fn seen(row: &Row, viewer: &Viewer) -> Case {
    case_for(&row.case, row.access.known(), viewer)
}
