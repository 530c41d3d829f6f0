//! R46: views before a deadline, and statements to third parties (R47).

use super::*;

const DEADLINE: &str = "2017-09-29T12:00:00+02:00";

fn open_hearing() -> Request {
    ask(json!({"open-hearing": {
        "invited": [
            {"party": "baerum", "names": {"nb": "Bærum kommune"}, "member": BAERUM},
            {"party": "ruter", "names": {"nb": "Ruter As"}},
        ],
        "deadline": DEADLINE,
    }}))
}

fn hearing() -> Scenario<Case> {
    opened().after(open_hearing()).at("2017-09-20T12:00")
}

fn statement(id: &str, from: Value) -> Request {
    ask(json!({"receive-statement": {"statement": id, "from": from, "summary": "For."}}))
}

fn of(party: &str) -> Value {
    json!({"invited": {"party": party}})
}

fn is_late(outcome: Outcome<Case>) -> bool {
    let events = outcome.events();
    let [Event::StatementReceived(received)] = &events[..] else { panic!("one is received") };
    received.late
}

fn close() -> Request {
    ask(json!({"close-hearing": {}}))
}

fn sum_up(text: &str) -> Request {
    ask(json!({"sum-up-hearing": {"text": text}}))
}

fn extend(deadline: &str) -> Request {
    ask(json!({"extend-hearing": {"deadline": deadline}}))
}

fn adopt(on: &str) -> Request {
    let adoption = json!({"body": "vestregionen:sg", "text": "Planen vedtas.", "on": on});
    ask(json!({"adopt-after-hearing": adoption}))
}

fn send(changes: &[(&str, Value)]) -> Request {
    let mut statement = json!({
        "statement": "sykehuset",
        "receiver": "Sykehuset Telemark HF",
        "signed_by": [{"office": "mayor", "member": BAERUM}],
        "text": "Vi ber om at akuttilbudet består.",
        "on": "2017-08-31",
    });
    for (field, value) in changes {
        statement[field] = value.clone();
    }
    ask(json!({"send-statement": statement}))
}

#[test]
fn r46_a_hearing_asks_named_parties_before_a_deadline() {
    opened()
        .when(open_hearing())
        .then_accepted()
        .when(open_hearing())
        .then_nothing()
        .when(ask(json!({"open-hearing": {
            "invited": [{"party": "ruter", "names": {"nb": "Ruter As"}}], "deadline": DEADLINE,
        }})))
        .then_refused(Rejection::HearingHeld);
    opened()
        .when(ask(json!({"open-hearing": {"invited": [], "deadline": DEADLINE}})))
        .then_refused(Rejection::NobodyInvited);
    let party = json!({"party": "ruter", "names": {"nb": "Ruter As"}});
    opened()
        .when(ask(json!({"open-hearing": {"invited": [party, party], "deadline": DEADLINE}})))
        .then_refused(Rejection::InvitedTwice { party: "ruter".parse().unwrap() });
    opened()
        .at("2017-09-29T12:00")
        .when(open_hearing())
        .then_refused(Rejection::DeadlinePassed { deadline: DEADLINE.parse().unwrap() });
}

#[test]
fn r46_a_late_statement_is_kept_and_marked() {
    let at_the_deadline = hearing().at("2017-09-29T12:00");
    assert!(!is_late(at_the_deadline.when(statement("1", of("baerum")))));
    let after_it = hearing().at("2017-09-29T12:00:01");
    assert!(is_late(after_it.when(statement("1", of("baerum")))));
    let after_the_closing = hearing()
        .after(statement("1", of("baerum")))
        .after(statement("2", of("ruter")))
        .after(close());
    let other = json!({"uninvited": {"organisation": "Naturvernforbundet"}});
    assert!(is_late(after_the_closing.when(statement("3", other))));
}

#[test]
fn a_statement_is_received_once() {
    hearing()
        .after(statement("1", of("baerum")))
        .at("2017-09-21T12:00")
        .when(statement("1", of("baerum")))
        .then_nothing()
        .when(statement("1", of("ruter")))
        .then_refused(Rejection::StatementDiffers { statement: "1".parse().unwrap() })
        .when(statement("2", of("lier")))
        .then_refused(Rejection::NotInvited { party: "lier".parse().unwrap() });
    opened().when(statement("1", of("baerum"))).then_refused(Rejection::NoHearing);
}

#[test]
fn a_member_hands_in_its_own_statement_and_nobody_elses() {
    hearing()
        .by(member(Role::Delegate, BAERUM))
        .when(statement("2", of("ruter")))
        .then_refused(Rejection::OnlyTheSecretariat)
        .when(statement("1", of("baerum")))
        .then_accepted();
}

#[test]
fn a_statement_refers_to_a_paper_of_the_case() {
    let from = json!({"uninvited": {"organisation": "Naturvernforbundet"}});
    hearing()
        .when(ask(json!({"receive-statement": {"statement": "1", "from": from, "paper": "brev"}})))
        .then_refused(Rejection::NoSuchPaper { paper: "brev".parse().unwrap() });
}

#[test]
fn r46_a_hearing_is_extended_to_a_later_time() {
    let deadline = DEADLINE.parse().unwrap();
    hearing()
        .when(extend(DEADLINE))
        .then_nothing()
        .when(extend("2017-09-28T12:00"))
        .then_refused(Rejection::DeadlineNotLater { deadline })
        .at("2017-10-02T12:00")
        .when(extend("2017-10-01T12:00"))
        .then_refused(Rejection::DeadlinePassed { deadline: "2017-10-01T12:00".parse().unwrap() })
        .when(extend("2017-10-13T12:00"))
        .then_accepted()
        .when(statement("1", of("baerum")))
        .then_accepted();
    opened().when(extend(DEADLINE)).then_refused(Rejection::NoHearing);
}

#[test]
fn r46_a_hearing_closes_when_the_deadline_has_passed_or_all_have_answered() {
    hearing()
        .after(statement("1", of("baerum")))
        .when(close())
        .then_refused(Rejection::DeadlineNotReached {
            deadline: DEADLINE.parse().unwrap(),
            silent: 1,
        })
        .at("2017-09-29T12:01")
        .when(close())
        .then(vec![event(json!({"hearing-closed": {"on": "2017-09-29", "silent": ["ruter"]}}))])
        .when(close())
        .then_nothing()
        .when(extend("2017-10-13T12:00"))
        .then_refused(Rejection::HearingClosed);
    hearing()
        .after(statement("1", of("baerum")))
        .after(statement("2", of("ruter")))
        .when(close())
        .then_accepted();
    opened().when(close()).then_refused(Rejection::NoHearing);
}

#[test]
fn r46_the_body_adopts_after_the_hearing_is_summed_up() {
    opened()
        .when(sum_up("Alle er for."))
        .then_refused(Rejection::NoHearing)
        .when(adopt("2017-08-31"))
        .then_refused(Rejection::NoHearing);
    hearing()
        .at("2017-10-02T12:00")
        .when(sum_up("Alle er for."))
        .then_refused(Rejection::HearingNotClosed)
        .when(adopt("2017-10-02"))
        .then_refused(Rejection::HearingNotClosed)
        .after(close())
        .when(adopt("2017-10-02"))
        .then_refused(Rejection::NotSummedUp)
        .after(sum_up("De fleste er for."))
        .after(sum_up("Alle er for."))
        .when(sum_up("Alle er for."))
        .then_nothing()
        .when(adopt("2017-10-01"))
        .then_refused(Rejection::AdoptedBeforeClosed { on: day("2017-10-02") })
        .when(adopt("2017-10-03"))
        .then_refused(Rejection::InTheFuture { day: day("2017-10-03") })
        .when(adopt("2017-10-02"))
        .then_accepted()
        .when(adopt("2017-10-02"))
        .then_nothing()
        .when(adopt("2017-10-01"))
        .then_refused(Rejection::HearingAdopted)
        .when(sum_up("Ingen er for."))
        .then_refused(Rejection::HearingAdopted);
}

#[test]
fn a_case_with_an_open_hearing_is_not_closed() {
    hearing().when(ask(json!({"close": {}}))).then_refused(Rejection::HearingRemains);
}

#[test]
fn r47_a_statement_goes_to_a_third_party_signed_by_office() {
    opened()
        .when(send(&[]))
        .then_accepted()
        .when(send(&[]))
        .then_nothing()
        .when(send(&[("receiver", "Helse Sør-Øst RHF".into())]))
        .then_refused(Rejection::StatementDiffers { statement: "sykehuset".parse().unwrap() });
}

#[test]
fn r47_a_statement_says_something_and_is_signed() {
    opened()
        .when(send(&[("text", Value::Null)]))
        .then_refused(Rejection::NothingStated)
        .when(send(&[("signed_by", json!([]))]))
        .then_refused(Rejection::NobodySigned)
        .when(send(&[("paper", "appell".into())]))
        .then_refused(Rejection::NoSuchPaper { paper: "appell".parse().unwrap() })
        .when(send(&[("on", "2017-09-01".into())]))
        .then_refused(Rejection::InTheFuture { day: day("2017-09-01") });
}
