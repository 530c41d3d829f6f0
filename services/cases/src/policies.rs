//! How this context acts on the meetings' events and on its own.
//!
//! An item that a meeting has concluded is the outcome of its case's treatment. A joint case that the
//! last body has decided goes out to the members (R45). A decision that is replaced is in force until
//! the one in its place is (R41).

use std::sync::Arc;

use samvirke_kernel::{
    Decider,
    envelope::Envelope,
    execute::NoFacts,
    in_memory_projection::ProjectionRunner,
    log::{Log, Stored},
    parking::Parking,
    policy::{self, PolicyError},
    repository::Repository,
    store_error::StoreError,
    supervision::Supervisor,
};
use samvirke_schemas::{
    cases::case::{
        self, Request,
        joint::MembersToAsk,
        treatment::{Outcome, OutcomeToRecord, TreatmentOf},
    },
    id::AggregateId,
    meetings::{agenda, meeting},
};
use uuid::Uuid;

use crate::{case::Case, members::Members};

/// The durable consumers of the policies.
const OUTCOME_OF_A_TREATMENT: &str = "cases-outcome-of-a-treatment";
const JOINT_CASE_GOES_OUT: &str = "cases-joint-case-goes-out";
const REPLACED_CASE_ENDS: &str = "cases-replaced-case-ends";

/// Starts the policies as tasks of `supervisor`.
pub(crate) fn start(
    supervisor: &Supervisor,
    parking: &Parking,
    cases_log: Log,
    meetings_log: Log,
    cases: &Arc<Repository<Case>>,
    members: &ProjectionRunner<Members>,
) {
    let (all, meetings) = (cases.clone(), meetings_log.clone());
    policy::supervise(
        supervisor,
        parking,
        OUTCOME_OF_A_TREATMENT,
        meetings_log,
        move |commit, envelope| {
            let (cases, meetings) = (all.clone(), meetings.clone());
            async move { record_outcomes(&cases, &meetings, &commit, &envelope).await }
        },
    );
    let (all, members) = (cases.clone(), members.clone());
    let log = cases_log.clone();
    policy::supervise(supervisor, parking, JOINT_CASE_GOES_OUT, log, move |commit, envelope| {
        let (cases, members) = (all.clone(), members.clone());
        async move { send_to_members(&cases, &members, &commit, &envelope).await }
    });
    let all = cases.clone();
    policy::supervise(
        supervisor,
        parking,
        REPLACED_CASE_ENDS,
        cases_log,
        move |commit, envelope| {
            let cases = all.clone();
            async move { end_what_is_replaced(&cases, &commit, &envelope).await }
        },
    );
}

async fn record_outcomes(
    cases: &Repository<Case>,
    meetings: &Log,
    commit: &Stored,
    envelope: &Envelope,
) -> Result<(), PolicyError> {
    for (event, id) in policy::events::<meeting::Event>(commit, envelope, "meeting")? {
        let Some((case, outcome)) = outcome_of(&envelope.aggregate.id, event) else { continue };
        let request = Request::RecordOutcome(outcome.clone());
        let mut context =
            policy::command_context::<Case>(OUTCOME_OF_A_TREATMENT, (envelope, id), case, request);
        // It follows from the meeting, so it makes no other command of what was given without it once.
        let body = body_of(meetings, commit).await?;
        context.request = Request::RecordOutcome(OutcomeToRecord { body, ..outcome });
        policy::dispatch(cases, &NoFacts, &context).await?;
    }
    Ok(())
}

/// The body whose meeting a commit is of: its first commit names it.
async fn body_of(meetings: &Log, of: &Stored) -> Result<Option<AggregateId>, PolicyError> {
    let first = meetings.first_from(&of.subject, 1).await.map_err(StoreError::from)?;
    let Some(first) = first else { return Ok(None) };
    let envelope = Envelope::read(first.sequence, &first.payload).map_err(StoreError::from)?;
    let events = policy::events::<meeting::Event>(&first, &envelope, "meeting")?;
    Ok(events.into_iter().find_map(|(event, _)| {
        if let meeting::Event::Planned { body, .. } | meeting::Event::HeldReported { body, .. } =
            event
        {
            return Some(body);
        }
        None
    }))
}

/// What a meeting's event means for a case, if it means anything.
fn outcome_of(
    meeting: &AggregateId,
    event: meeting::Event,
) -> Option<(AggregateId, OutcomeToRecord)> {
    let meeting::Event::ItemConcluded {
        item,
        case: Some(case),
        treatment: Some(treatment),
        outcome,
        text,
        unanimous,
        public,
        day,
        ..
    } = event
    else {
        return None;
    };
    let outcome = OutcomeToRecord {
        of: TreatmentOf::Id { treatment },
        meeting: meeting.clone(),
        body: None,
        item,
        outcome: match outcome {
            agenda::Outcome::Decided => Outcome::Decided,
            agenda::Outcome::Recommended => Outcome::Recommended,
            agenda::Outcome::Rejected => Outcome::Rejected,
            agenda::Outcome::TookNote => Outcome::TookNote,
            agenda::Outcome::Forwarded => Outcome::Forwarded,
            agenda::Outcome::Postponed => Outcome::Postponed,
            agenda::Outcome::SentBack => Outcome::SentBack,
        },
        // What was treated behind closed doors stays in the meeting's record: the case may be open.
        text: text.filter(|_| public),
        unanimous,
        day,
    };
    Some((case, outcome))
}

async fn send_to_members(
    cases: &Repository<Case>,
    members: &ProjectionRunner<Members>,
    commit: &Stored,
    envelope: &Envelope,
) -> Result<(), PolicyError> {
    for (event, id) in policy::events::<case::Event>(commit, envelope, Case::KIND)? {
        if !matches!(event, case::Event::ReadyForMembers { .. }) {
            continue;
        }
        let case = envelope.aggregate.id.clone();
        let request =
            Request::SendToMembers(MembersToAsk { text: None, settles: None, answer_by: None });
        let context =
            policy::command_context::<Case>(JOINT_CASE_GOES_OUT, (envelope, id), case, request);
        policy::dispatch(cases, members, &context).await?;
    }
    Ok(())
}

async fn end_what_is_replaced(
    cases: &Arc<Repository<Case>>,
    commit: &Stored,
    envelope: &Envelope,
) -> Result<(), PolicyError> {
    let id = &envelope.aggregate.id;
    for (event, cause) in policy::events::<case::Event>(commit, envelope, Case::KIND)? {
        if !matches!(event, case::Event::PutInForce { .. } | case::Event::Related(_)) {
            continue;
        }
        let case = cases.current(id).await.map_err(|error| PolicyError::from(&*error))?;
        let ends = case.data().map(|data| data.ends(id, &event)).unwrap_or_default();
        for (replaced, end) in ends {
            let on = end.on;
            let mut context = policy::command_context::<Case>(
                REPLACED_CASE_ENDS,
                (envelope, cause),
                replaced,
                Request::EndForce(end),
            );
            // The day is read from the case as it is now. Where it has become another one since the
            // event was last delivered, this is another command, which the rules then judge.
            let name = format!("{REPLACED_CASE_ENDS}/{}/{on}", context.id);
            context.command_id = Uuid::new_v5(&cause, name.as_bytes());
            policy::dispatch(cases, &NoFacts, &context).await?;
        }
    }
    Ok(())
}
