//! The body of a day, across versions, stays, terms and pauses.

use samvirke_schemas::networks::rules::BodyInForce;

use super::*;

#[track_caller]
fn on(scenario: &Scenario<Body>, text: &str) -> BodyInForce {
    scenario.state().in_force(&body("vestregionen:sg"), day(text)).unwrap()
}

fn seats(picture: &BodyInForce) -> Vec<&str> {
    picture.seats.iter().map(|seat| seat.seat.as_str()).collect()
}

#[test]
fn a_body_is_in_force_from_its_first_day_to_its_last() {
    let id = body("vestregionen:sg");
    assert_eq!(Body::default().in_force(&id, day("2017-01-01")), None);
    let scenario = established().after(Request::Disband {
        on: day("2016-12-31"),
        reason: reason(),
        tasks_go_to: None,
    });
    let exists = |text| scenario.state().in_force(&id, day(text)).is_some();
    assert_eq!(
        ["2009-12-31", "2010-01-01", "2016-12-31", "2017-01-01"].map(exists),
        [false, true, true, false]
    );
}

#[test]
fn r4_the_rules_are_those_of_the_day() {
    let with_notice = |notice_days| Rules { notice_days, ..mayors() };
    let scenario = established()
        .after(amend(with_notice(7), "2012-01-01"))
        .after(amend(with_notice(14), "2015-01-01"));
    let rules = |text| {
        let picture = on(&scenario, text);
        (picture.rules_version, picture.rules.notice_days)
    };
    assert_eq!(rules("2010-01-01"), (1, 0));
    assert_eq!(rules("2011-12-31"), (1, 0));
    assert_eq!(rules("2012-01-01"), (2, 7));
    assert_eq!(rules("2014-12-31"), (2, 7));
    assert_eq!(rules("2030-01-01"), (3, 14));
}

#[test]
fn r1_the_seats_are_those_held_on_the_day() {
    let scenario = seated().after(vacate("buskerud", "2015-10-01"));
    assert!(seats(&on(&scenario, "2011-09-30")).is_empty());
    assert_eq!(seats(&on(&scenario, "2011-10-01")), ["asker", "baerum", "buskerud"]);
    assert_eq!(seats(&on(&scenario, "2015-10-01")), ["asker", "baerum", "buskerud"]);
    assert_eq!(seats(&on(&scenario, "2015-10-02")), ["asker", "baerum"]);
    assert_eq!(seats(&on(&scenario, "2020-01-01")), ["baerum"]);
}

#[test]
fn r14_r17_chair_and_deputy_chair_are_those_of_the_term() {
    let scenario = led()
        .after(elect(Post::Chair, "asker", "2016-01-01", Some("2017-12-31")))
        .after(vacate("asker", "2017-06-30"));
    let posts = |text| {
        let picture = on(&scenario, text);
        let name = |seat: Option<LocalId>| seat.map(String::from).unwrap_or_default();
        (name(picture.chair), name(picture.deputy_chair))
    };
    let pair = |chair: &str, deputy: &str| (chair.to_owned(), deputy.to_owned());
    assert_eq!(posts("2013-12-31"), pair("", ""));
    assert_eq!(posts("2014-01-01"), pair("baerum", "asker"));
    assert_eq!(posts("2015-12-31"), pair("baerum", "asker"));
    assert_eq!(posts("2016-01-01"), pair("asker", ""));
    assert_eq!(posts("2017-06-30"), pair("asker", ""));
    assert_eq!(posts("2017-07-01"), pair("", ""));
}

#[test]
fn r27_deputies_stand_in_their_order_for_seats_that_are_held() {
    let deputies = |offices: &[Office], from| Request::NameDeputies {
        seat: local("baerum"),
        deputies: offices
            .iter()
            .map(|office| NamedDeputy { office: Some(*office), person: None })
            .collect(),
        from: day(from),
    };
    let scenario = seated()
        .after(deputies(&[Office::DeputyMayor, Office::Delegate], "2012-01-01"))
        .after(deputies(&[Office::Delegate], "2014-01-01"))
        .after(vacate("baerum", "2015-10-01"));
    let calling = |text| {
        let picture = on(&scenario, text);
        let deputies = picture.deputies.into_iter();
        deputies.map(|d| (d.seat.to_string(), d.order, d.office.unwrap())).collect::<Vec<_>>()
    };
    let baerum = |order, office| ("baerum".to_owned(), order, office);
    assert_eq!(calling("2011-12-31"), []);
    let both = [baerum(1, Office::DeputyMayor), baerum(2, Office::Delegate)];
    assert_eq!(calling("2013-12-31"), both);
    assert_eq!(calling("2014-01-01"), [baerum(1, Office::Delegate)]);
    assert_eq!(calling("2015-10-02"), []);
}

#[test]
fn r13_a_body_is_paused_from_the_day_it_rests_until_it_is_resumed() {
    let scenario = established()
        .at("2014-03-01T09:00")
        .after(Request::Pause { reason: reason(), tasks_go_to: body("vestregionen:gf") })
        .at("2015-03-01T09:00")
        .after(Request::Resume {});
    let paused = |text| on(&scenario, text).paused;
    assert_eq!(
        ["2014-02-28", "2014-03-01", "2015-02-28", "2015-03-01"].map(paused),
        [false, true, true, false]
    );
}

#[test]
fn r10_a_body_prepares_for_the_one_of_the_day() {
    let mut request = establish();
    if let Request::Establish { prepares_for, .. } = &mut request {
        *prepares_for = Some(body("vestregionen:gf"));
    }
    let prepare = |target: Option<&str>, from| Request::PrepareFor {
        body: target.map(body),
        from: day(from),
    };
    let scenario = unestablished()
        .after(request.clone())
        .after(prepare(Some("vestregionen:khs-ss"), "2012-01-01"))
        .after(prepare(None, "2014-01-01"));
    let target = |text| on(&scenario, text).prepares_for.map(|id| id.local.to_string());
    assert_eq!(target("2011-12-31").as_deref(), Some("gf"));
    assert_eq!(target("2012-01-01").as_deref(), Some("khs-ss"));
    assert_eq!(target("2014-01-01"), None);
    scenario.when(request).then_nothing();
}
