//! What is known from the events so far, as far as the next one needs it to be rendered.

pub(super) mod agenda;
pub(super) mod case;
pub(super) mod meeting;
pub(super) mod withholding;

use std::collections::{BTreeSet, HashMap};

use samvirke_access::Viewer;
use samvirke_schemas::{
    date::Date,
    feed::{
        Audience,
        fact::{brief, network::Network},
    },
    id::{AggregateId, CooperationId},
    names::Names,
    networks::{body::BodyHistory, cooperation::Memberships},
    organisation::OrganisationNumber,
    subscriptions::subscription::{endpoint::Endpoint, terms::Owner},
};

use case::Case;
use meeting::Meeting;
use withholding::{Affected, Pin, Withholding};

/// What is remembered of a cooperation.
#[derive(Debug, Default)]
pub(super) struct Cooperation {
    pub(super) names: Option<Names>,
    pub(super) memberships: Memberships,
}

/// Whose a subscription is and where it goes.
#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) owner: Owner,
    pub(super) endpoint: Endpoint,
}

/// Everything that is known.
#[derive(Debug, Default)]
pub(super) struct TranslationState {
    pub(super) cooperations: HashMap<CooperationId, Cooperation>,
    pub(super) bodies: HashMap<AggregateId, BodyHistory>,
    pub(super) networks: HashMap<AggregateId, Network>,
    pub(super) cases: HashMap<AggregateId, Case>,
    pub(super) meetings: HashMap<AggregateId, Meeting>,
    pub(super) subscriptions: HashMap<AggregateId, Subscription>,
    /// Whose facts mention a case beside the case's own.
    pub(super) mentions: HashMap<AggregateId, BTreeSet<Affected>>,
    /// What the last commit withholds.
    pub(super) withholding: Option<Withholding>,
    /// How what is rendered again stands today.
    pub(super) pin: Option<Pin>,
    /// The day on which it is rendered again.
    pub(super) anew_on: Option<Date>,
}

impl TranslationState {
    pub(super) fn cooperation(&self, id: &CooperationId) -> brief::Cooperation {
        let names = self.cooperations.get(id).and_then(|known| known.names.clone());
        brief::Cooperation { id: id.clone(), names }
    }

    /// A member, by the names it was last admitted with.
    pub(super) fn member(
        &self,
        cooperation: &CooperationId,
        member: &OrganisationNumber,
    ) -> brief::Member {
        brief::Member { member: member.clone(), names: self.member_names(cooperation, member) }
    }

    pub(super) fn member_names(
        &self,
        cooperation: &CooperationId,
        member: &OrganisationNumber,
    ) -> Option<Names> {
        let stays = &self.cooperations.get(cooperation)?.memberships;
        stays.of(member).next_back().map(|stay| stay.names.clone())
    }

    /// The members of the cooperation on a day (R1); of them, where something of that day is rendered again,
    /// those that are members still.
    pub(super) fn members(
        &self,
        cooperation: &CooperationId,
        day: Date,
    ) -> BTreeSet<OrganisationNumber> {
        let on = |day: Date| -> BTreeSet<OrganisationNumber> {
            let known = self.cooperations.get(cooperation);
            let stays = known.into_iter().flat_map(|known| known.memberships.on(day));
            stays.map(|stay| stay.member.clone()).collect()
        };
        let mut members = on(day);
        if let Some(today) = self.anew_on {
            let still = on(today);
            members.retain(|member| still.contains(member));
        }
        members
    }

    /// Whether it is among [`Self::members`].
    pub(super) fn is_member(
        &self,
        cooperation: &CooperationId,
        member: &OrganisationNumber,
        day: Date,
    ) -> bool {
        let Some(known) = self.cooperations.get(cooperation) else { return false };
        let is_one = |day| known.memberships.on(day).any(|stay| stay.member == *member);
        is_one(day) && self.anew_on.is_none_or(is_one)
    }

    pub(super) fn body(&self, id: &AggregateId) -> brief::Body {
        let names = self.bodies.get(id).map(|body| body.names.clone());
        brief::Body { id: id.clone(), names }
    }

    /// An audience as somebody who reads on a day. A member's system has no seat and is in no access group, and
    /// whoever is no member is the public.
    pub(super) fn viewer(
        &self,
        cooperation: &CooperationId,
        audience: &Audience,
        day: Date,
    ) -> Viewer {
        match audience {
            Audience::Member(member) if self.is_member(cooperation, member, day) => {
                Viewer::system_of(member.clone(), day)
            }
            Audience::Member(_) | Audience::Public => Viewer::public(day),
        }
    }

    /// A case as somebody may know it.
    pub(super) fn case(&self, id: &AggregateId, case: &Case, viewer: &Viewer) -> brief::Case {
        let (title, withheld) = case.title(viewer);
        brief::Case {
            id: id.clone(),
            number: case.number(),
            as_written: case.as_written().cloned(),
            title: title.clone(),
            kind: case.kind,
            owner: self.body(&case.owner),
            withheld,
        }
    }

    /// Notes that facts of an aggregate mention a case.
    pub(super) fn mention(&mut self, case: &AggregateId, kind: &'static str, by: &AggregateId) {
        let mentions = self.mentions.entry(case.clone()).or_default();
        mentions.insert(Affected { kind, id: by.clone() });
    }

    /// Another case than the one that the message is about, as far as somebody may know it.
    pub(super) fn other_case(&self, id: &AggregateId, viewer: &Viewer) -> brief::OtherCase {
        let case = self.cases.get(id).map(|case| self.case(id, case, viewer));
        brief::OtherCase { id: id.clone(), case }
    }
}
