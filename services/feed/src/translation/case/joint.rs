//! A joint case with the members: who is asked, what each answers, how it ends (R45).

use samvirke_schemas::{
    cases::case::joint::{
        FileReference, MemberDecision, MemberReference, MembersAsked, Receipt, ReceiptStep,
        Recipient, RegisteredDecision, SettleRule, Settlement,
    },
    feed::{
        Audience, Fact,
        fact::{answer, brief, case as fact},
    },
    organisation::OrganisationNumber,
    text::Prose,
};

use super::renderer::{Renderer, withheld};
use crate::translation::message_builder::MessageBuilder;

impl Renderer<'_> {
    pub(super) fn sent_to_members(&self, asked: &MembersAsked, builder: &mut MessageBuilder<'_>) {
        let concerns = self.concerns_members(asked.members.iter().map(|one| &one.member));
        let addressed = concerns.members.clone();
        self.tell_addressed(builder, addressed, concerns, |audience| {
            let own = asked.members.iter().find(|one| Some(&one.member) == audience.member());
            Fact::CaseSentToMembers(fact::SentToMembers {
                case: self.case(audience),
                members: asked.members.iter().map(|one| one.member.clone()).collect(),
                own: own.map(named),
                text: self.text(audience, Some(&asked.text)),
                settles: self.rule(audience, &asked.settles),
                answer_by: asked.answer_by,
                on: asked.on,
            })
        });
    }

    pub(super) fn member_included(
        &self,
        recipient: &Recipient,
        reason: &Prose,
        builder: &mut MessageBuilder<'_>,
    ) {
        let asked = self.case.asked.as_ref();
        let concerns = self.concerns_members([&recipient.member]);
        let addressed = concerns.members.clone();
        self.tell_addressed(builder, addressed, concerns, |audience| {
            let text = asked.and_then(|asked| asked.text.as_ref());
            Fact::CaseMemberIncluded(fact::MemberIncluded {
                case: self.case(audience),
                member: named(recipient),
                text: self.text(audience, text),
                settles: asked.map(|asked| self.rule(audience, &asked.settles)),
                answer_by: asked.and_then(|asked| asked.answer_by),
                reason: self.text(audience, Some(reason)),
            })
        });
    }

    /// The member gets a message of its own that it takes part no longer, and no more than the public of what is restricted.
    pub(super) fn member_released(
        &self,
        member: &OrganisationNumber,
        reason: &Prose,
        builder: &mut MessageBuilder<'_>,
    ) {
        let concerns = self.concerns_members([member]);
        let addressed = concerns.members.clone();
        self.tell_addressed(builder, addressed, concerns, |audience| {
            Fact::CaseMemberReleased(fact::MemberReleased {
                case: self.case(audience),
                member: self.member(member),
                reason: self.text(audience, Some(reason)),
            })
        });
    }

    pub(super) fn settled(&self, settlement: &Settlement, builder: &mut MessageBuilder<'_>) {
        let asked = self.case.asked.iter().flat_map(|asked| &asked.members);
        let concerns = self.concerns_members(asked);
        let addressed = concerns.members.clone();
        self.tell_addressed(builder, addressed, concerns, |audience| {
            Fact::CaseSettled(fact::Settled {
                case: self.case(audience),
                result: settlement.result,
                rule: self.rule(audience, &settlement.rule),
                text: self.text(audience, settlement.text.as_ref()),
                carried_by: settlement.carried_by.clone(),
                reason: self.text(audience, settlement.reason.as_ref()),
            })
        });
    }

    pub(super) fn receipt_registered(&self, receipt: &Receipt, builder: &mut MessageBuilder<'_>) {
        let Receipt { member, step, on, registered_by } = receipt;
        let (on, registered_by) = (*on, *registered_by);
        self.tell(builder, self.concerns_members([member]), |audience| {
            let (case, member) = (self.case(audience), self.member(member));
            match step {
                ReceiptStep::Received => {
                    Fact::ReceiptReceived(answer::Received { case, member, on, registered_by })
                }
                ReceiptStep::Processed => {
                    Fact::ReceiptProcessed(answer::Processed { case, member, on, registered_by })
                }
            }
        });
    }

    pub(super) fn reference_registered(
        &self,
        registered: &MemberReference,
        builder: &mut MessageBuilder<'_>,
    ) {
        let MemberReference { member, reference, registered_by } = registered;
        self.tell(builder, self.concerns_members([member]), |audience| {
            Fact::MemberReferenceRegistered(answer::ReferenceRegistered {
                case: self.case(audience),
                member: self.member(member),
                reference: self.reference(audience, reference),
                registered_by: *registered_by,
            })
        });
    }

    pub(super) fn member_decided(
        &self,
        registered: &RegisteredDecision,
        builder: &mut MessageBuilder<'_>,
    ) {
        let RegisteredDecision { member, decision, registered_by, .. } = registered;
        let MemberDecision { outcome, text, body, on } = decision;
        self.tell(builder, self.concerns_members([member]), |audience| {
            Fact::MemberDecisionRegistered(answer::DecisionRegistered {
                case: self.case(audience),
                member: self.member(member),
                outcome: *outcome,
                text: self.text(audience, text.as_ref()),
                body: self.line(audience, body),
                on: *on,
                registered_by: *registered_by,
            })
        });
    }

    pub(super) fn member_corrected(
        &self,
        registered: &RegisteredDecision,
        builder: &mut MessageBuilder<'_>,
    ) {
        let RegisteredDecision { member, decision, reason, registered_by } = registered;
        let MemberDecision { outcome, text, body, on } = decision;
        self.tell(builder, self.concerns_members([member]), |audience| {
            Fact::MemberDecisionCorrected(answer::DecisionCorrected {
                case: self.case(audience),
                member: self.member(member),
                outcome: *outcome,
                text: self.text(audience, text.as_ref()),
                body: self.line(audience, body),
                on: *on,
                reason: self.text(audience, reason.as_ref()),
                registered_by: *registered_by,
            })
        });
    }

    fn rule(&self, audience: &Audience, rule: &SettleRule) -> SettleRule {
        match rule {
            SettleRule::AllAdoptSameText {} => SettleRule::AllAdoptSameText {},
            SettleRule::MajorityOfMembers {} => SettleRule::MajorityOfMembers {},
            SettleRule::AsAgreed { text } => {
                let text = self.text(audience, Some(text));
                SettleRule::AsAgreed { text: text.unwrap_or_else(withheld) }
            }
        }
    }

    fn reference(&self, audience: &Audience, reference: &FileReference) -> FileReference {
        let shown = self.shows_texts(audience);
        FileReference {
            file: self.line(audience, &reference.file),
            journal_entry: reference.journal_entry.clone().filter(|_| shown),
        }
    }
}

fn named(recipient: &Recipient) -> brief::Member {
    brief::Member { member: recipient.member.clone(), names: Some(recipient.names.clone()) }
}
