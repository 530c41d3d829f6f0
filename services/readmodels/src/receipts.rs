//! Who has received a joint case, and who is silent and since when: read from the case's own document.

use samvirke_schemas::{
    date::Date,
    queries::{
        case::{Case, MemberAnswer},
        receipts::{Answer, MemberReceipt, MemberState, Parameters},
    },
};

use crate::{
    case_file::{CaseFile, row},
    query::{QueryContext, QueryError, document},
};

/// Answers `receipts`.
pub(crate) async fn answer(
    context: &QueryContext<'_>,
    parameters: Parameters,
) -> Result<Answer, QueryError> {
    context.seen(&[row::KEY], &parameters.id.cooperation).await?;
    let row = document::<CaseFile>(context.pool, &parameters.id.to_string()).await?;
    let viewer = context.viewer(&row.cooperation).await?;
    Ok(receipts(row::seen(&row, &viewer), context.today))
}

fn receipts(case: Case, today: Date) -> Answer {
    let joint = case.joint;
    let answer_by = joint.as_ref().and_then(|joint| joint.answer_by);
    let mut members: Vec<MemberReceipt> = joint
        .iter()
        .flat_map(|joint| &joint.members)
        .map(|answer| receipt(answer, answer_by.is_some_and(|day| day < today)))
        .collect();
    members.sort_by(|a, b| (a.state, a.since, &a.member).cmp(&(b.state, b.since, &b.member)));
    Answer {
        case: case.id,
        number: case.number.number,
        title: case.title,
        sent_on: joint.and_then(|joint| joint.sent_on),
        answer_by,
        members,
    }
}

fn receipt(answer: &MemberAnswer, late: bool) -> MemberReceipt {
    let (state, since) = state(answer);
    MemberReceipt {
        member: answer.member.clone(),
        names: answer.names.clone(),
        state,
        since,
        overdue: late && state < MemberState::Decided,
        reference: answer.reference.clone(),
    }
}

fn state(answer: &MemberAnswer) -> (MemberState, Date) {
    if let Some(day) = answer.released_on {
        return (MemberState::Released, day);
    }
    if let Some(decision) = &answer.decision {
        return (MemberState::Decided, decision.on);
    }
    match (answer.processed_on, answer.received_on) {
        (Some(day), _) => (MemberState::Processed, day),
        (None, Some(day)) => (MemberState::Received, day),
        (None, None) if answer.reference.is_some() => (MemberState::Received, answer.asked_on),
        (None, None) => (MemberState::Silent, answer.asked_on),
    }
}
