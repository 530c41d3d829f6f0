//! Where a case stands: opened, related, in force, restricted, ended.

use samvirke_schemas::{
    cases::case::{
        access::{Restriction, Scope},
        opening::{Description, Opened},
        relation::{ForceEnd, Relation},
        statement::SentStatement,
    },
    date::Date,
    feed::{
        Audience, Fact,
        fact::{
            case::{self as fact, RestrictedPart},
            hearing,
        },
    },
    text::Prose,
};

use super::renderer::{Renderer, withheld_id};
use crate::translation::message_builder::MessageBuilder;

impl Renderer<'_> {
    pub(super) fn opened(&self, opened: &Opened, builder: &mut MessageBuilder<'_>) {
        let Description { classification, about, .. } = &opened.description;
        self.tell(builder, self.concerns(), |audience| {
            Fact::CaseOpened(fact::Opened {
                case: self.case(audience),
                classification: classification.clone().filter(|_| self.shows_texts(audience)),
                about: self.text(audience, about.as_ref()),
            })
        });
    }

    pub(super) fn amended(&self, description: &Description, builder: &mut MessageBuilder<'_>) {
        let Description { classification, about, .. } = description;
        self.tell(builder, self.concerns(), |audience| {
            Fact::CaseAmended(fact::Amended {
                case: self.case(audience),
                classification: classification.clone().filter(|_| self.shows_texts(audience)),
                about: self.text(audience, about.as_ref()),
            })
        });
    }

    pub(super) fn withdrawn(&self, reason: &Prose, builder: &mut MessageBuilder<'_>) {
        self.tell(builder, self.concerns(), |audience| {
            let reason = self.text(audience, Some(reason));
            Fact::CaseWithdrawn(fact::Withdrawn { case: self.case(audience), reason })
        });
    }

    pub(super) fn closed(&self, builder: &mut MessageBuilder<'_>) {
        self.tell(builder, self.concerns(), |audience| {
            Fact::CaseClosed(fact::Closed { case: self.case(audience) })
        });
    }

    pub(super) fn reopened(&self, reason: &Prose, builder: &mut MessageBuilder<'_>) {
        self.tell(builder, self.concerns(), |audience| {
            let reason = self.text(audience, Some(reason));
            Fact::CaseReopened(fact::Reopened { case: self.case(audience), reason })
        });
    }

    pub(super) fn related(&self, relation: &Relation, builder: &mut MessageBuilder<'_>) {
        let mut concerns = self.concerns();
        concerns.cases.insert(relation.to.clone());
        self.tell(builder, concerns, |audience| {
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
        builder: &mut MessageBuilder<'_>,
    ) {
        let mut concerns = self.concerns();
        concerns.cases.insert(relation.to.clone());
        self.tell(builder, concerns, |audience| {
            Fact::CaseRelationRemoved(fact::RelationRemoved {
                case: self.case(audience),
                relation: relation.relation,
                to: self.other(&relation.to, audience),
                reason: self.text(audience, Some(reason)),
            })
        });
    }

    pub(super) fn in_force(&self, from: Date, builder: &mut MessageBuilder<'_>) {
        self.tell(builder, self.concerns(), |audience| {
            Fact::CaseInForce(fact::InForce { case: self.case(audience), from })
        });
    }

    pub(super) fn force_ended(&self, end: &ForceEnd, builder: &mut MessageBuilder<'_>) {
        let mut concerns = self.concerns();
        concerns.cases.extend(end.replaced_by.clone());
        self.tell(builder, concerns, |audience| {
            Fact::CaseForceEnded(fact::ForceEnded {
                case: self.case(audience),
                on: end.on,
                reason: self.text(audience, Some(&end.reason)),
                replaced_by: end.replaced_by.as_ref().map(|other| self.other(other, audience)),
            })
        });
    }

    pub(super) fn restricted(&self, restriction: &Restriction, builder: &mut MessageBuilder<'_>) {
        self.tell(builder, self.concerns(), |audience| {
            Fact::CaseRestricted(fact::Restricted {
                case: self.case(audience),
                legal_basis: restriction.legal_basis.clone(),
                until: restriction.until,
                part: part(&restriction.scope),
            })
        });
    }

    pub(super) fn restriction_lifted(&self, reason: &Prose, builder: &mut MessageBuilder<'_>) {
        self.tell(builder, self.concerns(), |audience| {
            Fact::CaseRestrictionLifted(fact::RestrictionLifted {
                case: self.case(audience),
                reason: reason.clone(),
            })
        });
    }

    pub(super) fn statement_sent(
        &self,
        statement: &SentStatement,
        builder: &mut MessageBuilder<'_>,
    ) {
        let SentStatement { statement, receiver, signed_by, text, on, .. } = statement;
        let signing = signed_by.iter().filter_map(|signatory| signatory.member.as_ref());
        // Who signed, and the id that people gave it, are told with its texts.
        let concerns = match self.shows_texts(&Audience::Public) {
            true => self.concerns_members(signing),
            false => self.concerns(),
        };
        self.tell(builder, concerns, |audience| {
            let shown = self.shows_texts(audience);
            Fact::StatementSent(hearing::StatementSent {
                case: self.case(audience),
                statement: if shown { statement.clone() } else { withheld_id() },
                receiver: self.line(audience, receiver),
                signed_by: if shown { signed_by.clone() } else { Vec::new() },
                text: self.text(audience, text.as_ref()),
                on: *on,
            })
        });
    }
}

/// How much a scope restricts. Which papers it names is not published.
fn part(scope: &Scope) -> RestrictedPart {
    match scope {
        Scope::Everything {} => RestrictedPart::Everything,
        Scope::Title {} => RestrictedPart::Title,
        Scope::Papers { .. } => RestrictedPart::Papers,
    }
}
