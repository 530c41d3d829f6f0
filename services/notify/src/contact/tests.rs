//! The rules of a contact.

use samvirke_kernel::scenario::{Scenario, member, role};

use super::*;

const ID: &str = "vestregionen:0192f3a0-7c1e-7d2a-9b1f-3f5d6c7b8a90";
const OWN: &str = "935478715";
const OTHER: &str = "920125298";
const ONE: Uuid = Uuid::from_u128(1);
const TWO: Uuid = Uuid::from_u128(2);

fn contact() -> Scenario<Contact> {
    Scenario::new(ID)
}

fn of_member() -> BelongsTo {
    let desk = published::Desk::Registry;
    BelongsTo::Member { member: OWN.parse().unwrap(), desk }
}

fn register(belongs_to: BelongsTo) -> Request {
    Request::Register { belongs_to, person: ONE, preferences: Preferences::new() }
}

fn registered(belongs_to: BelongsTo) -> Event {
    Event::Registered { belongs_to, person: ONE, preferences: Preferences::new() }
}

fn prefers(topic: Topic, frequency: Frequency) -> Request {
    Request::Prefer { preferences: [(topic, frequency)].into() }
}

#[test]
fn a_member_registers_its_own_contact() {
    contact()
        .by(member(Role::Delegate, OWN))
        .when(register(of_member()))
        .then(vec![registered(of_member())]);
}

#[test]
fn nobody_registers_a_contact_for_another_member() {
    for stranger in [
        member(Role::Delegate, OTHER),
        member(Role::Auditor, OWN),
        role(Role::Public),
        role(Role::System),
    ] {
        contact().by(stranger).when(register(of_member())).then_refused(Rejection::NotYourContact);
    }
}

#[test]
fn only_the_offices_register_for_a_seat_or_the_secretariat() {
    let seat = BelongsTo::Seat {
        body: "vestregionen:sg".parse().unwrap(),
        seat: "baerum-mayor".parse().unwrap(),
    };
    for belongs_to in [seat, BelongsTo::Secretariat {}] {
        contact()
            .by(member(Role::Delegate, OWN))
            .when(register(belongs_to.clone()))
            .then_refused(Rejection::NotYourContact);
        contact().by(role(Role::Operator)).when(register(belongs_to)).then_accepted();
    }
}

#[test]
fn nobody_changes_another_members_contact() {
    for request in [Request::Change { person: TWO }, Request::Forget {}] {
        contact()
            .given([registered(of_member())])
            .by(member(Role::Delegate, OTHER))
            .when(request)
            .then_refused(Rejection::NotYourContact);
    }
}

#[test]
fn a_member_does_not_take_over_another_members_contact() {
    let other =
        BelongsTo::Member { member: OTHER.parse().unwrap(), desk: published::Desk::Registry };
    contact()
        .given([registered(of_member())])
        .by(member(Role::Delegate, OTHER))
        .when(register(other))
        .then_refused(Rejection::NotYourContact);
}

#[test]
fn an_id_that_could_name_somebody_is_refused() {
    Scenario::<Contact>::new("vestregionen:kari-nordmann")
        .when(register(of_member()))
        .then_refused(Rejection::IdNotRandom);
}

#[test]
fn registering_twice_changes_nothing_and_another_person_needs_another_id() {
    contact().after(register(of_member())).when(register(of_member())).then_nothing();
    let another =
        Request::Register { belongs_to: of_member(), person: TWO, preferences: Preferences::new() };
    contact().after(register(of_member())).when(another).then_refused(Rejection::AlreadyRegistered);
}

#[test]
fn a_change_moves_the_person_to_another_place() {
    contact()
        .given([registered(of_member())])
        .when(Request::Change { person: TWO })
        .then(vec![Event::PersonChanged { person: TWO }])
        .when(Request::Change { person: TWO })
        .then_nothing();
}

#[test]
fn what_must_be_told_cannot_be_declined() {
    for (topic, frequency) in [
        (Topic::Meetings, Frequency::Daily),
        (Topic::Meetings, Frequency::Never),
        (Topic::JointCases, Frequency::Never),
        (Topic::Deliveries, Frequency::Never),
    ] {
        let refused = Rejection::TooSeldom { topic, least: topic.least() };
        contact()
            .given([registered(of_member())])
            .when(prefers(topic, frequency))
            .then_refused(refused.clone());
        let request = Request::Register {
            belongs_to: of_member(),
            person: ONE,
            preferences: [(topic, frequency)].into(),
        };
        contact().when(request).then_refused(refused);
    }
}

#[test]
fn only_what_changes_is_kept_of_preferences() {
    let preferences =
        [(Topic::Minutes, Frequency::Daily), (Topic::Hearings, Frequency::AtOnce)].into();
    contact()
        .given([registered(of_member())])
        .when(Request::Prefer { preferences })
        .then(vec![Event::Preferred { preferences: [(Topic::Minutes, Frequency::Daily)].into() }])
        .when(prefers(Topic::Minutes, Frequency::Daily))
        .then_nothing();
}

#[test]
fn an_unsubscription_is_samvirkes_own_command_and_it_gives_no_other() {
    let begun = || contact().given([registered(of_member())]).by(role(Role::System));
    begun().when(prefers(Topic::Minutes, Frequency::Never)).then_accepted();
    begun().when(Request::Forget {}).then_refused(Rejection::NotYourContact);
}

#[test]
fn a_forgotten_contact_stays_forgotten() {
    let forgotten = || contact().given([registered(of_member()), Event::Forgotten {}]);
    forgotten().when(Request::Forget {}).then_nothing();
    for request in [
        register(of_member()),
        Request::Change { person: TWO },
        prefers(Topic::Minutes, Frequency::Daily),
    ] {
        forgotten().when(request).then_refused(Rejection::IsForgotten);
    }
}

#[test]
fn nothing_is_asked_of_a_contact_that_is_not_registered() {
    for request in [
        Request::Change { person: TWO },
        prefers(Topic::Minutes, Frequency::Daily),
        Request::Forget {},
    ] {
        contact().when(request).then_refused(Rejection::NotRegistered);
    }
}

#[test]
fn nothing_personal_is_left_of_what_was_asked() {
    let asked = samvirke_kernel::inbox::request::<published::Request>(
        "change",
        r#"{"person": {"name": "Postmottak", "email": "post@kommune.example"}}"#,
    )
    .unwrap();
    let (request, person) = Request::sealed(asked, TWO);
    assert_eq!(request, Request::Change { person: TWO });
    assert_eq!(person.unwrap().email.as_str(), "post@kommune.example");
}
