//! The commands that reach this context, from message to answer.

use std::sync::Arc;

use samvirke_kernel::{
    Decider,
    in_memory_projection::ProjectionRunner,
    inbox::{carry_out, unknown_kind},
    repository::Repository,
    service::{CommandHandler, Host, ServiceError},
};
use samvirke_schemas::{
    message::CommandMessage,
    reply::{Accepted, Refused},
};

use crate::{bodies::Bodies, meeting::Meeting};

/// The context and the first token of its subjects.
pub const CONTEXT: &str = Meeting::CONTEXT;

struct Inbox {
    meetings: Repository<Meeting>,
    bodies: ProjectionRunner<Bodies>,
}

/// Runs the service until the host shuts down.
///
/// # Errors
///
/// When the streams or NATS cannot be used.
pub async fn service(host: Host) -> Result<(), ServiceError> {
    let (log, networks) = (host.own_log(CONTEXT).await?, host.log("networks").await?);
    let supervisor = host.supervisor(CONTEXT);
    let inbox = Arc::new(Inbox {
        meetings: Repository::new(log),
        bodies: ProjectionRunner::start("bodies", networks, &supervisor),
    });
    host.serve_commands(CONTEXT, inbox).await?;
    supervisor.finished().await;
    Ok(())
}

impl CommandHandler for Inbox {
    async fn answer(&self, message: CommandMessage) -> Result<Accepted, Refused> {
        if message.kind != Meeting::KIND {
            return Err(unknown_kind(&message));
        }
        carry_out(&self.meetings, &self.bodies, &message).await
    }
}
