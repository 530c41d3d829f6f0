//! Establishing, pausing, preparing and disbanding.

use super::*;

fn pause(tasks_go_to: &str) -> Request {
    Request::Pause { reason: reason(), tasks_go_to: body(tasks_go_to) }
}

fn prepare_for(target: Option<&str>, from: &str) -> Request {
    Request::PrepareFor { body: target.map(body), from: day(from) }
}

fn disband(on: &str) -> Request {
    Request::Disband { on: day(on), reason: reason(), tasks_go_to: Some(body("vestregionen:gf")) }
}

#[test]
fn only_the_secretariat_establishes() {
    for other in [Role::Delegate, Role::MemberIntegration, Role::Operator, Role::System] {
        unestablished()
            .by(role(other))
            .when(establish())
            .then_refused(Rejection::OnlyTheSecretariat);
    }
}

#[test]
fn a_body_is_established_in_an_active_cooperation() {
    unestablished()
        .knowing(Facts::default())
        .when(establish())
        .then_refused(Rejection::CooperationNotActive);
    let mut paused = vestregionen();
    paused.evolve(&cooperation::Event::Paused { reason: reason() });
    unestablished()
        .knowing(Facts { cooperation: paused.into() })
        .when(establish())
        .then_refused(Rejection::CooperationNotActive);
}

#[test]
fn a_body_is_established_once_and_the_same_again_is_nothing() {
    seated()
        .when(establish())
        .then_nothing()
        .when(establish_with(mayors()))
        .then_refused(Rejection::AlreadyEstablished);
}

#[test]
fn nothing_happens_to_a_body_that_is_not_established() {
    for request in [
        amend(mayors(), "2012-01-01"),
        fill("baerum", BAERUM, Office::Mayor, "2011-10-01"),
        vacate("baerum", "2012-01-01"),
        elect(Post::Chair, "baerum", "2014-01-01", None),
        pause("vestregionen:gf"),
        Request::Resume {},
        prepare_for(None, "2012-01-01"),
        disband("2012-01-01"),
    ] {
        unestablished().when(request).then_refused(Rejection::NotEstablished);
    }
}

#[test]
fn r13_a_paused_body_hands_its_tasks_over_and_changes_only_by_leaving() {
    let scenario = seated()
        .when(pause("vestregionen:gf"))
        .then(vec![Event::Paused {
            from: day("2017-01-02"),
            reason: reason(),
            tasks_go_to: body("vestregionen:gf"),
        }])
        .when(pause("vestregionen:gf"))
        .then_nothing()
        .when(pause("vestregionen:rg"))
        .then_refused(Rejection::IsPaused);
    for request in [
        amend(mayors(), "2018-01-01"),
        fill("lier", BAERUM, Office::Mayor, "2017-10-01"),
        elect(Post::Chair, "baerum", "2017-01-01", None),
        prepare_for(Some("vestregionen:gf"), "2017-01-01"),
    ] {
        scenario.clone().when(request).then_refused(Rejection::IsPaused);
    }
    scenario
        .when(vacate("baerum", "2017-01-31"))
        .then_accepted()
        .at("2017-06-01T12:00")
        .when(Request::Resume {})
        .then(vec![Event::Resumed { from: day("2017-06-01") }])
        .when(Request::Resume {})
        .then_nothing();
}

#[test]
fn r13_pauses_follow_one_another() {
    let back = || Rejection::TurnsBack { on: day("2017-06-01") };
    established()
        .at("2009-12-31T12:00")
        .when(pause("vestregionen:gf"))
        .then_refused(Rejection::BeforeItExists { since: day("2010-01-01") })
        .at("2017-06-01T12:00")
        .after(pause("vestregionen:gf"))
        .at("2017-05-31T12:00")
        .when(Request::Resume {})
        .then_refused(back())
        .when(disband("2017-05-31"))
        .then_refused(back())
        .at("2017-06-01T13:00")
        .after(Request::Resume {})
        .at("2017-05-31T12:00")
        .when(pause("vestregionen:gf"))
        .then_refused(back());
}

#[test]
fn r10_a_body_prepares_for_another_of_its_cooperation() {
    for wrong in ["vestregionen:sg", "viken:sg"] {
        let refused = Rejection::OneselfOrElsewhere { body: body(wrong) };
        established().when(pause(wrong)).then_refused(refused.clone());
        established().when(prepare_for(Some(wrong), "2012-01-01")).then_refused(refused.clone());
        let mut request = establish();
        if let Request::Establish { prepares_for, .. } = &mut request {
            *prepares_for = Some(body(wrong));
        }
        unestablished().when(request).then_refused(refused);
    }
}

#[test]
fn r10_what_a_body_prepares_for_changes_from_a_day() {
    established()
        .when(prepare_for(None, "2012-01-01"))
        .then_nothing()
        .when(prepare_for(Some("vestregionen:gf"), "2009-01-01"))
        .then_refused(Rejection::BeforeItExists { since: day("2010-01-01") })
        .when(prepare_for(Some("vestregionen:gf"), "2012-01-01"))
        .then(vec![Event::PreparationAssigned {
            body: Some(body("vestregionen:gf")),
            from: day("2012-01-01"),
        }])
        .when(prepare_for(Some("vestregionen:gf"), "2012-01-01"))
        .then_nothing()
        .when(prepare_for(None, "2012-01-01"))
        .then_refused(Rejection::PreparationGoesBack { from: day("2012-01-01") })
        .when(prepare_for(None, "2013-01-01"))
        .then_accepted()
        .when(prepare_for(Some("vestregionen:gf"), "2012-01-01"))
        .then_nothing();
}

#[test]
fn r10_a_body_is_established_the_same_again_whatever_it_prepares_for_since() {
    let mut request = establish();
    if let Request::Establish { prepares_for, .. } = &mut request {
        *prepares_for = Some(body("vestregionen:gf"));
    }
    unestablished()
        .after(request.clone())
        .after(prepare_for(Some("vestregionen:khs-ss"), "2012-01-01"))
        .after(prepare_for(None, "2014-01-01"))
        .when(request)
        .then_nothing()
        .when(establish())
        .then_refused(Rejection::AlreadyEstablished);
}

#[test]
fn r71_a_body_is_disbanded_when_its_last_day_has_come_and_stays_so() {
    let scenario = seated()
        .when(disband("2017-01-03"))
        .then_refused(Rejection::EndsInTheFuture { on: day("2017-01-03") })
        .when(disband("2009-01-03"))
        .then_refused(Rejection::BeforeItExists { since: day("2010-01-01") })
        .when(disband("2017-01-02"))
        .then_accepted()
        .when(disband("2017-01-02"))
        .then_nothing()
        .when(disband("2017-01-01"))
        .then_refused(Rejection::IsDisbanded);
    for request in [
        fill("lier", BAERUM, Office::Mayor, "2011-10-01"),
        vacate("baerum", "2012-01-01"),
        pause("vestregionen:gf"),
        Request::Resume {},
    ] {
        scenario.clone().when(request).then_refused(Rejection::IsDisbanded);
    }
    let policy =
        Request::VacateSeatsOf { member: number(BAERUM), to: day("2019-12-31"), reason: reason() };
    scenario.by(role(Role::System)).when(policy).then_nothing();
}

#[test]
fn r13_a_paused_body_can_be_disbanded() {
    established().after(pause("vestregionen:gf")).when(disband("2017-01-02")).then_accepted();
}
