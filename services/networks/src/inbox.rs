//! The commands that reach this context, from message to answer.

use std::sync::Arc;

use samvirke_kernel::{
    Decider,
    inbox::{carry_out, in_time, store_refused, unknown_kind},
    repository::{Repository, StoreError},
    service::{Host, ServiceError, report_tasks, serve_commands},
    supervision::Supervisor,
};
use samvirke_schemas::{
    id::{AggregateId, CooperationId},
    message::CommandMessage,
    reply::{Accepted, Refused},
};

use crate::{
    body::{self, Body},
    cooperation::Cooperation,
    network::{self, Network},
    policies,
};

/// The context and the first token of its subjects.
pub const CONTEXT: &str = Cooperation::CONTEXT;

struct Inbox {
    cooperations: Repository<Cooperation>,
    bodies: Arc<Repository<Body>>,
    networks: Repository<Network>,
}

/// Runs the service until the host shuts down.
///
/// # Errors
///
/// When its stream or NATS cannot be used.
pub async fn service(host: Host) -> Result<(), ServiceError> {
    let log = host.own_log(CONTEXT).await?;
    let bodies = Arc::new(Repository::new(log.clone()));
    let inbox = Arc::new(Inbox {
        cooperations: Repository::new(log.clone()),
        bodies: bodies.clone(),
        networks: Repository::new(log.clone()),
    });
    let supervisor = Supervisor::new(host.shutdown.clone());
    report_tasks(&supervisor, host.client.clone(), CONTEXT, host.verifier.clone());
    policies::start(&supervisor, &host.parking().await?, log, bodies);
    serve_commands(host.client, CONTEXT, host.verifier, host.shutdown, move |message| {
        let inbox = inbox.clone();
        async move { inbox.answer(message).await }
    })
    .await?;
    supervisor.finished().await;
    Ok(())
}

impl Inbox {
    async fn answer(&self, message: CommandMessage) -> Result<Accepted, Refused> {
        match message.kind.as_str() {
            Cooperation::KIND => carry_out(&self.cooperations, &message, ()).await,
            Body::KIND => {
                let cooperation =
                    in_time(&message, self.cooperation(&message.id.cooperation)).await?;
                carry_out(&self.bodies, &message, body::Facts { cooperation }).await
            }
            Network::KIND => {
                let cooperation =
                    in_time(&message, self.cooperation(&message.id.cooperation)).await?;
                carry_out(&self.networks, &message, network::Facts { cooperation }).await
            }
            _ => Err(unknown_kind(&message)),
        }
    }

    /// The cooperation as it is now: bodies and networks ask who is a member.
    async fn cooperation(&self, id: &CooperationId) -> Result<Cooperation, Refused> {
        self.cooperations
            .current(&AggregateId::of_cooperation(id.clone()))
            .await
            .map_err(|error: StoreError| store_refused(&error))
    }
}
