//! How this context acts on its own events.
//!
//! A member that leaves the cooperation leaves its bodies: its seats are vacated from the same day (R1).

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use samvirke_kernel::{
    Decider,
    envelope::{Envelope, EnvelopeError},
    execute::NoFacts,
    in_memory_projection::{InMemoryProjection, ProjectionRunner},
    log::{Log, Stored},
    parking::Parking,
    policy::{self, PolicyError},
    repository::Repository,
    supervision::Supervisor,
};
use samvirke_schemas::{
    id::{AggregateId, CooperationId},
    networks::{body, cooperation},
};

use crate::{body::Body, cooperation::Cooperation};

/// The durable consumer of the policy.
const SEATS_OF_A_RELEASED_MEMBER: &str = "networks-seats-of-a-released-member";

/// Which bodies each cooperation has.
#[derive(Debug, Default)]
struct Bodies(HashMap<CooperationId, BTreeSet<AggregateId>>);

impl InMemoryProjection for Bodies {
    fn take(&mut self, _commit: &Stored, envelope: &Envelope) -> Result<(), EnvelopeError> {
        if envelope.aggregate.kind == Body::KIND {
            let id = envelope.aggregate.id.clone();
            self.0.entry(id.cooperation.clone()).or_default().insert(id);
        }
        Ok(())
    }
}

/// Starts the policies as tasks of `supervisor`.
pub(crate) fn start(
    supervisor: &Supervisor,
    parking: &Parking,
    log: Log,
    bodies: Arc<Repository<Body>>,
) {
    let known: ProjectionRunner<Bodies> =
        ProjectionRunner::start("bodies", log.clone(), supervisor);
    policy::supervise(
        supervisor,
        parking,
        SEATS_OF_A_RELEASED_MEMBER,
        log,
        move |commit, envelope| {
            let (known, bodies) = (known.clone(), bodies.clone());
            async move { vacate_seats(&known, &bodies, &commit, &envelope).await }
        },
    );
}

async fn vacate_seats(
    known: &ProjectionRunner<Bodies>,
    bodies: &Repository<Body>,
    commit: &Stored,
    envelope: &Envelope,
) -> Result<(), PolicyError> {
    let events = policy::events::<cooperation::Event>(commit, envelope, Cooperation::KIND)?;
    for (event, cause) in events {
        let cooperation::Event::MemberReleased { member, to, reason } = event else { continue };
        let ids: Vec<AggregateId> = {
            let known = known.at(&[]).await?;
            known.0.get(&envelope.aggregate.id.cooperation).into_iter().flatten().cloned().collect()
        };
        for id in ids {
            let request =
                body::Request::VacateSeatsOf { member: member.clone(), to, reason: reason.clone() };
            let context = policy::command_context::<Body>(
                SEATS_OF_A_RELEASED_MEMBER,
                (envelope, cause),
                id,
                request,
            );
            policy::dispatch(bodies, &NoFacts, &context).await?;
        }
    }
    Ok(())
}
