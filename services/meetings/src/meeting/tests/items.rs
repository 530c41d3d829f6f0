//! Treating items: quorum, conflicts of interest, what comes of them.

use samvirke_schemas::{
    meetings::{
        agenda::{Conclusion, Outcome},
        attendance::QuorumFound,
        meeting::Event,
        vote::Method,
    },
    networks::rules::{Authority, Quorum},
};

use super::world::*;
use crate::meeting::Rejection;

/// The outcome event of the case.
fn concluded(outcome: Outcome, text: Option<&str>, unanimous: Option<bool>) -> Event {
    Event::ItemConcluded {
        item: id("6-2017"),
        case: Some("vestregionen:6-2017".parse().unwrap()),
        treatment: Some(id("sg")),
        outcome,
        text: text.map(prose),
        to: None,
        unanimous,
        quorum: QuorumFound::Met { present: 4, needed: 3 },
        public: true,
        day: day("2017-06-15"),
    }
}

fn decided_as(text: &str) -> Conclusion {
    Conclusion::Decided { text: Some(prose(text)) }
}

#[test]
fn one_item_is_treated_at_a_time() {
    opened(3)
        .when(take_up("nothing"))
        .then_refused(Rejection::NoSuchItem { item: id("nothing") })
        .when(take_up("6-2017"))
        .then(vec![Event::ItemTakenUp {
            item: id("6-2017"),
            quorum: QuorumFound::Met { present: 3, needed: 3 },
            at: time("2017-06-15T10:00"),
        }])
        .when(take_up("6-2017"))
        .then_nothing()
        .when(take_up("1"))
        .then_refused(Rejection::ItemIsUp { item: id("6-2017") })
        .when(conclude("1", took_note()))
        .then_refused(Rejection::NotTakenUp { item: id("1") });
}

#[test]
fn an_item_is_decided_with_the_words_that_were_carried() {
    let voted = || proposed(4).after(vote("p", Method::Unanimous {}));
    let decision =
        || vec![concluded(Outcome::Decided, Some("Vestregionens framtid drøftes."), Some(true))];
    voted().when(conclude("6-2017", decided())).then(decision());
    voted()
        .when(conclude("6-2017", decided_as("Vestregionens  framtid\ndrøftes.")))
        .then(decision());
    voted()
        .when(conclude("6-2017", decided_as("Vestregionen legges ned.")))
        .then_refused(Rejection::TextDiffers { item: id("6-2017") });
}

#[test]
fn several_proposals_that_are_carried_make_one_decision() {
    let event = only(
        proposed(4)
            .after(propose("q", "Saken legges fram for generalforsamlingen."))
            .after(propose("r", "Saken avsluttes."))
            .after(vote("p", Method::Unanimous {}))
            .after(vote("q", by_person("yyyn")))
            .after(vote("r", by_person("nnny")))
            .when(conclude("6-2017", decided()))
            .events(),
    );
    let text = "Vestregionens framtid drøftes.\n\nSaken legges fram for generalforsamlingen.";
    assert_eq!(event, concluded(Outcome::Decided, Some(text), Some(false)));
}

#[test]
fn decisions_that_are_too_long_together_are_refused() {
    let long = "x".repeat(15_000);
    opened(4)
        .after(take_up("6-2017"))
        .after(propose("p", &long))
        .after(propose("q", &long.replace('x', "y")))
        .after(vote("p", Method::Unanimous {}))
        .after(vote("q", Method::Unanimous {}))
        .when(conclude("6-2017", decided()))
        .then_refused(Rejection::TextTooLong);
}

#[test]
fn nothing_is_decided_that_was_not_carried_and_nothing_rejected_that_was() {
    let nothing = || Rejection::NothingCarried { item: id("6-2017") };
    let something = || Rejection::SomethingCarried { item: id("6-2017") };
    let reject = || conclude("6-2017", Conclusion::Rejected { text: None });
    proposed(4)
        .when(conclude("6-2017", decided()))
        .then_refused(nothing())
        .when(reject())
        .then_refused(something())
        .after(vote("p", by_person("nnny")))
        .when(conclude("6-2017", decided()))
        .then_refused(nothing())
        .when(reject())
        .then(vec![concluded(Outcome::Rejected, None, None)]);
    proposed(4).after(vote("p", by_person("yyyn"))).when(reject()).then_refused(something());
}

#[test]
fn an_item_that_is_concluded_stays_so() {
    treated()
        .when(conclude("6-2017", decided()))
        .then_nothing()
        .when(conclude("6-2017", decided_as("Vestregionens framtid drøftes.")))
        .then_nothing()
        .when(conclude("6-2017", decided_as("Noe annet.")))
        .then_refused(Rejection::AlreadyConcluded { item: id("6-2017") })
        .when(conclude("6-2017", took_note()))
        .then_refused(Rejection::AlreadyConcluded { item: id("6-2017") })
        .when(take_up("6-2017"))
        .then_refused(Rejection::AlreadyConcluded { item: id("6-2017") })
        .when(conflict("asker-mayor"))
        .then_refused(Rejection::AlreadyConcluded { item: id("6-2017") })
        .when(propose("q", "Mer."))
        .then_refused(Rejection::AlreadyConcluded { item: id("6-2017") });
}

#[test]
fn kommuneloven_11_9_too_few_can_only_postpone() {
    let few = || Rejection::NoQuorum { present: 2, needed: 3 };
    let sent_back = Conclusion::SentBack { reason: prose("Må utredes.") };
    proposed(2)
        .when(vote("p", by_person("yy")))
        .then_refused(few())
        .when(conclude("6-2017", took_note()))
        .then_refused(few())
        .when(conclude("6-2017", sent_back))
        .then_refused(few())
        .when(conclude("1", postponed()))
        .then_accepted()
        .when(conclude("6-2017", postponed()))
        .then_accepted()
        .when(conclude("6-2017", postponed()))
        .then_nothing();
}

#[test]
fn r20_the_quorum_is_the_bodys_own_rule() {
    let mut body = steering_group();
    body.rules.quorum = Quorum::AllMembersRepresented {};
    let few = || Rejection::NoQuorum { present: 4, needed: 5 };
    let four = proposed_knowing(body.clone(), 4).when(vote("p", Method::Unanimous {}));
    four.then_refused(few())
        .after(arrive([deputy("drammen-mayor", None)]))
        .when(vote("p", Method::Unanimous {}))
        .then_accepted();
    body.rules.quorum = Quorum::Count { members: 2 };
    proposed_knowing(body, 2).when(vote("p", Method::Unanimous {})).then_accepted();
}

#[test]
fn kommuneloven_11_10_whoever_is_disqualified_counts_in_neither_quorum_nor_vote() {
    proposed(3)
        .when(conflict("lier-mayor"))
        .then_refused(Rejection::NotPresent { seat: id("lier-mayor") })
        .after(conflict("asker-mayor"))
        .when(conflict("asker-mayor"))
        .then_nothing()
        .when(vote("p", Method::Unanimous {}))
        .then_refused(Rejection::NoQuorum { present: 2, needed: 3 })
        .when(vote("p", by_person("yyy")))
        .then_refused(Rejection::MayNotVote { seat: id("asker-mayor") })
        // A deputy who is not disqualified takes the seat, and the body can decide again.
        .after(arrive([deputy("asker-mayor", Some(1))]))
        .when(vote("p", by_person("yyy")))
        .then_accepted()
        .when(conflict("buskerud-mayor"))
        .then_refused(Rejection::VotedAlready { item: id("6-2017") });
}

#[test]
fn kommuneloven_11_10_a_conflict_is_about_one_item_only() {
    opened(3)
        .after(take_up("6-2017"))
        .after(conflict("asker-mayor"))
        .after(conclude("6-2017", postponed()))
        .when(take_up("1"))
        .then(vec![Event::ItemTakenUp {
            item: id("1"),
            quorum: QuorumFound::Met { present: 3, needed: 3 },
            at: time("2017-06-15T10:00"),
        }]);
}

#[test]
fn kommuneloven_11_10_a_disqualified_chair_does_not_lead_the_item() {
    let chair = || Rejection::ChairIsDisqualified { seat: id("baerum-mayor") };
    proposed(5)
        .after(conflict("baerum-mayor"))
        .when(vote("p", Method::Unanimous {}))
        .then_refused(chair())
        .when(conclude("6-2017", took_note()))
        .then_refused(chair())
        .when(conclude("6-2017", postponed()))
        .then_accepted();
}

#[test]
fn r11_a_body_that_advises_recommends_and_does_not_decide() {
    let mut body = steering_group();
    body.rules.authority = Authority::Advises;
    let recommended =
        Conclusion::Recommended { text: None, to: Some("vestregionen:gf".parse().unwrap()) };
    proposed_knowing(body.clone(), 4)
        .after(vote("p", Method::Unanimous {}))
        .when(conclude("6-2017", decided()))
        .then_refused(Rejection::AdvisesOnly)
        .when(conclude("6-2017", recommended))
        .then_accepted();
    proposed_knowing(body, 4)
        .after(vote("p", by_person("nnnn")))
        .when(conclude("6-2017", Conclusion::Rejected { text: None }))
        .then_refused(Rejection::AdvisesOnly);
}

#[test]
fn r21_a_body_that_advises_still_approves_its_own_agenda() {
    let mut body = steering_group();
    body.rules.authority = Authority::Advises;
    let of_agenda = |request| {
        let json = serde_json::to_string(&request).unwrap().replace("6-2017", "1");
        serde_json::from_str(&json).unwrap()
    };
    opened_knowing(body, 4)
        .after(take_up("1"))
        .after(of_agenda(propose("p", "Godkjent.")))
        .after(of_agenda(vote("p", Method::Unanimous {})))
        .when(conclude("1", decided()))
        .then_accepted();
}

#[test]
fn r39_a_result_is_forwarded_to_another_body() {
    let forward = |to: &str| {
        conclude("6-2017", Conclusion::Forwarded { to: to.parse().unwrap(), text: None })
    };
    proposed(4)
        .when(forward("vestregionen:sg"))
        .then_refused(Rejection::GoesNowhere { to: "vestregionen:sg".parse().unwrap() })
        .when(forward("vestregionen:gf"))
        .then_accepted()
        .when(forward("vestregionen:gf"))
        .then_nothing()
        .when(forward("vestregionen:rg"))
        .then_refused(Rejection::AlreadyConcluded { item: id("6-2017") });
}

#[test]
fn r20_taking_part_remotely_counts() {
    let remote =
        |seat| samvirke_schemas::meetings::attendance::SeatPresent { remote: true, ..holder(seat) };
    proposed(2)
        .after(arrive([remote("lier-mayor")]))
        .when(vote("p", Method::Unanimous {}))
        .then_accepted();
}
