//! The commands to subscriptions, from message to answer, and what Samvirke itself notes of them.

use std::{fmt::Display, sync::Arc};

use samvirke_access::Directory;
use samvirke_kernel::{
    Decider, clock,
    deadline::Deadline,
    envelope,
    error_chain::chain,
    execute::{CommandContext, ExecuteError, FactSource, NoFacts, execute},
    in_memory_projection::ProjectionRunner,
    inbox::{carry_out, unknown_kind},
    log::ReadError,
    publication::Publication,
    repository::Repository,
    service::CommandHandler,
};
use samvirke_schemas::{
    Tagged,
    feed::FeedPosition,
    id::AggregateId,
    local_time::day_of,
    message::CommandMessage,
    principal::Principal,
    reply::{Accepted, Refused},
    subscriptions::subscription::{
        Request,
        terms::{Owner, Start},
    },
};
use tracing::warn;
use uuid::Uuid;

use crate::{
    settings::Settings,
    subscription::{Facts, Subscription},
    subscription_index::SubscriptionIndex,
};

/// Names what Samvirke itself notes, so that noting it twice is noting it once.
const NAMESPACE: Uuid = Uuid::from_u128(0x3f0d_7f5e_21c4_4b7c_9d1b_83a5_0e6f_42d7);

/// What commands are decided with.
pub(crate) struct Inbox {
    pub(crate) subscriptions: Arc<Repository<Subscription>>,
    pub(crate) index: ProjectionRunner<SubscriptionIndex>,
    pub(crate) members: ProjectionRunner<Directory>,
    pub(crate) publication: Publication,
    pub(crate) settings: Arc<Settings>,
}

impl CommandHandler for Inbox {
    async fn answer(&self, message: CommandMessage) -> Result<Accepted, Refused> {
        if message.kind != Subscription::KIND {
            return Err(unknown_kind(&message));
        }
        carry_out(&self.subscriptions, self, &message).await
    }
}

impl FactSource<Subscription> for Inbox {
    async fn facts(
        &self,
        _: &Subscription,
        context: &CommandContext<Subscription>,
    ) -> Result<Facts, Refused> {
        let mut facts =
            Facts { unencrypted_allowed: self.settings.loopback_allowed, ..Facts::default() };
        if let Request::Create { owner, .. } = &context.request {
            let cooperation = &context.id.cooperation;
            facts.owned = self.index.at(&[]).await?.owned(cooperation, owner);
            if let Owner::Member { member } = owner {
                let members = self.members.at(&context.after).await?;
                facts.is_member = members.is_member(member, cooperation, day_of(context.now));
            }
        }
        if let Some(start) = start(&context.request) {
            facts.last = FeedPosition(self.publication.last_sequence().await.map_err(unread)?);
            if let Start::Time { since } = start {
                let before = self.publication.sequence_before(since.instant()).await;
                facts.before_time = Some(FeedPosition(before.map_err(unread)?));
            }
        }
        Ok(facts)
    }
}

/// Where a request wants to begin.
fn start(request: &Request) -> Option<Start> {
    match request {
        Request::Create { from, .. } | Request::Replay { from } => Some(from.clone()),
        Request::Resume { from } => from.start(),
        Request::AgreeEndpoint { .. }
        | Request::RefuseEndpoint { .. }
        | Request::ChangeFilters { .. }
        | Request::ChangeEndpoint { .. }
        | Request::RotateSecret {}
        | Request::Suspend { .. }
        | Request::Stop { .. }
        | Request::TestDelivery {}
        | Request::ConcludeTest { .. }
        | Request::End { .. } => None,
    }
}

fn unread(error: ReadError) -> Refused {
    let reason = chain(&error);
    let detail_nb = format!("hendelsesstrømmen kan ikke leses: {reason}");
    Refused::unavailable(reason, detail_nb)
}

/// What Samvirke found out could not be noted yet.
#[derive(Debug, thiserror::Error)]
#[error("what an endpoint answered cannot be noted: {reason}")]
pub(crate) struct NotNoted {
    reason: String,
}

/// Notes what Samvirke itself has found out about a subscription, once for each `number`.
pub(crate) async fn note(
    subscriptions: &Repository<Subscription>,
    id: &AggregateId,
    request: Request,
    number: impl Display,
) -> Result<(), NotNoted> {
    let now = clock::now();
    let name = format!("{id}/{}/{number}", request.tag());
    let context = CommandContext::<Subscription> {
        id: id.clone(),
        command_id: Uuid::new_v5(&NAMESPACE, name.as_bytes()),
        digest: envelope::digest(name.as_bytes()),
        request,
        principal: Principal::system("feed"),
        at: now,
        now,
        expected_version: None,
        provenance: None,
        after: Vec::new(),
        cause: None,
        traceparent: None,
        deadline: Deadline::NONE,
    };
    match execute(subscriptions, &NoFacts, &context).await {
        Ok(_) => Ok(()),
        Err(ExecuteError::Rejected(rejection)) => {
            warn!(subscription.id = %id, %rejection, "what was found out is refused");
            Ok(())
        }
        Err(
            error @ (ExecuteError::Stale { .. }
            | ExecuteError::KeyReused
            | ExecuteError::Contended
            | ExecuteError::Facts(_)
            | ExecuteError::Store(_)),
        ) => Err(NotNoted { reason: chain(&error) }),
    }
}
