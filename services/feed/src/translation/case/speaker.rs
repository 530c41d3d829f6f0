//! Puts what happens to one case into words, for each who hears it what it may know.

use std::collections::BTreeSet;

use samvirke_schemas::{
    date::Date,
    feed::{Audience, Concerns, Fact, fact::brief},
    id::{AggregateId, CooperationId},
    organisation::OrganisationNumber,
    text::Prose,
};

use super::memory::Case;
use crate::translation::{
    heard::Heard,
    telling::{Hearers, Telling},
};

/// Who speaks of a case on a day.
pub(super) struct Speaker<'a> {
    pub(super) heard: &'a Heard,
    pub(super) case: &'a Case,
    id: &'a AggregateId,
    pub(super) day: Date,
}

impl<'a> Speaker<'a> {
    /// None for a case that was never opened.
    pub(super) fn new(heard: &'a Heard, telling: &Telling<'a>) -> Option<Self> {
        let id = telling.about();
        Some(Self { heard, case: heard.cases.get(id)?, id, day: telling.day() })
    }

    pub(super) fn cooperation(&self) -> &CooperationId {
        &self.id.cooperation
    }

    /// The case as `audience` may know it.
    pub(super) fn case(&self, audience: &Audience) -> brief::Case {
        self.case.brief(self.id, self.heard, audience, self.day)
    }

    /// A text of the case, where `audience` may know it.
    pub(super) fn text(&self, audience: &Audience, text: Option<&Prose>) -> Option<Prose> {
        text.filter(|_| self.case.shows_texts(audience, self.day)).cloned()
    }

    pub(super) fn member(&self, member: &OrganisationNumber) -> brief::Member {
        self.heard.member(self.cooperation(), member)
    }

    pub(super) fn other(&self, id: &AggregateId, audience: &Audience) -> brief::OtherCase {
        self.heard.other_case(id, audience, self.day)
    }

    /// What every event of the case concerns: the case and the body that it belongs to.
    pub(super) fn concerns(&self) -> Concerns {
        Concerns {
            cases: [self.id.clone()].into(),
            bodies: [self.case.owner.clone()].into(),
            ..Concerns::default()
        }
    }

    /// As [`Self::concerns`], and members.
    pub(super) fn concerns_members<'m>(
        &self,
        members: impl IntoIterator<Item = &'m OrganisationNumber>,
    ) -> Concerns {
        let members = members.into_iter().cloned().collect();
        Concerns { members, ..self.concerns() }
    }

    /// As [`Self::concerns`], and a body.
    pub(super) fn concerns_body(&self, body: &AggregateId) -> Concerns {
        let mut concerns = self.concerns();
        concerns.bodies.insert(body.clone());
        concerns
    }

    /// Tells everyone what they may know.
    pub(super) fn tell(
        &self,
        telling: &mut Telling<'_>,
        concerns: Concerns,
        fact: impl Fn(&Audience) -> Fact,
    ) {
        self.tell_addressed(telling, BTreeSet::new(), concerns, fact);
    }

    /// Tells everyone what they may know, and those addressed by themselves.
    pub(super) fn tell_addressed(
        &self,
        telling: &mut Telling<'_>,
        addressed: BTreeSet<OrganisationNumber>,
        concerns: Concerns,
        fact: impl Fn(&Audience) -> Fact,
    ) {
        let veiled = concerns
            .cases
            .iter()
            .filter_map(|id| self.heard.cases.get(id))
            .any(|case| case.is_veiled(self.day));
        let privy = if veiled { self.privy(&concerns) } else { BTreeSet::new() };
        telling.tell(Hearers { addressed, privy }, concerns, fact);
    }

    /// Those who may know more than the public: the parties of a case concerned that are members on the day.
    fn privy(&self, concerns: &Concerns) -> BTreeSet<OrganisationNumber> {
        let cases = concerns.cases.iter().filter_map(|id| self.heard.cases.get(id));
        let members = self.heard.members(self.cooperation(), self.day);
        cases.flat_map(Case::parties).filter(|party| members.contains(party)).collect()
    }
}
