//! Where a case is on its way, worked out from what it holds.

use samvirke_schemas::{
    cases::case::treatment::Outcome,
    queries::case::{Case, CaseState, HearingState, TreatmentState},
};

/// The state of the case. Withdrawn and closed are told by events and stay until it is reopened.
pub(super) fn of(case: &Case) -> CaseState {
    if let CaseState::Withdrawn | CaseState::Closed = case.state {
        return case.state;
    }
    if let Some(joint) = &case.joint {
        if joint.settlement.is_some() {
            return CaseState::Settled;
        }
        if joint.sent_on.is_some() {
            return CaseState::WithMembers;
        }
    }
    if let Some(hearing) = &case.hearing {
        match hearing.state {
            HearingState::Open => return CaseState::OnHearing,
            HearingState::Adopted => return CaseState::Decided,
            HearingState::Closed | HearingState::SummedUp => (),
        }
    }
    let all_held = case.treatments.iter().all(|one| one.state == TreatmentState::Held);
    let last = case.treatments.last().and_then(|treatment| treatment.outcome);
    match last {
        Some(Outcome::Decided | Outcome::TookNote | Outcome::Rejected) if all_held => {
            CaseState::Decided
        }
        Some(_) | None => CaseState::UnderTreatment,
    }
}
