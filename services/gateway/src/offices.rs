//! The offices that people hold, from the seats in NETWORKS (R1).
//!
//! A person whom the issuer vouches for by the id that NETWORKS knows is a delegate of the member
//! whose seat they hold today, in that cooperation and nowhere else, without a role in the token. The
//! projection is read to the stream's end for each of their requests, so a vacated seat is lost at once;
//! requests of everyone else wait for nothing.

use std::sync::Arc;

use samvirke_access::{Directory, Seats};
use samvirke_kernel::{
    in_memory_projection::ProjectionRunner,
    log::Log,
    supervision::{Stop, Supervisor, TaskFailure},
};
use samvirke_schemas::{
    id::CooperationId,
    local_time::day_of,
    principal::{GRANTS_MAX, Grant, Principal, Role},
};

use tokio::sync::watch;

use crate::{Gateway, fault::Fault, identity::Caller, request_context::RequestContext};

/// The seats in NETWORKS, from when that stream is there.
#[derive(Clone, Debug)]
pub(crate) struct Offices(watch::Receiver<Option<ProjectionRunner<Directory>>>);

impl Offices {
    /// Follows the seats as a task of `tasks`. Where the stream is missing it is tried again, and whoever
    /// needs no office is answered meanwhile.
    pub(crate) fn follow(nats: async_nats::Client, replicas: usize, tasks: &Supervisor) -> Self {
        let (found, offices) = watch::channel(None);
        let (found, supervisor) = (Arc::new(found), tasks.clone());
        tasks.supervise("opening of NETWORKS", Stop::MayEnd, move |_| {
            let (nats, found, supervisor) = (nats.clone(), found.clone(), supervisor.clone());
            async move {
                let log = Log::open(nats, "networks", replicas).await;
                let log = log.map_err(|error| TaskFailure::of(&error))?;
                found.send_replace(Some(ProjectionRunner::start("seats", log, &supervisor)));
                Ok(())
            }
        });
        Self(offices)
    }

    /// The projection of the seats, once the stream is there; none where the gateway stops before.
    pub(crate) async fn followed(&self) -> Option<ProjectionRunner<Directory>> {
        let mut offices = self.0.clone();
        let followed = offices.wait_for(Option::is_some).await.ok()?;
        followed.clone()
    }
}

impl Gateway {
    /// The principal behind a request on `cooperation`, or on all: what the token says, and the
    /// offices that the person holds today.
    pub(crate) async fn principal(
        &self,
        caller: Caller,
        cooperation: Option<&CooperationId>,
        context: &RequestContext,
    ) -> Result<Principal, Fault> {
        let Some(person) = caller.person else { return Ok(caller.principal) };
        let followed = tokio::time::timeout_at(context.until, self.0.offices.followed()).await;
        let Ok(Some(followed)) = followed else { return Err(Fault::OfficesUnknown) };
        let offices = match tokio::time::timeout_at(context.until, followed.at(&[])).await {
            Ok(Ok(offices)) => offices,
            Ok(Err(behind)) => {
                tracing::warn!(request.id = context.id, %behind, "offices cannot be told");
                return Err(Fault::OfficesUnknown);
            }
            Err(_) => return Err(Fault::OfficesUnknown),
        };
        let seats = offices.seats_of(person, cooperation, day_of(context.arrived));
        drop(offices);
        Ok(with_offices(caller.principal, seats))
    }
}

/// The principal with a grant for each of its seats.
///
/// One acts for one member at a time, so that the history tells for whom. Who holds seats for several
/// says in the token which one is meant, and a member for whom the token itself gives a role stands.
pub(crate) fn with_offices(mut principal: Principal, mut seats: Seats) -> Principal {
    let named = principal.member.as_ref().and_then(|member| seats.remove_entry(member));
    let only = || if seats.len() == 1 { seats.into_iter().next() } else { None };
    let speaks = |grant: &Grant| matches!(grant.role, Role::Delegate | Role::MemberIntegration);
    let chosen = match named {
        Some(seat) => Some(seat),
        None if principal.member.is_some() && principal.grants.iter().any(speaks) => None,
        None => only(),
    };
    if let Some((member, cooperations)) = chosen {
        principal.member = Some(member);
        let room = GRANTS_MAX.saturating_sub(principal.grants.len());
        let grants = cooperations
            .into_iter()
            .map(|cooperation| Grant { role: Role::Delegate, cooperation: Some(cooperation) });
        principal.grants.extend(grants.take(room));
    }
    principal
}

#[cfg(test)]
mod tests;
