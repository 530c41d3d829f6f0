//! The commands that reach this context, from message to answer.

use std::sync::Arc;

use samvirke_kernel::{
    Decider,
    execute::{GroupExecutor, NoFacts, execute},
    in_memory_projection::ProjectionRunner,
    inbox::{self, carry_out, refused, unknown_kind},
    repository::Repository,
    service::{CommandHandler, Host, ServiceError, tasks_first},
};
use samvirke_schemas::{
    message::CommandMessage,
    reply::{Accepted, Refused},
};

use crate::{
    case::Case,
    members::Members,
    numbering::{self, Numbering},
    policies,
    register::Register,
};

/// The context and the first token of its subjects.
pub const CONTEXT: &str = Case::CONTEXT;

struct Inbox {
    /// The registers, and the commands that wait for them.
    registers: Arc<GroupExecutor<Numbering, ProjectionRunner<Members>>>,
    cases: Arc<Repository<Case>>,
    members: ProjectionRunner<Members>,
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
    let supervisor = host.supervisor(CONTEXT);
    let members = ProjectionRunner::start("members", networks, &supervisor);
    let inbox = Arc::new(Inbox {
        registers: Arc::new(GroupExecutor::new(
            Repository::new(log.clone()),
            cases.clone(),
            members.clone(),
        )),
        cases: cases.clone(),
        members: members.clone(),
    });
    let policies = async {
        policies::start(&supervisor, &host.parking().await?, log, meetings, &cases, &members);
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
            Register::KIND => carry_out(self.registers.shared(), &NoFacts, &message).await,
            Case::KIND => self.answer_for_case(&message).await,
            _ => Err(unknown_kind(&message)),
        }
    }
}

impl Inbox {
    async fn answer_for_case(&self, message: &CommandMessage) -> Result<Accepted, Refused> {
        let context = inbox::command_context::<Case>(message)?;
        let Some(register) = numbering::register_of(&context.id, &context.request) else {
            let outcome = execute(&*self.cases, &self.members, &context).await.map_err(refused)?;
            return Ok(inbox::accepted(&context, &outcome));
        };
        let outcome = self.registers.execute(&register, context.clone()).await.map_err(refused)?;
        Ok(inbox::accepted(&context, &outcome))
    }
}
