//! What is said of a subscription: that deliveries have stopped, to its owner and nobody else.

use std::collections::HashMap;

use samvirke_schemas::{
    feed::{Concerns, Fact, fact::subscription as fact},
    id::AggregateId,
    subscriptions::subscription::{
        Event,
        endpoint::Endpoint,
        terms::{Channel, Owner},
    },
    text::Line,
};

use super::Telling;

/// Whose each subscription is and where it goes.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<AggregateId, (Owner, Endpoint)>);

impl Known {
    pub(super) fn tell(&mut self, event: &Event, telling: &mut Telling<'_>) {
        let id = telling.about().clone();
        match event {
            Event::Created { owner, channel: Channel::Webhook { endpoint }, .. } => {
                self.0.insert(id, (owner.clone(), endpoint.clone()));
            }
            Event::EndpointChanged { endpoint } => {
                if let Some((_, known)) = self.0.get_mut(&id) {
                    known.clone_from(endpoint);
                }
            }
            Event::Stopped { failure, .. } => {
                // The secretariat sees its own subscriptions where they are listed.
                let Some((Owner::Member { member }, endpoint)) = self.0.get(&id) else { return };
                let answer = &failure.answer;
                let status = answer.status.and_then(|status| status.to_string().parse().ok());
                let before = failure.position.0.saturating_sub(1);
                let stopped = fact::Stopped {
                    subscription: id,
                    endpoint_host: host(endpoint),
                    last_position: (before > 0)
                        .then(|| samvirke_schemas::feed::FeedPosition(before).to_string()),
                    failing_since: failure.since,
                    last_answer: status.or_else(|| answer.excerpt.clone()),
                };
                let concerns =
                    Concerns { members: [member.clone()].into(), ..Concerns::default() };
                telling.to_member(member, concerns, Fact::SubscriptionStopped(stopped));
            }
            Event::Ended { .. } => {
                self.0.remove(&id);
            }
            Event::EndpointAgreed { .. }
            | Event::EndpointRefused { .. }
            | Event::FiltersChanged { .. }
            | Event::SecretRotated { .. }
            | Event::Suspended { .. }
            | Event::Resumed { .. }
            | Event::Replayed { .. }
            | Event::TestRequested { .. }
            | Event::TestConcluded { .. } => (),
        }
    }
}

fn host(endpoint: &Endpoint) -> Line {
    let host = endpoint.host().to_string();
    host.parse().unwrap_or_else(|_| "-".parse().expect("a hyphen is a line"))
}
