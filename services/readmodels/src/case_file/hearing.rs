//! A case's hearing: who was invited, who answered, and what came of it (R46).

use samvirke_schemas::{
    cases::case::{Event, hearing::StatementFrom},
    queries::case::{Case, Hearing, HearingState},
};

pub(super) fn fold(case: &mut Case, event: Event) {
    if let Event::HearingOpened(opened) = event {
        case.hearing = Some(Hearing {
            state: HearingState::Open,
            sent_on: opened.sent_on,
            deadline: opened.deadline,
            earlier_deadlines: Vec::new(),
            missing: opened.invited.iter().map(|party| party.party.clone()).collect(),
            invited: opened.invited,
            statements: Vec::new(),
            closed_on: None,
            summary: None,
            adoption: None,
        });
    } else if let Some(hearing) = &mut case.hearing {
        take(hearing, event);
    }
}

fn take(hearing: &mut Hearing, event: Event) {
    if let Event::HearingExtended { deadline, .. } = &event {
        hearing.earlier_deadlines.push(hearing.deadline);
        hearing.deadline = *deadline;
    }
    if let Event::HearingClosed { on, .. } = &event {
        hearing.state = HearingState::Closed;
        hearing.closed_on = Some(*on);
    }
    if let Event::StatementReceived(received) = event {
        if let StatementFrom::Invited { party } = &received.statement.from {
            hearing.missing.retain(|missing| missing != party);
        }
        hearing.statements.push(received);
    } else if let Event::HearingSummedUp(summary) = event {
        hearing.state = HearingState::SummedUp;
        hearing.summary = Some(summary);
    } else if let Event::AdoptedAfterHearing(adoption) = event {
        hearing.state = HearingState::Adopted;
        hearing.adoption = Some(adoption);
    }
}
