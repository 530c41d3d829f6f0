//! Recommendations, proposals and the votes on them.
//!
//! Who could vote is worked out from who sat there, and the result from the votes and the body's
//! majority; what a caller claims is only compared with it.

use std::collections::BTreeSet;

use samvirke_schemas::{
    id::LocalId,
    meetings::{
        attendance::QuorumFound,
        meeting::{Event, Request},
        vote::{Choice, Counts, Method, PROPOSALS_MAX, Proposer, SeatVote, Vote, VoteResult},
    },
    networks::rules::{BodyInForce, Quorum, Right},
    text::Prose,
};

use super::{
    Decision, Meeting, Record, Rejection,
    agenda::Item,
    item::met,
    majority::{self, Unsettled},
    quorum,
};

/// Votes as they were counted, with what is known of the chair's own.
struct Counted {
    counts: Counts,
    chair: Option<Choice>,
    quorum: QuorumFound,
}

impl Meeting {
    pub(super) fn record_recommendation(&self, request: &Request) -> Decision {
        let Request::RecordRecommendation { item, proposal, from, text } = request else {
            return Ok(Vec::new());
        };
        let record = match self {
            Self::Planned(record) | Self::Called(record) | Self::Reported(record) => record,
            Self::Open(_) => self.in_session()?,
            Self::Unplanned | Self::Adjourned(_) | Self::Closed(_) | Self::Cancelled(_) => {
                return Err(self.refusal());
            }
        };
        if record.agenda.item(item)?.is_new(proposal, text)? {
            return Ok(vec![Event::RecommendationRecorded {
                item: item.clone(),
                proposal: proposal.clone(),
                from: from.clone(),
                text: text.clone(),
            }]);
        }
        Ok(Vec::new())
    }

    pub(super) fn propose(&self, request: &Request) -> Decision {
        let Request::Propose { item, proposal, by, text } = request else {
            return Ok(Vec::new());
        };
        let record = self.in_session()?;
        let own = record.agenda.item(item)?;
        if !own.is_new(proposal, text)? {
            return Ok(Vec::new());
        }
        record.is_up(item)?;
        record.may_propose(own, by)?;
        Ok(vec![Event::ProposalMade {
            item: item.clone(),
            proposal: proposal.clone(),
            by: by.clone(),
            text: text.clone(),
        }])
    }

    pub(super) fn take_vote(
        &self,
        item: &LocalId,
        proposal: &LocalId,
        method: &Method,
        claimed: Option<VoteResult>,
    ) -> Decision {
        let record = self.in_session()?;
        let own = record.agenda.item(item)?;
        let on = own
            .proposal(proposal)
            .ok_or_else(|| Rejection::NoSuchProposal { proposal: proposal.clone() })?;
        if let Some(vote) = &on.vote {
            return if vote.method == *method {
                Ok(Vec::new())
            } else {
                Err(Rejection::AlreadyVoted { proposal: proposal.clone() })
            };
        }
        record.is_up(item)?;
        record.chair_may_lead(own)?;
        let body = record.body()?;
        if !body.rules.seat_rights.contains(&Right::Vote) {
            return Err(Rejection::SeatsDoNotVote);
        }
        let entitled = record.sitting_for(Some(own));
        let counted = count(body, record.roll.chair.as_ref(), &entitled, method)?;
        met(&counted.quorum)?;
        let rules = &body.rules;
        let settled =
            majority::settle(rules.majority, rules.casting_vote, counted.counts, counted.chair)
                .map_err(|unsettled| match unsettled {
                    Unsettled::NobodyVoted => Rejection::NobodyVoted,
                    Unsettled::ChairsVoteNeeded => Rejection::ChairsVoteNeeded,
                })?;
        if claimed.is_some_and(|claimed| claimed != settled.result) {
            return Err(Rejection::ResultDiffers { worked_out: word(settled.result) });
        }
        Ok(vec![Event::VoteTaken {
            item: item.clone(),
            proposal: proposal.clone(),
            vote: Vote {
                method: method.clone(),
                counts: counted.counts,
                entitled: number(entitled.len()),
                majority: rules.majority,
                result: settled.result,
                by_casting_vote: settled.by_casting_vote,
                unanimous: u32::from(counted.counts.yes) == counted.counts.cast(),
            },
            quorum: counted.quorum,
        }])
    }

    pub(super) fn annul_vote(
        &self,
        item: &LocalId,
        proposal: &LocalId,
        reason: &Prose,
    ) -> Decision {
        let record = self.in_session()?;
        let own = record.agenda.item(item)?;
        let on = own
            .proposal(proposal)
            .ok_or_else(|| Rejection::NoSuchProposal { proposal: proposal.clone() })?;
        if on.vote.is_none() {
            return Ok(Vec::new());
        }
        record.is_up(item)?;
        Ok(vec![Event::VoteAnnulled {
            item: item.clone(),
            proposal: proposal.clone(),
            reason: reason.clone(),
        }])
    }
}

impl Record {
    fn is_up(&self, item: &LocalId) -> Result<(), Rejection> {
        if self.agenda.up.as_ref() == Some(item) {
            Ok(())
        } else {
            Err(Rejection::NotTakenUp { item: item.clone() })
        }
    }

    fn may_propose(&self, item: &Item, by: &Proposer) -> Result<(), Rejection> {
        let (who, may) = match by {
            Proposer::Seat { seat } => {
                if !self.roll.is_present(seat) {
                    return Err(Rejection::NotPresent { seat: seat.clone() });
                }
                if self.roll.is_disqualified(seat, item) {
                    return Err(Rejection::Disqualified { seat: seat.clone() });
                }
                (seat, self.body()?.rules.seat_rights.contains(&Right::Propose))
            }
            Proposer::Other { attendee } => {
                let other = self.roll.others.get(attendee).filter(|other| other.here);
                let other = other
                    .ok_or_else(|| Rejection::OtherNotPresent { attendee: attendee.clone() })?;
                (attendee, other.rights.contains(&Right::Propose))
            }
        };
        if may { Ok(()) } else { Err(Rejection::MayNotPropose { who: who.clone() }) }
    }
}

impl Item {
    /// Whether a proposal is not on the item yet; another of the same id is refused.
    fn is_new(&self, proposal: &LocalId, text: &Prose) -> Result<bool, Rejection> {
        match self.proposal(proposal) {
            Some(known) if known.text == *text => Ok(false),
            Some(_) => Err(Rejection::ProposalExists { proposal: proposal.clone() }),
            None if self.end.is_some() => {
                Err(Rejection::AlreadyConcluded { item: self.entry.item.clone() })
            }
            None if self.proposals.len() >= PROPOSALS_MAX => Err(Rejection::TooManyProposals),
            None => Ok(true),
        }
    }
}

/// Counts the votes and checks that those who cast them could.
fn count(
    body: &BodyInForce,
    chair: Option<&LocalId>,
    entitled: &BTreeSet<&LocalId>,
    method: &Method,
) -> Result<Counted, Rejection> {
    match method {
        Method::ByPerson { votes } => by_person(body, chair, entitled, votes),
        Method::ShowOfHands { counts, chair } | Method::Ballot { counts, chair } => {
            by_counts(body, entitled, *counts, *chair)
        }
        Method::Unanimous {} => Ok(Counted {
            counts: Counts { yes: number(entitled.len()), no: 0, blank: 0 },
            chair: Some(Choice::Yes),
            quorum: quorum::find(body, entitled),
        }),
    }
}

fn by_person(
    body: &BodyInForce,
    chair: Option<&LocalId>,
    entitled: &BTreeSet<&LocalId>,
    votes: &[SeatVote],
) -> Result<Counted, Rejection> {
    let mut counts = Counts::default();
    let mut voted = BTreeSet::new();
    for SeatVote { seat, choice } in votes {
        if !entitled.contains(seat) {
            return Err(Rejection::MayNotVote { seat: seat.clone() });
        }
        if !voted.insert(seat) {
            return Err(Rejection::VotesTwice { seat: seat.clone() });
        }
        *match choice {
            Choice::Yes => &mut counts.yes,
            Choice::No => &mut counts.no,
            Choice::Blank => &mut counts.blank,
        } += 1;
    }
    let own = votes.iter().find(|vote| Some(&vote.seat) == chair);
    Ok(Counted {
        counts,
        // A chair who is there and does not vote settles nothing, and that is known too.
        chair: Some(own.map_or(Choice::Blank, |vote| vote.choice)),
        quorum: quorum::find(body, &voted),
    })
}

fn by_counts(
    body: &BodyInForce,
    entitled: &BTreeSet<&LocalId>,
    counts: Counts,
    chair: Option<Choice>,
) -> Result<Counted, Rejection> {
    let cast = counts.cast();
    if cast > u32::from(number(entitled.len())) {
        return Err(Rejection::TooManyVotes { cast, entitled: number(entitled.len()) });
    }
    let counted = chair.is_none_or(|choice| match choice {
        Choice::Yes => counts.yes > 0,
        Choice::No => counts.no > 0,
        Choice::Blank => true,
    });
    if !counted {
        return Err(Rejection::ChairsVoteNotCounted);
    }
    let quorum = quorum::find(body, entitled);
    // Whoever does not vote takes no part in deciding; who that was, counts do not tell.
    let by_seats = !matches!(body.rules.quorum, Quorum::AllMembersRepresented {});
    if let QuorumFound::Met { needed, .. } = quorum
        && by_seats
        && cast > 0
        && cast < u32::from(needed)
    {
        return Err(Rejection::NoQuorum { present: cast, needed });
    }
    Ok(Counted { counts, chair, quorum })
}

fn word(result: VoteResult) -> &'static str {
    match result {
        VoteResult::Carried => "carried",
        VoteResult::Lost => "lost",
    }
}

fn number(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
