//! The commands that reach this context, from message to answer.

use std::sync::Arc;

use samvirke_kernel::{
    Decider,
    inbox::{carry_out, unknown_kind},
    log::Log,
    repository::Repository,
    service::{Host, serve_commands},
    snapshot,
};
use samvirke_schemas::{
    message::CommandMessage,
    reply::{Accepted, Refused},
};

use crate::cooperation::Cooperation;

/// The context and the first token of its subjects.
pub const CONTEXT: &str = Cooperation::CONTEXT;

/// Why the service ended.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("the event stream cannot be used")]
    Stream(#[from] samvirke_kernel::stream::StreamError),
    #[error("the stream of snapshots cannot be used")]
    Snapshots(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Serve(#[from] samvirke_kernel::service::ServeError),
}

struct Inbox {
    cooperations: Repository<Cooperation>,
}

/// Runs the service until the host shuts down.
///
/// # Errors
///
/// When its stream or NATS cannot be used.
pub async fn service(host: Host) -> Result<(), ServiceError> {
    let log = Log::open(host.client.clone(), CONTEXT, host.replicas).await?;
    snapshot::open(log.jetstream(), host.replicas)
        .await
        .map_err(|err| ServiceError::Snapshots(Box::new(err)))?;
    let inbox = Arc::new(Inbox { cooperations: Repository::new(log) });
    serve_commands(host.client, CONTEXT, host.verifier, host.shutdown, move |message| {
        let inbox = inbox.clone();
        async move { inbox.answer(message).await }
    })
    .await?;
    Ok(())
}

impl Inbox {
    async fn answer(&self, message: CommandMessage) -> Result<Accepted, Refused> {
        match message.kind.as_str() {
            Cooperation::KIND => carry_out(&self.cooperations, &message, ()).await,
            _ => Err(unknown_kind(&message)),
        }
    }
}
