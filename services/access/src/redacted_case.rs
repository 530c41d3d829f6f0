//! A case as somebody may read it who takes no part in it, built field by field.

use std::collections::BTreeMap;

use samvirke_schemas::{
    cases::case::{
        access::Restriction,
        joint::{MemberDecision, SettleRule, Settlement},
        paper::Recommendation,
        treatment::RecordedOutcome,
    },
    networks::access_group::AccessGroup,
    queries::case::{Case, FollowUp, Force, Hearing, Joint, MemberAnswer, PaperTrail, Treatment},
    text::{Line, Prose},
};

use crate::{CaseAccess, Viewer, WithheldFromCase};

/// What is in the place of a text that is withheld where the answer cannot be without one.
pub const WITHHELD_NB: &str = "Skjermet";

/// The case as a viewer may read it. `access` is none where not everything that has happened to the case is
/// known: then it is withheld whole.
pub fn case_for(case: &Case, access: Option<&CaseAccess>, viewer: &Viewer) -> Case {
    let takes_part = access.is_some_and(|access| access.takes_part(viewer));
    if viewer.sees_all() || takes_part {
        return case.clone();
    }
    redacted_case(case, &CaseAccess::withheld(access, viewer))
}

/// The case for those who take no part in it. Who treated it, when and with what outcome is public, also
/// where every wording is withheld; who the people of an access group are never is.
pub fn redacted_case(case: &Case, withheld: &WithheldFromCase) -> Case {
    let texts = !withheld.texts();
    Case {
        id: case.id.clone(),
        version: case.version,
        number: case.number.clone(),
        kind: case.kind,
        state: case.state,
        title: if withheld.title() { &case.public_title } else { &case.title }.clone(),
        public_title: case.public_title.clone(),
        classification: case.classification.clone().filter(|_| texts),
        about: case.about.clone().filter(|_| texts),
        owner: case.owner.clone(),
        opened_on: case.opened_on,
        restriction: case.restriction.as_ref().map(restriction),
        withheld: *withheld != WithheldFromCase::Nothing,
        treatments: case.treatments.iter().map(|it| treatment(it, texts)).collect(),
        recommendations: case.recommendations.iter().map(|it| recommendation(it, texts)).collect(),
        papers: case.papers.iter().map(|it| paper(it, withheld)).collect(),
        relations: case.relations.clone(),
        related_by: case.related_by.clone(),
        force: case.force.as_ref().map(|it| force(it, texts)),
        joint: case.joint.as_ref().map(|it| joint(it, texts)),
        hearing: case.hearing.as_ref().map(|it| redacted_hearing(it, withheld)),
        statements: if texts { case.statements.clone() } else { Vec::new() },
        follow_ups: case.follow_ups.iter().map(|it| redacted_follow_up(it, withheld)).collect(),
        // Both are made for the answer, with what the viewer may read.
        bodies: BTreeMap::new(),
        timeline: Vec::new(),
        timeline_left_out: 0,
    }
}

fn restriction(it: &Restriction) -> Restriction {
    Restriction {
        legal_basis: it.legal_basis.clone(),
        until: it.until,
        scope: it.scope.clone(),
        access_groups: Vec::<AccessGroup>::new(),
    }
}

fn treatment(it: &Treatment, texts: bool) -> Treatment {
    Treatment {
        treatment: it.treatment.clone(),
        body: it.body.clone(),
        authority: it.authority,
        number: it.number.clone(),
        state: it.state,
        outcome: it.outcome,
        outcomes: it.outcomes.iter().map(|it| outcome(it, texts)).collect(),
    }
}

fn outcome(it: &RecordedOutcome, texts: bool) -> RecordedOutcome {
    RecordedOutcome {
        treatment: it.treatment.clone(),
        body: it.body.clone(),
        meeting: it.meeting.clone(),
        item: it.item.clone(),
        outcome: it.outcome,
        text: it.text.clone().filter(|_| texts),
        unanimous: it.unanimous,
        day: it.day,
        ahead_of: it.ahead_of.clone(),
    }
}

fn recommendation(it: &Recommendation, texts: bool) -> Recommendation {
    Recommendation {
        from: it.from.clone(),
        to: it.to.clone(),
        text: it.text.clone().filter(|_| texts),
    }
}

fn paper(it: &PaperTrail, withheld: &WithheldFromCase) -> PaperTrail {
    let hidden = withheld.paper(&it.paper);
    let public_title = || it.versions.last().and_then(|last| last.paper.public_title.clone());
    PaperTrail {
        paper: it.paper.clone(),
        kind: it.kind,
        title: if hidden { public_title() } else { it.title.clone() },
        versions: if hidden { Vec::new() } else { it.versions.clone() },
    }
}

fn force(it: &Force, texts: bool) -> Force {
    Force {
        from: it.from,
        to: it.to,
        reason: it.reason.clone().filter(|_| texts),
        replaced_by: it.replaced_by.clone(),
    }
}

fn joint(it: &Joint, texts: bool) -> Joint {
    Joint {
        settles: rule(&it.settles, texts),
        text: it.text.clone().filter(|_| texts),
        sent_on: it.sent_on,
        answer_by: it.answer_by,
        members: it.members.iter().map(|it| answer(it, texts)).collect(),
        answered: it.answered.clone(),
        missing: it.missing.clone(),
        differing: if texts { it.differing.clone() } else { Vec::new() },
        settlement: it.settlement.as_ref().map(|it| settlement(it, texts)),
    }
}

fn rule(it: &SettleRule, texts: bool) -> SettleRule {
    match it {
        SettleRule::AllAdoptSameText {} => SettleRule::AllAdoptSameText {},
        SettleRule::MajorityOfMembers {} => SettleRule::MajorityOfMembers {},
        SettleRule::AsAgreed { text } => {
            SettleRule::AsAgreed { text: if texts { text.clone() } else { withheld_text() } }
        }
    }
}

fn withheld_text() -> Prose {
    Prose::try_new(WITHHELD_NB).expect("a word without control characters is a text")
}

fn withheld_line() -> Line {
    Line::try_new(WITHHELD_NB).expect("a word without control characters is a line")
}

fn settlement(it: &Settlement, texts: bool) -> Settlement {
    Settlement {
        result: it.result,
        rule: rule(&it.rule, texts),
        text: it.text.clone().filter(|_| texts),
        carried_by: it.carried_by.clone(),
        reason: it.reason.clone().filter(|_| texts),
    }
}

fn answer(it: &MemberAnswer, texts: bool) -> MemberAnswer {
    MemberAnswer {
        member: it.member.clone(),
        names: it.names.clone(),
        asked_on: it.asked_on,
        received_on: it.received_on,
        processed_on: it.processed_on,
        reference: it.reference.clone().filter(|_| texts),
        decision: it.decision.as_ref().map(|it| decision(it, texts)),
        // Both tell of the texts.
        same_text: it.same_text.filter(|_| texts),
        registered: if texts { it.registered.clone() } else { Vec::new() },
        released_on: it.released_on,
    }
}

fn decision(it: &MemberDecision, texts: bool) -> MemberDecision {
    MemberDecision {
        outcome: it.outcome,
        text: it.text.clone().filter(|_| texts),
        body: if texts { it.body.clone() } else { withheld_line() },
        on: it.on,
    }
}

/// A hearing for those who take no part in its case.
pub fn redacted_hearing(it: &Hearing, withheld: &WithheldFromCase) -> Hearing {
    let texts = !withheld.texts();
    Hearing {
        state: it.state,
        sent_on: it.sent_on,
        deadline: it.deadline,
        earlier_deadlines: it.earlier_deadlines.clone(),
        // Whom it is sent to can say what it is about; the names are texts that people wrote.
        invited: if texts { it.invited.clone() } else { Vec::new() },
        missing: if texts { it.missing.clone() } else { Vec::new() },
        statements: if texts { it.statements.clone() } else { Vec::new() },
        closed_on: it.closed_on,
        summary: it.summary.clone().filter(|_| texts),
        adoption: it.adoption.clone().filter(|_| texts),
    }
}

/// A task for those who take no part in its case.
pub fn redacted_follow_up(it: &FollowUp, withheld: &WithheldFromCase) -> FollowUp {
    let texts = !withheld.texts();
    FollowUp {
        follow_up: it.follow_up.clone(),
        task: it.task.clone().filter(|_| texts),
        owner: it.owner.clone(),
        due: it.due,
        treatment: it.treatment.clone(),
        assigned_on: it.assigned_on,
        state: it.state,
        reports: if texts { it.reports.clone() } else { Vec::new() },
        ended_on: it.ended_on,
        ended_with: it.ended_with.clone().filter(|_| texts),
    }
}
