//! The commands that reach this context, from message to answer.

use std::sync::Arc;

use samvirke_kernel::{
    Decider,
    execute::execute_together,
    follower::Follower,
    inbox::{self, carry_out, positions, refused, unknown_kind},
    repository::Repository,
    service::{Host, ServiceError, report_tasks, serve_commands},
    supervision::Supervisor,
};
use samvirke_schemas::{
    cases::case::Request,
    local_time::day_of,
    message::CommandMessage,
    reply::{Accepted, Refused},
};

use crate::{
    case::{Case, Facts},
    members::Members,
    numbering, policies,
    register::Register,
};

/// The context and the first token of its subjects.
pub const CONTEXT: &str = Case::CONTEXT;

struct Inbox {
    registers: Repository<Register>,
    cases: Arc<Repository<Case>>,
    members: Follower<Members>,
}

/// Runs the service until the host shuts down.
///
/// # Errors
///
/// When the streams or NATS cannot be used.
pub async fn service(host: Host) -> Result<(), ServiceError> {
    let log = host.own_log(CONTEXT).await?;
    let (networks, meetings) = (host.log("networks").await?, host.log("meetings").await?);
    let cases = Arc::new(Repository::new(log.clone()));
    let supervisor = Supervisor::new(host.shutdown.clone());
    report_tasks(&supervisor, host.client.clone(), CONTEXT, host.verifier.clone());
    let members = Follower::start("members", networks, &supervisor);
    let inbox = Arc::new(Inbox {
        registers: Repository::new(log.clone()),
        cases: cases.clone(),
        members: members.clone(),
    });
    let parking = host.parking().await?;
    policies::start(&supervisor, &parking, log, meetings, &cases, &members);
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
            Register::KIND => carry_out(&self.registers, &message, ()).await,
            Case::KIND => self.answer_for_case(&message).await,
            _ => Err(unknown_kind(&message)),
        }
    }

    async fn answer_for_case(&self, message: &CommandMessage) -> Result<Accepted, Refused> {
        let mut order = inbox::order::<Case>(message, Facts::default())?;
        if matches!(order.request, Request::SendToMembers(_) | Request::IncludeMember { .. }) {
            let after = positions(&message.after)?;
            let members = inbox::in_time(message, self.members.at(&after)).await?;
            order.facts.members = members.on(&order.id.cooperation, day_of(order.at));
        }
        let done = match numbering::register_of(&order.id, &order.request) {
            None => {
                samvirke_kernel::execute::execute(&self.cases, &order).await.map_err(refused)?
            }
            Some(register) => {
                let (_registered, done) = execute_together(
                    (&self.registers, &register),
                    (&self.cases, &order),
                    |register, case, command| {
                        numbering::decide(register, case, command)
                            .map(|numbered| (numbered.register, numbered.case))
                    },
                )
                .await
                .map_err(refused)?;
                done
            }
        };
        Ok(inbox::accepted(&order, &done))
    }
}
