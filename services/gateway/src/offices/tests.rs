//! Seats and whom they make a delegate, without a stream under them.

use std::collections::BTreeSet;

use samvirke_access::Directory;
use samvirke_schemas::{
    date::Date, id::AggregateId, networks::rules::PersonId, organisation::OrganisationNumber,
};
use serde_json::{Value, json};

use super::*;

const BAERUM: &str = "935478715";
const ASKER: &str = "920125298";
const PERSON: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";

fn person() -> PersonId {
    PERSON.parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn number(text: &str) -> OrganisationNumber {
    OrganisationNumber::try_new(text).unwrap()
}

/// What is known after these events on a body.
fn knowing(body: &str, events: &[Value]) -> Directory {
    let mut offices = Directory::default();
    let id: AggregateId = body.parse().unwrap();
    let rules = json!({"seat_rights": ["attend"], "notice_days": 7,
        "quorum": {"half-of-members": {}}, "majority": "simple", "casting_vote": true,
        "authority": "decides"});
    let established = json!({"established": {"names": {"nb": "Styringsgruppen"},
        "kind": "steering-group", "rules": rules, "in_force_from": "2001-01-01"}});
    for event in [&established].into_iter().chain(events) {
        offices.take_body(&id, &serde_json::from_value(event.clone()).unwrap());
    }
    offices
}

fn filled(seat: &str, member: &str) -> Value {
    json!({"seat-filled": {"seat": seat, "member": member, "member_kind": "municipality",
        "office": "mayor", "holder": PERSON, "from": "2016-01-01"}})
}

#[track_caller]
fn check(offices: &Directory, on: &str, held: &[&str]) {
    let cooperation = "vestregionen".parse().unwrap();
    let seats = offices.seats_of(person(), Some(&cooperation), day(on));
    assert_eq!(
        seats.into_keys().collect::<Vec<_>>(),
        held.iter().map(|n| number(n)).collect::<Vec<_>>()
    );
}

#[test]
fn a_seat_is_held_from_its_first_day_to_its_last() {
    let vacated = json!({"seat-vacated": {"seat": "a", "from": "2016-01-01", "to": "2017-06-30",
        "reason": "Valg."}});
    let offices = knowing("vestregionen:sg", &[filled("a", BAERUM), vacated]);
    check(&offices, "2015-12-31", &[]);
    check(&offices, "2016-01-01", &[BAERUM]);
    check(&offices, "2017-06-30", &[BAERUM]);
    check(&offices, "2017-07-01", &[]);
}

#[test]
fn there_are_no_seats_in_a_body_that_is_no_more_or_in_another_cooperation() {
    let disbanded = json!({"disbanded": {"on": "2017-06-30", "reason": "Nedlagt."}});
    let offices = knowing("vestregionen:sg", &[filled("a", BAERUM), disbanded]);
    check(&offices, "2017-06-30", &[BAERUM]);
    check(&offices, "2017-07-01", &[]);
    check(&knowing("grenland:sg", &[filled("a", BAERUM)]), "2017-01-01", &[]);
}

fn principal(member: Option<&str>, roles: &[Role]) -> Principal {
    let grants = roles.iter().map(|role| Grant { role: *role, cooperation: None });
    Principal {
        subject: "issuer#office-4".into(),
        member: member.map(number),
        supplier: None,
        grants: grants.collect(),
    }
}

fn seats(members: &[&str]) -> Seats {
    let here = BTreeSet::from(["vestregionen".parse().unwrap()]);
    members.iter().map(|member| (number(member), here.clone())).collect()
}

#[track_caller]
fn speaks(principal: Principal, held: &[&str], for_member: Option<&str>) {
    let cooperation: CooperationId = "vestregionen".parse().unwrap();
    let seated = with_offices(principal, seats(held));
    for member in [BAERUM, ASKER] {
        let expected = for_member == Some(member);
        assert_eq!(seated.speaks_for(&number(member), &cooperation), expected, "{member}");
    }
    assert!(!seated.is(Role::Delegate, &"grenland".parse().unwrap()) || held.is_empty());
}

#[test]
fn a_seat_makes_a_delegate_of_its_member_in_its_cooperation() {
    speaks(principal(None, &[]), &[BAERUM], Some(BAERUM));
    speaks(principal(None, &[Role::Auditor]), &[BAERUM], Some(BAERUM));
    speaks(principal(None, &[]), &[], None);
    speaks(principal(Some(BAERUM), &[]), &[], None);
}

#[test]
fn who_has_seats_for_several_members_says_which_is_meant() {
    speaks(principal(None, &[]), &[ASKER, BAERUM], None);
    speaks(principal(Some(ASKER), &[]), &[ASKER, BAERUM], Some(ASKER));
}

#[test]
fn a_member_for_whom_the_token_gives_a_role_stands() {
    let token = principal(Some(ASKER), &[Role::MemberIntegration]);
    let seated = with_offices(token.clone(), seats(&[BAERUM]));
    assert_eq!(seated, token);
    // A member without a role says only where somebody works.
    speaks(principal(Some(ASKER), &[]), &[BAERUM], Some(BAERUM));
}

#[test]
fn no_more_grants_are_carried_than_may_be() {
    let many = principal(None, &[Role::Auditor; GRANTS_MAX]);
    assert_eq!(with_offices(many, seats(&[BAERUM])).grants.len(), GRANTS_MAX);
}
