//! The rules of a network, told on Transport 2.0.

use samvirke_kernel::scenario::{Scenario, role};
use samvirke_schemas::networks::cooperation::{self, Agreement, LegalForm, MemberKind};

use super::*;

const BAERUM: &str = "935478715";
const ASKER: &str = "920125298";
/// A company: never a member here.
const OUTSIDER: &str = "923609016";

fn date(text: &str) -> PartialDate {
    text.parse().unwrap()
}

fn number(text: &str) -> OrganisationNumber {
    OrganisationNumber::try_new(text).unwrap()
}

fn names(nb: &str) -> Names {
    Names { nb: nb.parse().unwrap(), nn: None, en: None }
}

fn reason() -> Prose {
    "Målet er nådd.".parse().unwrap()
}

/// Vestregionen with Bærum since 1992 and Asker since the middle of 2014.
fn vestregionen() -> Cooperation {
    let mut cooperation = Cooperation::default();
    cooperation.evolve(&cooperation::Event::Founded {
        names: names("Vestregionen"),
        legal_form: LegalForm::Section27,
        legal_basis: None,
        purpose: "Felles regionale interesser.".parse().unwrap(),
        office_municipality: None,
        agreement: Agreement {
            title: "Vedtekter".parse().unwrap(),
            version: "2010".parse().unwrap(),
            in_force_from: None,
        },
        founded_on: "1992-01-01".parse().unwrap(),
    });
    for (member, from) in [(BAERUM, "1992-01-01"), (ASKER, "2014-07-01")] {
        cooperation.evolve(&cooperation::Event::MemberAdmitted {
            member: number(member),
            names: names("Et medlem"),
            kind: MemberKind::Municipality,
            from: from.parse().unwrap(),
        });
    }
    cooperation
}

fn member(text: &str) -> Party {
    Party::Member { member: number(text) }
}

fn outsider() -> Party {
    Party::Outsider { name: "Innovasjon Norge".parse().unwrap() }
}

fn start_by(leader: Option<&str>, initiated_by: Party, established: &str) -> Request {
    Request::Start {
        names: names("Transport 2.0"),
        theme: "Grønn mobilitet".parse().unwrap(),
        purpose: "Finne behov for innovasjon og kunnskap.".parse().unwrap(),
        leader: leader.map(number),
        initiated_by: Some(initiated_by),
        established: date(established),
    }
}

fn start() -> Request {
    start_by(Some(BAERUM), Party::Cooperation {}, "2014")
}

fn add(participant: Party, from: &str) -> Request {
    Request::AddParticipant { participant, from: date(from) }
}

fn remove(participant: Party, to: &str) -> Request {
    Request::RemoveParticipant { participant, to: date(to), reason: None }
}

fn lead(leader: Option<&str>, from: &str) -> Request {
    Request::ChangeLeader { leader: leader.map(number), from: date(from) }
}

fn record(title: &str, on: &str) -> Request {
    Request::RecordActivity { title: title.parse().unwrap(), on: date(on) }
}

fn close(on: &str) -> Request {
    Request::Close { on: date(on), reason: reason() }
}

fn unstarted() -> Scenario<Network> {
    Scenario::new("vestregionen:transport").knowing(Facts { cooperation: vestregionen().into() })
}

fn started() -> Scenario<Network> {
    unstarted().after(start())
}

fn not_member(text: &str, on: &str) -> Rejection {
    Rejection::NotMember { member: number(text), on: date(on) }
}

#[test]
fn only_the_secretariat_starts_a_network() {
    for other in [Role::Delegate, Role::MemberIntegration, Role::Operator, Role::System] {
        unstarted().by(role(other)).when(start()).then_refused(Rejection::OnlyTheSecretariat);
    }
}

#[test]
fn r52_a_network_is_started_once_in_an_active_cooperation() {
    unstarted()
        .knowing(Facts::default())
        .when(start())
        .then_refused(Rejection::CooperationNotActive);
    started()
        .after(lead(Some(ASKER), "2015"))
        .when(start())
        .then_nothing()
        .when(start_by(None, Party::Cooperation {}, "2014"))
        .then_refused(Rejection::AlreadyStarted)
        .when(start_by(Some(BAERUM), Party::Cooperation {}, "2015"))
        .then_refused(Rejection::AlreadyStarted);
}

#[test]
fn a_network_is_not_started_ahead_of_its_day() {
    unstarted()
        .at("2013-12-31T12:00")
        .when(start())
        .then_refused(Rejection::InTheFuture { day: date("2014") })
        .at("2014-01-01T12:00")
        .when(start())
        .then_accepted();
}

#[test]
fn r1_a_leader_and_an_initiator_among_the_members_are_members() {
    unstarted()
        .when(start_by(Some(OUTSIDER), Party::Cooperation {}, "2014"))
        .then_refused(not_member(OUTSIDER, "2014"))
        .when(start_by(None, member(OUTSIDER), "2014"))
        .then_refused(not_member(OUTSIDER, "2014"))
        .when(start_by(None, outsider(), "2014"))
        .then_accepted();
}

#[test]
fn r1_a_year_suits_if_some_day_of_it_does() {
    let asker = |from| start_by(Some(ASKER), Party::Cooperation {}, from);
    unstarted()
        .when(asker("2013"))
        .then_refused(not_member(ASKER, "2013"))
        .when(asker("2014-06"))
        .then_refused(not_member(ASKER, "2014-06"))
        .when(asker("2014"))
        .then_accepted();
}

#[test]
fn nothing_happens_to_a_network_that_is_not_started() {
    for request in [
        add(outsider(), "2014"),
        remove(outsider(), "2014"),
        lead(None, "2014"),
        record("Oppstartskonferanse", "2015-02"),
        close("2016"),
    ] {
        unstarted().when(request).then_refused(Rejection::NotStarted);
    }
}

#[test]
fn r52_members_outsiders_and_the_cooperation_take_part() {
    let scenario = started()
        .when(add(outsider(), "2014"))
        .then(vec![Event::ParticipantAdded { participant: outsider(), from: date("2014") }])
        .when(add(outsider(), "2014"))
        .then_nothing()
        .when(add(outsider(), "2015"))
        .then_refused(Rejection::AlreadyParticipant { from: date("2014") })
        .when(add(member(OUTSIDER), "2014"))
        .then_refused(not_member(OUTSIDER, "2014"))
        .after(add(member(ASKER), "2014"))
        .after(add(Party::Cooperation {}, "2014"));
    let participants: Vec<_> = scenario.state().started().unwrap().participants().collect();
    assert_eq!(participants, [&outsider(), &member(ASKER), &Party::Cooperation {}]);
}

#[test]
fn r52_a_participant_leaves_and_may_come_back() {
    let scenario = started()
        .when(remove(outsider(), "2015"))
        .then_refused(Rejection::NotParticipant)
        .after(add(outsider(), "2014-06-01"))
        .when(remove(outsider(), "2014-05"))
        .then_refused(Rejection::EndsBeforeItBegan { from: date("2014-06-01") })
        .when(remove(outsider(), "2015-06-30"))
        .then(vec![Event::ParticipantRemoved {
            participant: outsider(),
            to: date("2015-06-30"),
            reason: None,
        }])
        .when(remove(outsider(), "2015-06-30"))
        .then_nothing()
        .when(remove(outsider(), "2016"))
        .then_refused(Rejection::NotParticipant)
        .when(add(outsider(), "2015-06-30"))
        .then_refused(Rejection::AlreadyParticipant { from: date("2014-06-01") })
        .when(add(outsider(), "2015"))
        .then_accepted();
    assert_eq!(scenario.state().started().unwrap().participants().count(), 1);
}

#[test]
fn a_member_that_leads_does_not_leave() {
    started()
        .after(add(member(BAERUM), "2014"))
        .when(remove(member(BAERUM), "2016"))
        .then_refused(Rejection::LeadsTheNetwork { member: number(BAERUM) })
        .after(lead(None, "2016"))
        .when(remove(member(BAERUM), "2016"))
        .then_accepted();
}

#[test]
fn the_leader_changes_and_does_not_go_back_in_time() {
    started()
        .when(lead(Some(BAERUM), "2015"))
        .then_nothing()
        .when(lead(Some(OUTSIDER), "2015"))
        .then_refused(not_member(OUTSIDER, "2015"))
        .when(lead(Some(ASKER), "2015"))
        .then(vec![Event::LeaderChanged { leader: Some(number(ASKER)), from: date("2015") }])
        .when(lead(Some(ASKER), "2015"))
        .then_nothing()
        .when(lead(None, "2014"))
        .then_refused(Rejection::LeadershipGoesBack { from: date("2015") })
        .when(lead(None, "2016"))
        .then_accepted()
        .when(lead(Some(ASKER), "2015"))
        .then_nothing();
}

#[test]
fn nothing_in_a_network_is_earlier_than_its_start() {
    for request in [
        add(outsider(), "2013"),
        lead(None, "2013-12-31"),
        record("Studietur", "2013-12"),
        close("2013"),
    ] {
        started().when(request).then_refused(Rejection::BeforeStart { established: date("2014") });
    }
}

#[test]
fn an_activity_is_recorded_once() {
    started()
        .when(record("Oppstartskonferanse", "2015-02"))
        .then(vec![Event::ActivityRecorded {
            title: "Oppstartskonferanse".parse().unwrap(),
            on: date("2015-02"),
        }])
        .when(record("Oppstartskonferanse", "2015-02"))
        .then_nothing()
        .when(record("Oppstartskonferanse", "2016-02"))
        .then_accepted();
}

#[test]
fn a_closed_network_stays_closed() {
    let scenario = started()
        .when(close("2017-01-03"))
        .then_refused(Rejection::InTheFuture { day: date("2017-01-03") })
        .when(close("2016"))
        .then(vec![Event::Closed { on: date("2016"), reason: reason() }])
        .when(close("2016"))
        .then_nothing()
        .when(close("2015"))
        .then_refused(Rejection::IsClosed);
    for request in [add(outsider(), "2014"), lead(None, "2015"), record("Studietur", "2015")] {
        scenario.clone().when(request).then_refused(Rejection::IsClosed);
    }
}

#[test]
fn a_networks_history_has_limits() {
    let event = |nth: usize| Event::ActivityRecorded {
        title: format!("Frokostmøte {nth}").parse().unwrap(),
        on: date("2015"),
    };
    started()
        .given((0..ACTIVITIES_MAX).map(event))
        .when(record("Enda et frokostmøte", "2015"))
        .then_refused(Rejection::TooMany { max: ACTIVITIES_MAX });
    assert_eq!(check_room(PARTICIPATIONS_MAX - 1, PARTICIPATIONS_MAX), Ok(()));
}
