//! What an event says to a reader, in one sentence in bokmål.
//!
//! A sentence tells who did what and when, never a title, a wording or a reason, so that it can be read
//! by everyone whatever is restricted in the case.

use std::{cell::Cell, collections::BTreeMap};

use samvirke_schemas::{
    cases::case::{
        Event,
        follow_up::Owner,
        hearing::{InvitedParty, StatementFrom},
        joint::{MemberOutcome, ReceiptStep, SettleResult},
        opening::CaseKind,
        relation::{Relation, RelationKind},
        treatment::{Authority, Outcome, PlannedTreatment, RecordedOutcome},
    },
    date::Date,
    id::AggregateId,
    names::Names,
    organisation::OrganisationNumber,
    queries::case::Case,
};

use crate::bodies::BodyNames;

/// The names that sentences use.
pub(crate) struct Known<'a> {
    bodies: &'a BodyNames,
    members: BTreeMap<&'a OrganisationNumber, &'a Names>,
    invited: Vec<&'a InvitedParty>,
    texts: bool,
    /// Whether anything of this was asked for.
    asked: Cell<bool>,
}

impl<'a> Known<'a> {
    /// `texts` says whether what people wrote may be told: a file reference, a receiver, whose statement it is.
    pub(crate) fn new(case: &'a Case, bodies: &'a BodyNames, texts: bool) -> Self {
        let asked = case.joint.iter().flat_map(|joint| &joint.members);
        Self {
            bodies,
            members: asked.map(|answer| (&answer.member, &answer.names)).collect(),
            invited: case.hearing.iter().flat_map(|hearing| &hearing.invited).collect(),
            texts,
            asked: Cell::new(false),
        }
    }

    /// Whether what people wrote may be told.
    pub(crate) fn texts(&self) -> bool {
        self.asked.set(true);
        self.texts
    }

    fn body(&self, id: &AggregateId) -> String {
        self.asked.set(true);
        self.bodies.get(id).map_or_else(|| id.local.to_string(), |names| names.nb.to_string())
    }

    fn member(&self, member: &OrganisationNumber) -> String {
        self.asked.set(true);
        let own = self.members.get(member).copied();
        own.map_or_else(|| member.to_string(), |names| names.nb.to_string())
    }

    fn owner(&self, owner: &Owner) -> String {
        match owner {
            Owner::Member { member } => self.member(member),
            Owner::Body { body } => self.body(body),
            Owner::Office { office, member: None } => office.to_string(),
            Owner::Office { office, member: Some(member) } => {
                format!("{office} i {}", self.member(member))
            }
        }
    }

    fn sender(&self, from: &StatementFrom) -> String {
        if !self.texts() {
            return "En part".into();
        }
        match from {
            StatementFrom::Invited { party } => {
                let own = self.invited.iter().find(|own| own.party == *party);
                own.map_or_else(|| party.to_string(), |own| own.names.nb.to_string())
            }
            StatementFrom::Uninvited { organisation } => organisation.to_string(),
        }
    }
}

/// The sentence for an event, where it is the same whatever names are known and whoever reads it.
pub(crate) fn nb_for_all(event: &Event) -> Option<String> {
    let (bodies, members, invited) = (&BodyNames::new(), BTreeMap::new(), Vec::new());
    let known = Known { bodies, members, invited, texts: false, asked: Cell::new(false) };
    let told = nb(event, &known);
    (!known.asked.get()).then_some(told)
}

/// The sentence for an event.
pub(crate) fn nb(event: &Event, known: &Known<'_>) -> String {
    match event {
        Event::Opened(opened) => {
            format!(
                "Saken ble opprettet som {} med nummer {}.",
                kind(opened.kind),
                opened.number.number
            )
        }
        Event::Amended(_) => "Tittel eller klassering ble rettet.".into(),
        Event::PaperAdded { version: 1, .. } => "Et saksdokument ble lagt til.".into(),
        Event::PaperAdded { version, .. } => {
            format!("Et saksdokument kom i versjon {version}.")
        }
        Event::Recommended(advice) => {
            format!("{} ga innstilling til {}.", known.body(&advice.from), known.body(&advice.to))
        }
        Event::TreatmentsPlanned { treatments } => {
            planned("Behandling ble planlagt", treatments, known)
        }
        Event::PlanChanged { treatments, .. } => {
            planned("Behandlingsplanen ble endret", treatments, known)
        }
        Event::TreatmentDue { body, .. } => format!("Saken står for tur i {}.", known.body(body)),
        Event::OutcomeRecorded(outcome) => treated(outcome, known),
        Event::ReadyForMembers { .. } => "Saken er klar til å sendes medlemmene.".into(),
        Event::Related(relation) => related("Saken", relation),
        Event::RelationRemoved { relation, .. } => {
            format!("Forholdet til sak {} ble tatt bort.", relation.to.local)
        }
        Event::PutInForce { from } => format!("Vedtaket trer i kraft {}.", day(*from)),
        Event::ForceEnded(end) => format!("Vedtaket gjelder til og med {}.", day(end.on)),
        Event::Restricted(restriction) => {
            let act = &restriction.legal_basis.act;
            let provision = restriction.legal_basis.provision.as_ref();
            let provision = provision.map(|text| format!(" {text}")).unwrap_or_default();
            format!("Opplysninger i saken ble skjermet etter {act}{provision}.")
        }
        Event::RestrictionLifted { .. } => "Skjermingen ble opphevet.".into(),
        Event::Withdrawn { .. } => "Saken ble trukket.".into(),
        Event::Closed {} => "Saken ble avsluttet.".into(),
        Event::Reopened { .. } => "Saken ble tatt opp igjen.".into(),
        Event::StatementSent(statement) if !known.texts() => {
            format!("En uttalelse ble sendt {}.", day(statement.on))
        }
        Event::StatementSent(statement) => {
            format!("En uttalelse ble sendt til {} {}.", statement.receiver, day(statement.on))
        }
        Event::JointDeclared { .. }
        | Event::SentToMembers(_)
        | Event::ReceiptRegistered(_)
        | Event::ReferenceRegistered(_)
        | Event::MemberDecisionRegistered(_)
        | Event::MemberDecisionCorrected(_)
        | Event::MemberIncluded { .. }
        | Event::MemberReleased { .. }
        | Event::Settled(_) => joint(event, known),
        Event::HearingOpened(_)
        | Event::StatementReceived(_)
        | Event::HearingExtended { .. }
        | Event::HearingClosed { .. }
        | Event::HearingSummedUp(_)
        | Event::AdoptedAfterHearing(_) => hearing(event, known),
        Event::FollowUpAssigned(_)
        | Event::FollowUpReported { .. }
        | Event::FollowUpRescheduled { .. }
        | Event::FollowUpDone { .. }
        | Event::FollowUpDropped { .. } => follow_up(event, known),
    }
}

fn joint(event: &Event, known: &Known<'_>) -> String {
    if let Event::SentToMembers(asked) = event {
        return format!("Saken ble sendt til {} medlemmer.", asked.members.len());
    }
    if let Event::ReceiptRegistered(receipt) = event {
        let member = known.member(&receipt.member);
        return match receipt.step {
            ReceiptStep::Received => format!("{member} har mottatt saken."),
            ReceiptStep::Processed => format!("{member} har saken i sitt eget saksystem."),
        };
    }
    if let Event::ReferenceRegistered(registered) = event {
        if !known.texts() {
            return format!("{} har oppgitt sin saksreferanse.", known.member(&registered.member));
        }
        let file = &registered.reference.file;
        return format!("{} fører saken som {file}.", known.member(&registered.member));
    }
    if let Event::MemberDecisionRegistered(registered)
    | Event::MemberDecisionCorrected(registered) = event
    {
        let decision = &registered.decision;
        let member = known.member(&registered.member);
        let did = match decision.outcome {
            MemberOutcome::Adopted => "vedtok saken",
            MemberOutcome::AdoptedWithChanges => "vedtok saken med endringer",
            MemberOutcome::Rejected => "avviste saken",
            MemberOutcome::TookNote => "tok saken til orientering",
        };
        let corrected = registered.reason.as_ref().map(|_| " (rettet)").unwrap_or_default();
        let on = day(decision.on);
        return match known.texts() {
            true => format!("{member}: {} {did} {on}{corrected}.", decision.body),
            false => format!("{member} {did} {on}{corrected}."),
        };
    }
    if let Event::MemberIncluded { recipient, .. } = event {
        return format!("{} kom med i saken.", recipient.names.nb);
    }
    if let Event::MemberReleased { member, .. } = event {
        return format!("{} gikk ut av saken.", known.member(member));
    }
    if let Event::Settled(settlement) = event {
        return match settlement.result {
            SettleResult::Adopted => "Medlemmene har vedtatt saken.".into(),
            SettleResult::Rejected => "Medlemmene har avvist saken.".into(),
            SettleResult::NotAgreed => "Medlemmene ble ikke enige.".into(),
        };
    }
    "Saken ble gjort til fellessak.".into()
}

fn hearing(event: &Event, known: &Known<'_>) -> String {
    if let Event::HearingOpened(opened) = event {
        let (count, until) = (opened.invited.len(), day(opened.deadline.day()));
        return format!("Saken ble sendt på høring til {count} parter med frist {until}.");
    }
    if let Event::StatementReceived(received) = event {
        let late = if received.late { " etter fristen" } else { "" };
        return format!("{} ga høringsuttalelse{late}.", known.sender(&received.statement.from));
    }
    if let Event::HearingExtended { deadline, .. } = event {
        return format!("Høringsfristen ble utsatt til {}.", day(deadline.day()));
    }
    if let Event::HearingClosed { silent, .. } = event {
        return format!("Høringen ble avsluttet; {} svarte ikke.", silent.len());
    }
    if let Event::AdoptedAfterHearing(adoption) = event {
        return format!(
            "{} vedtok saken etter høringen {}.",
            known.body(&adoption.body),
            day(adoption.on)
        );
    }
    "Høringen ble oppsummert.".into()
}

fn follow_up(event: &Event, known: &Known<'_>) -> String {
    if let Event::FollowUpAssigned(task) = event {
        let due = task.due.map(|due| format!(" med frist {}", day(due))).unwrap_or_default();
        return format!("{} fikk en oppgave{due}.", known.owner(&task.owner));
    }
    if let Event::FollowUpReported { follow_up, .. } = event {
        return format!("Det ble rapportert på oppgaven {follow_up}.");
    }
    if let Event::FollowUpRescheduled { follow_up, due, .. } = event {
        return format!("Oppgaven {follow_up} fikk ny frist {}.", day(*due));
    }
    if let Event::FollowUpDone { follow_up, on, .. } = event {
        return format!("Oppgaven {follow_up} ble utført {}.", day(*on));
    }
    if let Event::FollowUpDropped { follow_up, .. } = event {
        return format!("Oppgaven {follow_up} ble lagt bort.");
    }
    "En oppgave ble endret.".into()
}

fn planned(what: &str, treatments: &[PlannedTreatment], known: &Known<'_>) -> String {
    let bodies: Vec<String> = treatments
        .iter()
        .map(|treatment| {
            let does = match treatment.authority {
                Authority::Prepares => "forbereder",
                Authority::Recommends => "innstiller",
                Authority::Decides => "vedtar",
                Authority::TakesNote => "tar til orientering",
                Authority::Forwards => "sender videre",
            };
            format!("{} {does}", known.body(&treatment.body))
        })
        .collect();
    if bodies.is_empty() { format!("{what}.") } else { format!("{what}: {}.", bodies.join(", ")) }
}

fn treated(outcome: &RecordedOutcome, known: &Known<'_>) -> String {
    let did = match outcome.outcome {
        Outcome::Decided if outcome.unanimous == Some(true) => "fattet enstemmig vedtak i saken",
        Outcome::Decided => "fattet vedtak i saken",
        Outcome::Recommended => "ga innstilling i saken",
        Outcome::TookNote => "tok saken til orientering",
        Outcome::Forwarded => "sendte saken videre",
        Outcome::Postponed => "utsatte saken",
        Outcome::SentBack => "sendte saken tilbake",
        Outcome::Rejected => "avviste saken",
    };
    format!("{} {did} {}.", known.body(&outcome.body), day(outcome.day))
}

fn related(what: &str, relation: &Relation) -> String {
    let does = match relation.relation {
        RelationKind::FollowsUp => "følger opp",
        RelationKind::Supplements => "utfyller",
        RelationKind::Replaces => "erstatter",
    };
    format!("{what} {does} sak {}.", relation.to.local)
}

fn kind(kind: CaseKind) -> &'static str {
    match kind {
        CaseKind::Decision => "vedtakssak",
        CaseKind::Orientation => "orienteringssak",
        CaseKind::Discussion => "drøftingssak",
        CaseKind::Hearing => "høringssak",
        CaseKind::Statement => "uttalelse",
    }
}

/// A day as Norwegians write it: `14.09.2017`.
fn day(day: Date) -> String {
    day.format("%d.%m.%Y").to_string()
}
