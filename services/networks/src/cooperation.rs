//! A cooperation from founding to dissolution: its members, its agreement, its leadership.
//!
//! A member is in from a day, to and including a day, and may come back later (R1). Nothing is
//! forgotten when the cooperation ends: who keeps archives and agreements is part of the ending (R74).

use samvirke_kernel::{Command, Decider, aggregate, rejections};
use samvirke_schemas::{
    date::Date,
    networks::cooperation::{Agreement, Custody, Event, MemberKind, Memberships, Request},
    organisation::OrganisationNumber,
    principal::Role,
};
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// The most members a cooperation can have: Norway has 357 municipalities and 15 counties.
pub const MEMBERS_MAX: usize = 512;

/// A cooperation as its history describes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Cooperation {
    #[default]
    Unfounded,
    Active(FoundedCooperation),
    Paused(FoundedCooperation),
    Dissolved(FoundedCooperation),
}

/// What a founded cooperation consists of, whether or not it is active.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoundedCooperation {
    pub founded_on: Date,
    pub agreement: Agreement,
    pub memberships: Memberships,
    pub leader: Option<Leadership>,
}

/// Who leads the cooperation, and since when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leadership {
    pub member: OrganisationNumber,
    pub from: Date,
}

rejections! {
    /// Why a cooperation refuses a command.
    pub enum Rejection {
        OnlyOperatorsFound: Forbidden, "R3",
            "only an operator founds a cooperation",
            "bare en operatør kan opprette et samarbeid";
        OnlyTheSecretariat: Forbidden, "R1",
            "only the cooperation's secretariat may do this",
            "bare samarbeidets sekretariat kan gjøre dette";
        NotFounded: Missing, "R1",
            "the cooperation is not founded; found it first",
            "samarbeidet er ikke stiftet; stift det først";
        AlreadyFounded: State, "R1",
            "the cooperation is already founded; amend its agreement instead",
            "samarbeidet er allerede stiftet; endre avtalen i stedet";
        IsPaused: State, "R13",
            "the cooperation is paused; resume it first",
            "samarbeidet er lagt på is; gjenoppta det først";
        IsDissolved: State, "R71",
            "the cooperation is dissolved",
            "samarbeidet er oppløst";
        FoundedLater { founded_on: Date }: Value("founded_on"), "R1",
            "a cooperation cannot be founded in the future ({founded_on})",
            "et samarbeid kan ikke stiftes fram i tid ({founded_on})";
        BeforeFounding { founded_on: Date }: Value("from"), "R1",
            "the day is before the founding on {founded_on}",
            "dagen er før stiftelsen {founded_on}";
        AlreadyMember { member: OrganisationNumber }: State, "R1",
            "{member} is a member in that period already; release it first",
            "{member} er allerede medlem i perioden; meld det ut først";
        NotMember { member: OrganisationNumber }: State, "R1",
            "{member} is not a member on that day",
            "{member} er ikke medlem den dagen";
        EndsBeforeItBegan { from: Date }: Value("to"), "R1",
            "the membership began on {from} and cannot end before",
            "medlemskapet begynte {from} og kan ikke slutte før";
        TooManyMembers: State, "R1",
            "a cooperation has at most 512 members",
            "et samarbeid har høyst 512 medlemmer";
        NotAMunicipality { member: OrganisationNumber }: Value("to"), "R16",
            "the leadership rotates between municipalities, and {member} is none",
            "lederskapet går på omgang mellom kommunene, og {member} er ingen kommune";
        NobodyToLead: State, "R16",
            "no municipality is a member on that day; admit one first",
            "ingen kommune er medlem den dagen; ta opp en først";
        LeadsAlready { member: OrganisationNumber }: State, "R16",
            "{member} leads already",
            "{member} leder allerede";
        LeadershipGoesBack { from: Date }: Value("from"), "R16",
            "the present leadership began on {from}; the next must begin later",
            "det nåværende lederskapet begynte {from}; det neste må begynne senere";
    }
}

impl Decider for Cooperation {
    const CONTEXT: &'static str = "networks";
    const KIND: &'static str = "cooperation";
    const REDUCER: &'static [&'static str] = &[
        include_str!("cooperation.rs"),
        include_str!("../../../schemas/src/networks/cooperation.rs"),
        include_str!("../../../schemas/src/networks/cooperation/memberships.rs"),
    ];

    type Request = Request;
    type Facts = ();
    type Event = Event;
    type Rejection = Rejection;

    fn authorise(&self, command: &Command<Request>) -> Result<(), Rejection> {
        match command.request {
            Request::Found { .. } if command.is_from(&[Role::Operator]) => Ok(()),
            Request::Found { .. } => Err(Rejection::OnlyOperatorsFound),
            Request::AdmitMember { .. }
            | Request::ReleaseMember { .. }
            | Request::AmendAgreement { .. }
            | Request::HandOverLeadership { .. }
            | Request::Pause { .. }
            | Request::Resume {}
            | Request::Dissolve { .. } => {
                if command.is_from(&[Role::Secretariat]) {
                    Ok(())
                } else {
                    Err(Rejection::OnlyTheSecretariat)
                }
            }
        }
    }

    fn decide(&self, command: &Command<Request>) -> Result<Vec<Event>, Rejection> {
        match &command.request {
            Request::Found { .. } => self.found(command),
            Request::AdmitMember { .. } => self.admit(&command.request),
            Request::ReleaseMember { member, to, reason } => {
                let from = self.active()?.membership_ending(member, *to)?;
                if let Some(done) = from {
                    return if done == *to { Ok(Vec::new()) } else { Err(not_member(member)) };
                }
                Ok(vec![Event::MemberReleased {
                    member: member.clone(),
                    to: *to,
                    reason: reason.clone(),
                }])
            }
            Request::AmendAgreement { agreement } => {
                Ok(if self.active()?.agreement == *agreement {
                    Vec::new()
                } else {
                    vec![Event::AgreementAmended { agreement: agreement.clone() }]
                })
            }
            Request::HandOverLeadership { to, from } => {
                self.active()?.hand_over(to.as_ref(), *from)
            }
            Request::Pause { reason } => match self {
                Self::Paused(_) => Ok(Vec::new()),
                Self::Unfounded | Self::Active(_) | Self::Dissolved(_) => {
                    self.active()?;
                    Ok(vec![Event::Paused { reason: reason.clone() }])
                }
            },
            Request::Resume {} => match self {
                Self::Paused(_) => Ok(vec![Event::Resumed {}]),
                Self::Unfounded | Self::Active(_) | Self::Dissolved(_) => {
                    self.active().map(|_| Vec::new())
                }
            },
            Request::Dissolve { on, reason, custody } => self.dissolve(*on, reason, custody),
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Founded { agreement, founded_on, .. } => {
                *self = Self::Active(FoundedCooperation {
                    founded_on: *founded_on,
                    agreement: agreement.clone(),
                    memberships: Memberships::default(),
                    leader: None,
                });
            }
            Event::Paused { .. } => self.turn(Self::Paused),
            Event::Resumed {} => self.turn(Self::Active),
            Event::Dissolved { .. } => self.turn(Self::Dissolved),
            Event::MemberAdmitted { .. }
            | Event::MemberReleased { .. }
            | Event::AgreementAmended { .. }
            | Event::LeadershipHandedOver { .. } => {
                if let Some(founded) = self.founded_mut() {
                    founded.evolve(event);
                }
            }
        }
    }
}

aggregate!(Cooperation);

impl Cooperation {
    /// What the cooperation consists of, if it was ever founded.
    pub fn founded(&self) -> Option<&FoundedCooperation> {
        match self {
            Self::Unfounded => None,
            Self::Active(founded) | Self::Paused(founded) | Self::Dissolved(founded) => {
                Some(founded)
            }
        }
    }

    fn founded_mut(&mut self) -> Option<&mut FoundedCooperation> {
        match self {
            Self::Unfounded => None,
            Self::Active(founded) | Self::Paused(founded) | Self::Dissolved(founded) => {
                Some(founded)
            }
        }
    }

    fn turn(&mut self, phase: fn(FoundedCooperation) -> Self) {
        if let Some(founded) = self.founded() {
            *self = phase(founded.clone());
        }
    }

    fn active(&self) -> Result<&FoundedCooperation, Rejection> {
        match self {
            Self::Active(founded) => Ok(founded),
            Self::Unfounded => Err(Rejection::NotFounded),
            Self::Paused(_) => Err(Rejection::IsPaused),
            Self::Dissolved(_) => Err(Rejection::IsDissolved),
        }
    }

    fn found(&self, command: &Command<Request>) -> Result<Vec<Event>, Rejection> {
        let Request::Found {
            names,
            legal_form,
            legal_basis,
            purpose,
            office_municipality,
            agreement,
            founded_on,
        } = command.request.clone()
        else {
            return Ok(Vec::new());
        };
        if *self != Self::Unfounded {
            return Err(Rejection::AlreadyFounded);
        }
        if founded_on > command.day() {
            return Err(Rejection::FoundedLater { founded_on });
        }
        Ok(vec![Event::Founded {
            names,
            legal_form,
            legal_basis,
            purpose,
            office_municipality,
            agreement,
            founded_on,
        }])
    }

    fn admit(&self, request: &Request) -> Result<Vec<Event>, Rejection> {
        let Request::AdmitMember { member, names, kind, from } = request else {
            return Ok(Vec::new());
        };
        let founded = self.active()?;
        if *from < founded.founded_on {
            return Err(Rejection::BeforeFounding { founded_on: founded.founded_on });
        }
        if founded.memberships.all().len() >= MEMBERS_MAX {
            return Err(Rejection::TooManyMembers);
        }
        for stay in founded.memberships.of(member) {
            if stay.period.from == *from {
                return Ok(Vec::new());
            }
            if stay.period.to.is_none_or(|to| to >= *from) {
                return Err(Rejection::AlreadyMember { member: member.clone() });
            }
        }
        Ok(vec![Event::MemberAdmitted {
            member: member.clone(),
            names: names.clone(),
            kind: *kind,
            from: *from,
        }])
    }

    fn dissolve(
        &self,
        on: Date,
        reason: &samvirke_schemas::text::Prose,
        custody: &Custody,
    ) -> Result<Vec<Event>, Rejection> {
        let founded = match self {
            Self::Dissolved(_) => return Ok(Vec::new()),
            Self::Unfounded => return Err(Rejection::NotFounded),
            Self::Active(founded) | Self::Paused(founded) => founded,
        };
        if on < founded.founded_on {
            return Err(Rejection::BeforeFounding { founded_on: founded.founded_on });
        }
        Ok(vec![Event::Dissolved { on, reason: reason.clone(), custody: custody.clone() }])
    }
}

impl FoundedCooperation {
    fn evolve(&mut self, event: &Event) {
        self.memberships.take(event);
        match event {
            Event::AgreementAmended { agreement } => self.agreement = agreement.clone(),
            Event::LeadershipHandedOver { to, from } => {
                self.leader = Some(Leadership { member: to.clone(), from: *from });
            }
            Event::MemberAdmitted { .. }
            | Event::MemberReleased { .. }
            | Event::Founded { .. }
            | Event::Paused { .. }
            | Event::Resumed {}
            | Event::Dissolved { .. } => (),
        }
    }

    /// Checks that a stay of `member` can end on `to`; returns the day it ended on already, if it did.
    fn membership_ending(
        &self,
        member: &OrganisationNumber,
        to: Date,
    ) -> Result<Option<Date>, Rejection> {
        let stay = self.memberships.of(member).next_back().ok_or_else(|| not_member(member))?;
        if to < stay.period.from {
            return Err(Rejection::EndsBeforeItBegan { from: stay.period.from });
        }
        Ok(stay.period.to)
    }

    /// Hands the leadership over, to the municipality after the present leader where none is named.
    fn hand_over(
        &self,
        to: Option<&OrganisationNumber>,
        from: Date,
    ) -> Result<Vec<Event>, Rejection> {
        let to = match to {
            Some(named) => self.checked_leader(named, from)?,
            None => self.next_in_rotation(from).ok_or(Rejection::NobodyToLead)?,
        };
        if let Some(leader) = &self.leader {
            if leader.member == to && leader.from == from {
                return Ok(Vec::new());
            }
            if from <= leader.from {
                return Err(Rejection::LeadershipGoesBack { from: leader.from });
            }
            if leader.member == to {
                return Err(Rejection::LeadsAlready { member: to });
            }
        }
        Ok(vec![Event::LeadershipHandedOver { to, from }])
    }

    fn checked_leader(
        &self,
        named: &OrganisationNumber,
        from: Date,
    ) -> Result<OrganisationNumber, Rejection> {
        let stay = self
            .memberships
            .on(from)
            .find(|stay| stay.member == *named)
            .ok_or_else(|| not_member(named))?;
        if stay.kind != MemberKind::Municipality {
            return Err(Rejection::NotAMunicipality { member: named.clone() });
        }
        Ok(named.clone())
    }

    fn next_in_rotation(&self, from: Date) -> Option<OrganisationNumber> {
        let municipalities: Vec<_> = self
            .memberships
            .on(from)
            .filter(|stay| stay.kind == MemberKind::Municipality)
            .collect();
        let present = self
            .leader
            .as_ref()
            .and_then(|leader| municipalities.iter().position(|stay| stay.member == leader.member));
        let next = present.map_or(0, |at| (at + 1) % municipalities.len());
        municipalities.get(next).map(|stay| stay.member.clone())
    }
}

fn not_member(member: &OrganisationNumber) -> Rejection {
    Rejection::NotMember { member: member.clone() }
}
