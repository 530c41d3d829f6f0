//! What rules a body can have, and how they change.

use samvirke_schemas::networks::rules::{Delegation, Entitlement};

use super::{
    super::rules::{ENTRIES_MAX, MEETINGS_PER_YEAR_MAX, NOTICE_DAYS_MAX, TERM_YEARS_MAX},
    *,
};

/// Refused both when the body is established and when its rules are amended.
#[track_caller]
fn refuses(change: impl Fn(&mut Rules), rejection: Rejection) {
    let mut rules = mayors();
    change(&mut rules);
    unestablished().when(establish_with(rules.clone())).then_refused(rejection.clone());
    established().when(amend(rules, "2015-01-01")).then_refused(rejection);
}

#[track_caller]
fn refuses_elections(elections: ElectionRule, rejection: Rejection) {
    let request = Request::AmendRules {
        rules: mayors(),
        elections: Some(elections),
        in_force_from: day("2015-01-01"),
    };
    established().when(request).then_refused(rejection);
}

fn delegation(by: Option<&str>) -> Delegation {
    Delegation { matter: "Handlingsplan".parse().unwrap(), by: by.map(number), legal_basis: None }
}

#[test]
fn r4_each_office_is_listed_once_and_has_a_seat() {
    refuses(
        |rules| rules.composition[1].seats_per_member = 0,
        Rejection::NoSeatsPerMember { office: Office::CountyMayor },
    );
    refuses(
        |rules| rules.composition.push(rules.composition[0].clone()),
        Rejection::OfficeTwice { office: Office::Mayor },
    );
}

#[test]
fn r9_nobody_votes_without_a_seat() {
    let summoned = |rights: &[Right]| Entitlement {
        office: Office::MunicipalDirector,
        rights: rights.iter().copied().collect(),
    };
    refuses(
        |rules| rules.entitled = vec![summoned(&[Right::Speak, Right::Vote])],
        Rejection::VoteWithoutSeat { office: Office::MunicipalDirector },
    );
    refuses(
        |rules| rules.entitled = vec![summoned(&[Right::Speak]); 2],
        Rejection::OfficeTwice { office: Office::MunicipalDirector },
    );
    let mut rules = mayors();
    rules.entitled = vec![summoned(&[Right::Attend, Right::Speak, Right::Propose])];
    unestablished().when(establish_with(rules)).then_accepted();
}

#[test]
fn r9_the_members_of_a_body_that_decides_vote() {
    refuses(|rules| rules.seat_rights = [Right::Speak].into(), Rejection::NobodyVotes);
    let mut advises = mayors();
    advises.seat_rights = [Right::Speak].into();
    advises.authority = Authority::Advises;
    unestablished().when(establish_with(advises)).then_accepted();
}

#[test]
fn r11_an_advisory_council_advises() {
    let mut request = establish_with(mayors());
    if let Request::Establish { kind, .. } = &mut request {
        *kind = BodyKind::AdvisoryCouncil;
    }
    unestablished().when(request).then_refused(Rejection::AdvisoryCouncilDecides);
    refuses(
        |rules| {
            rules.authority = Authority::Advises;
            rules.delegated = vec![delegation(None)];
        },
        Rejection::DelegatedToAdvise,
    );
}

#[test]
fn r44_only_members_delegate() {
    refuses(
        |rules| rules.delegated = vec![delegation(Some(BAERUM)), delegation(Some(OUTSIDER))],
        Rejection::DelegatedByOutsider { by: number(OUTSIDER) },
    );
    let mut rules = mayors();
    rules.delegated = vec![delegation(Some(ASKER)), delegation(None)];
    established()
        .when(amend(rules.clone(), "2020-01-01"))
        .then_refused(Rejection::DelegatedByOutsider { by: number(ASKER) })
        .when(amend(rules, "2019-12-31"))
        .then_accepted();
}

#[test]
fn a_quorum_can_be_met() {
    for members in [0, 1_025] {
        refuses(
            |rules| rules.quorum = Quorum::Count { members },
            Rejection::QuorumOutOfRange { max: SEATS_MAX },
        );
    }
    for quorum in [
        Quorum::Count { members: 1 },
        Quorum::Count { members: 1_024 },
        Quorum::AllMembersRepresented {},
    ] {
        let rules = Rules { quorum, ..mayors() };
        unestablished().when(establish_with(rules)).then_accepted();
    }
}

#[test]
fn numbers_and_lists_in_the_rules_have_limits() {
    for meetings in [0, MEETINGS_PER_YEAR_MAX + 1] {
        refuses(
            |rules| rules.meetings_per_year_min = Some(meetings),
            Rejection::MeetingsOutOfRange { max: MEETINGS_PER_YEAR_MAX },
        );
    }
    refuses(
        |rules| rules.notice_days = NOTICE_DAYS_MAX + 1,
        Rejection::NoticeTooLong { max: NOTICE_DAYS_MAX },
    );
    refuses(
        |rules| rules.delegated = vec![delegation(None); ENTRIES_MAX + 1],
        Rejection::ListTooLong { max: ENTRIES_MAX },
    );
    let at_the_limit = Rules {
        meetings_per_year_min: Some(MEETINGS_PER_YEAR_MAX),
        notice_days: NOTICE_DAYS_MAX,
        delegated: vec![delegation(None); ENTRIES_MAX],
        ..mayors()
    };
    unestablished().when(establish_with(at_the_limit)).then_accepted();
}

#[test]
fn r14_those_who_can_be_elected_have_seats() {
    let rule = |eligible: &[Office], years| ElectionRule {
        eligible: eligible.iter().copied().collect(),
        term_years_max: Some(years),
    };
    refuses_elections(rule(&[], 2), Rejection::NobodyEligible);
    refuses_elections(
        rule(&[Office::Mayor, Office::Delegate], 2),
        Rejection::EligibleWithoutSeat { office: Office::Delegate },
    );
    for years in [0, TERM_YEARS_MAX + 1] {
        let out_of_range = Rejection::TermOutOfRange { max: TERM_YEARS_MAX };
        refuses_elections(rule(&[Office::Mayor], years), out_of_range);
    }
}

#[test]
fn r4_versions_follow_one_another_and_all_are_kept() {
    let scenario = established()
        .when(amend(mayors(), "2010-01-01"))
        .then_refused(Rejection::RulesGoBack { in_force_from: day("2010-01-01") })
        .when(amend(mayors(), "2015-01-01"))
        .then(vec![Event::RulesAmended {
            version: 2,
            rules: mayors(),
            elections: None,
            in_force_from: day("2015-01-01"),
        }])
        .when(amend(mayors(), "2015-01-01"))
        .then_nothing()
        .when(amend(mayors(), "2014-01-01"))
        .then_refused(Rejection::RulesGoBack { in_force_from: day("2015-01-01") });
    assert_eq!(scenario.state().history().unwrap().versions.len(), 2);
}

#[test]
fn r4_new_rules_have_a_place_for_every_seat_that_is_still_held() {
    let mut only_municipalities = mayors();
    only_municipalities.composition.truncate(1);
    seated()
        .when(amend(only_municipalities.clone(), "2016-01-01"))
        .then_refused(Rejection::SeatLosesItsPlace {
            seat: local("buskerud"),
            on: day("2016-01-01"),
        })
        .after(vacate("buskerud", "2015-12-31"))
        .when(amend(only_municipalities, "2016-01-01"))
        .then_accepted();
}

#[test]
fn r4_a_seat_that_begins_after_the_new_rules_needs_its_place_too() {
    let mut only_municipalities = mayors();
    only_municipalities.composition.truncate(1);
    established()
        .after(fill("buskerud", BUSKERUD, Office::CountyMayor, "2018-01-01"))
        .when(amend(only_municipalities, "2016-01-01"))
        .then_refused(Rejection::SeatLosesItsPlace {
            seat: local("buskerud"),
            on: day("2018-01-01"),
        });
}

#[test]
fn the_versions_of_the_rules_have_a_limit() {
    let first = day("2010-01-01");
    let amended = (1..VERSIONS_MAX as u16).map(|nth| Event::RulesAmended {
        version: 0,
        rules: mayors(),
        elections: None,
        in_force_from: first.plus_days(nth),
    });
    established()
        .given(amended)
        .when(amend(mayors(), "2019-01-01"))
        .then_refused(Rejection::HistoryFull { max: VERSIONS_MAX });
}

#[test]
fn a_rejection_names_its_rule_and_its_field() {
    let rejection = Rejection::VoteWithoutSeat { office: Office::MunicipalDirector };
    assert_eq!(
        (rejection.code(), rejection.rule(), rejection.field()),
        ("vote-without-seat", "R9", Some("rules"))
    );
    assert!(rejection.to_string().contains("give municipal-director a seat"));
    assert!(rejection.bokmaal().contains("gi municipal-director en plass"));
}
