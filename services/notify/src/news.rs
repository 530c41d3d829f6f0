//! From a fact of the feed to what follows from it: who is told now, who later, and what is
//! needless from now on.
//!
//! Pure: the same fact, said to the same audience, has the same consequences.

mod answers;
mod bodies;
mod deadlines;
mod meetings;

#[cfg(test)]
mod tests;

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use samvirke_schemas::{
    date::Date,
    feed::{Audience, Fact, fact::brief},
    id::{AggregateId, CooperationId, LocalId},
    local_time::day_of,
    organisation::OrganisationNumber,
};

use crate::{
    notice::{Notice, Reminder, Whom},
    settings::Settings,
};

/// What is registered longer after it happened is history, and nobody is told of it by e-mail.
pub(crate) const AFTERWARDS_MAX: TimeDelta = TimeDelta::days(7);

/// A fact as it was heard.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) cooperation: CooperationId,
    pub(crate) audience: Audience,
    /// The members that were told the same with more in it.
    pub(crate) restated: Vec<OrganisationNumber>,
    pub(crate) fact: Fact,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) recorded_at: DateTime<Utc>,
    /// How often the meeting's plan has changed, where it is about a meeting.
    pub(crate) changes: u32,
}

/// What follows from a fact.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Tell {
        whom: Whom,
        notice: Notice,
    },
    Schedule {
        key: Key,
        at: DateTime<Utc>,
        reminder: Reminder,
    },
    /// As `Schedule`, where the member's answer is still awaited; otherwise nothing.
    Reschedule {
        key: Key,
        at: DateTime<Utc>,
        reminder: Reminder,
    },
    Needless {
        key: Key,
    },
    Await {
        what: Answer,
        case: AggregateId,
        member: brief::Member,
        /// Which of the member's parties in a hearing.
        party: Option<LocalId>,
        since: Date,
    },
    Received {
        case: AggregateId,
        member: OrganisationNumber,
    },
    /// Awaited no longer: of one member, or of all. Where a party is named, only of that one; the member
    /// is reminded until all of its parties have answered.
    Over {
        what: Answer,
        case: AggregateId,
        member: Option<OrganisationNumber>,
        party: Option<LocalId>,
    },
    SeatFilled {
        body: AggregateId,
        seat: LocalId,
        member: OrganisationNumber,
        to: Option<Date>,
    },
    SeatVacated {
        body: AggregateId,
        seat: LocalId,
        to: Date,
    },
}

/// What a member is awaited to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Answer {
    /// Its council's decision on a joint case.
    Decision,
    /// A statement in a hearing.
    Statement,
}

/// What names a reminder, so that it can be moved or made needless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) what: What,
    pub(crate) about: AggregateId,
    /// The member; absent for the one to the secretariat or to a task's owner.
    pub(crate) member: Option<OrganisationNumber>,
}

/// What a reminder reminds of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Receipt,
    Decision,
    Statement,
    FollowUp(LocalId),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receipt => f.write_str("receipt"),
            Self::Decision => f.write_str("decision"),
            Self::Statement => f.write_str("statement"),
            Self::FollowUp(task) => write!(f, "follow-up {task}"),
        }
    }
}

/// The meeting whose plan a fact changes. Told to the public and to members, it is one change.
pub(crate) fn replanned(fact: &Fact) -> Option<&AggregateId> {
    if let Fact::MeetingMoved(moved) = fact {
        Some(&moved.meeting.id)
    } else if let Fact::MeetingCancelled(cancelled) = fact {
        Some(&cancelled.meeting.id)
    } else {
        None
    }
}

/// The meeting that a fact is about, where those who are told get a calendar with it.
pub(crate) fn meeting(fact: &Fact) -> Option<&AggregateId> {
    if let Fact::MeetingNoticeIssued(called) = fact {
        Some(&called.meeting.id)
    } else {
        replanned(fact)
    }
}

/// What follows from what was heard.
pub(crate) fn steps(heard: &Heard, settings: &Settings) -> Vec<Step> {
    let mut steps = Steps { heard, settings, steps: Vec::new() };
    match &heard.fact {
        Fact::BodySeatFilled(filled) => steps.seat_filled(filled),
        Fact::BodySeatVacated(vacated) => steps.seats_vacated(vacated),
        Fact::MeetingNoticeIssued(called) => steps.meeting_called(called),
        Fact::MeetingMoved(moved) => steps.meeting_moved(moved),
        Fact::MeetingCancelled(cancelled) => steps.meeting_cancelled(cancelled),
        Fact::MeetingItemCorrected(changed) => {
            steps.agenda_changed(&changed.meeting, &changed.days, &changed.item);
        }
        Fact::MeetingItemRestricted(changed) => {
            steps.agenda_changed(&changed.meeting, &changed.days, &changed.item);
        }
        Fact::MeetingMinutesPublished(published) => steps.minutes_published(published),
        Fact::CaseSentToMembers(sent) => steps.case_sent(sent),
        Fact::CaseMemberIncluded(included) => steps.member_included(included),
        Fact::ReceiptReceived(receipt) => steps.received(&receipt.case, &receipt.member),
        Fact::ReceiptProcessed(receipt) => steps.received(&receipt.case, &receipt.member),
        Fact::MemberDecisionRegistered(decision) => {
            steps.answered(&decision.case, &decision.member);
        }
        Fact::CaseMemberReleased(released) => steps.answered(&released.case, &released.member),
        Fact::CaseSettled(settled) => steps.over(Answer::Decision, &settled.case, None),
        Fact::CaseWithdrawn(withdrawn) => {
            steps.over(Answer::Decision, &withdrawn.case, None);
            steps.over(Answer::Statement, &withdrawn.case, None);
        }
        Fact::CaseClosed(closed) => steps.over(Answer::Decision, &closed.case, None),
        Fact::HearingOpened(opened) => steps.hearing_opened(opened),
        Fact::HearingExtended(extended) => steps.hearing_extended(extended),
        Fact::HearingStatementReceived(received) => steps.statement_received(received),
        Fact::HearingClosed(closed) => steps.over(Answer::Statement, &closed.case, None),
        Fact::FollowUpAssigned(assigned) => steps.task_assigned(&assigned.case, &assigned.task),
        Fact::FollowUpRescheduled(moved) => steps.task_rescheduled(&moved.case, &moved.task),
        Fact::FollowUpDone(done) => steps.task_over(&done.case, &done.task),
        Fact::FollowUpDropped(dropped) => steps.task_over(&dropped.case, &dropped.task),
        Fact::SubscriptionStopped(stopped) => {
            let notice = Notice::DeliveryStopped(stopped.clone());
            if let Audience::Member(member) = &heard.audience {
                steps.tell(Whom::Member { member: member.clone() }, notice.clone());
            }
            steps.tell(Whom::Secretariat {}, notice);
        }
        // Nobody is told of these by e-mail; the feed has them.
        Fact::CooperationFounded(_)
        | Fact::CooperationMemberAdmitted(_)
        | Fact::CooperationMemberReleased(_)
        | Fact::CooperationAgreementAmended(_)
        | Fact::CooperationLeadershipHandedOver(_)
        | Fact::CooperationPaused(_)
        | Fact::CooperationResumed(_)
        | Fact::CooperationDissolved(_)
        | Fact::BodyEstablished(_)
        | Fact::BodyRulesChanged(_)
        | Fact::BodyChairElected(_)
        | Fact::BodyChairSteppedDown(_)
        | Fact::BodyPaused(_)
        | Fact::BodyResumed(_)
        | Fact::BodyDisbanded(_)
        | Fact::NetworkStarted(_)
        | Fact::NetworkParticipantAdded(_)
        | Fact::NetworkParticipantRemoved(_)
        | Fact::NetworkLeaderChanged(_)
        | Fact::NetworkClosed(_)
        | Fact::CaseOpened(_)
        | Fact::CaseAmended(_)
        | Fact::CaseTreatmentDue(_)
        | Fact::CaseDecided(_)
        | Fact::CaseTreated(_)
        | Fact::CaseInForce(_)
        | Fact::CaseForceEnded(_)
        | Fact::CaseRestricted(_)
        | Fact::CaseWithheld(_)
        | Fact::CaseRestrictionLifted(_)
        | Fact::CaseReopened(_)
        | Fact::CaseRelated(_)
        | Fact::CaseRelationRemoved(_)
        | Fact::MemberDecisionCorrected(_)
        | Fact::MemberReferenceRegistered(_)
        | Fact::HearingSummedUp(_)
        | Fact::HearingAdopted(_)
        | Fact::StatementSent(_)
        | Fact::FollowUpReported(_)
        | Fact::MeetingPlanned(_)
        | Fact::MeetingItemWithheld(_)
        | Fact::MeetingHeld(_)
        | Fact::MeetingAddendumAdded(_) => (),
    }
    steps.steps
}

/// The steps as they come together.
struct Steps<'a> {
    heard: &'a Heard,
    settings: &'a Settings,
    steps: Vec<Step>,
}

impl Steps<'_> {
    /// The member that this is said to, if it is said to one.
    fn addressee(&self) -> Option<&OrganisationNumber> {
        match &self.heard.audience {
            Audience::Member(member) => Some(member),
            Audience::Public => None,
        }
    }

    /// The day on which it was registered.
    fn today(&self) -> Date {
        day_of(self.heard.recorded_at)
    }

    /// What is awaited comes no longer, or has come: of one member, or of all.
    fn over(&mut self, what: Answer, case: &brief::Case, member: Option<&OrganisationNumber>) {
        let member = member.cloned();
        self.push(Step::Over { what, case: case.id.clone(), member, party: None });
    }

    fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Tells it now, unless it is history.
    fn tell(&mut self, whom: Whom, notice: Notice) {
        if self.heard.recorded_at - self.heard.occurred_at <= AFTERWARDS_MAX {
            self.push(Step::Tell { whom, notice });
        }
    }

    /// Tells it when the moment comes, unless it has passed already.
    fn schedule(&mut self, key: Key, at: DateTime<Utc>, whom: Whom, notice: Notice) {
        if at > self.heard.recorded_at {
            let cooperation = self.heard.cooperation.clone();
            let reminder = Reminder { cooperation, whom, notice };
            self.push(Step::Schedule { key, at, reminder });
        }
    }

    /// The morning of a day in Norway, when digests go out too.
    fn morning(&self, day: Date) -> DateTime<Utc> {
        crate::hours::morning(day, self.settings.digest_hour)
    }
}
