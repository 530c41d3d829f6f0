//! Where a case stands: opened, related, in force, restricted, ended.

use samvirke_schemas::{
    cases::case::{
        access::Restriction,
        opening::{Description, Opened},
        relation::{ForceEnd, Relation},
        statement::SentStatement,
    },
    date::Date,
    feed::{
        Fact,
        fact::{case as fact, hearing},
    },
    text::Prose,
};

use super::{memory, speaker::Speaker};
use crate::translation::telling::Telling;

impl Speaker<'_> {
    pub(super) fn opened(&self, opened: &Opened, telling: &mut Telling<'_>) {
        let Description { classification, about, .. } = &opened.description;
        self.tell(telling, self.concerns(), |audience| {
            Fact::CaseOpened(fact::Opened {
                case: self.case(audience),
                classification: classification.clone().filter(|_| self.shows_texts(audience)),
                about: self.text(audience, about.as_ref()),
            })
        });
    }

    pub(super) fn amended(&self, description: &Description, telling: &mut Telling<'_>) {
        let Description { classification, about, .. } = description;
        self.tell(telling, self.concerns(), |audience| {
            Fact::CaseAmended(fact::Amended {
                case: self.case(audience),
                classification: classification.clone().filter(|_| self.shows_texts(audience)),
                about: self.text(audience, about.as_ref()),
            })
        });
    }

    pub(super) fn withdrawn(&self, reason: &Prose, telling: &mut Telling<'_>) {
        self.tell(telling, self.concerns(), |audience| {
            let reason = self.text(audience, Some(reason));
            Fact::CaseWithdrawn(fact::Withdrawn { case: self.case(audience), reason })
        });
    }

    pub(super) fn closed(&self, telling: &mut Telling<'_>) {
        self.tell(telling, self.concerns(), |audience| {
            Fact::CaseClosed(fact::Closed { case: self.case(audience) })
        });
    }

    pub(super) fn reopened(&self, reason: &Prose, telling: &mut Telling<'_>) {
        self.tell(telling, self.concerns(), |audience| {
            let reason = self.text(audience, Some(reason));
            Fact::CaseReopened(fact::Reopened { case: self.case(audience), reason })
        });
    }

    pub(super) fn related(&self, relation: &Relation, telling: &mut Telling<'_>) {
        let mut concerns = self.concerns();
        concerns.cases.insert(relation.to.clone());
        self.tell(telling, concerns, |audience| {
            Fact::CaseRelated(fact::Related {
                case: self.case(audience),
                relation: relation.relation,
                to: self.other(&relation.to, audience),
            })
        });
    }

    pub(super) fn relation_removed(
        &self,
        relation: &Relation,
        reason: &Prose,
        telling: &mut Telling<'_>,
    ) {
        let mut concerns = self.concerns();
        concerns.cases.insert(relation.to.clone());
        self.tell(telling, concerns, |audience| {
            Fact::CaseRelationRemoved(fact::RelationRemoved {
                case: self.case(audience),
                relation: relation.relation,
                to: self.other(&relation.to, audience),
                reason: self.text(audience, Some(reason)),
            })
        });
    }

    pub(super) fn in_force(&self, from: Date, telling: &mut Telling<'_>) {
        self.tell(telling, self.concerns(), |audience| {
            Fact::CaseInForce(fact::InForce { case: self.case(audience), from })
        });
    }

    pub(super) fn force_ended(&self, end: &ForceEnd, telling: &mut Telling<'_>) {
        let mut concerns = self.concerns();
        concerns.cases.extend(end.replaced_by.clone());
        self.tell(telling, concerns, |audience| {
            Fact::CaseForceEnded(fact::ForceEnded {
                case: self.case(audience),
                on: end.on,
                reason: self.text(audience, Some(&end.reason)),
                replaced_by: end.replaced_by.as_ref().map(|other| self.other(other, audience)),
            })
        });
    }

    pub(super) fn restricted(&self, restriction: &Restriction, telling: &mut Telling<'_>) {
        self.tell(telling, self.concerns(), |audience| {
            Fact::CaseRestricted(fact::Restricted {
                case: self.case(audience),
                legal_basis: restriction.legal_basis.clone(),
                until: restriction.until,
                part: memory::part(&restriction.scope),
            })
        });
    }

    pub(super) fn restriction_lifted(&self, reason: &Prose, telling: &mut Telling<'_>) {
        self.tell(telling, self.concerns(), |audience| {
            Fact::CaseRestrictionLifted(fact::RestrictionLifted {
                case: self.case(audience),
                reason: reason.clone(),
            })
        });
    }

    pub(super) fn statement_sent(&self, statement: &SentStatement, telling: &mut Telling<'_>) {
        let SentStatement { statement, receiver, signed_by, text, on, .. } = statement;
        let signing = signed_by.iter().filter_map(|signatory| signatory.member.as_ref());
        self.tell(telling, self.concerns_members(signing), |audience| {
            Fact::StatementSent(hearing::StatementSent {
                case: self.case(audience),
                statement: statement.clone(),
                receiver: self.line(audience, receiver),
                signed_by: signed_by.clone(),
                text: self.text(audience, text.as_ref()),
                on: *on,
            })
        });
    }
}
