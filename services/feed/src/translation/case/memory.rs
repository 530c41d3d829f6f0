//! What is remembered of a case: what it is called, who may know what of it, and what later events
//! refer to.

use std::collections::BTreeSet;

use samvirke_schemas::{
    case_number::CaseNumber,
    cases::{
        case::{
            Event,
            access::{Restriction, Scope},
            follow_up::Assignment,
            hearing::InvitedParty,
            joint::SettleRule,
            opening::{CaseKind, Opened},
            treatment::{Authority, PlannedTreatment},
        },
        register::WrittenNumber,
    },
    date::Date,
    feed::{
        Audience,
        fact::{brief, case::RestrictedPart},
    },
    id::{AggregateId, LocalId},
    local_time::LocalTime,
    organisation::OrganisationNumber,
    text::{Line, Prose},
};

use crate::translation::heard::Heard;

/// What is remembered of a case.
#[derive(Debug)]
pub(in crate::translation) struct Case {
    pub(super) number: CaseNumber,
    as_written: Option<WrittenNumber>,
    pub(super) kind: CaseKind,
    pub(super) owner: AggregateId,
    title: Line,
    public_title: Line,
    restriction: Option<Veil>,
    /// Whether titles and restriction are those of today, whatever the history says.
    pinned: bool,
    /// All that were ever parties.
    ever_parties: BTreeSet<OrganisationNumber>,
    treatments: Vec<Planned>,
    pub(super) asked: Option<Asked>,
    pub(super) hearing: Option<Round>,
    /// The tasks that are not ended.
    pub(super) tasks: Vec<Assignment>,
}

/// What a case is called and how it is restricted.
#[derive(Clone, Debug)]
pub(in crate::translation) struct CasePin {
    title: Line,
    public_title: Line,
    restriction: Option<Veil>,
}

/// A restriction: of what, and the last day it holds.
#[derive(Clone, Debug)]
struct Veil {
    part: RestrictedPart,
    until: Option<Date>,
}

/// A treatment as it is planned.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) treatment: LocalId,
    pub(super) authority: Authority,
    pub(super) number: Option<CaseNumber>,
}

/// What the members were asked in a joint case (R45).
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) members: BTreeSet<OrganisationNumber>,
    /// Forgotten when the case is settled.
    pub(super) text: Option<Prose>,
    pub(super) settles: SettleRule,
    pub(super) answer_by: Option<Date>,
}

/// A hearing (R46).
#[derive(Debug)]
pub(super) struct Round {
    pub(super) invited: Vec<InvitedParty>,
    pub(super) deadline: LocalTime,
    pub(super) earlier_deadline: LocalTime,
}

impl Round {
    pub(super) fn members(&self) -> impl Iterator<Item = &OrganisationNumber> {
        self.invited.iter().filter_map(|party| party.member.as_ref())
    }
}

impl Case {
    pub(super) fn opened(opened: &Opened) -> Self {
        let Opened { kind, description, owner, number } = opened;
        Self {
            number: number.number,
            as_written: number.as_written.clone(),
            kind: *kind,
            owner: owner.clone(),
            title: description.title.clone(),
            public_title: description.public_title.clone(),
            restriction: None,
            pinned: false,
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
            restriction: self.restriction.clone(),
        }
    }

    /// Is called and restricted so, whatever the history says from here on.
    pub(super) fn stand_as(&mut self, pin: CasePin) {
        (self.title, self.public_title) = (pin.title, pin.public_title);
        self.restriction = pin.restriction;
        self.pinned = true;
    }

    /// All that were ever parties.
    pub(in crate::translation) fn ever_parties(&self) -> &BTreeSet<OrganisationNumber> {
        &self.ever_parties
    }

    /// Whether an event withholds something of what was told before it.
    pub(super) fn withholds(&self, event: &Event, today: Date) -> bool {
        let narrows = matches!(
            event,
            Event::Restricted(_) | Event::Amended(_) | Event::MemberReleased { .. }
        );
        narrows && self.is_veiled(today)
    }

    /// Takes in what holds as soon as an event has happened.
    pub(super) fn learn(&mut self, event: &Event) {
        self.learn_one(event);
        self.ever_parties.append(&mut self.parties());
    }

    fn learn_one(&mut self, event: &Event) {
        match event {
            Event::Amended(_) | Event::Restricted(_) | Event::RestrictionLifted { .. }
                if self.pinned => {}
            Event::Amended(description) => {
                self.title = description.title.clone();
                self.public_title = description.public_title.clone();
            }
            Event::Restricted(restriction) => self.restriction = Some(veil(restriction)),
            Event::RestrictionLifted { .. } => self.restriction = None,
            Event::TreatmentsPlanned { treatments } | Event::PlanChanged { treatments, .. } => {
                self.plan(treatments);
            }
            Event::SentToMembers(asked) => {
                let members = asked.members.iter().map(|one| one.member.clone()).collect();
                self.asked = Some(Asked {
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

    /// Forgets what an event ended, once it is told.
    pub(super) fn forget(&mut self, event: &Event) {
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

    pub(super) fn treatment(&self, id: &LocalId) -> Option<&Planned> {
        self.treatments.iter().find(|planned| planned.treatment == *id)
    }

    /// The members that are parties themselves: those asked in a joint case, and those invited to a
    /// hearing. What a member's delegate sees in a body is the delegate's, and in no feed.
    pub(in crate::translation) fn parties(&self) -> BTreeSet<OrganisationNumber> {
        let asked = self.asked.iter().flat_map(|asked| &asked.members);
        let invited = self.hearing.iter().flat_map(Round::members);
        asked.chain(invited).cloned().collect()
    }

    /// Whether the public is told less than the parties.
    pub(in crate::translation) fn is_veiled(&self, day: Date) -> bool {
        !self.shows_title(&Audience::Public, day)
    }

    /// Whether the full title may be told to a member of the cooperation, or to the public.
    pub(in crate::translation) fn shows_title(&self, audience: &Audience, day: Date) -> bool {
        match self.part_restricted(day) {
            Some(RestrictedPart::Everything | RestrictedPart::Title) => self.has(audience),
            Some(RestrictedPart::Papers) | None => true,
        }
    }

    /// Whether texts may be told to a member of the cooperation, or to the public.
    pub(in crate::translation) fn shows_texts(&self, audience: &Audience, day: Date) -> bool {
        match self.part_restricted(day) {
            Some(RestrictedPart::Everything) => self.has(audience),
            Some(RestrictedPart::Title | RestrictedPart::Papers) | None => true,
        }
    }

    fn part_restricted(&self, day: Date) -> Option<RestrictedPart> {
        let holds = |veil: &&Veil| veil.until.is_none_or(|last| day <= last);
        self.restriction.as_ref().filter(holds).map(|veil| veil.part)
    }

    fn has(&self, audience: &Audience) -> bool {
        match audience {
            Audience::Public => false,
            Audience::Member(member) => self.parties().contains(member),
        }
    }

    /// The case as `audience` may know it.
    pub(in crate::translation) fn brief(
        &self,
        id: &AggregateId,
        heard: &Heard,
        audience: &Audience,
        day: Date,
    ) -> brief::Case {
        let shown = self.shows_title(audience, day);
        let title = if shown { &self.title } else { &self.public_title };
        brief::Case {
            id: id.clone(),
            number: self.number,
            as_written: self.as_written.clone(),
            title: title.clone(),
            kind: self.kind,
            owner: heard.body(&self.owner),
            withheld: !shown,
        }
    }

    pub(in crate::translation) fn number(&self) -> CaseNumber {
        self.number
    }

    pub(in crate::translation) fn public_title(&self) -> &Line {
        &self.public_title
    }
}

fn veil(restriction: &Restriction) -> Veil {
    Veil { part: part(&restriction.scope), until: restriction.until }
}

/// How much a scope restricts. Which papers it names is not told.
pub(super) fn part(scope: &Scope) -> RestrictedPart {
    match scope {
        Scope::Everything {} => RestrictedPart::Everything,
        Scope::Title {} => RestrictedPart::Title,
        Scope::Papers { .. } => RestrictedPart::Papers,
    }
}
