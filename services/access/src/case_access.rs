//! What restricts a case, and who takes part in it, as its events add up to it.

use std::collections::{BTreeMap, BTreeSet};

use samvirke_schemas::{
    cases::case::{
        Event,
        access::{Restriction, Scope},
        hearing::InvitedParty,
        treatment::PlannedTreatment,
    },
    date::Date,
    id::{AggregateId, LocalId},
    networks::rules::PersonId,
    organisation::OrganisationNumber,
};
use serde::{Deserialize, Serialize};

use crate::Viewer;

/// What a viewer may not read of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WithheldFromCase {
    Nothing,
    /// The full title.
    Title,
    /// These papers.
    Papers(BTreeSet<LocalId>),
    /// Every text but the public title, and the papers.
    Everything,
}

impl WithheldFromCase {
    /// Whether the full title is withheld.
    pub fn title(&self) -> bool {
        matches!(self, Self::Title | Self::Everything)
    }

    /// Whether wordings are withheld: decisions, recommendations, answers.
    pub fn texts(&self) -> bool {
        *self == Self::Everything
    }

    /// Whether a paper is withheld.
    pub fn paper(&self, paper: &LocalId) -> bool {
        match self {
            Self::Nothing | Self::Title => false,
            Self::Papers(papers) => papers.contains(paper),
            Self::Everything => true,
        }
    }
}

/// Who may read what of a case.
///
/// Those taking part in a restricted case are the seats of the bodies that treat it, the members it was sent
/// to or who are heard, and the people of the access groups that the restriction or such a body names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseAccess {
    restriction: Option<Restriction>,
    /// The body of each treatment of the plan.
    planned: BTreeMap<LocalId, AggregateId>,
    /// The bodies that have treated it.
    treated: BTreeSet<AggregateId>,
    /// The members it was sent to and that are not released.
    asked: BTreeSet<OrganisationNumber>,
    /// The members invited to its hearing.
    heard: BTreeSet<OrganisationNumber>,
}

impl CaseAccess {
    /// Takes an event of the case.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Restricted(restriction) => self.restriction = Some(restriction.clone()),
            Event::RestrictionLifted { .. } => self.restriction = None,
            Event::TreatmentsPlanned { treatments } => self.plan(treatments),
            Event::PlanChanged { treatments, .. } => {
                self.planned.clear();
                self.plan(treatments);
            }
            Event::OutcomeRecorded(outcome) => {
                self.treated.insert(outcome.body.clone());
            }
            Event::AdoptedAfterHearing(adoption) => {
                self.treated.insert(adoption.body.clone());
            }
            Event::SentToMembers(sent) => {
                self.asked = sent.members.iter().map(|one| one.member.clone()).collect();
            }
            Event::MemberIncluded { recipient, .. } => {
                self.asked.insert(recipient.member.clone());
            }
            Event::MemberReleased { member, .. } => {
                self.asked.remove(member);
            }
            Event::HearingOpened(opened) => self.hear(&opened.invited),
            Event::Opened(_)
            | Event::Amended(_)
            | Event::PaperAdded { .. }
            | Event::Recommended(_)
            | Event::TreatmentDue { .. }
            | Event::ReadyForMembers { .. }
            | Event::Related(_)
            | Event::RelationRemoved { .. }
            | Event::PutInForce { .. }
            | Event::ForceEnded(_)
            | Event::Withdrawn { .. }
            | Event::Closed {}
            | Event::Reopened { .. }
            | Event::JointDeclared { .. }
            | Event::ReceiptRegistered(_)
            | Event::ReferenceRegistered(_)
            | Event::MemberDecisionRegistered(_)
            | Event::MemberDecisionCorrected(_)
            | Event::Settled(_)
            | Event::StatementReceived(_)
            | Event::HearingExtended { .. }
            | Event::HearingClosed { .. }
            | Event::HearingSummedUp(_)
            | Event::StatementSent(_)
            | Event::FollowUpAssigned(_)
            | Event::FollowUpReported { .. }
            | Event::FollowUpRescheduled { .. }
            | Event::FollowUpDone { .. }
            | Event::FollowUpDropped { .. } => (),
        }
    }

    fn plan(&mut self, treatments: &[PlannedTreatment]) {
        for treatment in treatments {
            self.planned.insert(treatment.treatment.clone(), treatment.body.clone());
        }
    }

    fn hear(&mut self, invited: &[InvitedParty]) {
        self.heard = invited.iter().filter_map(|party| party.member.clone()).collect();
    }

    /// What a viewer may not read. A case of which nothing is known, or not everything that has happened to
    /// it, is withheld whole.
    pub fn withheld(access: Option<&Self>, viewer: &Viewer) -> WithheldFromCase {
        if viewer.sees_all() {
            return WithheldFromCase::Nothing;
        }
        match access {
            None => WithheldFromCase::Everything,
            Some(access) => access.withheld_from(viewer),
        }
    }

    /// What a viewer may not read of this case.
    pub fn withheld_from(&self, viewer: &Viewer) -> WithheldFromCase {
        if viewer.sees_all() || self.takes_part(viewer) {
            return WithheldFromCase::Nothing;
        }
        withheld_by(self.restriction_on(viewer.day()))
    }

    /// What those who take no part may not read while the restriction holds.
    pub fn withheld_from_those_outside(&self) -> WithheldFromCase {
        withheld_by(self.restriction.as_ref())
    }

    /// Whether the viewer takes part in the case.
    pub fn takes_part(&self, viewer: &Viewer) -> bool {
        let is_asked = viewer.member().is_some_and(|own| self.has_member(own));
        let by_body = self.bodies().any(|body| viewer.reads_restricted_of(body));
        let is_named = viewer.person().is_some_and(|own| self.people().any(|person| person == own));
        is_asked || by_body || is_named
    }

    /// The restriction that holds on a day.
    pub fn restriction_on(&self, day: Date) -> Option<&Restriction> {
        self.restriction.as_ref().filter(|it| it.until.is_none_or(|last| day <= last))
    }

    /// The restriction as it was set last, also where it has ended.
    pub fn restriction(&self) -> Option<&Restriction> {
        self.restriction.as_ref()
    }

    /// Is restricted so, whatever its events have said.
    pub fn stand_restricted(&mut self, restriction: Option<Restriction>) {
        self.restriction = restriction;
    }

    /// Leaves out the members taking part that are not among these.
    pub fn keep_members(&mut self, kept: &BTreeSet<OrganisationNumber>) {
        self.asked.retain(|member| kept.contains(member));
        self.heard.retain(|member| kept.contains(member));
    }

    /// The bodies that treat it, or have treated it.
    pub fn bodies(&self) -> impl Iterator<Item = &AggregateId> {
        self.planned.values().chain(&self.treated)
    }

    /// The members taking part as members: those it was sent to, and those who are heard.
    pub fn members(&self) -> impl Iterator<Item = &OrganisationNumber> {
        self.asked.union(&self.heard)
    }

    /// The members it was sent to and that are not released. Which councils treat a case is public, as it is which
    /// bodies do; who is heard is not, where the case is withheld.
    pub fn asked(&self) -> &BTreeSet<OrganisationNumber> {
        &self.asked
    }

    fn has_member(&self, member: &OrganisationNumber) -> bool {
        self.asked.contains(member) || self.heard.contains(member)
    }

    /// The people of the access groups that the restriction names.
    pub fn people(&self) -> impl Iterator<Item = PersonId> + '_ {
        let groups = self.restriction.iter().flat_map(|restriction| &restriction.access_groups);
        groups.flat_map(|group| group.people.iter().copied())
    }
}

fn withheld_by(restriction: Option<&Restriction>) -> WithheldFromCase {
    match restriction.map(|restriction| &restriction.scope) {
        None => WithheldFromCase::Nothing,
        Some(Scope::Title {}) => WithheldFromCase::Title,
        Some(Scope::Papers { papers }) => WithheldFromCase::Papers(papers.clone()),
        Some(Scope::Everything {}) => WithheldFromCase::Everything,
    }
}
