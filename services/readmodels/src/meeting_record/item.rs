//! The items of the agenda: from being put there to what came of them.

use samvirke_schemas::{
    id::LocalId,
    meetings::{agenda::AgendaItem, meeting::Event},
    queries::meeting::{AnnulledVote, Concluded, Conflict, Item, ItemState, Proposal, ProposedBy},
};

use super::Row;

pub(super) fn fold(row: &mut Row, event: Event) {
    let agenda = &mut row.meeting.agenda;
    if let Event::ItemPut { item, late } = event {
        agenda.push(put(item, late));
    } else if let Event::ItemRemoved { item } = event {
        agenda.retain(|own| own.item != item);
    } else if let Event::ItemsReordered { order } = event {
        agenda.sort_by_key(|own| order.iter().position(|item| *item == own.item));
    } else if let Event::ItemWithdrawn { item, .. } = event {
        with(row, &item, |own| own.state = ItemState::Withdrawn);
    } else if let Event::ItemCorrected { item, title, public_title, .. } = event {
        with(row, &item, |own| {
            own.title = Some(title);
            own.public_title = public_title;
        });
    } else if let Event::ItemRestricted { item, public_title, restriction, .. } = event {
        with(row, &item, |own| {
            own.public_title = Some(public_title);
            own.restriction = Some(restriction);
        });
    } else if let Event::LateItemAccepted { item, .. } = event {
        with(row, &item, |own| own.state = ItemState::LateAccepted);
    } else if let Event::LateItemRefused { item, .. } = event {
        with(row, &item, |own| own.state = ItemState::LateRefused);
    } else if let Event::ItemTakenUp { item, quorum, .. } = event {
        with(row, &item, |own| {
            own.state = ItemState::TakenUp;
            own.quorum = Some(quorum);
        });
    } else {
        treat(row, event);
    }
}

fn treat(row: &mut Row, event: Event) {
    if let Event::ConflictRecorded { item, seat, stand_in, legal_basis } = event {
        let conflict = Conflict { seat, stand_in, legal_basis };
        with(row, &item, |own| own.conflicts.push(conflict));
    } else if let Event::RecommendationRecorded { item, proposal, from, text } = event {
        let by = ProposedBy::Recommendation { from };
        let proposal =
            Proposal { proposal, by, text: Some(text), vote: None, annulled: Vec::new() };
        with(row, &item, |own| own.proposals.push(proposal));
    } else if let Event::ProposalMade { item, proposal, by, text } = event {
        let by = ProposedBy::Proposer { by };
        let proposal =
            Proposal { proposal, by, text: Some(text), vote: None, annulled: Vec::new() };
        with(row, &item, |own| own.proposals.push(proposal));
    } else if let Event::VoteTaken { item, proposal, vote, quorum } = event {
        with(row, &item, |own| {
            own.quorum = Some(quorum);
            on(own, &proposal, |own| own.vote = Some(vote));
        });
    } else if let Event::VoteAnnulled { item, proposal, reason } = event {
        with(row, &item, |own| {
            on(own, &proposal, |own| {
                let vote = own.vote.take();
                own.annulled.push(AnnulledVote { vote, reason: Some(reason) });
            });
        });
    } else if let Event::ItemConcluded {
        item,
        outcome,
        text,
        to,
        unanimous,
        quorum,
        day,
        case: _,
        treatment: _,
        // Who may read it is worked out on the day that somebody asks.
        public: _,
    } = event
    {
        with(row, &item, |own| {
            own.state = ItemState::Concluded;
            own.quorum = Some(quorum);
            own.conclusion = Some(Concluded { outcome, text, to, unanimous, day });
        });
    }
}

fn put(item: AgendaItem, late: bool) -> Item {
    Item {
        item: item.item,
        kind: item.kind,
        title: Some(item.title),
        public_title: item.public_title,
        subject: item.subject,
        restriction: item.restriction,
        state: if late { ItemState::Late } else { ItemState::OnAgenda },
        // Worked out from the access to the meeting.
        behind_doors: false,
        quorum: None,
        conflicts: Vec::new(),
        proposals: Vec::new(),
        conclusion: None,
        withheld: false,
    }
}

fn with(row: &mut Row, item: &LocalId, change: impl FnOnce(&mut Item)) {
    if let Some(own) = row.meeting.agenda.iter_mut().find(|own| own.item == *item) {
        change(own);
    }
}

fn on(item: &mut Item, proposal: &LocalId, change: impl FnOnce(&mut Proposal)) {
    if let Some(own) = item.proposals.iter_mut().find(|own| own.proposal == *proposal) {
        change(own);
    }
}
