//! What is remembered of a case: what it is called, who may know what of it, and what later events
//! refer to.

use std::collections::BTreeSet;

use samvirke_access::{CaseAccess, Viewer};
use samvirke_schemas::{
    case_number::CaseNumber,
    cases::{
        case::{
            Event,
            access::Restriction,
            follow_up::Assignment,
            hearing::InvitedParty,
            joint::SettleRule,
            opening::{CaseKind, Opened},
            treatment::{Authority, PlannedTreatment},
        },
        register::WrittenNumber,
    },
    date::Date,
    id::{AggregateId, LocalId},
    local_time::LocalTime,
    organisation::OrganisationNumber,
    text::{Line, Prose},
};

/// What is remembered of a case.
#[derive(Debug)]
pub(in crate::translation) struct Case {
    pub(in crate::translation) number: CaseNumber,
    as_written: Option<WrittenNumber>,
    pub(in crate::translation) kind: CaseKind,
    pub(in crate::translation) owner: AggregateId,
    title: Line,
    public_title: Line,
    /// Who may read what of it: the rule by which it is read everywhere else.
    access: CaseAccess,
    /// The parties of today, where titles and restriction are those of today too, whatever the history says.
    today: Option<BTreeSet<OrganisationNumber>>,
    /// All that were ever parties.
    ever_parties: BTreeSet<OrganisationNumber>,
    treatments: Vec<Planned>,
    pub(in crate::translation) asked: Option<QuestionToMembers>,
    pub(in crate::translation) hearing: Option<Round>,
    /// The tasks that are not ended.
    pub(in crate::translation) tasks: Vec<Assignment>,
}

/// What a case is called, how it is restricted, and who its parties are.
#[derive(Clone, Debug)]
pub(in crate::translation) struct CasePin {
    title: Line,
    public_title: Line,
    restriction: Option<Restriction>,
    parties: BTreeSet<OrganisationNumber>,
}

/// A treatment as it is planned.
#[derive(Debug)]
pub(in crate::translation) struct Planned {
    pub(in crate::translation) treatment: LocalId,
    pub(in crate::translation) authority: Authority,
    pub(in crate::translation) number: Option<CaseNumber>,
}

/// What the members were asked in a joint case (R45).
#[derive(Debug)]
pub(in crate::translation) struct QuestionToMembers {
    pub(in crate::translation) members: BTreeSet<OrganisationNumber>,
    /// Forgotten when the case is settled.
    pub(in crate::translation) text: Option<Prose>,
    pub(in crate::translation) settles: SettleRule,
    pub(in crate::translation) answer_by: Option<Date>,
}

/// A hearing (R46).
#[derive(Debug)]
pub(in crate::translation) struct Round {
    pub(in crate::translation) invited: Vec<InvitedParty>,
    pub(in crate::translation) deadline: LocalTime,
    pub(in crate::translation) earlier_deadline: LocalTime,
}

impl Round {
    pub(in crate::translation) fn members(&self) -> impl Iterator<Item = &OrganisationNumber> {
        self.invited.iter().filter_map(|party| party.member.as_ref())
    }
}

impl Case {
    pub(in crate::translation) fn opened(opened: &Opened) -> Self {
        let Opened { kind, description, owner, number } = opened;
        Self {
            number: number.number,
            as_written: number.as_written.clone(),
            kind: *kind,
            owner: owner.clone(),
            title: description.title.clone(),
            public_title: description.public_title.clone(),
            access: CaseAccess::default(),
            today: None,
            ever_parties: BTreeSet::new(),
            treatments: Vec::new(),
            asked: None,
            hearing: None,
            tasks: Vec::new(),
        }
    }

    /// What the case is called and how it is restricted now.
    pub(in crate::translation) fn pin(&self) -> CasePin {
        CasePin {
            title: self.title.clone(),
            public_title: self.public_title.clone(),
            restriction: self.access.restriction().cloned(),
            parties: self.access.members().cloned().collect(),
        }
    }

    /// Is called and restricted so, whatever the history has from here on.
    pub(in crate::translation) fn stand_as(&mut self, pin: CasePin) {
        (self.title, self.public_title) = (pin.title, pin.public_title);
        self.access.stand_restricted(pin.restriction);
        self.today = Some(pin.parties);
    }

    /// All that were ever parties.
    pub(in crate::translation) fn ever_parties(&self) -> &BTreeSet<OrganisationNumber> {
        &self.ever_parties
    }

    /// Whether an event withholds something of what was published before it.
    pub(in crate::translation) fn withholds(&self, event: &Event, today: Date) -> bool {
        let narrows = matches!(
            event,
            Event::Restricted(_) | Event::Amended(_) | Event::MemberReleased { .. }
        );
        narrows && self.is_veiled(today)
    }

    /// Takes in what holds as soon as an event has happened.
    pub(in crate::translation) fn learn(&mut self, event: &Event) {
        self.learn_one(event);
        self.ever_parties.extend(self.access.members().cloned());
    }

    fn learn_one(&mut self, event: &Event) {
        let is_as_today = matches!(
            event,
            Event::Amended(_) | Event::Restricted(_) | Event::RestrictionLifted { .. }
        );
        if self.today.is_some() && is_as_today {
            return;
        }
        self.access.take(event);
        // Whoever was released since is told no more than the public.
        if let Some(today) = &self.today {
            self.access.keep_members(today);
        }
        match event {
            Event::Amended(description) => {
                self.title = description.title.clone();
                self.public_title = description.public_title.clone();
            }
            Event::TreatmentsPlanned { treatments } | Event::PlanChanged { treatments, .. } => {
                self.plan(treatments);
            }
            Event::SentToMembers(asked) => {
                let members = asked.members.iter().map(|one| one.member.clone()).collect();
                self.asked = Some(QuestionToMembers {
                    members,
                    text: Some(asked.text.clone()),
                    settles: asked.settles.clone(),
                    answer_by: asked.answer_by,
                });
            }
            Event::MemberIncluded { recipient, .. } => {
                if let Some(asked) = &mut self.asked {
                    asked.members.insert(recipient.member.clone());
                }
            }
            Event::HearingOpened(opened) => {
                self.hearing = Some(Round {
                    invited: opened.invited.clone(),
                    deadline: opened.deadline,
                    earlier_deadline: opened.deadline,
                });
            }
            Event::HearingExtended { deadline, .. } => {
                if let Some(round) = &mut self.hearing {
                    round.earlier_deadline = std::mem::replace(&mut round.deadline, *deadline);
                }
            }
            Event::FollowUpAssigned(task) => self.tasks.push(task.clone()),
            Event::FollowUpRescheduled { follow_up, due, .. } => {
                let task = self.tasks.iter_mut().find(|task| task.follow_up == *follow_up);
                if let Some(task) = task {
                    task.due = Some(*due);
                }
            }
            Event::Opened(_)
            | Event::Restricted(_)
            | Event::RestrictionLifted { .. }
            | Event::PaperAdded { .. }
            | Event::Recommended(_)
            | Event::TreatmentDue { .. }
            | Event::OutcomeRecorded(_)
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
            | Event::MemberReleased { .. }
            | Event::Settled(_)
            | Event::StatementReceived(_)
            | Event::HearingClosed { .. }
            | Event::HearingSummedUp(_)
            | Event::AdoptedAfterHearing(_)
            | Event::StatementSent(_)
            | Event::FollowUpReported { .. }
            | Event::FollowUpDone { .. }
            | Event::FollowUpDropped { .. } => (),
        }
    }

    /// Forgets what an event ended, once it is published.
    pub(in crate::translation) fn forget(&mut self, event: &Event) {
        if let Event::MemberReleased { member, .. } = event
            && let Some(asked) = &mut self.asked
        {
            asked.members.remove(member);
        }
        if let Event::Settled(_) = event
            && let Some(asked) = &mut self.asked
        {
            asked.text = None;
        }
        if let Event::FollowUpDone { follow_up, .. } | Event::FollowUpDropped { follow_up, .. } =
            event
        {
            self.tasks.retain(|task| task.follow_up != *follow_up);
        }
    }

    /// Treatments that are held stay: they may come back.
    fn plan(&mut self, treatments: &[PlannedTreatment]) {
        for planned in treatments {
            self.treatments.retain(|known| known.treatment != planned.treatment);
            self.treatments.push(Planned {
                treatment: planned.treatment.clone(),
                authority: planned.authority,
                number: planned.number.as_ref().map(|taken| taken.number),
            });
        }
    }

    pub(in crate::translation) fn treatment(&self, id: &LocalId) -> Option<&Planned> {
        self.treatments.iter().find(|planned| planned.treatment == *id)
    }

    /// Who may read what of it.
    pub(in crate::translation) fn access(&self) -> &CaseAccess {
        &self.access
    }

    /// Whether the public gets less than the parties.
    pub(in crate::translation) fn is_veiled(&self, day: Date) -> bool {
        self.access.withheld_from(&Viewer::public(day)).title()
    }

    /// What it is called for somebody, and whether that is less than its full title.
    pub(in crate::translation) fn title(&self, viewer: &Viewer) -> (&Line, bool) {
        let withheld = self.access.withheld_from(viewer).title();
        (if withheld { &self.public_title } else { &self.title }, withheld)
    }

    /// The number as a source writes it.
    pub(in crate::translation) fn as_written(&self) -> Option<&WrittenNumber> {
        self.as_written.as_ref()
    }

    pub(in crate::translation) fn number(&self) -> CaseNumber {
        self.number
    }

    pub(in crate::translation) fn public_title(&self) -> &Line {
        &self.public_title
    }
}
