//! A network from start to close: its theme, its leader, its participants.
//!
//! A network is loosely kept and may take in outsiders, but one that takes part or leads as a
//! member is a member of the cooperation (R1). A day of which only the year is known breaks a rule
//! only where every day of that year would.

use std::sync::Arc;

use samvirke_kernel::{Command, Decider, aggregate, rejections};
use samvirke_schemas::{
    names::Names,
    networks::network::{Event, Party, Request},
    organisation::OrganisationNumber,
    partial_date::PartialDate,
    period::Period,
    principal::Role,
    text::{Line, Prose},
};
use serde::{Deserialize, Serialize};

use crate::cooperation::Cooperation;

#[cfg(test)]
mod tests;

/// The most stays of participants in a network's history.
pub const PARTICIPATIONS_MAX: usize = 4_096;
/// The most changes of leader.
pub const LEADERSHIPS_MAX: usize = 1_024;
/// The most activities.
pub const ACTIVITIES_MAX: usize = 4_096;

/// A network as its history describes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Network {
    #[default]
    Unstarted,
    Open(StartedNetwork),
    Closed(StartedNetwork),
}

/// What a started network consists of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StartedNetwork {
    pub start: Start,
    /// In order, from the start on.
    pub leaderships: Vec<Leadership>,
    /// In the order they were added.
    pub participations: Vec<Participation>,
    pub activities: Vec<(Line, PartialDate)>,
    pub closed_on: Option<PartialDate>,
}

/// How the network was started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    pub names: Names,
    pub theme: Line,
    pub purpose: Prose,
    pub initiated_by: Option<Party>,
    pub established: PartialDate,
}

/// Who leads from a day on; nobody where no member does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leadership {
    pub leader: Option<OrganisationNumber>,
    pub from: PartialDate,
}

/// One stay of one participant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Participation {
    pub participant: Party,
    pub from: PartialDate,
    pub to: Option<PartialDate>,
}

/// What a network's rules ask about its surroundings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The cooperation as this service's own stream describes it; unfounded where it has none.
    pub cooperation: Arc<Cooperation>,
}

rejections! {
    /// Why a network refuses a command.
    pub enum Rejection {
        OnlyTheSecretariat: Forbidden, "R52",
            "only the cooperation's secretariat may do this",
            "bare samarbeidets sekretariat kan gjøre dette";
        CooperationNotActive: State, "R1",
            "the cooperation is not active; found or resume it first",
            "samarbeidet er ikke aktivt; stift eller gjenoppta det først";
        NotStarted: Missing, "R52",
            "the network is not started; start it first",
            "nettverket er ikke startet; start det først";
        AlreadyStarted: State, "R52",
            "the network is already started, otherwise than this; give the new one its own id",
            "nettverket er allerede startet, på en annen måte; gi det nye sin egen id";
        IsClosed: State, "R52",
            "the network is closed; start another",
            "nettverket er avsluttet; start et nytt";
        InTheFuture { day: PartialDate }: Value("established"), "R52",
            "a network is not started or closed ahead of its day ({day})",
            "et nettverk startes eller avsluttes ikke før dagen er kommet ({day})";
        BeforeStart { established: PartialDate }: Value("from"), "R52",
            "the network began {established}; nothing in it is earlier",
            "nettverket begynte {established}; ingenting i det er tidligere";
        NotMember { member: OrganisationNumber, on: PartialDate }: Value("member"), "R1",
            "{member} is not a member of the cooperation {on}; admit it, or add it as an outsider",
            "{member} er ikke medlem av samarbeidet {on}; \
             ta det opp, eller før det som utenforstående";
        AlreadyParticipant { from: PartialDate }: State, "R52",
            "it takes part already, from {from}; remove it first",
            "den deltar allerede, fra {from}; meld den av først";
        NotParticipant: State, "R52",
            "it does not take part; add it first",
            "den deltar ikke; meld den på først";
        EndsBeforeItBegan { from: PartialDate }: Value("to"), "R52",
            "it takes part from {from} and cannot end before",
            "den deltar fra {from} og kan ikke slutte før";
        LeadsTheNetwork { member: OrganisationNumber }: State, "R52",
            "{member} leads the network; change the leader first",
            "{member} leder nettverket; bytt leder først";
        LeadershipGoesBack { from: PartialDate }: Value("from"), "R52",
            "the present leadership began {from}; the next cannot begin earlier",
            "det nåværende lederskapet begynte {from}; det neste kan ikke begynne tidligere";
        TooMany { max: usize }: State, "R52",
            "a network's history holds at most {max} of these",
            "et nettverks historie rommer høyst {max} av disse";
    }
}

impl Decider for Network {
    const CONTEXT: &'static str = "networks";
    const KIND: &'static str = "network";
    const REDUCER: &'static [&'static str] = &[
        include_str!("network.rs"),
        include_str!("../../../schemas/src/networks/network.rs"),
        include_str!("../../../schemas/src/partial_date.rs"),
    ];

    type Request = Request;
    type Facts = Facts;
    type Event = Event;
    type Rejection = Rejection;

    fn authorise(&self, command: &Command<Request, Facts>) -> Result<(), Rejection> {
        match command.request {
            Request::Start { .. }
            | Request::AddParticipant { .. }
            | Request::RemoveParticipant { .. }
            | Request::ChangeLeader { .. }
            | Request::RecordActivity { .. }
            | Request::Close { .. } => {
                if command.is_from(&[Role::Secretariat]) {
                    Ok(())
                } else {
                    Err(Rejection::OnlyTheSecretariat)
                }
            }
        }
    }

    fn decide(&self, command: &Command<Request, Facts>) -> Result<Vec<Event>, Rejection> {
        let cooperation = &*command.facts.cooperation;
        match &command.request {
            Request::Start { .. } => self.start(command),
            Request::AddParticipant { participant, from } => {
                self.open()?.add(participant, *from, cooperation)
            }
            Request::RemoveParticipant { participant, to, reason } => {
                self.open()?.remove(participant, *to, reason.as_ref())
            }
            Request::ChangeLeader { leader, from } => {
                self.open()?.change_leader(leader.as_ref(), *from, cooperation)
            }
            Request::RecordActivity { title, on } => self.open()?.record(title, *on),
            Request::Close { on, reason } => self.close(command, *on, reason),
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Started { names, theme, purpose, leader, initiated_by, established } => {
                let start = Start {
                    names: names.clone(),
                    theme: theme.clone(),
                    purpose: purpose.clone(),
                    initiated_by: initiated_by.clone(),
                    established: *established,
                };
                *self = Self::Open(StartedNetwork::new(start, leader.as_ref()));
            }
            Event::ParticipantAdded { .. }
            | Event::ParticipantRemoved { .. }
            | Event::LeaderChanged { .. }
            | Event::ActivityRecorded { .. } => {
                if let Self::Open(started) | Self::Closed(started) = self {
                    started.evolve(event);
                }
            }
            Event::Closed { on, .. } => match std::mem::take(self) {
                Self::Unstarted => (),
                Self::Open(started) | Self::Closed(started) => {
                    *self = Self::Closed(StartedNetwork { closed_on: Some(*on), ..started });
                }
            },
        }
    }
}

aggregate!(Network);

impl Network {
    /// What the network consists of, if it was ever started.
    pub fn started(&self) -> Option<&StartedNetwork> {
        match self {
            Self::Unstarted => None,
            Self::Open(started) | Self::Closed(started) => Some(started),
        }
    }

    fn open(&self) -> Result<&StartedNetwork, Rejection> {
        match self {
            Self::Open(started) => Ok(started),
            Self::Unstarted => Err(Rejection::NotStarted),
            Self::Closed(_) => Err(Rejection::IsClosed),
        }
    }

    fn start(&self, command: &Command<Request, Facts>) -> Result<Vec<Event>, Rejection> {
        let Request::Start { names, theme, purpose, leader, initiated_by, established } =
            command.request.clone()
        else {
            return Ok(Vec::new());
        };
        if let Some(started) = self.started() {
            let start = Start { names, theme, purpose, initiated_by, established };
            let asked = StartedNetwork::new(start, leader.as_ref());
            let same = started.start == asked.start
                && started.leaderships.first() == asked.leaderships.first();
            return if same { Ok(Vec::new()) } else { Err(Rejection::AlreadyStarted) };
        }
        let cooperation = &*command.facts.cooperation;
        let Cooperation::Active(_) = cooperation else {
            return Err(Rejection::CooperationNotActive);
        };
        if command.day() < established.earliest() {
            return Err(Rejection::InTheFuture { day: established });
        }
        check_member(leader.as_ref(), established, cooperation)?;
        if let Some(Party::Member { member }) = &initiated_by {
            check_member(Some(member), established, cooperation)?;
        }
        Ok(vec![Event::Started { names, theme, purpose, leader, initiated_by, established }])
    }

    fn close(
        &self,
        command: &Command<Request, Facts>,
        on: PartialDate,
        reason: &Prose,
    ) -> Result<Vec<Event>, Rejection> {
        if let Self::Closed(started) = self
            && started.closed_on == Some(on)
        {
            return Ok(Vec::new());
        }
        self.open()?.check_started(on)?;
        if command.day() < on.earliest() {
            return Err(Rejection::InTheFuture { day: on });
        }
        Ok(vec![Event::Closed { on, reason: reason.clone() }])
    }
}

impl StartedNetwork {
    /// A network as it is started, with nobody in it yet.
    fn new(start: Start, leader: Option<&OrganisationNumber>) -> Self {
        let first = Leadership { leader: leader.cloned(), from: start.established };
        Self {
            start,
            leaderships: vec![first],
            participations: Vec::new(),
            activities: Vec::new(),
            closed_on: None,
        }
    }

    /// The member that leads the network.
    pub fn leader(&self) -> Option<&OrganisationNumber> {
        self.leaderships.last().and_then(|last| last.leader.as_ref())
    }

    /// Those who take part now.
    pub fn participants(&self) -> impl Iterator<Item = &Party> {
        self.participations.iter().filter(|stay| stay.to.is_none()).map(|stay| &stay.participant)
    }

    fn check_started(&self, day: PartialDate) -> Result<(), Rejection> {
        if day.is_before(self.start.established) {
            return Err(Rejection::BeforeStart { established: self.start.established });
        }
        Ok(())
    }

    fn add(
        &self,
        participant: &Party,
        from: PartialDate,
        cooperation: &Cooperation,
    ) -> Result<Vec<Event>, Rejection> {
        self.check_started(from)?;
        for stay in self.participations.iter().filter(|stay| stay.participant == *participant) {
            if stay.from == from {
                return Ok(Vec::new());
            }
            if stay.to.is_none_or(|to| from.latest() <= to.earliest()) {
                return Err(Rejection::AlreadyParticipant { from: stay.from });
            }
        }
        check_room(self.participations.len(), PARTICIPATIONS_MAX)?;
        if let Party::Member { member } = participant {
            check_member(Some(member), from, cooperation)?;
        }
        Ok(vec![Event::ParticipantAdded { participant: participant.clone(), from }])
    }

    fn remove(
        &self,
        participant: &Party,
        to: PartialDate,
        reason: Option<&Prose>,
    ) -> Result<Vec<Event>, Rejection> {
        let last = self.participations.iter().rev().find(|stay| stay.participant == *participant);
        let stay = last.ok_or(Rejection::NotParticipant)?;
        if let Some(ended) = stay.to {
            return if ended == to { Ok(Vec::new()) } else { Err(Rejection::NotParticipant) };
        }
        if to.is_before(stay.from) {
            return Err(Rejection::EndsBeforeItBegan { from: stay.from });
        }
        if let Party::Member { member } = participant
            && self.leader() == Some(member)
        {
            return Err(Rejection::LeadsTheNetwork { member: member.clone() });
        }
        let reason = reason.cloned();
        Ok(vec![Event::ParticipantRemoved { participant: participant.clone(), to, reason }])
    }

    fn change_leader(
        &self,
        leader: Option<&OrganisationNumber>,
        from: PartialDate,
        cooperation: &Cooperation,
    ) -> Result<Vec<Event>, Rejection> {
        self.check_started(from)?;
        let asked = Leadership { leader: leader.cloned(), from };
        if self.leaderships.contains(&asked) || self.leader() == leader {
            return Ok(Vec::new());
        }
        if let Some(last) = self.leaderships.last().filter(|last| from.is_before(last.from)) {
            return Err(Rejection::LeadershipGoesBack { from: last.from });
        }
        check_room(self.leaderships.len(), LEADERSHIPS_MAX)?;
        check_member(leader, from, cooperation)?;
        Ok(vec![Event::LeaderChanged { leader: asked.leader, from }])
    }

    fn record(&self, title: &Line, on: PartialDate) -> Result<Vec<Event>, Rejection> {
        self.check_started(on)?;
        if self.activities.iter().any(|(known, day)| known == title && *day == on) {
            return Ok(Vec::new());
        }
        check_room(self.activities.len(), ACTIVITIES_MAX)?;
        Ok(vec![Event::ActivityRecorded { title: title.clone(), on }])
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::ParticipantAdded { participant, from } => {
                self.participations.push(Participation {
                    participant: participant.clone(),
                    from: *from,
                    to: None,
                });
            }
            Event::ParticipantRemoved { participant, to, .. } => {
                let stay = self
                    .participations
                    .iter_mut()
                    .rev()
                    .find(|stay| stay.participant == *participant && stay.to.is_none());
                if let Some(stay) = stay {
                    stay.to = Some(*to);
                }
            }
            Event::LeaderChanged { leader, from } => {
                self.leaderships.push(Leadership { leader: leader.clone(), from: *from });
            }
            Event::ActivityRecorded { title, on } => self.activities.push((title.clone(), *on)),
            Event::Started { .. } | Event::Closed { .. } => (),
        }
    }
}

/// Refuses a member that was not in the cooperation on any day that `on` can be (R1).
fn check_member(
    member: Option<&OrganisationNumber>,
    on: PartialDate,
    cooperation: &Cooperation,
) -> Result<(), Rejection> {
    let Some(member) = member else { return Ok(()) };
    let days = Period { from: on.earliest(), to: Some(on.latest()) };
    let known = cooperation.founded().is_some_and(|founded| {
        founded.memberships.of(member).any(|stay| stay.period.intersects(days))
    });
    if known { Ok(()) } else { Err(Rejection::NotMember { member: member.clone(), on }) }
}

fn check_room(entries: usize, max: usize) -> Result<(), Rejection> {
    if entries < max { Ok(()) } else { Err(Rejection::TooMany { max }) }
}
