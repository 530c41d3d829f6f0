//! The rules of a cooperation, told on Vestregionen.

use samvirke_kernel::scenario::{Scenario, role};
use samvirke_schemas::{names::Names, networks::cooperation::LegalForm, principal::Role};

use super::*;

const BAERUM: &str = "935478715";
const ASKER: &str = "920125298";
const BUSKERUD: &str = "964951373";

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn number(text: &str) -> OrganisationNumber {
    OrganisationNumber::try_new(text).unwrap()
}

fn names(nb: &str) -> Names {
    Names { nb: nb.parse().unwrap(), nn: None, en: None }
}

fn agreement(version: &str) -> Agreement {
    Agreement {
        title: "Vedtekter".parse().unwrap(),
        version: version.parse().unwrap(),
        in_force_from: None,
    }
}

fn found() -> Request {
    Request::Found {
        names: names("Vestregionen"),
        legal_form: LegalForm::Section27,
        legal_basis: None,
        purpose: "Shared regional interests.".parse().unwrap(),
        office_municipality: None,
        agreement: agreement("2010"),
        founded_on: day("1992-01-01"),
    }
}

fn admit(member: &str, kind: MemberKind, from: &str) -> Request {
    Request::AdmitMember {
        member: number(member),
        names: names("Et medlem"),
        kind,
        from: day(from),
    }
}

fn release(member: &str, to: &str) -> Request {
    Request::ReleaseMember {
        member: number(member),
        to: day(to),
        reason: "Goes its own way.".parse().unwrap(),
    }
}

fn unfounded() -> Scenario<Cooperation> {
    Scenario::new("vestregionen").by(role(Role::Operator))
}

fn founded() -> Scenario<Cooperation> {
    unfounded().after(found()).by(role(Role::Secretariat))
}

/// Bærum, Asker and Buskerud since the founding.
fn with_members() -> Scenario<Cooperation> {
    founded()
        .after(admit(BAERUM, MemberKind::Municipality, "1992-01-01"))
        .after(admit(ASKER, MemberKind::Municipality, "1992-01-01"))
        .after(admit(BUSKERUD, MemberKind::CountyCouncil, "1992-01-01"))
}

fn lead(to: Option<&str>, from: &str) -> Request {
    Request::HandOverLeadership { to: to.map(number), from: day(from) }
}

fn led_by(member: &str, from: &str) -> Vec<Event> {
    vec![Event::LeadershipHandedOver { to: number(member), from: day(from) }]
}

#[test]
fn r3_only_an_operator_founds() {
    unfounded()
        .by(role(Role::Secretariat))
        .when(found())
        .then_refused(Rejection::OnlyOperatorsFound);
    unfounded().when(found()).then_accepted();
}

#[test]
fn a_cooperation_is_founded_once() {
    founded().by(role(Role::Operator)).when(found()).then_refused(Rejection::AlreadyFounded);
}

#[test]
fn nothing_is_founded_in_the_future() {
    unfounded()
        .at("1991-12-31T12:00")
        .when(found())
        .then_refused(Rejection::FoundedLater { founded_on: day("1992-01-01") });
}

#[test]
fn nothing_happens_to_a_cooperation_that_is_not_founded() {
    Scenario::<Cooperation>::new("vestregionen")
        .when(admit(BAERUM, MemberKind::Municipality, "1992-01-01"))
        .then_refused(Rejection::NotFounded);
}

#[test]
fn only_the_secretariat_admits() {
    founded()
        .by(role(Role::Delegate))
        .when(admit(BAERUM, MemberKind::Municipality, "1992-01-01"))
        .then_refused(Rejection::OnlyTheSecretariat);
}

#[test]
fn r1_members_are_those_of_the_day() {
    let scenario = with_members().after(release(ASKER, "1999-12-31"));
    let founded = scenario.state().founded().unwrap();
    let on = |text| founded.memberships.on(day(text)).count();
    assert_eq!((on("1991-12-31"), on("1999-12-31"), on("2000-01-01")), (0, 3, 2));
}

#[test]
fn r1_a_member_can_leave_and_come_back_but_not_be_in_twice() {
    with_members()
        .when(admit(ASKER, MemberKind::Municipality, "1995-01-01"))
        .then_refused(Rejection::AlreadyMember { member: number(ASKER) })
        .after(release(ASKER, "1999-12-31"))
        .when(admit(ASKER, MemberKind::Municipality, "1999-12-31"))
        .then_refused(Rejection::AlreadyMember { member: number(ASKER) })
        .when(admit(ASKER, MemberKind::Municipality, "2005-01-01"))
        .then_accepted();
}

#[test]
fn admitting_or_releasing_twice_happens_once() {
    with_members()
        .when(admit(ASKER, MemberKind::Municipality, "1992-01-01"))
        .then_nothing()
        .after(release(ASKER, "1999-12-31"))
        .when(release(ASKER, "1999-12-31"))
        .then_nothing()
        .when(release(ASKER, "2001-12-31"))
        .then_refused(not_member(&number(ASKER)));
}

#[test]
fn a_membership_does_not_end_before_it_began() {
    with_members()
        .when(release(ASKER, "1991-01-01"))
        .then_refused(Rejection::EndsBeforeItBegan { from: day("1992-01-01") });
}

#[test]
fn r16_the_leadership_rotates_between_the_municipalities() {
    with_members()
        .when(lead(None, "2014-07-01"))
        .then(led_by(BAERUM, "2014-07-01"))
        .when(lead(None, "2016-07-01"))
        .then(led_by(ASKER, "2016-07-01"))
        .when(lead(None, "2018-07-01"))
        .then(led_by(BAERUM, "2018-07-01"));
}

#[test]
fn r16_a_county_council_does_not_lead() {
    with_members()
        .when(lead(Some(BUSKERUD), "2014-07-01"))
        .then_refused(Rejection::NotAMunicipality { member: number(BUSKERUD) });
    founded().when(lead(None, "2014-07-01")).then_refused(Rejection::NobodyToLead);
}

#[test]
fn r16_the_leadership_does_not_go_back_in_time() {
    with_members()
        .after(lead(Some(BAERUM), "2014-07-01"))
        .when(lead(Some(BAERUM), "2014-07-01"))
        .then_nothing()
        .when(lead(Some(ASKER), "2013-07-01"))
        .then_refused(Rejection::LeadershipGoesBack { from: day("2014-07-01") })
        .when(lead(Some(BAERUM), "2016-07-01"))
        .then_refused(Rejection::LeadsAlready { member: number(BAERUM) });
}

#[test]
fn an_agreement_amended_to_itself_is_not_amended() {
    founded()
        .when(Request::AmendAgreement { agreement: agreement("2010") })
        .then_nothing()
        .when(Request::AmendAgreement { agreement: agreement("2018") })
        .then(vec![Event::AgreementAmended { agreement: agreement("2018") }]);
}

#[test]
fn r13_a_paused_cooperation_admits_nobody_until_it_is_resumed() {
    founded()
        .after(Request::Pause { reason: "Reform.".parse().unwrap() })
        .when(Request::Pause { reason: "Reform.".parse().unwrap() })
        .then_nothing()
        .when(admit(BAERUM, MemberKind::Municipality, "1992-01-01"))
        .then_refused(Rejection::IsPaused)
        .when(Request::Resume {})
        .then(vec![Event::Resumed {}])
        .when(Request::Resume {})
        .then_nothing();
}

#[test]
fn r74_a_dissolved_cooperation_says_who_keeps_its_archives_and_stays_dissolved() {
    let custody = Custody {
        archives: number(BAERUM),
        agreements: "The BPA agreements pass to each municipality.".parse().unwrap(),
        continues: Some("Kommunehelsesamarbeidet".parse().unwrap()),
    };
    let dissolve = Request::Dissolve {
        on: day("2019-12-31"),
        reason: "Alternative b.".parse().unwrap(),
        custody: custody.clone(),
    };
    with_members()
        .when(dissolve.clone())
        .then(vec![Event::Dissolved {
            on: day("2019-12-31"),
            reason: "Alternative b.".parse().unwrap(),
            custody,
        }])
        .when(dissolve)
        .then_nothing()
        .when(lead(None, "2020-01-01"))
        .then_refused(Rejection::IsDissolved);
}
