//! What is left out of a case for those who may not see what is restricted in it.

use std::collections::BTreeSet;

use samvirke_schemas::{
    cases::case::access::Scope,
    id::LocalId,
    organisation::OrganisationNumber,
    queries::case::{Case, PaperTrail},
};

/// The case as those see it who may not see what is restricted; none where nothing is.
pub(crate) fn veil(case: &Case) -> Option<Case> {
    let restriction = case.restriction.as_ref()?;
    let mut covered = case.clone();
    covered.withheld = true;
    match &restriction.scope {
        Scope::Title {} => covered.title = covered.public_title.clone(),
        Scope::Papers { papers } => cover_papers(&mut covered, |paper| papers.contains(paper)),
        Scope::Everything {} => {
            covered.title = covered.public_title.clone();
            cover_papers(&mut covered, |_| true);
            cover_texts(&mut covered);
        }
    }
    Some(covered)
}

fn cover_papers(case: &mut Case, is_restricted: impl Fn(&LocalId) -> bool) {
    for trail in case.papers.iter_mut().filter(|trail| is_restricted(&trail.paper)) {
        cover_paper(trail);
    }
}

fn cover_paper(trail: &mut PaperTrail) {
    trail.title = trail.versions.last().and_then(|last| last.paper.public_title.clone());
    trail.versions.clear();
}

/// Removes every wording. Who treated the case, when, and with what outcome is public.
fn cover_texts(case: &mut Case) {
    case.about = None;
    for recommendation in &mut case.recommendations {
        recommendation.text = None;
    }
    for outcome in case.treatments.iter_mut().flat_map(|treatment| &mut treatment.outcomes) {
        outcome.text = None;
    }
    if let Some(force) = &mut case.force {
        force.reason = None;
    }
    cover_joint(case);
    cover_hearing(case);
    for statement in &mut case.statements {
        statement.text = None;
    }
    for task in &mut case.follow_ups {
        task.task = None;
        task.ended_with = None;
        task.reports.clear();
    }
}

fn cover_joint(case: &mut Case) {
    let Some(joint) = &mut case.joint else { return };
    joint.text = None;
    if let Some(settlement) = &mut joint.settlement {
        settlement.text = None;
        settlement.reason = None;
    }
    for answer in &mut joint.members {
        answer.registered.clear();
        if let Some(decision) = &mut answer.decision {
            decision.text = None;
        }
    }
}

fn cover_hearing(case: &mut Case) {
    let Some(hearing) = &mut case.hearing else { return };
    // Neither can be without its text.
    hearing.summary = None;
    hearing.adoption = None;
    for received in &mut hearing.statements {
        received.statement.summary = None;
    }
}

/// The members taking part: those asked in a joint case, and those invited to a hearing.
pub(crate) fn parties(case: &Case) -> Option<BTreeSet<OrganisationNumber>> {
    let asked = case.joint.iter().filter(|joint| joint.sent_on.is_some()).flat_map(|joint| {
        joint.members.iter().filter(|one| one.released_on.is_none()).map(|one| &one.member)
    });
    let invited = case
        .hearing
        .iter()
        .flat_map(|hearing| hearing.invited.iter().filter_map(|party| party.member.as_ref()));
    let fixed =
        case.hearing.is_some() || case.joint.as_ref().is_some_and(|it| it.sent_on.is_some());
    fixed.then(|| asked.chain(invited).cloned().collect())
}
