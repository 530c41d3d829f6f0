//! When a joint case is settled, and the tally of its answers until then.
//!
//! Texts are compared by their words: only white space is normalised. A rule counts the members
//! taking part, not those who have answered, so nobody settles a case by silence.

use samvirke_schemas::{
    cases::case::{
        Event,
        joint::{MemberOutcome, SettleResult, SettleRule, Settlement},
    },
    organisation::OrganisationNumber,
    text::Prose,
};

use super::{Answer, Decision, Joint, Rejection, Sent};

/// The tally of the answers to a joint case: who has answered, who is missing, and where texts differ.
#[derive(Clone, Debug, PartialEq)]
pub struct JointCaseTally {
    pub answered: Vec<OrganisationNumber>,
    pub missing: Vec<OrganisationNumber>,
    /// Each wording that was adopted, and by whom. More than one means that texts differ.
    pub texts: Vec<(Prose, Vec<OrganisationNumber>)>,
    pub rejected: Vec<OrganisationNumber>,
    pub took_note: Vec<OrganisationNumber>,
}

/// Whether two texts are the same but for white space.
pub(super) fn same_text(one: &Prose, other: &Prose) -> bool {
    one.as_str().split_whitespace().eq(other.as_str().split_whitespace())
}

impl Sent {
    /// Returns the tally of the members taking part.
    pub fn tally(&self) -> JointCaseTally {
        let mut tally = JointCaseTally {
            answered: Vec::new(),
            missing: Vec::new(),
            texts: Vec::new(),
            rejected: Vec::new(),
            took_note: Vec::new(),
        };
        for Answer { recipient, decision, .. } in &self.answers {
            let member = recipient.member.clone();
            let Some(decision) = decision else {
                tally.missing.push(member);
                continue;
            };
            tally.answered.push(member.clone());
            match decision.outcome {
                MemberOutcome::Rejected => tally.rejected.push(member),
                MemberOutcome::TookNote => tally.took_note.push(member),
                MemberOutcome::Adopted => tally.adopted(&self.text, member),
                MemberOutcome::AdoptedWithChanges => {
                    tally.adopted(decision.text.as_ref().unwrap_or(&self.text), member);
                }
            }
        }
        tally
    }

    /// The settlement that the rule gives, if the answers suffice for one.
    fn by_rule(&self) -> Option<Settlement> {
        let members = self.answers.len();
        let needed = match self.settles {
            SettleRule::AllAdoptSameText {} => members,
            SettleRule::MajorityOfMembers {} => members / 2 + 1,
            SettleRule::AsAgreed { .. } => return None,
        };
        let tally = self.tally();
        if let Some((text, by)) = tally.texts.iter().find(|(_, by)| by.len() >= needed) {
            return Some(self.settlement(SettleResult::Adopted, Some(text), by.clone()));
        }
        if tally.rejected.len() >= needed {
            return Some(self.settlement(SettleResult::Rejected, None, tally.rejected));
        }
        None
    }

    fn settlement(
        &self,
        result: SettleResult,
        text: Option<&Prose>,
        carried_by: Vec<OrganisationNumber>,
    ) -> Settlement {
        let rule = self.settles.clone();
        Settlement { result, rule, text: text.cloned(), carried_by, reason: None }
    }
}

impl JointCaseTally {
    fn adopted(&mut self, text: &Prose, member: OrganisationNumber) {
        match self.texts.iter_mut().find(|(known, _)| same_text(known, text)) {
            Some((_, by)) => by.push(member),
            None => self.texts.push((text.clone(), vec![member])),
        }
    }
}

impl Joint {
    /// `event`, and the settlement where it brings the last answer that the rule needs.
    pub(super) fn and_settled(&self, event: Event) -> Vec<Event> {
        let Self::Sent(_) = self else { return vec![event] };
        let mut then = self.clone();
        if let Event::MemberDecisionRegistered(registered)
        | Event::MemberDecisionCorrected(registered) = &event
        {
            then.decided(registered);
        } else if let Event::MemberIncluded { recipient, .. } = &event {
            then.included(recipient);
        } else if let Event::MemberReleased { member, .. } = &event {
            then.released(member);
        }
        let settled = then.sent().and_then(Sent::by_rule).map(Event::Settled);
        std::iter::once(event).chain(settled).collect()
    }

    /// The secretariat settles what the rule leaves to it: the cooperation's agreement, or that
    /// everyone has answered and the members do not agree.
    pub(in crate::case) fn settle(
        &self,
        result: SettleResult,
        text: Option<&Prose>,
        reason: &Prose,
    ) -> Decision {
        if let Self::Settled { settlement, .. } = self
            && settlement.result == result
        {
            return Ok(Vec::new());
        }
        let sent = self.unsettled()?;
        let tally = sent.tally();
        match (&sent.settles, result) {
            (SettleRule::AsAgreed { .. }, _) => (),
            (
                SettleRule::AllAdoptSameText {} | SettleRule::MajorityOfMembers {},
                SettleResult::NotAgreed,
            ) => {
                let missing = tally.missing.len();
                if missing > 0 {
                    return Err(Rejection::StillMissing { missing });
                }
            }
            (SettleRule::AllAdoptSameText {} | SettleRule::MajorityOfMembers {}, _) => {
                return Err(Rejection::RuleSettles);
            }
        }
        let text = text.unwrap_or(&sent.text);
        let settlement = match result {
            SettleResult::Adopted => {
                let by = tally.texts.into_iter().find(|(known, _)| same_text(known, text));
                sent.settlement(result, Some(text), by.map(|(_, by)| by).unwrap_or_default())
            }
            SettleResult::Rejected => sent.settlement(result, None, tally.rejected),
            SettleResult::NotAgreed => sent.settlement(result, None, Vec::new()),
        };
        let reason = Some(reason.clone());
        Ok(vec![Event::Settled(Settlement { reason, ..settlement })])
    }
}
