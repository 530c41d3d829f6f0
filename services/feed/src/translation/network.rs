//! What is said of a network. Everything about it is public.

use samvirke_schemas::{
    feed::{Concerns, Fact, fact::network as fact},
    id::CooperationId,
    networks::network::{Event, Party},
    organisation::OrganisationNumber,
};

use super::{heard::Heard, telling::Telling};

pub(super) fn hear(heard: &mut Heard, event: &Event, telling: &mut Telling<'_>) {
    if let Event::Started { names, theme, .. } = event {
        let id = telling.about().clone();
        let network = fact::Network { id: id.clone(), names: names.clone(), theme: theme.clone() };
        heard.networks.insert(id, network);
    }
    if let Some(fact) = fact(heard, event, telling) {
        let members = concerned(event).into_iter().cloned().collect();
        telling.publicly(Concerns { members, ..Concerns::default() }, fact);
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

fn fact(heard: &Heard, event: &Event, telling: &Telling<'_>) -> Option<Fact> {
    let id = telling.cooperation();
    let network = heard.networks.get(telling.about())?.clone();
    let fact = match event.clone() {
        Event::Started { purpose, leader, initiated_by, established, .. } => {
            Fact::NetworkStarted(fact::Started {
                network,
                purpose,
                leader: leader.map(|leader| heard.member(id, &leader)),
                initiated_by: initiated_by.map(|party| participant(heard, id, party)),
                established,
            })
        }
        Event::ParticipantAdded { participant: party, from } => {
            let participant = participant(heard, id, party);
            Fact::NetworkParticipantAdded(fact::ParticipantAdded { network, participant, from })
        }
        Event::ParticipantRemoved { participant: party, to, reason } => {
            let participant = participant(heard, id, party);
            let removed = fact::ParticipantRemoved { network, participant, to, reason };
            Fact::NetworkParticipantRemoved(removed)
        }
        Event::LeaderChanged { leader, from } => {
            let leader = leader.map(|leader| heard.member(id, &leader));
            Fact::NetworkLeaderChanged(fact::LeaderChanged { network, leader, from })
        }
        Event::Closed { on, reason } => Fact::NetworkClosed(fact::Closed { network, on, reason }),
        // Conferences and study trips bind nobody.
        Event::ActivityRecorded { .. } => return None,
    };
    Some(fact)
}

fn participant(heard: &Heard, id: &CooperationId, party: Party) -> fact::Participant {
    let names = member(&party).and_then(|member| heard.member_names(id, member));
    fact::Participant { party, names }
}
