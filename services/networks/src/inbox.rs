//! The commands that reach this context, from message to answer.

use std::sync::Arc;

use samvirke_kernel::{
    Decider,
    execute::{CommandContext, FactSource, NoFacts},
    inbox::{carry_out, unknown_kind},
    repository::Repository,
    service::{CommandHandler, Host, ServiceError, tasks_first},
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
    cooperations: Arc<Repository<Cooperation>>,
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
        cooperations: Arc::new(Repository::new(log.clone())),
        bodies: bodies.clone(),
        networks: Repository::new(log.clone()),
    });
    let supervisor = host.supervisor(CONTEXT);
    let policies = async {
        policies::start(&supervisor, &host.parking().await?, log, bodies);
        Ok::<_, ServiceError>(())
    };
    let commands = async { Ok(host.serve_commands(CONTEXT, inbox).await?) };
    tasks_first(policies, commands).await?;
    supervisor.finished().await;
    Ok(())
}

impl CommandHandler for Inbox {
    async fn answer(&self, message: CommandMessage) -> Result<Accepted, Refused> {
        match message.kind.as_str() {
            Cooperation::KIND => carry_out(&self.cooperations, &NoFacts, &message).await,
            Body::KIND => carry_out(&self.bodies, self, &message).await,
            Network::KIND => carry_out(&self.networks, self, &message).await,
            _ => Err(unknown_kind(&message)),
        }
    }
}

impl Inbox {
    /// The cooperation as it is now: bodies and networks ask who is a member.
    async fn cooperation(&self, id: &CooperationId) -> Result<Arc<Cooperation>, Refused> {
        let id = AggregateId::of_cooperation(id.clone());
        self.cooperations.current(&id).await.map_err(|error| error.refusal())
    }
}

impl FactSource<Body> for Inbox {
    async fn facts(
        &self,
        _: &Body,
        context: &CommandContext<Body>,
    ) -> Result<body::Facts, Refused> {
        Ok(body::Facts { cooperation: self.cooperation(&context.id.cooperation).await? })
    }
}

impl FactSource<Network> for Inbox {
    async fn facts(
        &self,
        _: &Network,
        context: &CommandContext<Network>,
    ) -> Result<network::Facts, Refused> {
        Ok(network::Facts { cooperation: self.cooperation(&context.id.cooperation).await? })
    }
}
