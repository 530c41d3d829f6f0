//! What is published about a network. Everything about it is public.

use samvirke_schemas::{
    feed::{Concerns, Fact, fact::network as fact},
    id::CooperationId,
    networks::network::{Event, Party},
    organisation::OrganisationNumber,
};

use super::{message_builder::MessageBuilder, state::TranslationState};

pub(super) fn observe(
    state: &mut TranslationState,
    event: &Event,
    builder: &mut MessageBuilder<'_>,
) {
    if let Event::Started { names, theme, .. } = event {
        let id = builder.about().clone();
        let network = fact::Network { id: id.clone(), names: names.clone(), theme: theme.clone() };
        state.networks.insert(id, network);
    }
    if let Some(fact) = fact(state, event, builder) {
        let members = concerned(event).into_iter().cloned().collect();
        builder.publicly(Concerns { members, ..Concerns::default() }, fact);
    }
}

/// The members that it happened to.
fn concerned(event: &Event) -> Option<&OrganisationNumber> {
    match event {
        Event::Started { leader, .. } | Event::LeaderChanged { leader, .. } => leader.as_ref(),
        Event::ParticipantAdded { participant, .. }
        | Event::ParticipantRemoved { participant, .. } => member(participant),
        Event::ActivityRecorded { .. } | Event::Closed { .. } => None,
    }
}

fn member(party: &Party) -> Option<&OrganisationNumber> {
    match party {
        Party::Member { member } => Some(member),
        Party::Cooperation {} | Party::Outsider { .. } => None,
    }
}

fn fact(state: &TranslationState, event: &Event, builder: &MessageBuilder<'_>) -> Option<Fact> {
    let id = builder.cooperation();
    let network = state.networks.get(builder.about())?.clone();
    let fact = match event.clone() {
        Event::Started { purpose, leader, initiated_by, established, .. } => {
            Fact::NetworkStarted(fact::Started {
                network,
                purpose,
                leader: leader.map(|leader| state.member(id, &leader)),
                initiated_by: initiated_by.map(|party| participant(state, id, party)),
                established,
            })
        }
        Event::ParticipantAdded { participant: party, from } => {
            let participant = participant(state, id, party);
            Fact::NetworkParticipantAdded(fact::ParticipantAdded { network, participant, from })
        }
        Event::ParticipantRemoved { participant: party, to, reason } => {
            let participant = participant(state, id, party);
            let removed = fact::ParticipantRemoved { network, participant, to, reason };
            Fact::NetworkParticipantRemoved(removed)
        }
        Event::LeaderChanged { leader, from } => {
            let leader = leader.map(|leader| state.member(id, &leader));
            Fact::NetworkLeaderChanged(fact::LeaderChanged { network, leader, from })
        }
        Event::Closed { on, reason } => Fact::NetworkClosed(fact::Closed { network, on, reason }),
        // Conferences and study trips bind nobody.
        Event::ActivityRecorded { .. } => return None,
    };
    Some(fact)
}

fn participant(state: &TranslationState, id: &CooperationId, party: Party) -> fact::Participant {
    let names = member(&party).and_then(|member| state.member_names(id, member));
    fact::Participant { party, names }
}
