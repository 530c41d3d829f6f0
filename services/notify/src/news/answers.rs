//! Joint cases: what is sent to a member's council, and the reminders until it has answered (R45).

use samvirke_schemas::{
    cases::case::joint::SettleRule,
    date::Date,
    feed::fact::{brief, case},
    organisation::OrganisationNumber,
};

use super::{Answer, Key, Step, Steps, What};
use crate::notice::{Missing, Notice, PublicCase, Silence, Whom};

/// A joint case as one member gets it.
struct Sent<'a> {
    case: &'a brief::Case,
    member: brief::Member,
    settles: &'a SettleRule,
    answer_by: Option<Date>,
    on: Date,
}

impl Steps<'_> {
    /// Everyone who is asked is told on its own subject.
    pub(super) fn case_sent(&mut self, sent: &case::SentToMembers) {
        let Some(member) = self.addressee().cloned() else { return };
        let named = sent.own.clone().filter(|own| own.member == member);
        let member = named.unwrap_or(brief::Member { member, names: None });
        self.send(&Sent {
            case: &sent.case,
            member,
            settles: &sent.settles,
            answer_by: sent.answer_by,
            on: sent.on,
        });
    }

    pub(super) fn member_included(&mut self, included: &case::MemberIncluded) {
        // Before the case has gone to the members, nothing is asked.
        let Some(settles) = &included.settles else { return };
        if self.addressee() != Some(&included.member.member) {
            return;
        }
        self.send(&Sent {
            case: &included.case,
            member: included.member.clone(),
            settles,
            answer_by: included.answer_by,
            on: self.today(),
        });
    }

    pub(super) fn received(&mut self, case: &brief::Case, member: &brief::Member) {
        self.push(Step::Needless { key: key(case, Missing::Receipt, Some(&member.member)) });
        let member = member.member.clone();
        self.push(Step::Received { case: case.id.clone(), member });
    }

    pub(super) fn answered(&mut self, case: &brief::Case, member: &brief::Member) {
        self.over(Answer::Decision, case, Some(&member.member));
    }

    fn send(&mut self, sent: &Sent<'_>) {
        let Sent { case, member, settles, answer_by, on } = sent;
        let whom = Whom::Member { member: member.member.clone() };
        let notice = Notice::CaseSent {
            case: PublicCase::from(*case),
            settles: (*settles).clone(),
            answer_by: *answer_by,
        };
        self.tell(whom, notice);
        self.push(Step::Await {
            what: Answer::Decision,
            case: case.id.clone(),
            member: member.clone(),
            party: None,
            since: *on,
        });
        let after = |days: u16| on.plus_days(days);
        let receipt_on = after(self.settings.receipt_days);
        let decision_on = match answer_by {
            Some(day) => day.minus_days(self.settings.decision_days_before),
            None => after(self.settings.decision_days),
        };
        self.remind(sent, Missing::Receipt, receipt_on);
        self.remind(sent, Missing::Decision, decision_on);
    }

    /// Reminds the member on a day, and gives the secretariat the list of all that are silent then.
    fn remind(&mut self, sent: &Sent<'_>, missing: Missing, day: Date) {
        let Sent { case, member, answer_by, on, .. } = sent;
        let silence =
            Silence { case: PublicCase::from(*case), missing, sent_on: *on, answer_by: *answer_by };
        let at = self.morning(day);
        let whom = Whom::Member { member: member.member.clone() };
        let own = key(case, missing, Some(&member.member));
        self.schedule(own, at, whom, Notice::MemberSilent(silence.clone()));
        // Who is silent is seen when the moment comes.
        let list = Notice::MembersSilent { silence, members: Vec::new() };
        self.schedule(key(case, missing, None), at, Whom::Secretariat {}, list);
    }
}

fn key(case: &brief::Case, missing: Missing, member: Option<&OrganisationNumber>) -> Key {
    let what = match missing {
        Missing::Receipt => What::Receipt,
        Missing::Decision => What::Decision,
    };
    Key { what, about: case.id.clone(), member: member.cloned() }
}
