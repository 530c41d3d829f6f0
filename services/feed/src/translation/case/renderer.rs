//! Renders the events of one case as facts, for each audience with what it may know.

use std::{collections::BTreeSet, fmt, str::FromStr};

use samvirke_access::{Viewer, WITHHELD_NB};
use samvirke_schemas::{
    date::Date,
    feed::{Audience, Concerns, Fact, fact::brief},
    id::{AggregateId, CooperationId, LocalId},
    organisation::OrganisationNumber,
    text::{Line, Prose},
};

use crate::translation::{
    message_builder::{MessageBuilder, Recipients},
    state::{TranslationState, case::Case},
};

/// Renders the facts of one case as of a day.
pub(super) struct Renderer<'a> {
    pub(super) state: &'a TranslationState,
    pub(super) case: &'a Case,
    id: &'a AggregateId,
    pub(super) day: Date,
}

impl<'a> Renderer<'a> {
    /// None for a case that was never opened.
    pub(super) fn new(state: &'a TranslationState, builder: &MessageBuilder<'a>) -> Option<Self> {
        let id = builder.about();
        Some(Self { state, case: state.cases.get(id)?, id, day: builder.day() })
    }

    pub(super) fn cooperation(&self) -> &CooperationId {
        &self.id.cooperation
    }

    /// The case as `audience` may know it.
    pub(super) fn case(&self, audience: &Audience) -> brief::Case {
        self.state.case(self.id, self.case, &self.viewer(audience))
    }

    /// A text of the case, where `audience` may know it.
    pub(super) fn text(&self, audience: &Audience, text: Option<&Prose>) -> Option<Prose> {
        text.filter(|_| self.shows_texts(audience)).cloned()
    }

    /// Whether `audience` may know the texts of the case.
    pub(super) fn shows_texts(&self, audience: &Audience) -> bool {
        !self.case.access().withheld_from(&self.viewer(audience)).texts()
    }

    /// A line of the case, or a word in its place where the fact cannot be without one.
    pub(super) fn line(&self, audience: &Audience, line: &Line) -> Line {
        if self.shows_texts(audience) { line.clone() } else { withheld() }
    }

    pub(super) fn member(&self, member: &OrganisationNumber) -> brief::Member {
        self.state.member(self.cooperation(), member)
    }

    pub(super) fn other(&self, id: &AggregateId, audience: &Audience) -> brief::OtherCase {
        self.state.other_case(id, &self.viewer(audience))
    }

    fn viewer(&self, audience: &Audience) -> Viewer {
        self.state.viewer(self.cooperation(), audience, self.day)
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
        builder: &mut MessageBuilder<'_>,
        concerns: Concerns,
        fact: impl Fn(&Audience) -> Fact,
    ) {
        self.tell_addressed(builder, BTreeSet::new(), concerns, fact);
    }

    /// Tells everyone what they may know, and those addressed by themselves.
    pub(super) fn tell_addressed(
        &self,
        builder: &mut MessageBuilder<'_>,
        mut addressed: BTreeSet<OrganisationNumber>,
        concerns: Concerns,
        fact: impl Fn(&Audience) -> Fact,
    ) {
        // Whoever has left the cooperation is told what the public is told (decision 63).
        addressed.retain(|member| self.state.is_member(self.cooperation(), member, self.day));
        let veiled = concerns
            .cases
            .iter()
            .filter_map(|id| self.state.cases.get(id))
            .any(|case| case.is_veiled(self.day));
        let privy = if veiled { self.privy(&concerns) } else { BTreeSet::new() };
        builder.tell(Recipients { addressed, privy }, concerns, fact);
    }

    /// Those who may know more than the public: the parties of a case concerned that are members on the day.
    fn privy(&self, concerns: &Concerns) -> BTreeSet<OrganisationNumber> {
        let cases = concerns.cases.iter().filter_map(|id| self.state.cases.get(id));
        let members = self.state.members(self.cooperation(), self.day);
        let parties = cases.flat_map(|case| case.access().members());
        parties.filter(|party| members.contains(*party)).cloned().collect()
    }
}

/// What stands where a text is withheld and the fact cannot be without one.
pub(super) fn withheld<T: FromStr<Err: fmt::Debug>>() -> T {
    WITHHELD_NB.parse().expect("a word without control characters is a text")
}

/// What stands where an id is withheld that people have put.
pub(super) fn withheld_id() -> LocalId {
    "skjermet".parse().expect("a word in small letters is an id")
}
