//! What is published about a subscription: that deliveries have stopped, to its owner and nobody else.

use samvirke_schemas::{
    feed::{Concerns, Fact, FeedPosition, fact::subscription as fact},
    subscriptions::subscription::{
        Event,
        answer::Failure,
        endpoint::Endpoint,
        terms::{Channel, Owner},
    },
    text::Line,
};

use super::{
    message_builder::MessageBuilder,
    state::{Subscription, TranslationState},
};

pub(super) fn observe(
    state: &mut TranslationState,
    event: &Event,
    builder: &mut MessageBuilder<'_>,
) {
    let id = builder.about();
    match event {
        Event::Created { owner, channel: Channel::Webhook { endpoint }, .. } => {
            let known = Subscription { owner: owner.clone(), endpoint: endpoint.clone() };
            state.subscriptions.insert(id.clone(), known);
        }
        Event::EndpointChanged { endpoint } => {
            if let Some(known) = state.subscriptions.get_mut(id) {
                known.endpoint = endpoint.clone();
            }
        }
        Event::Stopped { failure, .. } => {
            if let Some(known) = state.subscriptions.get(id) {
                stopped(known, failure, builder);
            }
        }
        Event::Ended { .. } => {
            state.subscriptions.remove(id);
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

fn stopped(known: &Subscription, failure: &Failure, builder: &mut MessageBuilder<'_>) {
    // The secretariat's own are seen where subscriptions are listed.
    let Owner::Member { member } = &known.owner else { return };
    let before = failure.position.0.saturating_sub(1);
    let status = failure.answer.status.and_then(|status| status.to_string().parse().ok());
    let fact = fact::Stopped {
        subscription: builder.about().clone(),
        endpoint_host: host(&known.endpoint),
        last_position: (before > 0).then(|| FeedPosition(before).to_string()),
        failing_since: failure.since,
        last_answer: status.or_else(|| failure.answer.excerpt.clone()),
    };
    let concerns = Concerns { members: [member.clone()].into(), ..Concerns::default() };
    builder.only(member, concerns, Fact::SubscriptionStopped(fact));
}

fn host(endpoint: &Endpoint) -> Line {
    let host = endpoint.host().to_string();
    host.parse().unwrap_or_else(|_| "-".parse().expect("a hyphen is a line"))
}
