//! Opening, papers, recommendations, closing and who may do what.

use super::*;

fn paper(digest: char) -> Value {
    json!({
        "paper": "saksnotat",
        "kind": "case-paper",
        "title": "Saksnotat 24/2017",
        "digest": format!("sha256:{}", digest.to_string().repeat(64)),
        "size_bytes": 482_113,
        "media_type": "application/pdf",
    })
}

fn recommend(text: Option<&str>) -> Value {
    let mut advice = json!({"from": "vestregionen:rg", "to": "vestregionen:sg"});
    if let Some(text) = text {
        advice["text"] = text.into();
    }
    json!({"recommend": advice})
}

fn withdraw() -> Request {
    ask(json!({"withdraw": {"reason": "Taken up by the new county."}}))
}

fn reopen() -> Request {
    ask(json!({"reopen": {"reason": "The county council asks for more."}}))
}

#[test]
fn r31_a_case_is_opened_with_the_number_that_its_register_gave_it() {
    unopened().when(ask(json!({"open": opening()}))).then(vec![event(json!({"opened": {
        "kind": "decision",
        "description": opening()["description"],
        "owner": "vestregionen:sg",
        "number": {"register": "2017", "number": "24/2017"},
    }}))]);
    unopened()
        .knowing(Facts::default())
        .when(ask(json!({"open": opening()})))
        .then_refused(Rejection::NoNumber);
}

#[test]
fn r33_a_number_that_collides_is_warned_about_with_the_case_too() {
    let mut number = taken("24/2017");
    number.collides_with = vec!["vestregionen:report".parse().unwrap()];
    let facts = Facts { numbers: vec![number], members: Vec::new() };
    let events = unopened().knowing(facts).when(ask(json!({"open": opening()}))).events();
    assert_eq!(Case::warnings(&events)[0].code, "number-collides");
}

#[test]
fn a_case_is_opened_once() {
    let mut other = opening();
    other["kind"] = "orientation".into();
    opened()
        .when(ask(json!({"open": opening()})))
        .then_nothing()
        .when(ask(json!({"open": other})))
        .then_refused(Rejection::AlreadyOpened);
}

#[test]
fn nothing_happens_to_a_case_that_is_not_opened() {
    for request in [
        json!({"add-paper": paper('a')}),
        json!({"close": {}}),
        json!({"reopen": {"reason": "No reason."}}),
        json!({"restrict": {"legal_basis": {"act": "offentleglova"}, "scope": {"title": {}}}}),
        json!({"register-receipt": {"member": BAERUM, "step": "received"}}),
    ] {
        unopened().when(ask(request)).then_refused(Rejection::NotOpened);
    }
}

#[test]
fn a_case_amended_to_itself_is_not_amended() {
    let described = |title: &str| {
        ask(json!({"amend": {"title": title, "public_title": "Vestregionens framtid"}}))
    };
    opened()
        .when(ask(json!({"amend": opening()["description"]})))
        .then_nothing()
        .when(described("Vestregionens framtid etter 2018"))
        .then_accepted()
        .when(described("Vestregionens framtid etter 2018"))
        .then_nothing();
}

#[test]
fn a_paper_that_changes_is_its_next_version() {
    opened()
        .when(ask(json!({"add-paper": paper('a')})))
        .then(vec![event(json!({"paper-added": {"version": 1, "paper": paper('a')}}))])
        .when(ask(json!({"add-paper": paper('a')})))
        .then_nothing()
        .when(ask(json!({"add-paper": paper('b')})))
        .then(vec![event(json!({"paper-added": {"version": 2, "paper": paper('b')}}))]);
}

#[test]
fn a_case_has_a_limit_on_its_papers() {
    let mut scenario = opened();
    for at in 0..super::super::paper::PAPERS_MAX {
        let mut one = paper('a');
        one["paper"] = format!("paper-{at}").into();
        scenario = scenario.after(ask(json!({"add-paper": one})));
    }
    scenario
        .when(ask(json!({"add-paper": paper('b')})))
        .then_refused(Rejection::TooMany { list: "papers", max: 500 });
}

#[test]
fn r37_a_recommendation_may_be_left_unformulated_until_the_meeting() {
    let text = Some("Styringsgruppen slutter seg til forslaget.");
    opened()
        .when(ask(recommend(None)))
        .then_accepted()
        .when(ask(recommend(None)))
        .then_nothing()
        .when(ask(recommend(text)))
        .then_accepted()
        .when(ask(recommend(text)))
        .then_nothing()
        .when(ask(recommend(None)))
        .then_refused(Rejection::AlreadyFormulated);
}

#[test]
fn r38_a_body_recommends_to_another() {
    let advice = json!({"from": "vestregionen:rg", "to": "vestregionen:rg"});
    opened().when(ask(json!({"recommend": advice}))).then_refused(Rejection::RecommendsToItself);
}

#[test]
fn a_case_is_closed_when_nothing_is_left_to_wait_for() {
    planned()
        .at("2017-12-01T12:00")
        .when(ask(json!({"close": {}})))
        .then_refused(Rejection::TreatmentRemains { treatment: "rg".parse().unwrap() })
        .after(outcome("rg", "recommended", "2017-09-14"))
        .after(outcome("sg", "decided", "2017-11-23"))
        .when(ask(json!({"close": {}})))
        .then(vec![Event::Closed {}])
        .when(ask(json!({"close": {}})))
        .then_nothing()
        .when(ask(json!({"add-paper": paper('a')})))
        .then_refused(Rejection::IsClosed)
        .when(withdraw())
        .then_refused(Rejection::IsClosed)
        .when(reopen())
        .then_accepted()
        .when(reopen())
        .then_nothing()
        .when(ask(json!({"add-paper": paper('a')})))
        .then_accepted();
}

#[test]
fn r45_a_joint_case_is_not_closed_before_it_is_settled() {
    opened()
        .after(ask(json!({"declare-joint": {"settles": {"all-adopt-same-text": {}}}})))
        .when(ask(json!({"close": {}})))
        .then_refused(Rejection::MembersRemain);
}

#[test]
fn a_withdrawn_case_rests_until_it_is_reopened() {
    planned()
        .when(withdraw())
        .then_accepted()
        .when(withdraw())
        .then_nothing()
        .when(ask(json!({"close": {}})))
        .then_refused(Rejection::IsWithdrawn)
        .when(ask(json!({"register-receipt": {"member": BAERUM, "step": "received"}})))
        .then_refused(Rejection::IsWithdrawn)
        .when(reopen())
        .then_accepted()
        .when(outcome("rg", "recommended", "2017-08-30"))
        .then_accepted();
}

#[test]
fn only_the_secretariat_registers() {
    for who in [Role::Delegate, Role::MemberIntegration, Role::Auditor, Role::Archivist] {
        for request in [json!({"open": opening()}), json!({"close": {}})] {
            unopened()
                .by(member(who, BAERUM))
                .when(ask(request))
                .then_refused(Rejection::OnlyTheSecretariat);
        }
    }
}

#[test]
fn samvirke_itself_carries_over_what_others_decided_and_nothing_else() {
    let system = planned().at("2017-12-01T12:00").by(role(Role::System));
    system.clone().when(outcome("rg", "recommended", "2017-09-14")).then_accepted();
    system.when(withdraw()).then_refused(Rejection::OnlyTheSecretariat);
}
