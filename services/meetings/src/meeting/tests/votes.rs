//! Recommendations, proposals and votes.

use samvirke_kernel::Decider as _;
use samvirke_schemas::{
    meetings::{
        meeting::{Event, Request},
        vote::{Choice, Counts, Method, Proposer, Recommender, SeatVote, Vote, VoteResult},
    },
    networks::rules::{Majority, Office, Quorum, Right},
};

use super::world::*;
use crate::meeting::{Meeting, Rejection};

fn hands(yes: u16, no: u16, blank: u16, chair: Option<Choice>) -> Method {
    Method::ShowOfHands { counts: Counts { yes, no, blank }, chair }
}

fn by(by: Proposer) -> Request {
    Request::Propose { item: id("6-2017"), proposal: id("q"), by, text: prose("Noe annet.") }
}

fn annul() -> Request {
    Request::AnnulVote { item: id("6-2017"), proposal: id("p"), reason: prose("Talt feil.") }
}

/// The vote of a decision.
fn taken(events: Vec<Event>) -> Vote {
    let Event::VoteTaken { vote, .. } = only(events) else { unreachable!() };
    vote
}

#[test]
fn r38_a_recommendation_is_laid_before_the_meeting_and_can_be_voted_on() {
    let recommend = |text: &str| Request::RecordRecommendation {
        item: id("6-2017"),
        proposal: id("rg"),
        from: Recommender::Body { body: "vestregionen:rg".parse().unwrap() },
        text: prose(text),
    };
    called()
        .after(recommend("Drøftes."))
        .when(recommend("Drøftes."))
        .then_nothing()
        .when(recommend("Avvises."))
        .then_refused(Rejection::ProposalExists { proposal: id("rg") });
    opened(4)
        .after(recommend("Drøftes."))
        .after(take_up("6-2017"))
        .when(vote("rg", Method::Unanimous {}))
        .then_accepted();
    closed().when(recommend("Drøftes.")).then_refused(Rejection::IsClosed);
}

#[test]
fn r8_who_may_propose_is_the_bodys_own_rule() {
    let seat = |seat| by(Proposer::Seat { seat: id(seat) });
    let other = |attendee| by(Proposer::Other { attendee: id(attendee) });
    let up = || opened(4).after(take_up("6-2017")).after(conflict("asker-mayor"));
    up().when(seat("lier-mayor")).then_accepted().when(seat("lier-mayor")).then_nothing();
    up().when(seat("drammen-mayor"))
        .then_refused(Rejection::NotPresent { seat: id("drammen-mayor") })
        .when(seat("asker-mayor"))
        .then_refused(Rejection::Disqualified { seat: id("asker-mayor") })
        .when(other("asker-director"))
        .then_refused(Rejection::OtherNotPresent { attendee: id("asker-director") })
        .after(arrive_other("union", Office::UnionRepresentative))
        .when(other("union"))
        .then_refused(Rejection::MayNotPropose { who: id("union") })
        .after(arrive_other("asker-director", Office::MunicipalDirector))
        .when(other("asker-director"))
        .then_accepted();
    let mut body = steering_group();
    body.rules.seat_rights.remove(&Right::Propose);
    opened_knowing(body, 4)
        .after(take_up("6-2017"))
        .when(seat("lier-mayor"))
        .then_refused(Rejection::MayNotPropose { who: id("lier-mayor") });
    opened(4).when(seat("lier-mayor")).then_refused(Rejection::NotTakenUp { item: id("6-2017") });
}

#[test]
fn an_item_has_a_limit_to_its_proposals() {
    let full = (1..50)
        .fold(proposed(4), |scenario, at| scenario.after(propose(&format!("p-{at}"), "Noe.")));
    full.when(propose("q", "Mer.")).then_refused(Rejection::TooManyProposals);
}

#[test]
fn r9_each_seat_that_sits_there_has_one_vote() {
    let votes = |seats: &[&str]| Method::ByPerson {
        votes: seats.iter().map(|seat| SeatVote { seat: id(seat), choice: Choice::Yes }).collect(),
    };
    proposed(4)
        .when(vote("p", votes(&["baerum-mayor", "asker-mayor", "baerum-mayor"])))
        .then_refused(Rejection::VotesTwice { seat: id("baerum-mayor") })
        .when(vote("p", votes(&["baerum-mayor", "drammen-mayor"])))
        .then_refused(Rejection::MayNotVote { seat: id("drammen-mayor") })
        .when(vote("p", hands(4, 1, 0, None)))
        .then_refused(Rejection::TooManyVotes { cast: 5, entitled: 4 })
        .when(vote("nothing", Method::Unanimous {}))
        .then_refused(Rejection::NoSuchProposal { proposal: id("nothing") });
    let mut body = steering_group();
    body.rules.seat_rights.remove(&Right::Vote);
    proposed_knowing(body, 4)
        .when(vote("p", Method::Unanimous {}))
        .then_refused(Rejection::SeatsDoNotVote);
}

#[test]
fn kommuneloven_11_9_the_result_is_worked_out_and_a_false_claim_refused() {
    let claim = |method, claimed| Request::TakeVote {
        item: id("6-2017"),
        proposal: id("p"),
        method,
        claimed: Some(claimed),
    };
    proposed(4)
        .when(claim(by_person("yynn"), VoteResult::Lost))
        .then_refused(Rejection::ResultDiffers { worked_out: "carried" })
        .when(claim(by_person("ynnn"), VoteResult::Carried))
        .then_refused(Rejection::ResultDiffers { worked_out: "lost" })
        .when(claim(by_person("yyyn"), VoteResult::Carried))
        .then_accepted();
}

#[test]
fn kommuneloven_11_9_the_chair_decides_a_tie_only_where_the_body_has_that_rule() {
    let tie = |method| taken(proposed(4).when(vote("p", method)).events());
    assert!(matches!(
        tie(by_person("yynn")),
        Vote { result: VoteResult::Carried, by_casting_vote: true, unanimous: false, .. }
    ));
    assert!(matches!(
        tie(by_person("nnyy")),
        Vote { result: VoteResult::Lost, by_casting_vote: true, .. }
    ));
    assert_eq!(tie(hands(2, 2, 0, Some(Choice::Yes))).result, VoteResult::Carried);
    let mut body = steering_group();
    body.rules.casting_vote = false;
    let vote_without =
        |method| taken(proposed_knowing(body.clone(), 4).when(vote("p", method)).events());
    assert!(matches!(
        vote_without(by_person("yynn")),
        Vote { result: VoteResult::Lost, by_casting_vote: false, .. }
    ));
}

#[test]
fn kommuneloven_11_9_a_tie_by_counts_asks_what_the_chair_voted() {
    proposed(4)
        .when(vote("p", hands(2, 2, 0, None)))
        .then_refused(Rejection::ChairsVoteNeeded)
        .when(vote("p", hands(0, 4, 0, Some(Choice::Yes))))
        .then_refused(Rejection::ChairsVoteNotCounted)
        .when(vote("p", hands(4, 0, 0, Some(Choice::No))))
        .then_refused(Rejection::ChairsVoteNotCounted)
        .when(vote("p", hands(0, 0, 0, None)))
        .then_refused(Rejection::NobodyVoted);
}

#[test]
fn the_majority_is_the_bodys_own_rule() {
    let result = |majority, choices: &str| {
        let mut body = steering_group();
        body.rules.majority = majority;
        taken(proposed_knowing(body, 5).when(vote("p", by_person(choices))).events()).result
    };
    assert_eq!(result(Majority::Simple, "yyynn"), VoteResult::Carried);
    assert_eq!(result(Majority::Simple, "yybnn"), VoteResult::Carried, "the chair's casting vote");
    assert_eq!(result(Majority::TwoThirds, "yyynn"), VoteResult::Lost);
    assert_eq!(result(Majority::TwoThirds, "yyyyn"), VoteResult::Carried);
    assert_eq!(result(Majority::Unanimity, "yyyyn"), VoteResult::Lost);
    assert_eq!(result(Majority::Unanimity, "yyyyb"), VoteResult::Lost);
    assert_eq!(result(Majority::Unanimity, "yyyyy"), VoteResult::Carried);
}

#[test]
fn kommuneloven_11_9_those_who_are_there_and_do_not_vote_are_not_counted() {
    let few = |present| Rejection::NoQuorum { present, needed: 3 };
    proposed(4)
        .when(vote("p", by_person("yy")))
        .then_refused(few(2))
        .when(vote("p", hands(2, 0, 0, None)))
        .then_refused(few(2));
    let events = proposed(4).when(vote("p", by_person("yyy"))).events();
    assert_eq!(Meeting::warnings(&events)[0].detail, "3 of 4 votes were cast");
    let mut body = steering_group();
    body.rules.quorum = Quorum::AllMembersRepresented {};
    proposed_knowing(body, 5).when(vote("p", hands(2, 0, 0, None))).then_accepted();
}

#[test]
fn r40_a_vote_is_unanimous_when_every_vote_cast_is_a_yes() {
    let unanimous = |method| taken(proposed(4).when(vote("p", method)).events()).unanimous;
    assert!(unanimous(Method::Unanimous {}));
    assert!(unanimous(by_person("yyyy")));
    assert!(!unanimous(by_person("yyyb")));
    let ballot = |yes, blank| Method::Ballot { counts: Counts { yes, no: 0, blank }, chair: None };
    assert!(unanimous(ballot(4, 0)));
    assert!(!unanimous(ballot(3, 1)));
}

#[test]
fn a_vote_is_taken_once_unless_it_is_annulled() {
    proposed(4)
        .when(annul())
        .then_nothing()
        .after(vote("p", by_person("yyyn")))
        .when(vote("p", by_person("yyyn")))
        .then_nothing()
        .when(vote("p", by_person("yyyy")))
        .then_refused(Rejection::AlreadyVoted { proposal: id("p") })
        .when(annul())
        .then_accepted()
        .when(annul())
        .then_nothing()
        .when(vote("p", by_person("yyyy")))
        .then_accepted();
    opened(4)
        .after(take_up("6-2017"))
        .when(annul())
        .then_refused(Rejection::NoSuchProposal { proposal: id("p") });
    treated().when(annul()).then_refused(Rejection::NotTakenUp { item: id("6-2017") });
}
