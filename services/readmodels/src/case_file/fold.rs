//! How each event changes a case file. Total: what finds nothing to change changes nothing.

use samvirke_schemas::{
    cases::case::{
        Event,
        follow_up::Assignment,
        opening::{Description, Opened},
        paper::Paper,
        relation::ForceEnd,
        treatment::{Outcome, PlannedTreatment, RecordedOutcome},
    },
    date::Date,
    id::LocalId,
    local_time::day_of,
    queries::case::{
        Case, CaseState, FollowUp, FollowUpState, Force, PaperTrail, PaperVersion, Report,
        Treatment, TreatmentState,
    },
    text::Prose,
};

use super::{hearing, joint};
use crate::fact::Fact;

pub(super) fn opened(opened: Opened, fact: &Fact) -> Case {
    let Opened { kind, description, owner, number } = opened;
    Case {
        id: fact.id().clone(),
        version: fact.version(),
        number,
        kind,
        state: CaseState::UnderTreatment,
        title: description.title,
        public_title: description.public_title,
        classification: description.classification,
        about: description.about,
        owner,
        opened_on: day(fact),
        restriction: None,
        withheld: false,
        treatments: Vec::new(),
        recommendations: Vec::new(),
        papers: Vec::new(),
        relations: Vec::new(),
        related_by: Vec::new(),
        force: None,
        joint: None,
        hearing: None,
        statements: Vec::new(),
        follow_ups: Vec::new(),
        bodies: std::collections::BTreeMap::new(),
        timeline: Vec::new(),
        timeline_left_out: 0,
    }
}

/// The day in Norway on which it happened.
pub(super) fn day(fact: &Fact) -> Date {
    day_of(fact.envelope.occurred_at)
}

pub(super) fn fold(case: &mut Case, event: Event, fact: &Fact) {
    let on = day(fact);
    match event {
        // The row began with it.
        Event::Opened(_) => (),
        // It tells others; the treatments show it already.
        Event::ReadyForMembers { .. } => (),
        Event::Amended(description) => amended(case, description),
        Event::PaperAdded { version, paper } => paper_added(case, version, paper, on),
        Event::Recommended(advice) => case.recommendations.push(advice),
        Event::TreatmentsPlanned { treatments } => planned(case, treatments),
        Event::PlanChanged { treatments, .. } => plan_changed(case, treatments),
        Event::TreatmentDue { treatment, .. } => due(case, &treatment),
        Event::OutcomeRecorded(outcome) => outcome_recorded(case, outcome),
        Event::Related(relation) => {
            if !case.relations.contains(&relation) {
                case.relations.push(relation);
            }
        }
        Event::RelationRemoved { relation, .. } => case.relations.retain(|own| *own != relation),
        Event::PutInForce { from } => case.force = Some(in_force(from)),
        Event::ForceEnded(end) => force_ended(case, end),
        Event::Restricted(restriction) => case.restriction = Some(restriction),
        Event::RestrictionLifted { .. } => case.restriction = None,
        Event::Withdrawn { .. } => case.state = CaseState::Withdrawn,
        Event::Closed {} => case.state = CaseState::Closed,
        Event::Reopened { .. } => case.state = CaseState::UnderTreatment,
        Event::StatementSent(statement) => case.statements.push(statement),
        Event::FollowUpAssigned(task) => case.follow_ups.push(assigned(task, on)),
        Event::FollowUpReported { .. }
        | Event::FollowUpRescheduled { .. }
        | Event::FollowUpDone { .. }
        | Event::FollowUpDropped { .. } => follow_up(case, event, on),
        Event::JointDeclared { .. }
        | Event::SentToMembers(_)
        | Event::ReceiptRegistered(_)
        | Event::ReferenceRegistered(_)
        | Event::MemberDecisionRegistered(_)
        | Event::MemberDecisionCorrected(_)
        | Event::MemberIncluded { .. }
        | Event::MemberReleased { .. }
        | Event::Settled(_) => joint::fold(case, event, on),
        Event::HearingOpened(_)
        | Event::StatementReceived(_)
        | Event::HearingExtended { .. }
        | Event::HearingClosed { .. }
        | Event::HearingSummedUp(_)
        | Event::AdoptedAfterHearing(_) => hearing::fold(case, event),
    }
}

fn amended(case: &mut Case, description: Description) {
    case.title = description.title;
    case.public_title = description.public_title;
    case.classification = description.classification;
    case.about = description.about;
}

fn paper_added(case: &mut Case, version: u32, paper: Paper, added_on: Date) {
    let id = paper.paper.clone();
    let at = case.papers.iter().position(|trail| trail.paper == id).unwrap_or_else(|| {
        case.papers.push(PaperTrail {
            paper: id,
            kind: paper.kind,
            title: None,
            versions: Vec::new(),
        });
        case.papers.len() - 1
    });
    let trail = &mut case.papers[at];
    trail.kind = paper.kind;
    trail.title = Some(paper.title.clone());
    trail.versions.push(PaperVersion { version, added_on, paper });
}

fn planned(case: &mut Case, treatments: Vec<PlannedTreatment>) {
    case.treatments.extend(treatments.into_iter().map(|planned| Treatment {
        treatment: planned.treatment,
        body: planned.body,
        authority: planned.authority,
        number: planned.number,
        state: TreatmentState::Planned,
        outcome: None,
        outcomes: Vec::new(),
    }));
}

/// What a meeting did with a treatment, a postponement for one, is kept where it stays in the plan.
fn plan_changed(case: &mut Case, treatments: Vec<PlannedTreatment>) {
    let (held, before): (Vec<_>, Vec<_>) =
        case.treatments.drain(..).partition(|one| one.state == TreatmentState::Held);
    case.treatments = held;
    let first_new = case.treatments.len();
    planned(case, treatments);
    for treatment in &mut case.treatments[first_new..] {
        if let Some(known) = before.iter().find(|one| one.treatment == treatment.treatment) {
            treatment.state = known.state;
            treatment.outcomes = known.outcomes.clone();
        }
    }
}

fn due(case: &mut Case, treatment: &LocalId) {
    for one in &mut case.treatments {
        if one.treatment == *treatment {
            one.state = TreatmentState::Due;
            one.outcome = None;
        } else if one.state == TreatmentState::Due {
            one.state = TreatmentState::Planned;
        }
    }
}

fn outcome_recorded(case: &mut Case, outcome: RecordedOutcome) {
    let at = case.treatments.iter().position(|one| one.treatment == outcome.treatment);
    let Some(at) = at else { return };
    match outcome.outcome {
        Outcome::Postponed => (),
        // It goes back to the last body before that has held it.
        Outcome::SentBack => {
            let before = case.treatments[..at].iter_mut().rev();
            if let Some(one) = before.into_iter().find(|one| one.state == TreatmentState::Held) {
                one.state = TreatmentState::Planned;
                one.outcome = None;
            }
        }
        Outcome::Decided
        | Outcome::Recommended
        | Outcome::TookNote
        | Outcome::Forwarded
        | Outcome::Rejected => {
            case.treatments[at].state = TreatmentState::Held;
            case.treatments[at].outcome = Some(outcome.outcome);
        }
    }
    case.treatments[at].outcomes.push(outcome);
}

fn in_force(from: Date) -> Force {
    Force { from: Some(from), to: None, reason: None, replaced_by: None }
}

fn force_ended(case: &mut Case, end: ForceEnd) {
    let ForceEnd { on, reason, replaced_by } = end;
    let from = case.force.as_ref().and_then(|force| force.from);
    case.force = Some(Force { from, to: Some(on), reason: Some(reason), replaced_by });
}

fn assigned(task: Assignment, assigned_on: Date) -> FollowUp {
    FollowUp {
        follow_up: task.follow_up,
        task: Some(task.task),
        owner: task.owner,
        due: task.due,
        treatment: task.treatment,
        assigned_on,
        state: FollowUpState::Open,
        reports: Vec::new(),
        ended_on: None,
        ended_with: None,
    }
}

fn follow_up(case: &mut Case, event: Event, today: Date) {
    let find = |case: &mut Case, id: &LocalId, change: &dyn Fn(&mut FollowUp)| {
        case.follow_ups.iter_mut().filter(|one| one.follow_up == *id).for_each(change);
    };
    if let Event::FollowUpReported { follow_up, on, text } = &event {
        let report = Report { on: *on, text: text.clone() };
        find(case, follow_up, &|one| one.reports.push(report.clone()));
    }
    if let Event::FollowUpRescheduled { follow_up, due, .. } = &event {
        find(case, follow_up, &|one| one.due = Some(*due));
    }
    if let Event::FollowUpDone { follow_up, on, text } = &event {
        find(case, follow_up, &|one| end(one, FollowUpState::Done, *on, text.clone()));
    }
    if let Event::FollowUpDropped { follow_up, reason } = &event {
        let reason = Some(reason.clone());
        find(case, follow_up, &|one| end(one, FollowUpState::Dropped, today, reason.clone()));
    }
}

fn end(task: &mut FollowUp, state: FollowUpState, on: Date, with: Option<Prose>) {
    task.state = state;
    task.ended_on = Some(on);
    task.ended_with = with;
}
