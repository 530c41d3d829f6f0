//! R45: one text, every member's own council.

use samvirke_schemas::cases::case::joint::SettleResult;

use super::*;
use crate::case::joint::Joint;

const TEXT: &str = "Handlingsplan 2018 vedtas.";

fn send(settles: &str) -> Request {
    let rule = match settles {
        "as-agreed" => json!({"as-agreed": {"text": "To tredjedeler av medlemmene."}}),
        rule => json!({rule: {}}),
    };
    ask(json!({"send-to-members": {"text": TEXT, "settles": rule, "answer_by": "2018-02-01"}}))
}

/// Sent to Bærum, Asker and Buskerud on 1 December 2017, settled by `rule`.
fn sent(rule: &str) -> Scenario<Case> {
    opened()
        .knowing(members(&[BAERUM, ASKER, BUSKERUD]))
        .at("2017-12-01T12:00")
        .after(send(rule))
        .at("2018-03-01T12:00")
}

fn decision(outcome: &str, text: Option<&str>, on: &str) -> Value {
    let mut decision = json!({"outcome": outcome, "body": "Kommunestyret", "on": on});
    if let Some(text) = text {
        decision["text"] = text.into();
    }
    decision
}

fn decides(member: &str, outcome: &str, text: Option<&str>) -> Request {
    let decision = decision(outcome, text, "2018-01-31");
    ask(json!({"register-member-decision": {"member": member, "decision": decision}}))
}

fn corrects(member: &str, outcome: &str, text: Option<&str>) -> Request {
    let decision = decision(outcome, text, "2018-01-31");
    let reason = "The minutes say otherwise.";
    ask(json!({"correct-member-decision": {
        "member": member, "decision": decision, "reason": reason,
    }}))
}

fn receipt(member: &str, step: &str) -> Request {
    ask(json!({"register-receipt": {"member": member, "step": step}}))
}

fn include(member: &str) -> Request {
    ask(json!({"include-member": {"member": member, "reason": "Joined on 1 January."}}))
}

fn release(member: &str) -> Request {
    ask(json!({"release-member": {"member": member, "reason": "Left on 31 December."}}))
}

fn settle(result: &str) -> Request {
    ask(json!({"settle": {"result": result, "reason": "The steering group's reading."}}))
}

fn result(scenario: &Scenario<Case>) -> Option<SettleResult> {
    match &scenario.state().data()?.joint {
        Joint::Settled { settlement, .. } => Some(settlement.result),
        Joint::NotJoint | Joint::Declared { .. } | Joint::Sent(_) => None,
    }
}

#[test]
fn r45_a_case_is_sent_to_those_who_are_members_on_the_day() {
    opened()
        .knowing(members(&[BAERUM]))
        .at("2017-12-01T12:00")
        .when(send("all-adopt-same-text"))
        .then(vec![event(json!({"sent-to-members": {
            "members": [{"member": BAERUM, "names": {"nb": "Et medlem"}}],
            "text": TEXT,
            "settles": {"all-adopt-same-text": {}},
            "answer_by": "2018-02-01",
            "on": "2017-12-01",
        }}))])
        .when(send("all-adopt-same-text"))
        .then_nothing()
        .when(send("majority-of-members"))
        .then_refused(Rejection::SentAlready);
    opened().when(send("all-adopt-same-text")).then_refused(Rejection::NoMembers);
}

#[test]
fn r45_sending_needs_a_text_and_a_rule() {
    let declare = |rule: &str| ask(json!({"declare-joint": {"settles": {rule: {}}}}));
    opened()
        .knowing(members(&[BAERUM]))
        .when(ask(json!({"send-to-members": {"text": TEXT}})))
        .then_refused(Rejection::NoSettleRule)
        .after(declare("all-adopt-same-text"))
        .when(declare("all-adopt-same-text"))
        .then_nothing()
        .when(ask(json!({"send-to-members": {}})))
        .then_refused(Rejection::NoJointText)
        .when(send("majority-of-members"))
        .then_refused(Rejection::OtherSettleRule)
        .after(declare("majority-of-members"))
        .after(send("majority-of-members"))
        .when(declare("majority-of-members"))
        .then_nothing()
        .when(declare("all-adopt-same-text"))
        .then_refused(Rejection::SentAlready);
}

#[test]
fn r45_what_the_last_body_decided_is_what_the_members_get() {
    let scenario = planned()
        .knowing(members(&[BAERUM]))
        .at("2017-12-31T12:00")
        .after(outcome("sg", "decided", "2017-11-23"))
        .after(ask(json!({"send-to-members": {"settles": {"all-adopt-same-text": {}}}})));
    let text = &scenario.state().data().unwrap().joint.sent().unwrap().text;
    assert_eq!(text.as_str(), "Vestregionen bygges videre.");
}

#[test]
fn r36_a_member_keeps_its_own_references() {
    let reference = json!({"file": "17/33189", "journal_entry": "17/259736"});
    let request = ask(json!({"register-reference": {"member": BAERUM, "reference": reference}}));
    sent("all-adopt-same-text")
        .by(member(Role::MemberIntegration, BAERUM))
        .when(request.clone())
        .then(vec![event(json!({"reference-registered": {
            "member": BAERUM, "reference": reference, "registered_by": "member",
        }}))])
        .when(request)
        .then_nothing();
}

#[test]
fn a_member_speaks_for_itself_only_and_the_secretariat_for_any() {
    let forbidden = Rejection::OnlyForItself { member: number(ASKER) };
    sent("all-adopt-same-text")
        .by(member(Role::Delegate, BAERUM))
        .when(receipt(ASKER, "received"))
        .then_refused(forbidden.clone())
        .when(decides(ASKER, "adopted", None))
        .then_refused(forbidden.clone())
        .when(corrects(ASKER, "adopted", None))
        .then_refused(forbidden)
        .when(receipt(BAERUM, "received"))
        .then_accepted()
        .by(role(Role::Secretariat))
        .when(receipt(ASKER, "received"))
        .then(vec![event(json!({"receipt-registered": {
            "member": ASKER, "step": "received", "on": "2018-03-01",
            "registered_by": "secretariat",
        }}))]);
}

#[test]
fn a_receipt_goes_forward_only() {
    sent("all-adopt-same-text")
        .after(receipt(BAERUM, "received"))
        .when(receipt(BAERUM, "received"))
        .then_nothing()
        .after(receipt(BAERUM, "processed"))
        .when(receipt(BAERUM, "received"))
        .then_nothing();
}

#[test]
fn r45_all_adopting_the_same_text_settles_with_the_last_of_them() {
    let scenario = sent("all-adopt-same-text")
        .after(decides(BAERUM, "adopted", None))
        .after(decides(ASKER, "adopted", Some("Handlingsplan  2018\nvedtas.")));
    assert_eq!(result(&scenario), None);
    let events = scenario.when(decides(BUSKERUD, "adopted", None)).events();
    assert_eq!(
        events[1..],
        [event(json!({"settled": {
            "result": "adopted", "rule": {"all-adopt-same-text": {}}, "text": TEXT,
            "carried_by": [BAERUM, ASKER, BUSKERUD],
        }}))]
    );
}

#[test]
fn r45_differing_texts_do_not_settle_and_are_shown() {
    let scenario = sent("all-adopt-same-text").after(decides(BAERUM, "adopted", None)).after(
        decides(ASKER, "adopted-with-changes", Some("Handlingsplan 2018 tas til etterretning.")),
    );
    let tally = scenario.state().data().unwrap().joint.sent().unwrap().tally();
    assert_eq!(tally.missing, [number(BUSKERUD)]);
    assert_eq!((tally.answered.len(), tally.texts.len()), (2, 2));
    let scenario = scenario.after(decides(BUSKERUD, "took-note", None));
    assert_eq!(result(&scenario), None);
    scenario
        .when(settle("adopted"))
        .then_refused(Rejection::RuleSettles)
        .when(settle("not-agreed"))
        .then_accepted()
        .when(settle("not-agreed"))
        .then_nothing()
        .when(settle("adopted"))
        .then_refused(Rejection::IsSettled);
}

#[test]
fn r45_a_majority_settles_as_soon_as_it_is_there() {
    let adopted = sent("majority-of-members")
        .after(decides(BAERUM, "adopted", None))
        .after(decides(ASKER, "adopted", None));
    assert_eq!(result(&adopted), Some(SettleResult::Adopted));
    let rejected = sent("majority-of-members")
        .after(decides(BAERUM, "rejected", None))
        .after(decides(ASKER, "rejected", None));
    assert_eq!(result(&rejected), Some(SettleResult::Rejected));
    // A late answer is still registered, and settles nothing anew.
    let late = adopted.clone().when(decides(BUSKERUD, "rejected", None));
    assert_eq!(tags(late), ["member-decision-registered"]);
    // Half of the members is no majority.
    let half = sent("majority-of-members")
        .after(release(BUSKERUD))
        .after(decides(BAERUM, "adopted", None));
    assert_eq!(result(&half), None);
}

#[test]
fn r45_the_agreement_settles_by_the_secretariat_with_a_reason() {
    let scenario = sent("as-agreed")
        .after(decides(BAERUM, "adopted", None))
        .after(decides(ASKER, "adopted", None))
        .after(decides(BUSKERUD, "adopted", None));
    assert_eq!(result(&scenario), None);
    scenario.when(settle("adopted")).then(vec![event(json!({"settled": {
        "result": "adopted",
        "rule": {"as-agreed": {"text": "To tredjedeler av medlemmene."}},
        "text": TEXT,
        "carried_by": [BAERUM, ASKER, BUSKERUD],
        "reason": "The steering group's reading.",
    }}))]);
}

#[test]
fn nobody_settles_a_case_while_answers_are_missing() {
    sent("all-adopt-same-text")
        .after(decides(BAERUM, "adopted", None))
        .when(settle("not-agreed"))
        .then_refused(Rejection::StillMissing { missing: 2 });
}

#[test]
fn adopting_means_the_text_that_was_sent() {
    sent("all-adopt-same-text")
        .when(decides(BAERUM, "adopted", Some("Noe annet vedtas.")))
        .then_refused(Rejection::SameTextExpected)
        .when(decides(BAERUM, "adopted-with-changes", None))
        .then_refused(Rejection::ChangesExpected)
        .when(decides(BAERUM, "adopted-with-changes", Some("Handlingsplan 2018  vedtas.")))
        .then_refused(Rejection::ChangesExpected)
        .when(decides(BAERUM, "rejected", Some("Saken avvises.")))
        .then_accepted();
}

#[test]
fn a_council_decides_after_it_was_asked_and_not_tomorrow() {
    let on = |day: &str| {
        let decision = decision("adopted", None, day);
        ask(json!({"register-member-decision": {"member": BAERUM, "decision": decision}}))
    };
    sent("all-adopt-same-text")
        .when(on("2017-11-30"))
        .then_refused(Rejection::DecidedBeforeSent { on: day("2017-12-01") })
        .when(on("2018-03-02"))
        .then_refused(Rejection::InTheFuture { day: day("2018-03-02") });
}

#[test]
fn a_decision_is_corrected_before_the_case_is_settled_and_not_after() {
    let scenario = sent("all-adopt-same-text")
        .when(corrects(BAERUM, "adopted", None))
        .then_refused(Rejection::NotDecided { member: number(BAERUM) })
        .after(decides(BAERUM, "rejected", None))
        .when(decides(BAERUM, "rejected", None))
        .then_nothing()
        .when(decides(BAERUM, "adopted", None))
        .then_refused(Rejection::DecidedAlready { member: number(BAERUM) })
        .after(decides(ASKER, "adopted", None))
        .after(decides(BUSKERUD, "adopted", None));
    assert_eq!(
        tags(scenario.clone().when(corrects(BAERUM, "adopted", None))),
        ["member-decision-corrected", "settled"]
    );
    scenario
        .after(corrects(BAERUM, "adopted", None))
        .when(corrects(BAERUM, "adopted", None))
        .then_nothing()
        .when(corrects(BAERUM, "rejected", None))
        .then_refused(Rejection::IsSettled);
}

#[test]
fn a_member_that_leaves_meanwhile_is_released_with_a_reason() {
    let scenario = sent("all-adopt-same-text")
        .after(decides(BAERUM, "adopted", None))
        .after(decides(ASKER, "adopted", None));
    // The last one missing leaves: the others settle it.
    assert_eq!(tags(scenario.clone().when(release(BUSKERUD))), ["member-released", "settled"]);
    sent("all-adopt-same-text")
        .after(release(BUSKERUD))
        .when(release(BUSKERUD))
        .then_nothing()
        .when(receipt(BUSKERUD, "received"))
        .then_refused(Rejection::NotTakingPart { member: number(BUSKERUD) })
        .after(release(ASKER))
        .when(release(BAERUM))
        .then_refused(Rejection::LastMember);
}

#[test]
fn a_member_that_joins_meanwhile_is_included() {
    opened()
        .knowing(members(&[BAERUM]))
        .after(send("all-adopt-same-text"))
        .when(include(ASKER))
        .then_refused(Rejection::NotAMember { member: number(ASKER) })
        .knowing(members(&[BAERUM, ASKER]))
        .when(include(ASKER))
        .then_accepted()
        .when(include(ASKER))
        .then_nothing()
        .at("2018-03-01T12:00")
        .after(decides(BAERUM, "adopted", None))
        .when(decides(ASKER, "adopted", None))
        .then_accepted()
        .when(include(BUSKERUD))
        .then_refused(Rejection::IsSettled);
}

#[test]
fn a_released_member_that_comes_back_has_said_what_it_said() {
    let scenario = sent("all-adopt-same-text")
        .after(decides(BAERUM, "adopted", None))
        .after(release(BAERUM))
        .after(include(BAERUM));
    let tally = scenario.state().data().unwrap().joint.sent().unwrap().tally();
    assert_eq!(tally.answered, [number(BAERUM)]);
}

#[test]
fn nothing_is_answered_before_it_is_sent() {
    opened()
        .when(receipt(BAERUM, "received"))
        .then_refused(Rejection::NotSent)
        .when(include(BAERUM))
        .then_refused(Rejection::NotSent)
        .when(settle("adopted"))
        .then_refused(Rejection::NotSent);
}

#[test]
fn members_answer_also_after_the_case_is_closed() {
    sent("majority-of-members")
        .after(decides(BAERUM, "adopted", None))
        .after(decides(ASKER, "adopted", None))
        .after(ask(json!({"close": {}})))
        .when(decides(BUSKERUD, "adopted", None))
        .then_accepted();
}
