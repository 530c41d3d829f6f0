//! Hearings and tasks: what has a day on which it must be done (R46, R65).

use chrono::{DateTime, TimeDelta, Utc};
use samvirke_schemas::{
    feed::{
        Audience,
        fact::{brief, follow_up, hearing},
    },
    local_time::LocalTime,
    organisation::OrganisationNumber,
};

use super::{Answer, Key, Step, Steps, What};
use crate::notice::{Notice, Reminder, Whom};

impl Steps<'_> {
    /// Everyone who is invited is told on its own subject.
    pub(super) fn hearing_opened(&mut self, opened: &hearing::Opened) {
        let Some(member) = self.addressee().cloned() else { return };
        let whom = Whom::Member { member: member.clone() };
        self.tell(whom.clone(), Notice::HearingOpened(opened.into()));
        for party in opened.members.iter().filter(|party| party.member == member) {
            let named = |one: &&hearing::InvitedParty| one.party == party.party;
            let names = opened.own.iter().find(named).map(|own| own.names.clone());
            self.push(Step::Await {
                what: Answer::Statement,
                case: opened.case.id.clone(),
                member: brief::Member { member: member.clone(), names },
                party: Some(party.party.clone()),
                since: opened.sent_on,
            });
        }
        let at = self.before(opened.deadline);
        self.schedule(key(&opened.case, member), at, whom, closing(&opened.case, opened.deadline));
    }

    pub(super) fn hearing_extended(&mut self, extended: &hearing::Extended) {
        let Some(member) = self.addressee().cloned() else { return };
        let whom = Whom::Member { member: member.clone() };
        self.tell(whom.clone(), Notice::HearingExtended(extended.into()));
        let at = self.before(extended.deadline);
        let key = key(&extended.case, member);
        // Those who have answered are not reminded.
        self.push(Step::Needless { key: key.clone() });
        if at > self.heard.recorded_at {
            let notice = closing(&extended.case, extended.deadline);
            let cooperation = self.heard.cooperation.clone();
            self.push(Step::Reschedule {
                key,
                at,
                reminder: Reminder { cooperation, whom, notice },
            });
        }
    }

    pub(super) fn statement_received(&mut self, received: &hearing::StatementReceived) {
        if let hearing::StatementFrom::Invited(party) = &received.from
            && let Some(member) = &party.member
        {
            self.push(Step::Over {
                what: Answer::Statement,
                case: received.case.id.clone(),
                member: Some(member.clone()),
                party: Some(party.party.clone()),
            });
        }
    }

    fn before(&self, deadline: LocalTime) -> DateTime<Utc> {
        deadline.instant() - TimeDelta::days(self.settings.hearing_days_before.into())
    }

    pub(super) fn task_assigned(&mut self, case: &brief::Case, task: &follow_up::Task) {
        let Some(due) = task.due else { return };
        let whom = owner(&task.owner);
        if !self.hears(&whom) {
            return;
        }
        let early = self.morning(due.minus_days(self.settings.follow_up_days_before));
        // Where that has passed already, the day itself is what is left.
        let at = if early > self.heard.recorded_at { early } else { self.morning(due) };
        let notice = Notice::FollowUpDue { case: case.into(), task: task.into() };
        self.schedule(task_key(case, task), at, whom, notice);
    }

    pub(super) fn task_rescheduled(&mut self, case: &brief::Case, task: &follow_up::Task) {
        if self.hears(&owner(&task.owner)) {
            self.task_over(case, task);
            self.task_assigned(case, task);
        }
    }

    pub(super) fn task_over(&mut self, case: &brief::Case, task: &follow_up::Task) {
        self.push(Step::Needless { key: task_key(case, task) });
    }

    /// Whether this is the telling that holds most of what they may know.
    fn hears(&self, whom: &Whom) -> bool {
        let restated = &self.heard.restated;
        match (whom, &self.heard.audience) {
            (Whom::Member { member }, Audience::Member(to)) => member == to,
            (Whom::Member { member }, Audience::Public) => !restated.contains(member),
            (Whom::Secretariat {}, Audience::Member(_)) => true,
            (Whom::Secretariat {}, Audience::Public) => restated.is_empty(),
            (Whom::Seats { .. }, Audience::Member(_)) => false,
            (Whom::Seats { .. }, Audience::Public) => true,
        }
    }
}

fn closing(case: &brief::Case, deadline: LocalTime) -> Notice {
    Notice::HearingClosing { case: case.into(), deadline }
}

fn owner(owner: &follow_up::Owner) -> Whom {
    match owner {
        follow_up::Owner::Member(member)
        | follow_up::Owner::Office { member: Some(member), .. } => {
            Whom::Member { member: member.member.clone() }
        }
        follow_up::Owner::Body(body) => {
            Whom::Seats { body: body.id.clone(), of: None, except: Vec::new() }
        }
        follow_up::Owner::Office { member: None, .. } => Whom::Secretariat {},
    }
}

fn key(case: &brief::Case, member: OrganisationNumber) -> Key {
    Key { what: What::Statement, about: case.id.clone(), member: Some(member) }
}

fn task_key(case: &brief::Case, task: &follow_up::Task) -> Key {
    Key { what: What::FollowUp(task.follow_up.clone()), about: case.id.clone(), member: None }
}
