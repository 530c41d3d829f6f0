//! From the first asking to the end.

use super::*;

fn resume() -> Request {
    Request::Resume { from: Resumption::Stopped {} }
}

#[test]
fn deliveries_begin_when_the_endpoint_agrees() {
    let agree = Request::AgreeEndpoint { handshake: 1, rate_per_minute: Some(120) };
    let agreed = Event::EndpointAgreed { handshake: 1, rate_per_minute: Some(120) };
    let scenario = scenario().given([created()]).by(role(Role::System));
    assert_eq!(state(&scenario).phase, Phase::Asking);
    let scenario = scenario.when(agree.clone()).then(vec![agreed]);
    assert_eq!(state(&scenario).phase, Phase::Active { rate_per_minute: Some(120) });
    scenario.when(agree).then_nothing();
}

#[test]
fn an_answer_to_an_earlier_asking_says_nothing() {
    let changed = Event::EndpointChanged { endpoint: "https://arkiv.example/".parse().unwrap() };
    let refuse = |handshake| Request::RefuseEndpoint { handshake, reason: line("405") };
    let scenario = scenario().given([created(), changed]).by(role(Role::System));
    let scenario = scenario.when(refuse(1)).then_nothing();
    let refused = Event::EndpointRefused { handshake: 2, reason: line("405") };
    scenario.when(refuse(2)).then(vec![refused]);
}

#[test]
fn changed_filters_leave_deliveries_where_they_are() {
    let filters =
        Filters { types: ["cooperation.founded".to_owned()].into(), ..Filters::default() };
    let change = Request::ChangeFilters { filters: filters.clone() };
    let scenario = active();
    let run = state(&scenario).run;
    let scenario = scenario.when(change.clone()).then(vec![Event::FiltersChanged { filters }]);
    assert_eq!(state(&scenario).run, run);
    scenario.when(change).then_nothing();
}

#[test]
fn another_endpoint_is_asked_and_gets_what_was_not_delivered() {
    let endpoint: samvirke_schemas::subscriptions::subscription::endpoint::Endpoint =
        "https://arkiv.example/".parse().unwrap();
    let change = Request::ChangeEndpoint { endpoint: endpoint.clone() };
    let scenario = active().when(change.clone()).then(vec![Event::EndpointChanged { endpoint }]);
    let now = state(&scenario);
    assert_eq!((now.phase.clone(), now.handshake), (Phase::Asking, 2));
    assert_eq!(now.run, Run { number: 2, placed: 1, after: FeedPosition(41) });
    scenario.when(change).then_nothing();
    let plain = Request::ChangeEndpoint { endpoint: "http://sak.example/".parse().unwrap() };
    active().when(plain).then_refused(Rejection::NotEncrypted);
}

#[test]
fn a_suspended_subscription_stays_so_at_another_endpoint() {
    let changed = Event::EndpointChanged { endpoint: "https://arkiv.example/".parse().unwrap() };
    let scenario = active().given([suspended(), changed]);
    assert_eq!(state(&scenario).phase, Phase::Suspended { reason: line("Vedlikehold") });
}

#[test]
fn the_secret_before_signs_for_a_day_after_rotation() {
    let previous_until = "2017-06-02T09:00:00+02:00".parse().unwrap();
    let rotated = Event::SecretRotated { generation: 2, previous_until };
    let scenario = active().at("2017-06-01T09:00").when(Request::RotateSecret {});
    let scenario = scenario.then(vec![rotated]);
    let secret = Generation { number: 2, previous_until: Some(previous_until) };
    assert_eq!(state(&scenario).secret, secret);
}

#[test]
fn what_is_suspended_goes_on_where_it_was_after_asking_again() {
    let suspend = Request::Suspend { reason: line("Vedlikehold") };
    let scenario = active().when(suspend.clone()).then(vec![suspended()]);
    let scenario = scenario.when(suspend).then_nothing();
    let scenario = scenario.when(resume()).then(vec![Event::Resumed { after: None }]);
    let now = state(&scenario);
    assert_eq!((now.phase.clone(), now.handshake), (Phase::Asking, 2));
    assert_eq!(now.run, Run { number: 2, placed: 1, after: FeedPosition(41) });
    scenario.when(resume()).then_nothing();
}

#[test]
fn a_subscription_may_go_on_elsewhere() {
    let from = Resumption::Position { after: FeedPosition(3) };
    let resumed = Event::Resumed { after: Some(FeedPosition(3)) };
    let scenario = active().given([suspended()]).when(Request::Resume { from: from.clone() });
    let scenario = scenario.then(vec![resumed]);
    assert_eq!(state(&scenario).run, Run { number: 2, placed: 2, after: FeedPosition(3) });
    active().when(Request::Resume { from }).then_refused(Rejection::IsDelivering);
    let since = Resumption::Time { since: "2017-01-01T00:00".parse().unwrap() };
    let resumed = Event::Resumed { after: Some(FeedPosition(7)) };
    active().given([suspended()]).when(Request::Resume { from: since }).then(vec![resumed]);
}

#[test]
fn what_was_delivered_can_be_delivered_again() {
    let replay = |after| Request::Replay { from: Start::Position { after: FeedPosition(after) } };
    let replayed = Event::Replayed { after: FeedPosition(0) };
    let scenario = active().when(replay(0)).then(vec![replayed]);
    let now = state(&scenario);
    assert_eq!(now.run, Run { number: 2, placed: 2, after: FeedPosition(0) });
    assert_eq!(now.phase, Phase::Active { rate_per_minute: None });
    active().given([suspended()]).when(replay(0)).then_refused(Rejection::NotDelivering);
    let beyond = Rejection::UnknownPosition { after: FeedPosition(42), last: FeedPosition(41) };
    active().when(replay(42)).then_refused(beyond);
}

#[test]
fn deliveries_that_failed_for_too_long_stop_once() {
    let stop = Request::Stop { run: 1, reason: StopReason::TriedTooOften, failure: failure() };
    let scenario = active().by(role(Role::System)).when(stop.clone()).then(vec![stopped()]);
    scenario.when(stop).then_nothing();
}

#[test]
fn the_failure_of_an_earlier_run_stops_nothing() {
    let stop = Request::Stop { run: 1, reason: StopReason::Gone, failure: failure() };
    let replayed = Event::Replayed { after: FeedPosition(0) };
    active().given([replayed]).by(role(Role::System)).when(stop.clone()).then_nothing();
    active().given([suspended()]).by(role(Role::System)).when(stop).then_nothing();
}

#[test]
fn what_has_stopped_can_be_resumed() {
    active().given([stopped()]).when(resume()).then(vec![Event::Resumed { after: None }]);
    let suspend = Request::Suspend { reason: line("Vedlikehold") };
    active().given([stopped()]).when(suspend).then_refused(Rejection::NotDelivering);
}

#[test]
fn an_endpoint_that_refused_can_be_asked_again() {
    let refused = Event::EndpointRefused { handshake: 1, reason: line("405") };
    let scenario = scenario().given([created(), refused]);
    scenario.when(resume()).then(vec![Event::Resumed { after: None }]);
}

#[test]
fn a_test_is_sent_once_to_an_endpoint_that_agreed() {
    let requested = Event::TestRequested { test: 1 };
    let scenario = active().when(Request::TestDelivery {}).then(vec![requested]);
    let scenario = scenario.when(Request::TestDelivery {}).then_nothing();
    let conclude = Request::ConcludeTest { test: 1, delivered: true, answer: line("204") };
    let concluded = Event::TestConcluded { test: 1, delivered: true, answer: line("204") };
    let scenario = scenario.by(role(Role::System)).when(conclude.clone()).then(vec![concluded]);
    scenario.when(conclude).then_nothing();
    let refused = Rejection::EndpointNotAgreed;
    let asked = super::scenario().given([created()]);
    asked.when(Request::TestDelivery {}).then_refused(refused);
}

#[test]
fn an_ended_subscription_is_over() {
    let end = || Request::End { reason: Some(line("Nytt sakssystem")) };
    let ended = Event::Ended { reason: Some(line("Nytt sakssystem")) };
    let scenario = active().when(end()).then(vec![ended]);
    let scenario = scenario.when(end()).then_nothing();
    for request in [
        Request::ChangeFilters { filters: Filters::default() },
        Request::RotateSecret {},
        resume(),
        Request::TestDelivery {},
    ] {
        scenario.clone().when(request).then_refused(Rejection::HasEnded);
    }
}

#[test]
fn what_was_never_created_can_only_be_created() {
    for request in [resume(), Request::RotateSecret {}, Request::End { reason: None }] {
        scenario().when(request).then_refused(Rejection::NotCreated);
    }
}
