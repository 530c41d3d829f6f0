//! Who is chair and deputy chair, and for how long.

use super::*;

fn step_down(post: Post, to: &str) -> Request {
    Request::StepDown { post, to: day(to), reason: reason() }
}

#[track_caller]
fn chairs(scenario: &Scenario<Body>, on: &str) -> Option<String> {
    let history = scenario.state().history().unwrap();
    history.term_on(Post::Chair, day(on)).map(|term| term.seat.to_string())
}

#[test]
fn r14_a_chair_is_elected_among_the_mayors_for_two_years() {
    let not_eligible =
        Rejection::NotEligible { office: Office::CountyMayor, on: day("2014-01-01") };
    seated()
        .when(elect(Post::Chair, "buskerud", "2014-01-01", Some("2015-12-31")))
        .then_refused(not_eligible)
        .when(elect(Post::Chair, "baerum", "2014-01-01", None))
        .then_refused(Rejection::TermTooLong { years: 2 })
        .when(elect(Post::Chair, "baerum", "2014-01-01", Some("2016-01-01")))
        .then_refused(Rejection::TermTooLong { years: 2 })
        .when(elect(Post::Chair, "baerum", "2014-01-01", Some("2015-12-31")))
        .then(vec![Event::Elected {
            post: Post::Chair,
            seat: local("baerum"),
            from: day("2014-01-01"),
            to: Some(day("2015-12-31")),
        }])
        .when(elect(Post::Chair, "baerum", "2014-01-01", Some("2015-12-31")))
        .then_nothing();
}

#[test]
fn r14_anyone_seated_is_elected_for_any_time_where_no_rule_is_set() {
    seated()
        .after(amend(mayors(), "2015-01-01"))
        .when(elect(Post::Chair, "buskerud", "2015-01-01", None))
        .then_accepted();
}

#[test]
fn r14_whoever_is_elected_holds_the_seat_that_day() {
    seated()
        .when(elect(Post::Chair, "baerum", "2011-09-30", Some("2012-01-01")))
        .then_refused(Rejection::NotSeated { seat: local("baerum"), on: day("2011-09-30") })
        .when(elect(Post::Chair, "lier", "2012-01-01", Some("2012-12-31")))
        .then_refused(Rejection::NotSeated { seat: local("lier"), on: day("2012-01-01") })
        .when(elect(Post::Chair, "baerum", "2014-01-01", Some("2013-12-31")))
        .then_refused(Rejection::EndsBeforeItBegan { from: day("2014-01-01") });
}

#[test]
fn r14_a_post_has_one_holder_at_a_time() {
    let taken = || Rejection::PostTaken { seat: local("baerum"), from: day("2014-01-01") };
    led()
        .when(elect(Post::Chair, "asker", "2015-12-31", Some("2017-12-30")))
        .then_refused(taken())
        .when(elect(Post::Chair, "asker", "2013-01-01", Some("2014-01-01")))
        .then_refused(taken())
        .when(elect(Post::Chair, "baerum", "2015-01-01", Some("2016-12-31")))
        .then_refused(taken())
        .when(elect(Post::Chair, "asker", "2016-01-01", Some("2017-12-31")))
        .then_accepted();
}

#[test]
fn r17_chair_and_deputy_chair_are_two() {
    let refused = Rejection::HasTheOtherPost { seat: local("asker"), from: day("2014-01-01") };
    led()
        .after(step_down(Post::Chair, "2014-06-30"))
        .when(elect(Post::Chair, "asker", "2014-07-01", Some("2015-12-31")))
        .then_refused(refused)
        .after(step_down(Post::DeputyChair, "2014-06-30"))
        .when(elect(Post::Chair, "asker", "2014-07-01", Some("2015-12-31")))
        .then_accepted();
}

#[test]
fn r14_a_chair_steps_down_once_and_makes_room() {
    let scenario = led()
        .when(step_down(Post::Chair, "2014-06-30"))
        .then(vec![Event::SteppedDown {
            post: Post::Chair,
            seat: local("baerum"),
            from: day("2014-01-01"),
            to: day("2014-06-30"),
            reason: reason(),
        }])
        .when(step_down(Post::Chair, "2014-06-30"))
        .then_nothing()
        .when(step_down(Post::Chair, "2014-07-01"))
        .then_refused(Rejection::NobodyElected { on: day("2014-07-01") })
        // The election that led to it, repeated, does not undo it.
        .when(elect(Post::Chair, "baerum", "2014-01-01", Some("2015-12-31")))
        .then_nothing();
    assert_eq!(chairs(&scenario, "2014-06-30").as_deref(), Some("baerum"));
    assert_eq!(chairs(&scenario, "2014-07-01"), None);
}

#[test]
fn r14_a_chair_who_leaves_the_seat_leaves_the_post_to_nobody() {
    let scenario = led().after(vacate("baerum", "2015-06-30")).after(fill(
        "baerum",
        BAERUM,
        Office::Mayor,
        "2015-07-01",
    ));
    assert_eq!(chairs(&scenario, "2015-06-30").as_deref(), Some("baerum"));
    assert_eq!(chairs(&scenario, "2015-07-01"), None);
    scenario.when(elect(Post::Chair, "baerum", "2015-07-01", Some("2015-12-31"))).then_accepted();
}

#[test]
fn r14_a_seat_vacated_before_its_term_began_voids_the_election() {
    let scenario = led().after(vacate("baerum", "2013-12-30")).after(fill(
        "baerum",
        BAERUM,
        Office::Mayor,
        "2013-12-31",
    ));
    assert_eq!(chairs(&scenario, "2014-01-01"), None);
    let scenario = scenario
        .when(elect(Post::Chair, "baerum", "2014-01-01", Some("2015-12-31")))
        .then_accepted()
        .after(step_down(Post::Chair, "2014-12-31"));
    assert_eq!(chairs(&scenario, "2014-12-31").as_deref(), Some("baerum"));
    assert_eq!(chairs(&scenario, "2015-01-01"), None);
}
