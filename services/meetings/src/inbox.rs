//! The commands that reach this context, from message to answer.

use std::sync::Arc;

use samvirke_kernel::{
    Decider,
    execute::execute,
    follower::Follower,
    inbox::{self, positions, refused, unknown_kind},
    repository::Repository,
    service::{Host, ServiceError, report_tasks, serve_commands},
    supervision::Supervisor,
};
use samvirke_schemas::{
    message::CommandMessage,
    reply::{Accepted, Refused},
};

use crate::{
    bodies::Bodies,
    meeting::{Facts, Meeting},
};

/// The context and the first token of its subjects.
pub const CONTEXT: &str = Meeting::CONTEXT;

struct Inbox {
    meetings: Repository<Meeting>,
    bodies: Follower<Bodies>,
}

/// Runs the service until the host shuts down.
///
/// # Errors
///
/// When the streams or NATS cannot be used.
pub async fn service(host: Host) -> Result<(), ServiceError> {
    let (log, networks) = (host.own_log(CONTEXT).await?, host.log("networks").await?);
    let supervisor = Supervisor::new(host.shutdown.clone());
    report_tasks(&supervisor, host.client.clone(), CONTEXT, host.verifier.clone());
    let inbox = Arc::new(Inbox {
        meetings: Repository::new(log),
        bodies: Follower::start("bodies", networks, &supervisor),
    });
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
        if message.kind != Meeting::KIND {
            return Err(unknown_kind(&message));
        }
        let mut order = inbox::order::<Meeting>(&message, Facts::default())?;
        let meeting = async { self.meetings.current(&order.id).await };
        let meeting = inbox::in_time(&message, meeting).await?;
        if let Some((body, day)) = meeting.body_wanted(&order.request) {
            let after = positions(&message.after)?;
            let bodies = inbox::in_time(&message, self.bodies.at(&after)).await?;
            order.facts.body = bodies.in_force(&body, day);
        }
        let done = execute(&self.meetings, &order).await.map_err(refused)?;
        Ok(inbox::accepted(&order, &done))
    }
}
