//! All aggregates of the three contexts in memory, and what each service knows of the others.

use std::{collections::BTreeMap, fmt::Display};

use chrono::{DateTime, Utc};
use samvirke_cases::{
    case::{self, Case, CaseData},
    numbering,
    register::Register,
};
use samvirke_kernel::{
    Command, Decider,
    envelope::{Recorded, record},
    inbox,
};
use samvirke_meetings::meeting::{self, Meeting, Record};
use samvirke_networks::{
    body::{self, Body},
    cooperation::Cooperation,
    network::{self, Network},
};
use samvirke_schemas::{
    Tagged,
    cases::case::{
        Event as CaseEvent, Request as CaseRequest,
        joint::{MembersToAsk, Recipient},
        treatment::{Outcome, OutcomeToRecord, TreatmentOf},
    },
    id::AggregateId,
    local_time::day_of,
    meetings::{agenda::Outcome as ItemOutcome, meeting::Event as MeetingEvent},
    networks::body::BodyHistory,
    principal::Principal,
};
use uuid::Uuid;

use super::line::{self, Line};

/// Whether outcomes reach their cases, and joint cases the members, by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policies {
    /// They have not acted yet when the file is through.
    Absent,
    /// They act before the next line.
    Prompt,
}

/// What is known after the lines so far.
#[derive(Debug)]
pub(crate) struct World {
    policies: Policies,
    cooperation: Cooperation,
    bodies: BTreeMap<AggregateId, Body>,
    /// The bodies as the meetings service follows them.
    histories: BTreeMap<AggregateId, BodyHistory>,
    networks: BTreeMap<AggregateId, Network>,
    registers: BTreeMap<AggregateId, Register>,
    cases: BTreeMap<AggregateId, Case>,
    meetings: BTreeMap<AggregateId, Meeting>,
    /// What was decided, in order.
    commits: Vec<Commit>,
}

/// The events of one decision.
#[derive(Debug)]
pub(crate) struct Commit {
    pub(crate) kind: &'static str,
    pub(crate) id: AggregateId,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) events: Vec<Recorded>,
}

impl World {
    pub(crate) fn new(policies: Policies) -> Self {
        Self {
            policies,
            cooperation: Cooperation::default(),
            bodies: BTreeMap::new(),
            histories: BTreeMap::new(),
            networks: BTreeMap::new(),
            registers: BTreeMap::new(),
            cases: BTreeMap::new(),
            meetings: BTreeMap::new(),
            commits: Vec::new(),
        }
    }

    /// Carries a line out; says how many events it led to, or why it was refused.
    pub(crate) fn carry_out(&mut self, line: &Line) -> Result<usize, String> {
        let (plural, id, _) = line.target();
        match plural {
            "cooperations" => {
                let events = decided(&mut self.cooperation, line, ())?;
                Ok(self.note("cooperation", &id, line.at(), &events))
            }
            "bodies" => self.carry_out_body(line),
            "networks" => {
                let facts = network::Facts { cooperation: self.cooperation.clone().into() };
                let network = self.networks.entry(id.clone()).or_default();
                let events = decided(network, line, facts)?;
                Ok(self.note("network", &id, line.at(), &events))
            }
            "registers" => {
                let register = self.registers.entry(id).or_default();
                decided(register, line, ()).map(|events| events.len())
            }
            "cases" => {
                let request = request::<Case>(line)?;
                self.decide_case(&command(line, request, case::Facts::default()))
            }
            "meetings" => self.carry_out_meeting(line),
            other => Err(format!("there is no collection {other}")),
        }
    }

    fn carry_out_body(&mut self, line: &Line) -> Result<usize, String> {
        let (_, id, _) = line.target();
        let facts = body::Facts { cooperation: self.cooperation.clone().into() };
        let events = decided(self.bodies.entry(id.clone()).or_default(), line, facts)?;
        for event in &events {
            if let Some(history) = self.histories.get_mut(&id) {
                history.take(event);
            } else if let Some(history) = BodyHistory::begin(event) {
                self.histories.insert(id.clone(), history);
            }
        }
        Ok(self.note("body", &id, line.at(), &events))
    }

    fn carry_out_meeting(&mut self, line: &Line) -> Result<usize, String> {
        let (_, id, _) = line.target();
        let request = request::<Meeting>(line)?;
        let meeting = self.meetings.entry(id.clone()).or_default();
        let wanted = meeting.body_wanted(&request);
        let body = wanted.and_then(|(body, day)| self.histories.get(&body)?.in_force(&body, day));
        let events = step(meeting, &command(line, request, meeting::Facts { body }))?;
        self.note("meeting", &id, line.at(), &events);
        if self.policies == Policies::Prompt {
            for event in &events {
                self.tell_the_case(&id, event, line)?;
            }
        }
        Ok(events.len())
    }

    /// What came of an item is the outcome of that treatment of its case.
    fn tell_the_case(
        &mut self,
        meeting: &AggregateId,
        event: &MeetingEvent,
        line: &Line,
    ) -> Result<(), String> {
        let MeetingEvent::ItemConcluded {
            item,
            case: Some(case),
            treatment: Some(treatment),
            outcome,
            text,
            unanimous,
            day,
            ..
        } = event
        else {
            return Ok(());
        };
        let request = CaseRequest::RecordOutcome(OutcomeToRecord {
            of: TreatmentOf::Id { treatment: treatment.clone() },
            meeting: meeting.clone(),
            body: None,
            item: item.clone(),
            outcome: outcome_of(*outcome),
            text: text.clone(),
            unanimous: *unanimous,
            day: *day,
        });
        let told = Command {
            id: case.clone(),
            principal: Principal::system("cases"),
            request,
            facts: case::Facts::default(),
            at: line.at(),
            now: line::now(),
        };
        self.decide_case(&told).map(drop)
    }

    /// A joint case that the last body has decided goes out to the members (R45).
    fn send_out(
        &mut self,
        events: &[CaseEvent],
        decided: &Command<CaseRequest, case::Facts>,
    ) -> Result<(), String> {
        if !events.iter().any(|event| matches!(event, CaseEvent::ReadyForMembers { .. })) {
            return Ok(());
        }
        let ask = MembersToAsk { text: None, settles: None, answer_by: None };
        let (principal, request) = (Principal::system("cases"), CaseRequest::SendToMembers(ask));
        self.decide_case(&Command { principal, request, ..decided.clone() }).map(drop)
    }

    fn decide_case(
        &mut self,
        command: &Command<CaseRequest, case::Facts>,
    ) -> Result<usize, String> {
        let facts = case::Facts { numbers: Vec::new(), members: self.members(command) };
        let command = Command { facts, ..command.clone() };
        let register_id = numbering::register_of(&command.id, &command.request);
        let register = register_id.as_ref().and_then(|id| self.registers.get(id));
        let register = register.cloned().unwrap_or_default();
        let case = self.cases.entry(command.id.clone()).or_default();
        let numbered = numbering::decide(&register, case, &command, Uuid::nil()).map_err(told)?;
        for event in &numbered.case {
            case.evolve(event);
        }
        for event in &numbered.register {
            let register = register_id.as_ref().and_then(|id| self.registers.get_mut(id));
            register.unwrap().evolve(event);
        }
        self.note("case", &command.id, command.at, &numbered.case);
        if self.policies == Policies::Prompt {
            self.send_out(&numbered.case, &command)?;
        }
        Ok(numbered.case.len())
    }

    /// Keeps the events of a decision as they would be stored, and counts them.
    fn note<E: Tagged>(
        &mut self,
        kind: &'static str,
        id: &AggregateId,
        occurred_at: DateTime<Utc>,
        events: &[E],
    ) -> usize {
        let commit = self.commits.len() as u128;
        let stored = (commit << 64..).zip(events);
        let events: Vec<_> =
            stored.map(|(id, event)| record(event, Uuid::from_u128(id)).unwrap()).collect();
        let count = events.len();
        self.commits.push(Commit { kind, id: id.clone(), occurred_at, events });
        count
    }

    /// The members on the day of the command (R1).
    fn members(&self, command: &Command<CaseRequest, case::Facts>) -> Vec<Recipient> {
        let Some(founded) = self.cooperation.founded() else { return Vec::new() };
        founded
            .memberships
            .on(day_of(command.at))
            .map(|stay| Recipient { member: stay.member.clone(), names: stay.names.clone() })
            .collect()
    }

    pub(crate) fn cooperation(&self) -> &Cooperation {
        &self.cooperation
    }

    pub(crate) fn commits(&self) -> &[Commit] {
        &self.commits
    }

    pub(crate) fn bodies(&self) -> usize {
        self.bodies.len()
    }

    pub(crate) fn networks(&self) -> usize {
        self.networks.len()
    }

    pub(crate) fn cases(&self) -> usize {
        self.cases.len()
    }

    pub(crate) fn meetings(&self) -> usize {
        self.meetings.len()
    }

    pub(crate) fn case(&self, local: &str) -> &Case {
        &self.cases[&id(local)]
    }

    pub(crate) fn data(&self, local: &str) -> &CaseData {
        self.case(local).data().unwrap()
    }

    pub(crate) fn meeting(&self, local: &str) -> &Meeting {
        &self.meetings[&id(local)]
    }

    pub(crate) fn record(&self, local: &str) -> &Record {
        self.meeting(local).record().unwrap()
    }
}

fn id(local: &str) -> AggregateId {
    format!("vestregionen:{local}").parse().unwrap()
}

/// The same word in the language of cases.
fn outcome_of(outcome: ItemOutcome) -> Outcome {
    match outcome {
        ItemOutcome::Decided => Outcome::Decided,
        ItemOutcome::Recommended => Outcome::Recommended,
        ItemOutcome::Rejected => Outcome::Rejected,
        ItemOutcome::TookNote => Outcome::TookNote,
        ItemOutcome::Forwarded => Outcome::Forwarded,
        ItemOutcome::Postponed => Outcome::Postponed,
        ItemOutcome::SentBack => Outcome::SentBack,
    }
}

fn decided<D: Decider>(
    state: &mut D,
    line: &Line,
    facts: D::Facts,
) -> Result<Vec<D::Event>, String> {
    let request = request::<D>(line)?;
    step(state, &command(line, request, facts))
}

fn request<D: Decider>(line: &Line) -> Result<D::Request, String> {
    let (_, _, name) = line.target();
    inbox::request(name, line.body.get()).map_err(|refused| format!("{refused:?}"))
}

fn command<R, F>(line: &Line, request: R, facts: F) -> Command<R, F> {
    let (_, id, _) = line.target();
    let (principal, at, now) = (line.principal(), line.at(), line::now());
    Command { id, principal, request, facts, at, now }
}

/// Decides a command and takes its events into the state.
fn step<D: Decider>(
    state: &mut D,
    command: &Command<D::Request, D::Facts>,
) -> Result<Vec<D::Event>, String> {
    state.authorise(command).map_err(told)?;
    let events = state.decide(command).map_err(told)?;
    for event in &events {
        state.evolve(event);
    }
    Ok(events)
}

fn told(rejection: impl Display) -> String {
    rejection.to_string()
}
