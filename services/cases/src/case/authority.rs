//! Who may give which command to a case.
//!
//! The secretariat registers; a member speaks for itself and for nobody else; Samvirke itself
//! carries what one part decided over to another.

use samvirke_schemas::{
    cases::case::{
        Request,
        hearing::{HearingStatement, StatementFrom},
    },
    id::LocalId,
    organisation::OrganisationNumber,
    principal::Role,
};

use super::{Case, CaseCommand, Rejection};

pub(super) fn authorise(case: &Case, command: &CaseCommand) -> Result<(), Rejection> {
    if command.is_from(&[Role::Secretariat]) {
        return Ok(());
    }
    let speaks_for = |member: Option<&OrganisationNumber>| {
        member.is_some_and(|member| command.principal.speaks_for(member, &command.id.cooperation))
    };
    match &command.request {
        Request::RecordOutcome(_) | Request::SendToMembers(_) | Request::EndForce(_)
            if command.is_from(&[Role::System]) =>
        {
            Ok(())
        }
        Request::RegisterReceipt { member, .. }
        | Request::RegisterReference { member, .. }
        | Request::RegisterMemberDecision { member, .. }
        | Request::CorrectMemberDecision { member, .. } => {
            if speaks_for(Some(member)) {
                Ok(())
            } else {
                Err(Rejection::OnlyForItself { member: member.clone() })
            }
        }
        Request::ReceiveStatement(statement) if speaks_for(party_of(case, statement)) => Ok(()),
        Request::ReportFollowUp { follow_up, .. } | Request::CompleteFollowUp { follow_up, .. } => {
            if speaks_for(owner_of(case, follow_up)) {
                Ok(())
            } else {
                Err(Rejection::OnlyItsOwner)
            }
        }
        Request::Open(_)
        | Request::Amend(_)
        | Request::AddPaper(_)
        | Request::Recommend(_)
        | Request::PlanTreatments(_)
        | Request::ChangePlan(_)
        | Request::RecordOutcome(_)
        | Request::Relate(_)
        | Request::RemoveRelation { .. }
        | Request::PutInForce { .. }
        | Request::EndForce(_)
        | Request::Restrict(_)
        | Request::LiftRestriction { .. }
        | Request::Withdraw { .. }
        | Request::Close {}
        | Request::Reopen { .. }
        | Request::DeclareJoint { .. }
        | Request::SendToMembers(_)
        | Request::IncludeMember { .. }
        | Request::ReleaseMember { .. }
        | Request::Settle { .. }
        | Request::OpenHearing { .. }
        | Request::ReceiveStatement(_)
        | Request::ExtendHearing { .. }
        | Request::CloseHearing {}
        | Request::SumUpHearing(_)
        | Request::AdoptAfterHearing(_)
        | Request::SendStatement(_)
        | Request::AssignFollowUp(_)
        | Request::RescheduleFollowUp { .. }
        | Request::DropFollowUp { .. } => Err(Rejection::OnlyTheSecretariat),
    }
}

/// The member whose view a statement is.
fn party_of<'a>(case: &'a Case, statement: &HearingStatement) -> Option<&'a OrganisationNumber> {
    let StatementFrom::Invited { party } = &statement.from else { return None };
    let round = case.data()?.hearing.round()?;
    round.invited.iter().find(|invited| invited.party == *party)?.member.as_ref()
}

/// The member that answers for a task.
fn owner_of<'a>(case: &'a Case, follow_up: &LocalId) -> Option<&'a OrganisationNumber> {
    case.data()?.follow_up(follow_up)?.assignment.owner.member()
}
